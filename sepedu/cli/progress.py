"""`sepedu progress`: what has been done of the exercises, and what comes next."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import SepeduError, printable
from .common import new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "progress", run, "Say how far you have come with the exercises.")
    parser.add_argument(
        "folder", nargs="?", type=Path, help="a working copy; by default this clone's my-course"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.html", help="a page to hand in")
    parser.add_argument("--name", default="", help="your name, for the page")


def run(options: argparse.Namespace) -> None:
    from ..engine.files import write_text
    from ..exercises.progress import page, read_progress, report
    from ..exercises.record import FILE, HANDED_OUT
    from .lab import COPY, find_course

    folder = options.folder or find_course() / COPY
    if not any((folder / name).is_file() for name in (HANDED_OUT, FILE)):
        raise SepeduError(f"There is no working copy in {folder}", "sepedu lab makes my-course")
    states = read_progress(folder)
    print(report(states))
    if options.out:
        write_text(options.out, page(states, options.name))
        print(printable(str(options.out)))
