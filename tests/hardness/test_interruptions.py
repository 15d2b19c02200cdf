"""Ctrl-C at any moment: finished files whole, unfinished ones absent, and a word how to go on."""

import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import soundfile
from songs import write_hq_dataset
from workbench import SAMPLES, Workbench, run

from sepedu.checkpoints import load_checkpoint
from sepedu.cli import EXIT_INTERRUPTED, main
from sepedu.engine.ffmpeg import ensure_ffmpeg

FUZZ = int(os.environ.get("SEPEDU_FUZZ", "1"))
pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="Windows cannot interrupt a process after a while"
)


class Interrupted:
    """Run `sepedu` with some words, press Ctrl-C after so many seconds, and keep what was said."""

    def __init__(self, words: list[str], seconds: float) -> None:
        printed, complaint = io.StringIO(), io.StringIO()
        before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        self.escaped = False
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaint):
                try:
                    signal.setitimer(signal.ITIMER_REAL, seconds)
                    self.status = main(words)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:  # it came after the last line of the command
            self.status, self.escaped = 0, True
        finally:
            signal.signal(signal.SIGALRM, before)
        self.complaint = complaint.getvalue()
        if self.status == EXIT_INTERRUPTED:
            assert "again" in self.complaint or "--resume" in self.complaint, self.complaint
        else:
            assert self.status == 0, self.complaint
        assert "Traceback" not in self.complaint, self.complaint


def moments(seconds: float, count: int, seed: int = 0) -> list[float]:
    """Random moments of a command that takes so long."""
    random.seed(seed)
    return [random.uniform(1e-4, seconds) for _ in range(count * FUZZ)]


def duration(words: list[str], again: list[str] | None = None) -> float:
    """How long a command takes once all that it imports has been imported.

    Give other words for the second time where what is done would not be done again.
    """
    assert run(words).status == 0
    started = time.perf_counter()
    assert run(again or words).status == 0
    return time.perf_counter() - started


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Workbench(tmp_path_factory.mktemp("interrupted"))


def test_separate(bench, tmp_path):
    def words(out):
        words = ["separate", str(bench.good), "--out", str(out), "--residual"]
        return [*words, "--model", str(bench.network)]

    long = duration(words(tmp_path / "first"), words(tmp_path / "second"))
    statuses = []
    for number, moment in enumerate(moments(long, 20)):
        out = tmp_path / str(number)
        statuses.append(Interrupted(words(out), moment).status)
        for path in out.rglob("*"):
            assert path.is_dir() or soundfile.info(path).frames == SAMPLES, path
            assert not path.name.startswith("."), path
    assert EXIT_INTERRUPTED in statuses


def test_separate_a_folder(bench, tmp_path):
    """Finished songs whole, unfinished absent; the same command does the rest."""
    music = tmp_path / "music"
    music.mkdir()
    for number in range(4):
        (music / f"{number}.wav").write_bytes(bench.good.read_bytes())

    def words(out):
        return ["separate", str(music), "--out", str(out), "--model", str(bench.network)]

    long = duration(words(tmp_path / "first"), words(tmp_path / "second"))
    statuses = []
    for number, moment in enumerate(moments(long, 5)):
        out = tmp_path / f"out {number}"
        statuses.append(Interrupted(words(out), moment).status)
        written = [path for path in out.rglob("*") if path.is_file()]
        for path in written:
            assert path.name == "vocals.wav" and soundfile.info(path).frames == SAMPLES, path
        before = {path: path.stat().st_mtime_ns for path in written}
        assert run(words(out)).status == 0
        assert len(list(out.rglob("vocals.wav"))) == 4
        assert all(path.stat().st_mtime_ns == changed for path, changed in before.items())
    assert EXIT_INTERRUPTED in statuses


@pytest.fixture(scope="module")
def hq(tmp_path_factory):
    """A song to train on and one that musdb counts to the validation songs."""
    root = tmp_path_factory.mktemp("hq")
    return write_hq_dataset(root, ["one", "Actions - One Minute Smile"])


