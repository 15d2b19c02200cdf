"""Many songs: found, separated several at a time, not done twice, and a bad one stops no other."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack

import numpy as np
import pytest
import soundfile
import torch

from sepedu import MaskCNN, SepeduError, separation
from sepedu.audio import open_audio, write_speakers
from sepedu.checkpoints import save_checkpoint
from sepedu.cli import EXIT_TERMINATED, main
from sepedu.engine import jobs as engine_jobs
from sepedu.engine import provenance
from sepedu.engine.files import folder_aside
from sepedu.engine.jobs import find_songs, separate_songs
from sepedu.separation import SeparationSettings

SETTINGS = SeparationSettings(["vocals"], {"vocals": MaskCNN().eval()})


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


def problems(jobs):
    return [str(job.problem) if job.problem else "" for job in jobs]


@pytest.mark.parametrize("second", ["b/song.wav", "b/SONG.wav", "a/song.mp3"])
def test_of_songs_of_one_name_the_first_has_the_place(music, tmp_path, second):
    songs = [music / "a" / "song.wav", music / second]
    first, other = problems(find_songs(songs, tmp_path / "out", SETTINGS))
    assert first == ""
    assert "same folder" in other and all(str(song) in other for song in songs)


def test_accents_spelled_in_two_ways_are_one_name(tmp_path):
    songs = [tmp_path / "a" / "caf\u00e9.wav", tmp_path / "b" / "cafe\u0301.wav"]
    assert "same folder" in problems(find_songs(songs, tmp_path / "out", SETTINGS))[1]


def test_a_folder_without_songs_is_told(music, tmp_path):
    (tmp_path / "none").mkdir()
    told = problems(find_songs([tmp_path / "none", music], tmp_path / "out", SETTINGS))
    assert "no songs in the folder" in told[0] and told[1:] == [""] * 4


def test_no_estimate_takes_the_place_of_another_song(tmp_path):
    write_song(tmp_path / "a.wav")
    mine = write_song(tmp_path / "a" / "vocals.wav")
    told = problems(find_songs([tmp_path], tmp_path, SETTINGS))
    assert "take the place of the song" in told[0] and str(mine) in told[0]
    assert told[1] == ""


def test_leftovers_of_systems_are_no_songs(music, tmp_path):
    for name in (".ipynb_checkpoints", "@eaDir", "__MACOSX"):
        write_song(music / "a" / name / "song.wav")
    assert len(find_songs([music], tmp_path / "out", SETTINGS)) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_linked_folders_are_followed_once(music, tmp_path):
    (music / "a" / "all").symlink_to(music)  # a circle
    (music / "again").symlink_to(music / "b")
    write_song(tmp_path / "elsewhere" / "far.wav")
    (music / "linked").symlink_to(tmp_path / "elsewhere")
    (music / "linked song.wav").symlink_to(music / "b" / "song.wav")
    found = find_songs([music], tmp_path / "out", SETTINGS)
    names = sorted(str(job.song.relative_to(music)) for job in found)
    assert names == sorted(
        ["a/Other.flac", "a/song.wav", "linked/far.wav", "linked song.wav", "top.WAV"]
    )


def test_estimates_beside_the_songs_are_no_songs(music, network, capsys):
    words = ["separate", str(music), "--out", str(music), "--model", str(network)]
    for _ in range(2):
        assert main(words) == 0
        assert len(list(music.rglob("vocals.wav"))) == 4
    assert len(capsys.readouterr().err.split("is done already")) == 5


def test_what_is_done_is_left_and_what_changed_is_made_anew(music, tmp_path, monkeypatch):
    torch.manual_seed(1)
    first, second = ({"vocals": MaskCNN().eval()} for _ in range(2))

    def outcomes(mask="soft", models=first, threshold=0.5, residual=False):
        settings = SeparationSettings(["vocals"], models, mask, threshold, residual)
        jobs = find_songs([music / "a"], tmp_path / "out", settings)
        found = {done.job.song.name: done.result for done in separate_songs(jobs, settings)}
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
    write_song(music / "a" / "song.wav", seed=9)  # of the same size
    assert outcomes(mask="binary", threshold=0.7) == ["already there", "written"]
    os.utime(music / "a" / "song.wav")
    assert outcomes(mask="binary", threshold=0.7) == done
    monkeypatch.setattr(provenance, "ALGORITHM", provenance.ALGORITHM + 1)
    assert outcomes(mask="binary", threshold=0.7) == made
    for length in (4, 2000):  # what is left of the file
        damaged = tmp_path / "out" / "Other" / "vocals.wav"
        damaged.write_bytes(damaged.read_bytes()[:length])
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
    assert all(any(name in line for line in told[:2]) for name in ("bad.mp3", "none.wav"))
    assert "2 of 6 songs" in told[2]
    assert any("bad.mp3" in line and "cannot be read" in line for line in told[:2])
    assert len(said.out.splitlines()) == 4
    assert "Traceback" not in said.err
    assert not multiprocessing.active_children()


def test_workers_write_what_one_process_writes(music, tmp_path):
    torch.manual_seed(0)
    settings = SeparationSettings(["vocals"], {"vocals": MaskCNN().eval()}, residual=True)
    for workers in (1, 2):
        jobs = find_songs([music], tmp_path / str(workers), settings)
        assert all(done.error is None for done in separate_songs(jobs, settings, workers))
    for name in estimates(tmp_path / "1"):
        one, two = (soundfile.read(tmp_path / folder / name)[0] for folder in ("1", "2"))
        np.testing.assert_allclose(one, two, atol=1e-6)
    assert estimates(tmp_path / "1") == estimates(tmp_path / "2") != set()


def test_no_workers_are_refused(tmp_path):
    with pytest.raises(SepeduError, match="workers must be at least 1, got 0"):
        list(separate_songs([], SETTINGS, 0))


def command(network, tmp_path, *words, **how):
    """Run the command as a terminal does, and return it, ended."""
    script = "import sys; from sepedu.cli import main; sys.exit(main())"
    words = ["separate", *map(os.fspath, words), "--out", str(tmp_path / "out")]
    return subprocess.run(
        [sys.executable, "-c", script, *words, "--model", str(network)],
        capture_output=True,
        check=False,
        **how,
    )


def test_any_error_of_a_song_is_its_line(music, tmp_path, monkeypatch):
    real = engine_jobs.separate_file

    def separate_file(song, *rest):
        if song.name == "Other.flac":
            raise ZeroDivisionError("nobody thought of this")
        return real(song, *rest)

    monkeypatch.setattr(engine_jobs, "separate_file", separate_file)
    jobs = find_songs([music], tmp_path / "out", SETTINGS)
    results = Counter(done.result for done in separate_songs(jobs, SETTINGS))
    assert results == {"written": 3, "failed": 1}


def odd_things(music):
    """Twelve things that cannot be separated, and why."""
    (music / "empty.wav").write_bytes(b"")
    (music / "text.mp3").write_text("la la la")
    (music / "page.mp4").write_text("<!DOCTYPE html>")
    (music / "zeros.flac").write_bytes(bytes(999))
    (music / "half a header.ogg").write_bytes(b"OggS\0\2" + bytes(9))
    (music / "a folder.wav").mkdir()
    write_song(music / "a folder.wav" / "twin.wav")
    write_song(music / "a folder.wav" / "twin.flac")
    soundfile.write(music / "silent of samples.wav", np.zeros((0, 2)), 8000)
    soundfile.write(music / "nan.wav", np.full((99, 2), np.nan), 8000, subtype="FLOAT")
    soundfile.write(music / "huge.wav", np.full((99, 2), 1e30), 8000, subtype="FLOAT")
    (music / "link to nothing.wav").symlink_to(music / "nothing.wav")
    (music / "itself.wav").symlink_to(music / "itself.wav")
    (music / "picture.m4a").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    return [
        *("is empty", *["cannot be read"] * 4, *["no samples"] * 2, "same folder"),
        *("not finite", "too large", *["no file"] * 2),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names and links")
def test_forty_songs_with_twelve_odd_things_among_them(network, tmp_path):
    music = tmp_path / "music"
    for number in range(25):
        write_song(music / f"{number}.wav", seed=number)
    latin = os.fsdecode(os.fsencode(music) + b"/t\xf6n.wav")
    write_song(music / "to be renamed.wav").rename(latin)
    write_song(music / ("a" * 251 + ".wav"))
    why = odd_things(music)  # and the first of the twins
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = command(network, tmp_path, music, "--workers", "2", env=environment)
    lines = [line for line in re.split(rb"[\r\n]+", done.stderr) if line.startswith(b"sepedu: ")]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 13 and b"12 of 40 songs could not" in lines[12], lines
    for reason in set(why):
        assert sum(reason.encode() in line for line in lines) == why.count(reason), (reason, lines)
    assert len(done.stdout.splitlines()) == 28
    assert b"t\\udcf6n" in done.stdout
    assert len(list((tmp_path / "out").rglob("vocals.wav"))) == 28
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="another shell")
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input_is_a_song(network, tmp_path, name):
    song = write_song(tmp_path / "song.flac")
    done = command(network, tmp_path, name, input=song.read_bytes())
    assert done.returncode == 0, done.stderr
    written = tmp_path / "out" / "stdin" / "vocals.wav"
    assert soundfile.info(written).frames == soundfile.info(song).frames


def test_an_empty_name_is_refused(network, tmp_path):
    write_song(tmp_path / "song.wav")
    done = command(network, tmp_path, "", cwd=tmp_path)
    assert done.returncode == 2 and b"empty name" in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_missing_of_a_song_is_told_and_noted(network, tmp_path):
    song = write_song(tmp_path / "song.wav", seconds=1)
    song.write_bytes(song.read_bytes()[:-16000])
    done = command(network, tmp_path, song)
    assert done.returncode == 0
    lines = [line for line in done.stderr.decode().splitlines() if line]
    assert len(lines) == 1 and "song.wav: only 0.50 of the 1.00 s" in lines[0]
    with soundfile.SoundFile(tmp_path / "out" / "song" / "vocals.wav") as estimate:
        assert estimate.frames == 4000
        assert json.loads(estimate.comment)["warnings"] == [lines[0].split("song.wav: ")[1]]
    (tmp_path / "out" / "song" / ".unfinished-999999999").mkdir()  # of a process that was killed
    again = command(network, tmp_path, song).stderr.decode()
    assert lines[0] in again and "done already" in again
    (tmp_path / "out" / "song" / "vocals.wav").unlink()
    words = ["separate", str(song), "--out", str(tmp_path / "out"), "--model", str(network)]
    assert main(words) == 0
    assert os.listdir(tmp_path / "out" / "song") == ["vocals.wav"]


def test_nothing_is_left_of_what_was_interrupted(tmp_path):
    (tmp_path / "own").mkdir()
    for name in "new", "own":
        with pytest.raises(KeyboardInterrupt), folder_aside(tmp_path / name) as aside:
            (aside / "vocals.wav").write_bytes(b"half")
            raise KeyboardInterrupt
    assert os.listdir(tmp_path) == ["own"] and not os.listdir(tmp_path / "own")


def test_estimates_keep_the_speakers(network, tmp_path):
    song = tmp_path / "song.wav"
    noise = np.random.default_rng(0).standard_normal((4000, 6)) / 9
    soundfile.write(song, noise, 8000, format="WAVEX")
    write_speakers(song, 0x60F)  # 5.1 with the two at the sides
    assert command(network, tmp_path, song).returncode == 0
    with ExitStack() as stack:
        written = open_audio(tmp_path / "out" / "song" / "vocals.wav", stack)
        assert (written.speakers, written.channels, written.frames) == (0x60F, 6, 4000)
        assert "made by" in written.comment


def ends(group):
    """Whether the last process of a group goes away; the system may take a moment to bury it."""
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except OSError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once")
def test_sigterm_leaves_nothing_behind(network, tmp_path, monkeypatch, capsys):
    real = separation.separate_blocks

    def terminated(*arguments):
        for part in real(*arguments):
            yield part
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:  # `timeout` sends it twice
                signal.raise_signal(signal.SIGTERM)

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(separation, "separate_blocks", terminated)
    song = write_song(tmp_path / "song.flac")
    words = ["separate", str(song), "--out", str(tmp_path / "out"), "--model", str(network)]
    assert main(words) == EXIT_TERMINATED
    assert "stopped" in capsys.readouterr().err
    assert not [*(tmp_path / "temporary").iterdir(), *(tmp_path / "out").iterdir()]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.skipif(sys.platform == "win32", reason="no such names")
def test_the_bar_names_the_song_and_no_name_reaches_the_terminal_raw(network, tmp_path, capsys):
    for name in ("a\x1b[2J.wav", "b" * 200 + ".wav"):
        write_song(tmp_path / "music" / name)
    (tmp_path / "music" / "c\x1b[2J.wav").touch()
    words = ["--out", str(tmp_path / "out"), "--model", str(network)]
    assert main(["separate", str(tmp_path / "music"), *words]) == 2
    assert main(["separate", str(tmp_path / "d\x1b[2J.wav"), *words]) == 2
    printed, told = capsys.readouterr()
    assert "a\\x1b[2J.wav: " in told and f"{'b' * 30}: " in told and "b" * 31 not in told
    assert "c\\x1b[2J.wav is empty" in told and "d\\x1b[2J.wav" in told
    assert "a\\x1b[2J" in printed and "\x1b[2J" not in printed + told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, False), (signal.SIGINT, True), (signal.SIGTERM, True)],
)
def test_a_signal_leaves_finished_songs_whole_and_nothing_of_the_others(
    network, tmp_path, number, group
):
    """To the command alone, as `kill` does, or to its workers too, as a terminal or `timeout`."""
    for seed in range(12):
        write_song(tmp_path / "music" / f"{seed}.wav", seconds=15, seed=seed)
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
    (os.killpg if group else os.kill)(process.pid, number)
    complaint = process.communicate(timeout=300)[1]
    assert process.returncode == 128 + number, complaint
    assert "Traceback" not in complaint
    written = [path for path in out.rglob("*") if path.is_file()]
    assert 1 <= len(written) < 12
    for path in written:
        assert path.name == "vocals.wav" and soundfile.info(path).frames == 15 * 8000
    assert ends(process.pid), "a worker is left behind"
