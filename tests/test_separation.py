"""Separation gives back what came in: rate, channels, length, and the mixture as a sum."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from songs import made_up_song
from test_audio import write_bad_files

from sepedu import STFT, MaskCNN, MaskUNet, SepeduError, open_dataset, separate, separation
from sepedu.audio import resample
from sepedu.checkpoints import load_unet, read_networks, save_checkpoint
from sepedu.cli import main
from sepedu.dense import predict_mask
from sepedu.separation import (
    TRAINING_LEVEL,
    MaskPredictor,
    SeparationSettings,
    blocks,
    grid,
    predict_soft_mask,
    separate_file,
)
from sepedu.songs import SOURCES
from sepedu.unet import measure_level, predict_masks


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {"vocals": MaskCNN().eval(), "bass": MaskCNN(output="magnitude").eval()}


@pytest.fixture(scope="module")
def four():
    torch.manual_seed(0)
    return {source: MaskCNN().eval() for source in SOURCES}


@pytest.fixture(scope="module")
def unet():
    torch.manual_seed(0)
    return MaskUNet((4, 8, 8)).eval()


def noise(seconds, rate=44100, channels=2):
    shape = (channels, int(seconds * rate))
    return np.random.default_rng(0).uniform(-0.5, 0.5, shape).astype(np.float32)


@settings(deadline=None, max_examples=25)
@given(
    samples=st.integers(1, 4000),
    rate=st.sampled_from([8000, 22050, 44100, 48000, 96000, 44101]),
    shape=st.sampled_from([(), (1,), (2,), (6,)]),
    talk=st.booleans(),
)
def test_everything_is_restored(models, unet, samples, rate, shape, talk):
    audio = np.random.default_rng(samples).uniform(-1, 1, (*shape, samples)).astype(np.float32)
    networks = models if talk else unet
    estimates = separate(audio, rate, ["vocals", "bass"], networks, residual=True)
    assert set(estimates) == {"vocals", "bass", "residual"}
    for estimate in estimates.values():
        assert estimate.shape == audio.shape
        assert estimate.dtype == np.float32
        assert np.isfinite(estimate).all()
    assert np.abs(sum(estimates.values()) - audio).max() < 1e-5


@pytest.mark.parametrize("rate", [8000, 22050, 44056, 44100, 48000, 96000])
def test_the_grid_is_that_of_the_networks_at_any_rate(rate):
    stft = grid(rate)
    assert stft.frames_per_second == pytest.approx(STFT().frames_per_second, rel=0.003)
    assert stft.frequencies[1] == pytest.approx(STFT().frequencies[1], rel=0.003)
    if rate % 22050 == 0:
        assert stft.n_fft == 1024 * rate // 22050
        tone = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate).astype(np.float32)
        low = np.sin(2 * np.pi * 1000 * np.arange(22050) / 22050).astype(np.float32)
        loud = np.abs(stft.forward(tone))[:513, 40] * 1024 / stft.n_fft
        assert np.abs(loud - np.abs(STFT().forward(low))[:, 40]).max() < 0.5  # of 256


def test_how_far_the_grid_is_off_at_most():
    usual = STFT().frames_per_second
    rates = range(8000, 200_000, 53)  # the worst, 8053, among them
    off = [abs(grid(rate).frames_per_second / usual - 1) for rate in rates]
    assert max(off) == off[1] == pytest.approx(0.0053, abs=1e-4)


@pytest.mark.parametrize("rate", [22050, 44056, 44100, 44101])
def test_blocks_start_on_whole_samples_and_frames(rate):
    stft = grid(rate)
    ends = list(blocks(20_000_000, stft, 112))
    assert ends[0][0] == 0 and ends[-1][1] == 20_000_000
    for (_, last, _, _), (first, _, start, end) in pairwise(ends):
        assert first == last
        assert first % (16 * stft.hop_length) == start % (16 * stft.hop_length) == 0
        assert end - start < 20 * rate


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("talk", [True, False])
def test_blocks_together_equal_one_pass(models, unet, monkeypatch, rate, talk):
    audio = noise(8, rate)
    networks = models if talk else unet
    whole = separate(audio, rate, ["vocals"], networks)["vocals"]
    monkeypatch.setattr(separation, "BLOCK", 192)
    assert len(list(blocks(audio.shape[1], grid(rate), 16))) > 1
    pieces = separate(audio, rate, ["vocals"], networks)["vocals"]
    assert np.abs(whole - pieces).max() < 1e-4


@pytest.mark.parametrize("mask", ["ratio", "wiener", "soft"])
def test_shared_estimates_sum_to_the_mixture_over_the_full_band(four, unet, mask):
    audio = noise(3)
    estimates = separate(audio, 44100, model=unet if mask == "soft" else four, mask=mask)
    assert np.abs(sum(estimates.values()) - audio).max() < 1e-4
    for estimate in estimates.values():
        high = np.abs(STFT(44100, 2048, 512).forward(estimate))[:, 600:]
        assert (high.mean((1, 2)) > 0.1).all()  # above 12.9 kHz


def test_the_top_takes_the_mean_mask_of_the_highest_bins_that_are_heard(unet):
    audio = noise(2, channels=1)
    stft = grid(44100)
    spectrum = stft.forward(audio)
    fade = 1 / (1 + np.exp((np.arange(513)[:, None] - 490) / 3.5))
    masks = predict_masks(unet, np.abs(spectrum[:, :513]) / 2 * fade)
    estimates = separate(audio, 44100, model=unet)
    for source, mask in zip(SOURCES, masks[:, 0], strict=True):
        top = np.broadcast_to(mask[464:480].mean(0), (545, mask.shape[1]))
        whole = np.concatenate([mask[:480], top])
        expected = stft.inverse(whole * spectrum, audio.shape[1])
        # The level is that of every second frame.
        assert np.abs(estimates[source] - expected).max() < 0.01


@pytest.mark.parametrize("rate", [44100, 48000, 32000])
def test_the_networks_hear_what_resampling_would_leave(rate):
    """In each bin, also where the songs that they learned from fade out."""
    audio = noise(20, rate, channels=1)
    heard = []
    for samples, hertz in ((audio, rate), (resample(audio, rate, 22050), 22050)):
        stft = grid(hertz)
        predictor = MaskPredictor(SeparationSettings(), stft, np.eye(1, dtype="f"), np.zeros(1))
        magnitude = predictor.magnitude(stft.forward(samples), samples.shape[1])
        heard.append(magnitude[0, 2:, 5:-5].mean(1))
    assert np.abs(heard[0] - heard[1]).max() < 0.1 * heard[1].mean()
    assert heard[0][-5:].max() < 0.02 * heard[0].mean()


def test_one_source_alone_is_shared_among_all_four(four):
    alone = separate(noise(1), 44100, ["bass"], four, "wiener")
    together = separate(noise(1), 44100, model=four, mask="wiener")
    assert list(alone) == ["bass"]
    np.testing.assert_allclose(alone["bass"], together["bass"], atol=1e-6)


def test_silence_stays_silent(models, unet):
    for networks in (models, unet):
        estimates = separate(np.zeros((2, 5000), np.float32), 44100, ["vocals"], networks)
        assert not estimates["vocals"].any()


@pytest.mark.parametrize("talk", [True, False])
def test_a_binary_mask_passes_all_or_nothing(models, unet, talk):
    audio = noise(1)
    networks = models if talk else unet
    everything = separate(audio, 44100, ["vocals"], networks, "binary", threshold=0.0)
    nothing = separate(audio, 44100, ["vocals"], networks, "binary", threshold=1.0)
    assert np.abs(everything["vocals"] - audio).max() < 1e-5
    assert not nothing["vocals"].any()


def song(seconds=3.0):
    """A song of two channels that differ, at 22,050 Hz."""
    parts = made_up_song(seconds=seconds).sources
    left = parts["drums"] + parts["bass"] + parts["vocals"]
    right = parts["drums"] + parts["bass"] + parts["other"]
    return np.stack([left, right]).astype(np.float32)


@pytest.mark.parametrize("decibels", [-20, -40])
@pytest.mark.parametrize("model", ["unet", "cnn"])
def test_a_softer_song_has_softer_estimates(model, decibels):
    gain = np.float32(10 ** (decibels / 20))
    loud = separate(song(), 22050, ["vocals", "drums"], model)
    soft = separate(gain * song(), 22050, ["vocals", "drums"], model)
    for source, estimate in loud.items():
        assert np.abs(soft[source] / gain - estimate).max() < 0.002


@pytest.mark.parametrize("model", ["unet", "cnn"])
def test_a_constant_offset_changes_no_mask(model):
    plain = separate(song(), 22050, ["vocals", "drums"], model)
    lifted = separate(song() + np.float32(0.1), 22050, ["vocals", "drums"], model)
    stft = STFT()
    for source, estimate in plain.items():
        # What is added is the masked constant, which lies below 150 Hz.
        added = np.abs(stft.forward(lifted[source] - estimate))[:, 7:, 5:-5]
        assert added.max() < 0.2 < 0.01 * np.abs(stft.forward(song())).max()


@pytest.mark.parametrize("model", ["unet", "cnn"])
def test_opposite_channels_are_heard(model):
    left = song()[0]
    same = separate(np.stack([left, left]), 22050, ["vocals", "drums"], model)
    opposite = separate(np.stack([left, -left]), 22050, ["vocals", "drums"], model)
    for source, estimate in same.items():
        expected = estimate * np.array([[1], [-1]], np.float32)
        assert np.abs(opposite[source] - expected).max() < 1e-5
        assert np.abs(opposite[source]).max() > 0.01


def test_the_talks_networks_hear_a_song_at_the_level_they_know(models):
    magnitude = np.abs(STFT().forward(song()[0]))
    level = measure_level(magnitude[None])
    expected = predict_mask(models["vocals"], magnitude * np.float32(TRAINING_LEVEL / level))
    for gain in (np.float32(1), np.float32(0.01)):
        mask = predict_soft_mask(models["vocals"], gain * magnitude, gain * level)
        assert np.abs(mask - expected).max() < 1e-4
    as_it_is = predict_soft_mask(models["vocals"], magnitude)
    assert np.array_equal(as_it_is, predict_mask(models["vocals"], magnitude))


def test_two_channels_are_heard_as_two_by_the_u_net_alone(unet, four):
    apart, middle = song(), np.stack([song().mean(0)] * 2)
    for networks, differ in ((unet, True), (four, False)):
        a = separate(apart, 22050, ["vocals"], networks)["vocals"]
        b = separate(middle, 22050, ["vocals"], networks)["vocals"]
        assert (np.abs(a.mean(0) - b.mean(0)).max() > 1e-4) == differ


@pytest.mark.parametrize("model", ["unet", "cnn"])
def test_half_precision_is_near(model):
    exact = separate(song(), 22050, ["vocals"], model)["vocals"]
    near = separate(song(), 22050, ["vocals"], model, bfloat16=True)["vocals"]
    assert 0 < np.abs(exact - near).max() < 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sources": "vocals"}, "not a list"),
        ({"sources": ["vocals", "vocals"]}, "not a list"),
        ({"sources": ["flute"]}, "no network for the source 'flute'"),
        ({"mask": "hard"}, "Mask 'hard'"),
        ({"mask": "wiener"}, "none for drums, other"),
        ({"mask": "ratio", "model": "unet"}, "made of the talk's four networks"),
        ({"model": "hdemucs"}, "Model 'hdemucs'"),
        ({"threshold": 2}, "threshold must be between 0 and 1, got 2"),
        ({"sample_rate": 1}, "sample_rate must be between 1000 and 655350, got 1. Use the record"),
        ({"sample_rate": 2**31 - 1}, "between 1000 and 655350"),
        ({"sample_rate": 44100.5}, "sample_rate must be a whole number, got 44100.5"),
        ({"sample_rate": float("nan")}, "sample_rate must be a whole number, got nan"),
        ({"sample_rate": None}, "sample_rate must be a whole number, got None"),
    ],
)
def test_bad_requests(models, arguments, message):
    request = {"sample_rate": 44100, "sources": ["vocals"], "model": models, **arguments}
    with pytest.raises(SepeduError, match=message):
        separate(np.zeros(100), **request)


def test_only_the_networks_needed_are_loaded():
    assert list(SeparationSettings(["bass"], "cnn").model) == ["bass"]
    assert set(SeparationSettings(["bass"], "cnn", "ratio").model) == set(SOURCES)
    assert isinstance(SeparationSettings().model, MaskUNet)


@pytest.fixture(scope="module")
def network(models, tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "vocals.safetensors"
    return save_checkpoint(path, models["vocals"], {"source": "vocals"})


def test_your_own_networks_are_read_from_files_and_folders(models, unet, four, tmp_path):
    with pytest.raises(SepeduError, match="has no network"):
        read_networks(tmp_path)
    for source in ("drums", "bass"):
        save_checkpoint(tmp_path / f"{source}.safetensors", four[source], {"source": source})
    assert set(read_networks(tmp_path)) == {"drums", "bass"}
    path = save_checkpoint(tmp_path / "mine.safetensors", unet, {})
    audio = noise(1)
    mine = separate(audio, 44100, ["bass"], read_networks(path))["bass"]
    assert np.abs(mine - separate(audio, 44100, ["bass"], unet)["bass"]).max() < 1e-5
    with pytest.raises(SepeduError, match="no U-Net"):
        load_unet(tmp_path / "bass.safetensors")
    save_checkpoint(tmp_path / "nobody.safetensors", four["bass"], {})
    with pytest.raises(SepeduError, match="does not say which source"):
        read_networks(tmp_path / "nobody.safetensors")


def test_command_line_separates_the_stempeg_song(network, tmp_path, capsys):
    song = open_dataset("stempeg", subset="test")[0].path
    arguments = ["separate", song, "--out", str(tmp_path), "--model", str(network), "--residual"]
    assert main(arguments) == 0
    written = capsys.readouterr().out.split("\n")[:-1]
    assert [line.rsplit("/", 1)[-1] for line in written] == ["vocals.wav", "residual.wav"]
    for path in written:
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.frames) == (44100, 2, 268_288)


@pytest.mark.parametrize(
    "words", [[], ["--model", "cnn", "--mask", "wiener"], ["--mask", "binary", "--bfloat16"]]
)
def test_command_line_with_the_networks_of_the_course(tmp_path, capsys, words):
    soundfile.write(tmp_path / "song.wav", song(1).T, 22050)
    out = ["--out", str(tmp_path / "out")]
    assert main(["separate", str(tmp_path / "song.wav"), *out, *words]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_files_equal_arrays(models, tmp_path):
    audio = noise(1, 48000)
    song = tmp_path / "$(touch x) my song.wav"
    soundfile.write(song, audio.T, 48000, subtype="FLOAT")
    wanted = SeparationSettings(["vocals"], models, residual=True)
    comments = {"vocals": "v", "residual": "r"}
    files = separate_file(song, tmp_path / "out", wanted, lambda recording: comments)
    arrays = separate(audio, 48000, ["vocals"], models, residual=True)
    for name, path in files.items():
        assert np.abs(soundfile.read(path)[0].T - arrays[name]).max() < 1e-6
        assert soundfile.SoundFile(path).comment == name[0]
    assert sorted(p.name for p in files["vocals"].parent.iterdir()) == [
        "residual.wav",
        "vocals.wav",
    ]


PEAK = """
import sys
from sepedu.separation import separate_file
from tools.bench.peak import peak
separate_file(*sys.argv[1:])
print(peak() // 1024)
"""


@pytest.mark.parametrize(
    ("rate", "seconds"), [(44100, 60), pytest.param(44056, 60, marks=pytest.mark.slow)]
)
def test_a_whole_file_in_bounded_memory(tmp_path, rate, seconds):
    random = np.random.default_rng(0)
    time = np.arange(rate) / rate
    with soundfile.SoundFile(tmp_path / "song.wav", "w", rate, 2, "FLOAT") as file:
        for _ in range(seconds):  # noise over the full band, and a chord that changes
            tones = sum(np.sin(2 * np.pi * random.uniform(80, 8000) * time) for _ in range(4))
            file.write(0.05 * random.standard_normal((rate, 2)) + 0.1 * tones[:, None])
    words = [sys.executable, "-c", PEAK, str(tmp_path / "song.wav"), str(tmp_path)]
    peak = int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert peak < 750_000  # KiB; one of the whole song would take several times as much
    with soundfile.SoundFile(tmp_path / "song.wav") as file:
        mixture = file.read(dtype="float32", always_2d=True).T
    estimates = [soundfile.read(tmp_path / "song" / f"{s}.wav", dtype="float32") for s in SOURCES]
    left = mixture.copy()
    for estimate, its_rate in estimates:
        assert its_rate == rate and estimate.T.shape == mixture.shape
        left -= estimate.T
    assert np.abs(left).max() < 1e-4
    above = np.fft.rfftfreq(20 * rate, 1 / rate) > 11_025
    energies = np.array(
        [np.sum(np.abs(np.fft.rfft(e[: 20 * rate, 0])[above]) ** 2) for e, _ in estimates]
    )
    assert (energies > 0).all()
    assert energies.max() > 1e6  # of noise in 20 s; resampled, there would be none


def test_bad_songs_end_in_one_line_and_leave_nothing(network, tmp_path, capsys):
    bad = write_bad_files(tmp_path)
    for name, message in bad.items():
        out = tmp_path / "out" / name
        arguments = ["separate", str(tmp_path / name), "--out", str(out), "--model", str(network)]
        assert main(arguments) == 2, name
        told = capsys.readouterr().err.strip().splitlines()
        assert len(told) == 1 and name in told[0] and message in told[0], told
        assert not [path for path in out.rglob("*") if path.is_file()]


def test_threads_of_the_command_do_not_spin(tmp_path):
    """Set before PyTorch is imported, or it would not count."""
    code = (
        "import os, sys; from sepedu.cli import main; status = main(sys.argv[1:]);"
        "print(status, os.environ['OMP_WAIT_POLICY'], os.environ['KMP_BLOCKTIME'])"
    )
    words = ["separate", str(tmp_path / "none.wav"), "--out", str(tmp_path)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.stdout.split() == ["2", "passive", "0"]


def test_unwritable_folder(network, tmp_path, capsys):
    soundfile.write(tmp_path / "song.wav", np.zeros(3000), 44100)
    (tmp_path / "file").write_text("")
    arguments = ["separate", str(tmp_path / "song.wav"), "--model", str(network)]
    assert main([*arguments, "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_help_without_heavy_imports():
    code = "import sys, sepedu.cli; sepedu.cli.build_parser(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