def test_train(hq, tmp_path):
    def words(folder):
        out = folder / "bass.safetensors"
        return ["train", "bass", "--data", str(hq), "--out", str(out), "--epochs", "2"]

    long = duration(words(tmp_path / "first"))
    whole = load_checkpoint(tmp_path / "first" / "bass.safetensors")[0].state_dict()
    statuses = []
    for number, moment in enumerate(moments(long, 6)):
        folder = tmp_path / str(number)
        statuses.append(Interrupted(words(folder), moment).status)
        left = {path.name for path in folder.iterdir()} if folder.exists() else set()
        names = {"bass.safetensors", "bass.last.safetensors", "bass.history.json"}
        assert left <= names, left
        if "bass.history.json" in left:
            json.loads((folder / "bass.history.json").read_text())
        if "bass.safetensors" in left:
            load_checkpoint(folder / "bass.safetensors")
        if "bass.last.safetensors" in left:  # going on gives what no interruption would have
            assert run([*words(folder), "--resume"]).status == 0
            again = load_checkpoint(folder / "bass.safetensors")[0].state_dict()
            assert all(again[name].equal(value) for name, value in whole.items())
    assert EXIT_INTERRUPTED in statuses


def test_evaluate(hq, tmp_path):
    def words(out):
        return ["evaluate", "--data", str(hq), "--sources", "vocals", "--out", str(out)]

    long = duration(words(tmp_path / "first.json"))
    statuses = []
    for number, moment in enumerate(moments(long, 8)):
        out = tmp_path / str(number) / "rows.json"
        statuses.append(Interrupted(words(out), moment).status)
        left = list(out.parent.iterdir()) if out.parent.exists() else []
        assert left in ([], [out])
        if left:
            assert json.loads(out.read_text()) == json.loads((tmp_path / "first.json").read_text())
    assert EXIT_INTERRUPTED in statuses


class SlowHost:
    """What musdb downloads from: a zip of made-up songs, with some that climb out of the folder."""

    def __init__(self) -> None:
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w") as archive:
            for subset, count in (("train", 94), ("test", 50)):
                for number in range(count):
                    archive.writestr(f"{subset}/song {number}.stem.mp4", bytes(2000))
            archive.writestr("../climbed.txt", "out of the folder")
            archive.writestr("/climbed.txt", "from the root")
            archive.writestr("train/../../../climbed.txt", "through a folder")
        self.content = memory.getvalue()

    def __call__(self, _request):
        self.memory = io.BytesIO(self.content)
        return self

    def info(self):
        return self

    def get_all(self, _name):
        return None

    def read(self, size):
        return self.memory.read(size)


def test_fetch(tmp_path, monkeypatch):
    ensure_ffmpeg()
    import musdb

    monkeypatch.setattr(musdb.DB, "load_mus_tracks", lambda self, **_: [])
    monkeypatch.setattr(musdb, "urlopen", SlowHost())
    words = ["data", "fetch", "musdb7"]

    monkeypatch.setenv("SEPEDU_CACHE", str(tmp_path / "first" / "cache"))
    assert main(words) == 0
    started = time.perf_counter()
    monkeypatch.setenv("SEPEDU_CACHE", str(tmp_path / "second" / "cache"))
    assert main(words) == 0
    long = time.perf_counter() - started
    for stray in ("climbed.txt", "first/climbed.txt", "first/cache/climbed.txt"):
        assert not (tmp_path / stray).exists(), "a member of the archive climbed out"
    statuses = []
    for number, moment in enumerate(moments(long, 12)):
        cache = tmp_path / str(number)
        monkeypatch.setenv("SEPEDU_CACHE", str(cache))
        statuses.append(Interrupted(words, moment).status)
        if cache.exists() and (left := list(cache.iterdir())):
            assert [path.name for path in left] == ["musdb18-7s"]
            assert len(list(left[0].rglob("*.stem.mp4"))) == 144
    assert EXIT_INTERRUPTED in statuses


@pytest.mark.slow
def test_a_real_process_is_interrupted_at_any_moment(bench, tmp_path):
    """From the first import to the last file; Python itself needs a moment before it listens."""
    script = [sys.executable, "-c", "import sys; from sepedu.cli import main; sys.exit(main())"]
    words = ["separate", str(bench.good), "--model", str(bench.network), "--out"]
    started = time.perf_counter()
    subprocess.run([*script, *words, str(tmp_path / "whole")], check=True, capture_output=True)
    long = time.perf_counter() - started
    for number, moment in enumerate(moments(long, 5)):
        out = str(tmp_path / str(number))
        process = subprocess.Popen([*script, *words, out], stderr=subprocess.PIPE, text=True)
        time.sleep(0.2 * long + 0.8 * moment)
        process.send_signal(signal.SIGINT)
        complaint = process.communicate(timeout=120)[1]
        # Before Python listens, and after it has stopped listening, the signal just ends it.
        assert process.returncode in (0, EXIT_INTERRUPTED, -signal.SIGINT), complaint
        assert "Traceback" not in complaint
