"""Opening songs: every layout, and a plain word where something is missing."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from songs import made_up_song, write_hq_dataset

from sepedu import SepeduError, load_song, load_songs, open_dataset
from sepedu.songs import SOURCES

needs_musdb = pytest.mark.skipif(
    "MUSDB_PATH" not in os.environ, reason="MUSDB_PATH is not set: no MUSDB18 excerpts here"
)


@pytest.fixture
def hq(tmp_path):
    return write_hq_dataset(tmp_path / "hq", ["one", "two"])


def test_the_real_song_of_stempeg():
    dataset = open_dataset("stempeg", subset="test")
    assert len(dataset) == 1
    song = load_song(dataset[0])
    assert song.mixture.shape == (134_144,)
    assert dataset[0].audio.shape == (268_288, 2)
    assert set(song.sources) == set(SOURCES)


def test_hq_songs_load_as_mono_or_stereo(hq):
    dataset = open_dataset(hq)
    assert [track.name for track in dataset] == ["one", "two"]
    song = load_songs(dataset)[0]
    assert song.sample_rate == 22050
    assert song.mixture.shape == song.sources["bass"].shape
    difference = song.sum_of_sources - song.mixture
    assert np.abs(difference).max() < 2e-3  # 16 bits, and a resampler, lie between them
    assert load_song(dataset[0], stereo=True).mixture.shape == (2, song.mixture.size)


@needs_musdb
def test_the_excerpts_are_split_by_song():
    train = {track.name for track in open_dataset("musdb7", split="train")}
    valid = {track.name for track in open_dataset("musdb7", split="valid")}
    assert (len(train), len(valid)) == (80, 14)
    assert not train & valid


def test_wrong_root_says_what_was_expected(tmp_path):
    with pytest.raises(SepeduError, match=r"(?s)No songs.*expected train/ and test/"):
        open_dataset(tmp_path)


def test_missing_stem_is_named(hq):
    (hq / "train" / "two" / "bass.wav").unlink()
    with pytest.raises(SepeduError, match=r"two has no bass\.wav"):
        open_dataset(hq)


def test_leftovers_of_systems_are_no_songs(hq, tmp_path):
    for name in (".ipynb_checkpoints", "@eaDir", ".hidden"):
        shutil.copytree(hq / "train" / "one", hq / "train" / name)
    (hq / "train" / "@eaDir" / "bass.wav").unlink()
    (hq / "train" / "one" / "@eaDir").mkdir()
    (hq / "train" / "Thumbs.db").write_bytes(b"pictures")
    assert [track.name for track in open_dataset(hq)] == ["one", "two"]
    stems = open_dataset("stempeg", subset="test")[0].path
    folder = tmp_path / "stems" / "train"
    folder.mkdir(parents=True)
    shutil.copy(stems, folder / "song.stem.mp4")
    (folder / "._song.stem.mp4").write_bytes(b"left by a Mac")
    assert [track.name for track in open_dataset(tmp_path / "stems")] == ["song"]


def test_stem_files_are_read_as_musdb_reads_them():
    track = open_dataset()[0]
    song = load_song(track, 44100, stereo=True)
    for stem, audio in enumerate([song.mixture, *(song.sources[name] for name in SOURCES)]):
        ids = [0, *(track.sources[name].stem_id for name in SOURCES)]
        assert np.array_equal(audio.T, track.stems[ids[stem]].astype(np.float32))


def test_empty_stem_file_is_told(tmp_path):
    broken = tmp_path / "train" / "broken.stem.mp4"
    broken.parent.mkdir()
    broken.write_bytes(b"")
    with pytest.raises(SepeduError, match="cannot be opened"):
        open_dataset(tmp_path)


def test_stems_of_different_lengths_are_told(hq):
    shutil.copy(hq / "train" / "one" / "bass.wav", hq / "train" / "two" / "long.wav")
    import soundfile

    soundfile.write(hq / "train" / "two" / "bass.wav", np.zeros((99, 2)), 44100)
    with pytest.raises(SepeduError, match=r"two.*99 samples"):
        load_songs(open_dataset(hq))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"subset": "valid"}, "Subset 'valid'"),
        ({"split": "test"}, "Split 'test'"),
        ({"subset": "test", "split": "valid"}, "Split 'valid' of subset 'test'"),
        ({"where": "stempeg"}, "belongs to the test songs"),
        ({"where": "/no/such/folder"}, "No songs"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(SepeduError, match=message):
        open_dataset(**arguments)


def test_a_part_of_a_song_and_its_mean():
    song = made_up_song(seconds=1)
    part = song.between(0.5, 9)
    assert np.array_equal(part.sources["bass"], song.sources["bass"][11025:])
    assert np.shares_memory(part.mixture, song.mixture)
    for moments in ((-2, 5), (50, 60), (0.5, 0.2), (float("nan"), 1), (0, float("nan"))):
        with pytest.raises(SepeduError, match=r"nothing from .* it lasts 1\.00 s"):
            song.between(*moments)
    two = replace(song, mixture=np.stack([song.mixture, 0 * song.mixture]))
    assert np.array_equal(two.to_mono().mixture, song.mixture / 2)


def test_sum_of_sources_is_exact():
    song = made_up_song()
    assert np.abs(song.sum_of_sources - song.mixture).max() < 1e-6
