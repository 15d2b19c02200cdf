"""Reading, writing, resampling, playing: nothing changed behind your back."""

import base64
import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepedu import SepeduError
from sepedu.audio import Player, check_audio, read_audio, resample, sound_address, write_audio
from sepedu.engine.files import check_place, write_text
from sepedu.songs import SOURCES, load_song, open_dataset

TONE = (0.4 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)).astype(np.float32)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_written_is_read_back(tmp_path, suffix, channels):
    audio = np.stack([TONE, -TONE][:channels])
    path = write_audio(tmp_path / "new folder" / f"пісня 1{suffix}", audio, 44100)
    again, rate = read_audio(path)
    assert (rate, again.shape) == (44100, audio.shape)
    assert np.abs(again - audio).max() < 1e-6
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_peaks_above_one_are_kept_or_refused(tmp_path):
    loud = 3 * TONE
    again, _ = read_audio(write_audio(tmp_path / "a.wav", loud, 22050))
    assert np.array_equal(again[0], loud)
    with pytest.raises(SepeduError, match="would clip"):
        write_audio(tmp_path / "a.flac", loud, 22050)
    assert not (tmp_path / "a.flac").exists()


@pytest.mark.skipif(os.name == "nt", reason="names have other limits there")
def test_names_as_long_as_they_can_be(tmp_path):
    path = write_audio(tmp_path / ("ї" * 125 + "a.wav"), TONE, 22050)
    assert len(os.fsencode(path.name)) == 255
    assert read_audio(path)[0].shape == (1, TONE.size)


def test_eight_bits_are_read(tmp_path):
    soundfile.write(tmp_path / "eight.wav", TONE, 22050, subtype="PCM_U8")
    assert np.abs(read_audio(tmp_path / "eight.wav")[0] - TONE).max() < 0.02


def test_other_formats_and_unwritable_folders(tmp_path):
    with pytest.raises(SepeduError, match=r"\.wav or \.flac"):
        write_audio(tmp_path / "a.mp3", TONE, 22050)
    (tmp_path / "file").write_text("")
    with pytest.raises(SepeduError, match="cannot be written"):
        write_audio(tmp_path / "file" / "a.wav", TONE, 22050)


def test_full_disk_leaves_what_was_there(tmp_path):
    resource = pytest.importorskip("resource")  # Windows has none
    path = write_audio(tmp_path / "a.wav", TONE[:9], 22050)
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (4096, room[1])
    )  # then a write fails as on a full disk
    try:
        with pytest.raises(SepeduError, match="cannot be written"):
            write_audio(path, TONE, 22050)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert read_audio(path)[0].shape == (1, 9)
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.skipif(os.name == "nt", reason="links and devices of other systems")
def test_links_and_devices_stay_what_they_are(tmp_path):
    (tmp_path / "true.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "true.txt")
    (tmp_path / "null").symlink_to("/dev/null")
    for name in ("link.txt", "null"):
        check_place(tmp_path / name)
        write_text(tmp_path / name, "J\udcf6rg")
        assert (tmp_path / name).is_symlink()
    assert (tmp_path / "true.txt").read_text() == r"J\udcf6rg"
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")
    if os.path.exists("/dev/full"):
        with pytest.raises(SepeduError, match="/dev/full cannot be written"):
            write_text(Path("/dev/full"), "a page")
    assert len(os.listdir(tmp_path)) == 3


def write_bad_files(folder):
    """Every kind of file that cannot be used, with a word of what the error must say."""
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("la la la")
    soundfile.write(folder / "nothing.wav", TONE[:0], 22050)
    soundfile.write(folder / "nan.wav", np.full(99, np.nan, np.float32), 22050, subtype="FLOAT")
    return {
        "missing.wav": "no file",
        "empty.wav": "is empty",
        "text.wav": "cannot be read as audio",
        "nothing.wav": "no samples",
        "nan.wav": "not finite",
    }


def test_bad_files(tmp_path):
    for name, message in write_bad_files(tmp_path).items():
        with pytest.raises(SepeduError, match=message) as caught:
            read_audio(tmp_path / name)
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (np.zeros(0), "no samples"),
        (np.zeros((2, 3, 4)), "not understood"),
        (np.array([np.inf]), "not finite"),
        (np.zeros((44100, 2)), "channels first"),
        (np.array(["la"]), "not understood"),
    ],
)
def test_bad_arrays(audio, message):
    with pytest.raises(SepeduError, match=message):
        check_audio(audio)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda folder: write_audio(folder / "a.wav", TONE, "a"), "sample_rate .* got 'a'"),
        (lambda _: resample(TONE, 44100, 0), "new_rate must be between 1000 and 655350, got 0"),
        (lambda _: resample(TONE[:0], 44100, 22050), "no samples to resample"),
        (lambda _: Player({"a": TONE}, 0), "between 1000 and 655350, got 0"),
        (lambda _: Player({"a": TONE}, 1.5), "a whole number, got 1.5"),
        (lambda _: Player([TONE], 44100), "nothing to play"),
        (lambda _: Player(TONE, 44100), "nothing to play"),
    ],
)
def test_bad_rates_and_recordings(call, message, tmp_path):
    with pytest.raises(SepeduError, match=message):
        call(tmp_path)


