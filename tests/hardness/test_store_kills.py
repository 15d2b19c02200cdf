"""`sepedu data prepare` ended at any moment: what is there is whole, and the rest can be made."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from songs import write_hq_dataset
from test_interruptions import FUZZ, Interrupted, duration, moments

from sepedu.cli import EXIT_INTERRUPTED, main
from sepedu.engine.store import StoredSong

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or not hasattr(signal, "setitimer"),
    reason="Windows cannot end a process at such moments",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    names = ["one", "two", "three", "Actions - One Minute Smile"]
    return write_hq_dataset(tmp_path_factory.mktemp("hq"), names)


def words(data, folder, workers=1):
    words = ["data", "prepare", "--data", str(data), "--out", str(folder)]
    return [*words, "--workers", str(workers)]


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """What an unbroken run writes: names and bytes."""
    folder = tmp_path_factory.mktemp("whole")
    assert main(words(data, folder)) == 0
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def songs(folder):
    """What stands in a store under the name of a song; each must open."""
    found = [path for path in folder.glob("*") if not path.name.startswith(".")]
    assert all(StoredSong(path).frames for path in found)
    return {path.name: path.read_bytes() for path in found}


def check(data, folder, whole):
    """What is left is whole, and the same command makes the rest and clears away."""
    left = songs(folder)
    assert left.items() <= whole.items()
    assert main(words(data, folder)) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole
    return len(left)


def test_ctrl_c_leaves_nothing_unfinished(data, whole, tmp_path):
    long = duration(words(data, tmp_path / "first"))
    shutil.rmtree(tmp_path / "first")
    started = time.perf_counter()
    assert main(words(data, tmp_path / "first")) == 0
    long = max(long, time.perf_counter() - started)
    statuses = []
    for number, moment in enumerate(moments(long, 8)):
        folder = tmp_path / str(number)
        statuses.append(Interrupted(words(data, folder), moment).status)
        assert not list(folder.glob(".*"))
        check(data, folder, whole)
    assert EXIT_INTERRUPTED in statuses


KILLED_AT_A_CALL = """
import os, signal, sys
import sepedu
from sepedu.cli import main

package = os.path.join(os.path.dirname(sepedu.__file__), "")
where, out, moments = sys.argv[1], sys.argv[2], [int(n) for n in sys.argv[3:]]
words = ["data", "prepare", "--data", where, "--workers", "1", "--out"]

def lines(frame, event, argument):
    if not frame.f_code.co_filename.startswith(package):
        return None
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return lines

left = 10 ** 9
main([*words, out + "/warm"])
sys.settrace(lines)
main([*words, out + "/count"])
sys.settrace(None)
count = 10 ** 9 - left
for number, moment in enumerate(moments):
    child = os.fork()
    if child == 0:
        left = 1 + moment * count // 10000
        sys.settrace(lines)
        main([*words, f"{out}/{number}"])
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)
if os.fork() == 0:  # the worst of all moments: written, but not yet under its name
    os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    main([*words, out + "/unnamed"])
os.wait()
"""
"""Fork where nothing has started a thread, and kill each child at some line of the package."""


def test_a_process_killed_at_any_line(data, whole, tmp_path):
    random.seed(0)
    at = [str(random.randrange(10000)) for _ in range(8 * FUZZ)]
    command = [sys.executable, "-c", KILLED_AT_A_CALL, str(data), str(tmp_path), *at]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    signals = [int(line) for line in done.stdout.split("\n") if line.isdecimal()]
    assert signals == [signal.SIGKILL] * len(at)
    left = [check(data, tmp_path / str(number), whole) for number in range(len(at))]
    assert list((tmp_path / "unnamed").glob(".*.part"))
    assert check(data, tmp_path / "unnamed", whole) == 0
    assert 0 < sum(left) < len(at) * len(whole), "every kill came before or after the work"


def test_workers_end_with_a_process_that_is_killed(data, whole, tmp_path):
    command = "import sys; from sepedu.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", command, *words(data, tmp_path, workers=2)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and not list(tmp_path.iterdir()):
            time.sleep(0.01)
        family = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.kill()
        process.wait()
    assert len(family) >= 2
    assert not psutil.wait_procs(family, timeout=60)[1], "a worker lives on"
    check(data, tmp_path, whole)


def test_ctrl_c_with_workers(data, whole, tmp_path):
    command = "import sys; from sepedu.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", command, *words(data, tmp_path, workers=2)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
    complaint = process.communicate(timeout=120)[1]
    assert process.returncode in (0, EXIT_INTERRUPTED), complaint
    assert "Traceback" not in complaint
    assert not list(Path(tmp_path).glob(".*"))
    check(data, tmp_path, whole)
