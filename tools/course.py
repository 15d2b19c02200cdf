"""Set up the course in .venv of this clone, then do one thing in it.

    python tools/course.py setup
    python tools/course.py lab [--port 8899] [--host 0.0.0.0]
    python tools/course.py test [what pytest takes]
    python tools/course.py sepedu [what sepedu takes]
    python tools/course.py python [what python takes]

`make lab` and its like call this; on Windows it is called as `py tools\\course.py lab`.
Only the standard library is used, since this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
ENVIRONMENT = CLONE / ".venv"
STAMP = ENVIRONMENT / "sepedu-setup.txt"
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
SEPEDU = PROGRAMS / ("sepedu.exe" if os.name == "nt" else "sepedu")
UNFINISHED = "unfinished"

LAB_SETTINGS = {
    # JupyterLab asks about news in a pop-up on its first start: not in a classroom.
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    # A notebook that is opened again shows its widgets as they were left, alive without a kernel.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


def wanted_stamp() -> str:
    """Return what the stamp of a finished set-up says: versions, settings, place of the clone."""
    digest = hashlib.sha256(f"{CLONE} {json.dumps(LAB_SETTINGS)}".encode())
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update((CLONE / name).read_bytes())
    return digest.hexdigest()


def is_ready() -> bool:
    """Tell whether .venv holds what the lock and pyproject ask for."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted_stamp()


def set_up() -> bool:
    """Bring .venv up to date; return whether anything had to be done."""
    if is_ready():
        return False
    start = time.monotonic()
    print("Setting up the course in .venv, once. It takes some minutes and 2 GB of disk; on Linux")
    print("more, up to 6 GB, where pip fetches the PyTorch build with CUDA.")
    half_done = STAMP.exists() and STAMP.read_text() == UNFINISHED
    if half_done or (ENVIRONMENT.exists() and not PYTHON.exists()):
        print("An earlier set-up was interrupted: starting anew.", flush=True)
        shutil.rmtree(ENVIRONMENT)
    is_new = not ENVIRONMENT.exists()
    ENVIRONMENT.mkdir(exist_ok=True)
    STAMP.write_text(UNFINISHED)
    if is_new:
        print("1/3 Creating .venv (seconds) ...", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, symlinks=os.name != "nt")
    print("2/3 Installing the versions of requirements.lock (minutes) ...", flush=True)
    install("-r", "requirements.lock")
    print("3/3 Installing sepedu itself (seconds) ...", flush=True)
    # The lock holds hatchling too, so building needs no second download.
    install("--no-deps", "--no-build-isolation", "--editable", ".")
    settings = ENVIRONMENT / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(LAB_SETTINGS, indent=2) + "\n")
    STAMP.write_text(wanted_stamp())
    print(f"Set up in {time.monotonic() - start:.0f} s. Next time it starts at once.", flush=True)
    return True


def install(*arguments: str) -> None:
    """Run pip of .venv in the clone; stop with one line if it fails."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    if subprocess.call([str(part) for part in command], cwd=CLONE):
        sys.exit(
            "The installation stopped; pip says why above (often: no network, or a full "
            "disk). Mend that, then give the same command again."
        )


def run(*command: str | Path) -> int:
    """Run a command in the clone and return its exit status.

    The command takes this process's place, so that signals reach it; Windows has no such thing.
    """
    os.chdir(CLONE)
    words = [str(word) for word in command]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(words[0], words)
    process = subprocess.Popen(words)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the program got it too, and decides what it means


def lab(arguments: list[str]) -> int:
    """Set up, check a new set-up, open JupyterLab at the first lesson."""
    if set_up() and subprocess.call([str(SEPEDU), "doctor"], cwd=CLONE):
        print(
            "The lines with [FAIL] say what to do. To open JupyterLab all the same, "
            "give the same command again."
        )
        return 1
    return run(SEPEDU, "lab", *arguments)


def test(arguments: list[str]) -> int:
    """Set up, then run the tests and every lesson on two workers."""
    set_up()
    # One whole file per worker: a notebook's cells need one kernel. In the order they are
    # collected: the lessons, which take longest, first. One thread per worker: two workers with
    # two threads each are slower on two cores.
    workers = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
    return run(PYTHON, "-m", "pytest", *workers, *arguments)


def main(arguments: list[str]) -> int:
    """Do what the first word asks for."""
    if sys.version_info < (3, 11):
        sys.exit(f"sepedu needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    task, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if task == "lab":
        return lab(rest)
    if task == "test":
        return test(rest)
    programs = {"sepedu": SEPEDU, "python": PYTHON}
    if task != "setup" and task not in programs:
        sys.exit(f"What to do? Expected setup, lab, test, sepedu or python; got {task!r}.")
    set_up()
    return run(programs[task], *rest) if task in programs else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted. The same command again starts anew where need be.")
