"""A store gives what the sound gives, is renewed where it must be, and holds no memory."""

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors import safe_open
from songs import made_up_song, write_hq_dataset

from sepedu import SepeduError
from sepedu.checkpoints import load_checkpoint
from sepedu.cli import main
from sepedu.engine import prepare, store
from sepedu.engine.prepare import song_path, store_folder
from sepedu.engine.store import (
    RELEASED,
    SUM,
    StoredExamples,
    StoredExcerpts,
    StoredSong,
    open_store,
    song_bytes,
    write_song,
)
from sepedu.excerpts import Excerpts
from sepedu.songs import SOURCES, load_song, load_songs, open_dataset
from sepedu.stft import HALF_CONTEXT, STFT, Features
from sepedu.windows import make_example
from tools.bench import storage

VALID = "Actions - One Minute Smile"
"""A song that musdb counts to the validation songs."""
ROUNDING = 2**-11
"""Half precision keeps 11 bits."""


@pytest.fixture(scope="module")
def hq(tmp_path_factory):
    return write_hq_dataset(tmp_path_factory.mktemp("hq"), ["one", "two", VALID])


@pytest.fixture(scope="module")
def folder(hq, tmp_path_factory):
    return prepare.prepare(hq, tmp_path_factory.mktemp("store") / "new", 1, progress=False)


@pytest.fixture
def own(hq, folder, tmp_path):
    """A set and its store that a test may spoil."""
    copy = Path(shutil.copytree(hq, tmp_path / "set"))
    return copy, Path(shutil.copytree(folder, tmp_path / "store"))


def training_songs(folder, hq):
    return open_store(folder, open_dataset(hq, split="train"), SUM)


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def differing(target, answer, mixture):
    """Share of the bins that differ, where there is sound; beneath lies the noise of rounding."""
    heard = mixture[..., HALF_CONTEXT] > 1e-3
    return (target != answer)[heard].float().mean()


@pytest.mark.parametrize("output", ["mask", "magnitude"])
def test_batches_are_those_of_the_sound(hq, folder, output):
    songs = load_songs(open_dataset(hq, split="train"))
    sound = Excerpts(songs, "drums", output, batch=5)
    kept = StoredExcerpts(training_songs(folder, hq), "drums", output, batch=5)
    assert len(kept) == len(sound) and kept.name_of_song == sound.name_of_song
    for (mixture, target), (heard, answer) in zip(kept.epoch(3, 1), sound.epoch(3, 1), strict=True):
        assert mixture.dtype == heard.dtype and target.dtype == answer.dtype
        torch.testing.assert_close(mixture, heard, rtol=1.1 * ROUNDING, atol=1e-4)
        if output == "magnitude":
            torch.testing.assert_close(target, answer, rtol=0, atol=2 * ROUNDING)
        else:
            assert differing(target, answer, heard) < 1e-3


def test_a_process_reads_its_share_of_the_same_batches(hq, folder):
    kept = StoredExcerpts(training_songs(folder, hq), "bass", batch=6)
    parts = [kept.epoch(0, 0, index, 2) for index in range(2)]
    for whole, *shares in zip(kept.epoch(0, 0), *parts, strict=True):
        together = torch.cat([mixture for mixture, _ in shares])
        assert len(whole[0]) == 1 or together.equal(whole[0])


def test_another_threshold_is_made_from_the_magnitudes(hq, folder):
    songs = load_songs(open_dataset(hq, split="train"))
    sound = Excerpts(songs, "vocals", threshold=0.3, batch=32)
    kept = StoredExcerpts(training_songs(folder, hq), "vocals", threshold=0.3, batch=32)
    for (_, target), (heard, answer) in zip(kept.epoch(0, 0), sound.epoch(0, 0), strict=True):
        assert differing(target, answer, heard) < 5e-3


@pytest.mark.parametrize(
    ("threshold", "output"), [(0.5, "mask"), (0.2, "mask"), (0.5, "magnitude")]
)
def test_validation_songs_keep_the_mixture_as_released(tmp_path, threshold, output):
    song = made_up_song("c")
    song.mixture[:] = 0.7 * song.mixture  # not the sum of its sources
    path = write_song(tmp_path / "c.safetensors", song, RELEASED, {})
    example = make_example(song, "other", threshold, output)
    (read,) = StoredExamples([StoredSong(path)], "other", threshold, output)
    assert read.name == song.name and read.target.dtype == example.target.dtype
    np.testing.assert_allclose(read.mixture, example.mixture, rtol=ROUNDING, atol=1e-7)
    if output == "magnitude":
        np.testing.assert_allclose(read.target, example.target, atol=ROUNDING)
    else:
        limit = 0 if threshold == 0.5 else 5e-3
        assert (read.target != example.target).mean() <= limit


