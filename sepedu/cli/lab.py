"""`sepedu lab`: open JupyterLab at the first lesson of the student's own copy."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..errors import SepeduError
from .common import new_command

FIRST_LESSON = Path("lessons") / "00-hear-the-problem.ipynb"
COPY = "my-course"
FIRST_COPY = Path(COPY) / FIRST_LESSON.name
"""What is opened: a copy without outputs, so that working changes no tracked file."""


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "lab", run, "Open the course in JupyterLab.")
    parser.add_argument("--port", type=int, help="port to listen on")
    parser.add_argument("--host", help="address to listen on; by default this machine only")


def run(options: argparse.Namespace) -> int:
    return launch(port=options.port, host=options.host)


def launch(port: int | None = None, host: str | None = None, browser: bool | None = None) -> int:
    """Serve the course with JupyterLab until it is stopped.

    Students work in a copy of the lessons, `my-course/`, which is brought up to date first. The
    server listens on this machine only, unless a host is given, and asks for its token. Where no
    browser can be opened, the address with the token is printed.

    Parameters
    ----------
    port : int, optional
        The port to listen on. None: 8888, or the next free one.
    host : str, optional
        The address to listen on, ``0.0.0.0`` for every one (containers). None: localhost.
    browser : bool, optional
        Whether to open a browser. None: if there is a display and the user is not root.

    Returns
    -------
    int
        The exit status, 0.

    Raises
    ------
    SepeduError
        If no clone of the course is found, or the port is not one.
    """
    course = find_course()
    options = server_options(course, port, host, browser)
    from ..exercises.working_copy import update

    for change in update(course / FIRST_LESSON.parent, course / COPY):
        if change.what != "new":
            print(change)
    print("JupyterLab starts, in seconds. To stop it: Ctrl-C here, twice.", flush=True)
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(argv=options)
    return 0


def find_course() -> Path:
    """Return the clone that holds the lessons: this package's, else the current folder."""
    for folder in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (folder / FIRST_LESSON).is_file():
            return folder
    raise SepeduError(
        f"{FIRST_LESSON} was not found beside the library or in {Path.cwd()}: the installed "
        "package holds the library, not the lessons",
        "Clone the course and give `make lab` there (Windows: py tools\\course.py lab)",
    )


def server_options(
    course: Path, port: int | None, host: str | None, browser: bool | None
) -> list[str]:
    """Return the words that JupyterLab is started with."""
    options = [
        f"--ServerApp.root_dir={course}",
        # Also in the address that is printed, so that it leads to the lesson.
        f"--LabApp.default_url=/lab/tree/{FIRST_COPY.as_posix()}",
        # Warnings and the address are enough to read.
        "--Application.log_level=WARN",
        "--ServerApp.jpserver_extensions=sepedu.cli.opening=True",
    ]
    if port is not None:
        if not 1 <= port <= 65535:
            raise SepeduError(
                f"port must be between 1 and 65535, got {port}", "Give another one, such as 8899"
            )
        # A container forwards this port and no other: do not move on to the next one.
        options += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if host is not None:
        options.append(f"--ServerApp.ip={host}")
    if is_root():
        options.append("--ServerApp.allow_root=True")
    if not (can_open_browser() if browser is None else browser):
        options.append("--ServerApp.open_browser=False")
    return options


def is_root() -> bool:
    """Tell whether the user is root, as in most containers."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def can_open_browser() -> bool:
    """Tell whether a browser has a display to open on; as root none starts."""
    if is_root():
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
