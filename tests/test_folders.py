"""Many songs: found, separated several at a time, not done twice, and a bad one stops no other."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
import torch

from sepedu import MaskCNN, SepeduError
from sepedu.checkpoints import save_checkpoint
from sepedu.cli import EXIT_INTERRUPTED, main
from sepedu.engine.jobs import find_songs, separate_songs
from sepedu.separation import SeparationSettings

SETTINGS = SeparationSettings(["vocals"])


def write_song(path, seconds=0.2, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = 0.2 * np.random.default_rng(seed).standard_normal((int(8000 * seconds), 2)).clip(-3, 3)
    soundfile.write(path, sound, 8000)
    return path


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("network") / "vocals.safetensors"
    return save_checkpoint(path, MaskCNN(), {"source": "vocals"})


@pytest.fixture
def music(tmp_path):
    for number, name in enumerate(("b/song.wav", "a/song.wav", "a/Other.flac", "top.WAV")):
        write_song(tmp_path / "music" / name, seed=number)
    (tmp_path / "music" / "cover.png").write_bytes(b"a picture")
    (tmp_path / "music" / "._top.wav").write_bytes(b"left by a Mac")
    write_song(tmp_path / "music" / ".hidden" / "song.wav")
    return tmp_path / "music"


def estimates(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


WHOLE = {f"{name}/vocals.wav".replace("/", os.sep) for name in ("b/song", "a/song", "a/Other")}
WHOLE |= {os.path.join("top", "vocals.wav")}


def test_songs_keep_their_place_in_the_folder(music, tmp_path):
    jobs = find_songs([music], tmp_path / "out", SETTINGS)
    names = [str(job.song.relative_to(music)).replace(os.sep, "/") for job in jobs]
    assert names == ["top.WAV", "a/Other.flac", "a/song.wav", "b/song.wav"]
    assert jobs[2].out == tmp_path / "out" / "a"


def test_a_song_given_twice_is_one(music, tmp_path):
    song = music / "a" / "song.wav"
    again = music / "b" / ".." / "a" / "song.wav"
    assert len(find_songs([song, again, song], tmp_path, SETTINGS)) == 1
    assert len(find_songs([music, song], tmp_path, SETTINGS)) == 4


@pytest.mark.parametrize("second", ["b/song.wav", "b/SONG.wav", "a/song.mp3"])
def test_songs_of_one_name_are_refused_before_anything_is_done(music, tmp_path, second):
    songs = [music / "a" / "song.wav", music / second]
    with pytest.raises(SepeduError, match="same folder") as told:
        find_songs(songs, tmp_path / "out", SETTINGS)
    assert all(str(song) in str(told.value) for song in songs)


def test_accents_spelled_in_two_ways_are_one_name(tmp_path):
    songs = [tmp_path / "a" / "caf\u00e9.wav", tmp_path / "b" / "cafe\u0301.wav"]
    with pytest.raises(SepeduError, match="same folder"):
        find_songs(songs, tmp_path / "out", SETTINGS)


def test_a_folder_without_songs_is_told(tmp_path):
    with pytest.raises(SepeduError, match="no songs in the folder"):
        find_songs([tmp_path], tmp_path / "out", SETTINGS)


def test_no_estimate_takes_the_place_of_another_song(tmp_path):
    write_song(tmp_path / "a.wav")
    mine = write_song(tmp_path / "a" / "vocals.wav")
    with pytest.raises(SepeduError, match="take the place of the song") as told:
        find_songs([tmp_path], tmp_path, SETTINGS)
    assert str(mine) in str(told.value)


def test_estimates_beside_the_songs_are_no_songs(music, network, capsys):
    words = ["separate", str(music), "--out", str(music), "--model", str(network)]
    for _ in range(2):
        assert main(words) == 0
        assert len(list(music.rglob("vocals.wav"))) == 4
    assert len(capsys.readouterr().err.split("is done already")) == 5


def test_what_is_done_is_left_and_what_changed_is_made_anew(music, tmp_path):
    torch.manual_seed(1)
    first, second = ({"vocals": MaskCNN().eval()} for _ in range(2))

    def outcomes(mask="soft", models=first, threshold=0.5, residual=False):
        settings = SeparationSettings(["vocals"], models, mask, threshold, residual)
        jobs = find_songs([music / "a"], tmp_path / "out", settings)
        found = {job.song.name: outcome for job, outcome, _ in separate_songs(jobs, settings)}
        return [found["Other.flac"], found["song.wav"]]

    done, made = ["already there"] * 2, ["written"] * 2
    assert outcomes() == made
    assert outcomes() == done
    assert outcomes(threshold=0.7) == done  # a soft mask has none
    assert outcomes(residual=True) == made
    assert outcomes() == done
    assert outcomes(models=second) == made
    assert outcomes(mask="binary") == made
    assert outcomes(mask="binary", threshold=0.7) == made
    assert outcomes(mask="binary", threshold=0.7) == done
    write_song(music / "a" / "song.wav", seconds=0.3)
    assert outcomes(mask="binary", threshold=0.7) == ["already there", "written"]
    (tmp_path / "out" / "Other" / "vocals.wav").write_bytes(b"RIFF")
    assert outcomes(mask="binary", threshold=0.7) == ["written", "already there"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_bad_song_is_told_and_the_rest_is_finished(music, network, tmp_path, capfd, workers):
    (music / "a" / "bad.mp3").write_bytes(b"no music")
    out = tmp_path / "out"
    words = ["separate", str(music), str(tmp_path / "none.wav"), "--out", str(out)]
    assert main([*words, "--model", str(network), "--workers", workers]) == 2
    assert estimates(out) == WHOLE
    said = capfd.readouterr()
    told = [line for line in said.err.replace("\r", "\n").splitlines() if "sepedu:" in line]
    assert len(told) == 3, told
    assert {"bad.mp3", "none.wav"} == {n for n in ("bad.mp3", "none.wav") if n in told[2]}
    assert "2 of 6 songs" in told[2]
    assert any("bad.mp3" in line and "cannot be read" in line for line in told[:2])
    assert len(said.out.splitlines()) == 4
    assert "Traceback" not in said.err
    assert not multiprocessing.active_children()


def test_workers_write_what_one_process_writes(music, tmp_path):
    torch.manual_seed(0)
    models = {"vocals": MaskCNN().eval()}
    settings = SeparationSettings(["vocals"], models, residual=True)
    for workers in (1, 2):
        jobs = find_songs([music], tmp_path / str(workers), settings)
        assert all(error is None for _, _, error in separate_songs(jobs, settings, workers))
    for name in estimates(tmp_path / "1"):
        one, two = (soundfile.read(tmp_path / folder / name)[0] for folder in ("1", "2"))
        np.testing.assert_allclose(one, two, atol=1e-6)
    assert estimates(tmp_path / "1") == estimates(tmp_path / "2") != set()


def test_no_workers_are_refused(tmp_path):
    with pytest.raises(SepeduError, match="workers must be at least 1, got 0"):
        list(separate_songs([], SETTINGS, 0))


def ends(group):
    """Whether the last process of a group goes away; the system may take a moment to bury it."""
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except OSError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
@pytest.mark.parametrize("group", [False, True])
def test_ctrl_c_leaves_finished_songs_whole_and_nothing_of_the_others(network, tmp_path, group):
    """To the command alone, as `kill -INT` does, and to its workers too, as a terminal does."""
    for number in range(12):
        write_song(tmp_path / "music" / f"{number}.wav", seconds=15, seed=number)
    out = tmp_path / "out"
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from sepedu.cli import main; sys.exit(main())"
    )
    words = ["separate", str(tmp_path / "music"), "--out", str(out), "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words, "--model", str(network)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline().strip().endswith("vocals.wav")
    assert process.poll() is None
    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    complaint = process.communicate(timeout=300)[1]
    assert process.returncode == EXIT_INTERRUPTED, complaint
    assert "Traceback" not in complaint
    written = [path for path in out.rglob("*") if path.is_file()]
    assert 1 <= len(written) < 12
    for path in written:
        assert path.name == "vocals.wav" and soundfile.info(path).frames == 15 * 8000
    assert ends(process.pid), "a worker is left behind"
