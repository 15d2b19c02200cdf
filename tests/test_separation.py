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
from test_audio import write_bad_files

from sepedu import MaskCNN, SepeduError, open_dataset, separate, separation
from sepedu.checkpoints import save_checkpoint
from sepedu.cli import main
from sepedu.separation import blocks, separate_file


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {"vocals": MaskCNN().eval(), "bass": MaskCNN(output="magnitude").eval()}


@settings(deadline=None, max_examples=25)
@given(
    samples=st.integers(1, 4000),
    rate=st.sampled_from([8000, 22050, 44100, 48000, 96000, 44101]),
    shape=st.sampled_from([(), (1,), (2,), (6,)]),
)
def test_everything_is_restored(models, samples, rate, shape):
    audio = np.random.default_rng(samples).uniform(-1, 1, (*shape, samples)).astype(np.float32)
    estimates = separate(audio, rate, ["vocals", "bass"], residual=True, models=models)
    assert set(estimates) == {"vocals", "bass", "residual"}
    for estimate in estimates.values():
        assert estimate.shape == audio.shape
        assert estimate.dtype == np.float32
        assert np.isfinite(estimate).all()
    assert np.abs(sum(estimates.values()) - audio).max() < 1e-5


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 44101])
def test_blocks_start_on_whole_samples_and_frames(rate):
    ends = list(blocks(20_000_000, rate))
    assert ends[0][0] == 0 and ends[-1][1] == 20_000_000
    for (_, last, _, _), (first, _, margin_first, _) in pairwise(ends):
        assert first == last
        for position in (first, margin_first):
            assert position * 22050 % (rate * 256) == 0


@pytest.mark.parametrize("rate", [44100, 48000])
def test_blocks_together_equal_one_pass(models, monkeypatch, rate):
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (2, rate * 8)).astype(np.float32)
    whole = separate(audio, rate, ["vocals"], models=models)["vocals"]
    monkeypatch.setattr(separation, "BLOCK_FRAMES", 200)
    assert len(list(blocks(audio.shape[1], rate))) > 1
    pieces = separate(audio, rate, ["vocals"], models=models)["vocals"]
    assert np.abs(whole - pieces).max() < 1e-4


def test_silence_stays_silent(models):
    estimates = separate(np.zeros((2, 5000), np.float32), 44100, ["vocals"], models=models)
    assert not estimates["vocals"].any()


def test_a_binary_mask_passes_all_or_nothing(models):
    audio = np.random.default_rng(0).uniform(-1, 1, 30000).astype(np.float32)
    everything = separate(audio, 22050, ["vocals"], "binary", threshold=0.0, models=models)
    nothing = separate(audio, 22050, ["vocals"], "binary", threshold=1.0, models=models)
    assert np.abs(everything["vocals"] - audio).max() < 1e-5
    assert not nothing["vocals"].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sources": "vocals"}, "not a list"),
        ({"sources": ["vocals", "vocals"]}, "not a list"),
        ({"sources": ["flute"]}, "no network for the source 'flute'"),
        ({"mask": "hard"}, "Mask 'hard'"),
        ({"threshold": 2}, "Threshold 2"),
        ({"sample_rate": 0}, "Sample rate 0"),
    ],
)
def test_bad_requests(models, arguments, message):
    request = {"sample_rate": 44100, "sources": ["vocals"], "models": models, **arguments}
    with pytest.raises(SepeduError, match=message):
        separate(np.zeros(100), **request)


@pytest.fixture(scope="module")
def network(models, tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "vocals.safetensors"
    return save_checkpoint(path, models["vocals"], {"source": "vocals"})


def test_command_line_separates_the_stempeg_song(network, tmp_path, capsys):
    song = open_dataset("stempeg", subset="test")[0].path
    arguments = ["separate", song, "--out", str(tmp_path), "--model", str(network), "--residual"]
    assert main(arguments) == 0
    written = capsys.readouterr().out.split("\n")[:-1]
    assert [line.rsplit("/", 1)[-1] for line in written] == ["vocals.wav", "residual.wav"]
    for path in written:
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.frames) == (44100, 2, 268_288)


def test_files_equal_arrays(models, tmp_path):
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 30000)).astype(np.float32)
    song = tmp_path / "$(touch x) my song.wav"
    soundfile.write(song, audio.T, 48000, subtype="FLOAT")
    files = separate_file(song, tmp_path / "out", ["vocals"], residual=True, models=models)
    arrays = separate(audio, 48000, ["vocals"], residual=True, models=models)
    for name, path in files.items():
        assert np.abs(soundfile.read(path)[0].T - arrays[name]).max() < 1e-6
    assert sorted(p.name for p in files["vocals"].parent.iterdir()) == [
        "residual.wav",
        "vocals.wav",
    ]


def test_bad_songs_end_in_one_line_and_leave_nothing(network, tmp_path, capsys):
    bad = write_bad_files(tmp_path)
    for name, message in bad.items():
        out = tmp_path / "out" / name
        arguments = ["separate", str(tmp_path / name), "--out", str(out), "--model", str(network)]
        assert main(arguments) == 2, name
        told = capsys.readouterr().err.strip().splitlines()
        assert len(told) == 1 and name in told[0] and message in told[0], told
        assert not [path for path in out.rglob("*") if path.is_file()]


def test_unwritable_folder(network, tmp_path, capsys):
    soundfile.write(tmp_path / "song.wav", np.zeros(3000), 44100)
    (tmp_path / "file").write_text("")
    arguments = ["separate", str(tmp_path / "song.wav"), "--model", str(network)]
    assert main([*arguments, "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_help_without_heavy_imports():
    code = "import sys, sepedu.cli; sepedu.cli.build_parser(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