def test_normalisation_is_that_of_all_songs_at_once(hq, folder):
    songs = load_songs(open_dataset(hq, split="train"))
    magnitudes = [np.abs(STFT().forward(song.sum_of_sources)) for song in songs]
    whole = Features().fit(magnitudes)
    together = np.log1p(np.concatenate(magnitudes, axis=1))
    np.testing.assert_allclose(whole.mean, together.mean(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(whole.deviation, together.std(1, ddof=1).clip(1e-3), rtol=1e-3)
    pieces = Features().fit(song.magnitude("mixture").T for song in training_songs(folder, hq))
    torch.testing.assert_close(pieces.mean, whole.mean, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(pieces.deviation, whole.deviation, rtol=1e-3, atol=1e-4)


def test_beyond_the_song_there_is_silence(folder):
    song = StoredSong(song_path(folder, "one"))
    whole = song.magnitude("bass")
    around = song.magnitude("bass", -3, len(song) + 5)
    assert around.shape == (len(song) + 8, 513)
    assert not around[:3].any() and not around[-5:].any()
    assert np.array_equal(around[3:-5], whole)
    assert (
        not song.mask("bass", -9, -2).any() and not song.magnitude("bass", 10**6, 10**6 + 2).any()
    )


def test_sizes_on_paper_are_those_on_disk(folder):
    for path in folder.iterdir():
        assert 0 <= path.stat().st_size - song_bytes(len(StoredSong(path))) < 4096


def test_the_header_says_how_it_was_made(folder, hq):
    with safe_open(song_path(folder, "one"), framework="numpy") as file:
        header = json.loads(file.metadata()["sepedu store"])
    assert header["stft"] == {"sample_rate": 22050, "n_fft": 1024, "hop_length": 256}
    assert header["threshold"] == 0.5 and header["format"] == store.STORE_FORMAT
    assert set(header["files"]) == {f"{stem}.wav" for stem in ("mixture", *SOURCES)}
    assert StoredSong(song_path(folder, VALID)).header["mixture"] == RELEASED
    assert StoredSong(song_path(folder, "two")).header["mixture"] == SUM


def test_what_half_precision_cannot_hold_is_refused(tmp_path):
    song = made_up_song()
    path = tmp_path / "loud.safetensors"
    song.sources["bass"][:] = 127.0  # a constant reaches 512 times its level
    assert np.isfinite(StoredSong(write_song(path, song, RELEASED, {})).magnitude("bass")).all()
    path.unlink()
    song.sources["bass"][:] = 129.0
    with pytest.raises(SepeduError, match="half precision"):
        write_song(path, song, RELEASED, {})
    assert not list(tmp_path.iterdir())


def test_only_what_changed_is_made_again(own):
    data, folder = own
    before = times(folder)
    prepare.prepare(data, folder, 1, progress=False)
    assert times(folder) == before
    wav = data / "train" / "one" / "bass.wav"
    audio, rate = soundfile.read(wav)
    soundfile.write(wav, 0.5 * audio, rate, subtype="FLOAT")
    with pytest.raises(SepeduError, match="other files"):
        training_songs(folder, data)
    prepare.prepare(data, folder, 1, progress=False)
    changed = [name for name, time in times(folder).items() if time != before[name]]
    assert changed == ["one.safetensors"]
    song = load_song(open_dataset(data, split="train")[0])
    kept = training_songs(folder, data)[0]
    expected = np.abs(STFT().forward(song.sources["bass"])).T
    np.testing.assert_allclose(kept.magnitude("bass"), expected, rtol=ROUNDING, atol=1e-7)


def test_a_source_file_that_was_only_touched_is_the_same(own):
    data, folder = own
    os.utime(data / "train" / "one" / "bass.wav", (1, 1))
    assert len(training_songs(folder, data)) == 2


@pytest.mark.parametrize("setting", ["STORE_FORMAT", "THRESHOLD"])
def test_another_setting_makes_all_anew(own, monkeypatch, setting):
    data, folder = own
    before = times(folder)
    monkeypatch.setattr(store, setting, 0.25)
    with pytest.raises(SepeduError, match="other settings"):
        training_songs(folder, data)
    prepare.prepare(data, folder, 1, progress=False)
    assert all(time != before[name] for name, time in times(folder).items())


def test_what_was_cut_off_or_is_something_else_is_made_again(own):
    data, folder = own
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    for path, spoilt in zip(whole, (whole[min(whole)][:-1], b"", b"no safetensors"), strict=True):
        path.write_bytes(spoilt)
        with pytest.raises(SepeduError, match="no song of a store"):
            StoredSong(path)
    prepare.prepare(data, folder, 1, progress=False)
    assert all(StoredSong(path).frames for path in whole)
    song_path(folder, "two").unlink()
    with pytest.raises(SepeduError, match="has no song 'two'"):
        training_songs(folder, data)


def test_one_bad_song_is_told_and_the_others_are_finished(own, tmp_path):
    data, _ = own
    (data / "train" / "one" / "bass.wav").write_bytes(b"RIFF")
    with pytest.raises(SepeduError, match="1 of 3 songs could not be prepared"):
        prepare.prepare(data, tmp_path / "out", 1, progress=False)
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {"two", VALID}


def test_a_full_disk_is_told_beforehand(hq, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**6))
    with pytest.raises(SepeduError, match="GB are free"):
        prepare.prepare(hq, tmp_path / "out", 1, progress=False)
    assert not (tmp_path / "out").exists()


def test_several_workers_make_the_same(hq, folder, tmp_path):
    words = ["data", "prepare", "--data", str(hq), "--out", str(tmp_path), "--workers", "2"]
    assert main(words) == 0
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is mapped")
def test_nothing_of_the_store_stays_mapped(hq, folder):
    songs = training_songs(folder, hq)
    for _ in StoredExcerpts(songs, "bass").epoch(0, 0):
        pass
    Features().fit(song.magnitude("mixture").T for song in songs)
    assert str(folder) not in Path("/proc/self/maps").read_text()
    assert not [link for link in Path("/proc/self/fd").iterdir() if str(folder) in _target(link)]


def _target(link):
    try:
        return os.readlink(link)
    except OSError:  # the listing's own
        return ""


def test_training_from_the_store_in_the_cache(hq, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEPEDU_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "bass.safetensors"
    words = ["train", "bass", "--data", str(hq), "--out", str(out), "--epochs", "1", "--store"]
    words += ["--batch", "64"]
    assert main(words) == 2 and "--plain" in capsys.readouterr().err
    assert main([*words, "--plain"]) == 2 and "data prepare" in capsys.readouterr().err
    assert main(["data", "prepare", "--data", str(hq), "--workers", "1"]) == 0
    assert capsys.readouterr().out.strip() == str(store_folder(hq))
    assert main([*words, "--plain"]) == 0
    _, about, state = load_checkpoint(out)
    assert about["store"] is True and about["songs"] == 2
    assert state["average_mask"].shape == (513, 1)
    masks = [song.mask("bass") for song in training_songs(store_folder(hq), hq)]
    assert about["metrics"]["train_ones"] == pytest.approx(np.concatenate(masks).mean())
    np.testing.assert_allclose(
        state["average_mask"].numpy()[:, 0], np.concatenate(masks).mean(0), atol=1e-6
    )


def test_workers_are_at_least_one(hq, tmp_path):
    with pytest.raises(SepeduError, match="workers must be at least 1, got 0"):
        prepare.prepare(hq, tmp_path, 0)
    assert prepare.default_workers(1e9) == 1  # however little memory there is, one must do


def test_the_page_on_scale_quotes_what_is_computed(clone):
    page = (clone / "docs" / "scale.md").read_text(encoding="utf-8")
    size = storage.sizes()
    assert f"| frames of the training songs | {size['frames']:,} |" in page
    assert f"| bytes of a frame | {size['bytes of a frame']:,} |" in page
    assert f"| a song | {size['song, MB']:.1f} MB |" in page
    assert f"| the training songs | {size['training songs, GB']:.1f} GB |" in page
    assert f"leaves out | {size['with the test songs, GB']:.1f} GB |" in page
    assert f"mask reads | {size['read in an epoch for one mask, GB']:.1f} GB |" in page
    sound = size["the same songs as stereo sound in memory, GB"]
    assert f"in memory | {sound:.1f} GB |" in page


def test_the_measurement_runs_and_stays_small(tmp_path):
    told = storage.full_size(tmp_path / "made up", 2, 200)
    assert told["single windows"]["frames"] == 2 * 200
    assert told["bytes of a song on disk"] - song_bytes(200) < 4096
    assert not (tmp_path / "made up").exists()