@pytest.mark.parametrize("rate", [1, 2**31 - 1])
def test_a_file_of_an_impossible_rate_is_refused(rate, tmp_path):
    soundfile.write(tmp_path / "song.wav", TONE, rate)
    with pytest.raises(
        SepeduError, match=rf"rate of .*song.wav must be .*, got {rate}\. Use a copy"
    ):
        read_audio(tmp_path / "song.wav")


@pytest.mark.parametrize("rate", [1000, 655_350])
def test_a_player_plays_every_rate_that_it_takes(rate):
    assert "data:audio/flac" in Player({1: TONE}, rate)._repr_html_()


def test_whole_numbers_are_scaled():
    assert check_audio(np.array([-32768, 16384], np.int16)).tolist() == [-1.0, 0.5]
    assert check_audio(np.array([0, 128], np.uint8)).tolist() == [-1.0, 0.0]


@settings(deadline=None, max_examples=30)
@given(samples=st.integers(1, 3000), rates=st.permutations([8000, 22050, 44100, 48000]))
def test_resampling_and_back_restores_the_length(samples, rates):
    audio = np.zeros((2, samples), np.float32)
    there = resample(audio, rates[0], rates[1])
    assert there.shape == (2, -(-samples * rates[1] // rates[0]))
    assert resample(there, rates[1], rates[0]).shape[1] >= samples


def test_resampling_keeps_a_tone():
    there = resample(resample(TONE, 22050, 44100), 44100, 22050)
    assert np.abs(there - TONE)[500:-500].max() < 1e-4


def test_player_keeps_levels():
    player = Player({"loud": TONE, "soft": TONE / 10}, 22050)
    clips = re.findall(r"base64,([^\"]+)", player._repr_html_())
    loud, soft = (soundfile.read(io.BytesIO(base64.b64decode(clip)))[0] for clip in clips)
    assert len(loud) == len(TONE)
    ratio = np.std(loud) / np.std(soft)
    assert ratio == pytest.approx(10, rel=0.02)
    assert player.gain == 1


def test_player_turns_everything_down_together_and_says_so():
    player = Player({"too loud": 4 * TONE, "soft": TONE}, 22050)
    assert player.gain == pytest.approx(1 / 1.6, rel=0.01)
    assert "one gain of 0.6" in player._repr_html_()


def test_a_sound_alone_is_turned_down_and_not_clipped():
    data = sound_address(4 * TONE, 22050, exact=True).split(",")[1]
    embedded, _ = soundfile.read(io.BytesIO(base64.b64decode(data)))
    assert np.abs(embedded - TONE / np.abs(TONE).max()).max() < 1e-4


def test_more_channels_than_flac_holds_and_nothing_to_play(tmp_path):
    many = np.zeros((9, 99), np.float32)
    assert read_audio(write_audio(tmp_path / "a.wav", many, 22050))[0].shape == many.shape
    with pytest.raises(SepeduError, match=r"holds 8 channels, and .*a.flac has 9\. Write WAV"):
        write_audio(tmp_path / "a.flac", many, 22050)
    with pytest.raises(SepeduError, match=r"and ours has 9\. Play two"):
        Player({"ours": many}, 22050)
    with pytest.raises(SepeduError, match="nothing to play"):
        Player({}, 22050)


def test_player_shows_names_safely():
    page = Player({'<script>"': TONE}, 22050)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1  # the player's own
    assert 'aria-label="&lt;script&gt;&quot;"' in page


@pytest.mark.parametrize("exact, least", [(False, 25), (True, 60)])
@pytest.mark.parametrize("source", ["mixture", *SOURCES])
def test_player_embeds_sound_whose_coding_error_is_small(source, exact, least):
    for track in open_dataset()[:2]:
        song = load_song(track)
        audio = song.mixture if source == "mixture" else song.sources[source]
        page = Player({"clip": audio}, song.sample_rate, exact=exact)._repr_html_()
        data = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
        embedded, rate = soundfile.read(io.BytesIO(data), dtype="float32")
        assert rate == song.sample_rate and embedded.shape == audio.shape
        error = embedded - np.clip(audio, -1, 1)
        assert 10 * np.log10(np.sum(audio**2) / np.sum(error**2)) >= least
        assert len(data) / (len(audio) / rate) < 45_000


def test_player_embeds_flac_where_mp3_is_too_coarse():
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 22050).astype(np.float32)
    page = Player({"noise": noise, "tone": TONE}, 22050)._repr_html_()
    assert re.findall(r"data:audio/(\w+);", page) == ["flac", "mpeg"]
