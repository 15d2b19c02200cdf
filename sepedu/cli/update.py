"""`sepedu update`: bring the working copy of the lessons up to date, and lose nothing in it."""

from __future__ import annotations

import argparse

from .common import new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "update", run, "Bring your copy of the lessons up to date.")
    parser.add_argument(
        "--answers",
        action="store_true",
        help="put your answers into lessons that have changed; your old copies stay beside them",
    )


def run(options: argparse.Namespace) -> None:
    from ..exercises.working_copy import update
    from .lab import COPY, FIRST_LESSON, find_course

    course = find_course()
    changes = update(course / FIRST_LESSON.parent, course / COPY, options.answers)
    for change in changes:
        print(change)
    waiting = sorted(path.name for path in (course / COPY).glob("[0-9][0-9]-*.new.ipynb"))
    if not changes and waiting:
        print(
            f"Nothing is newer than what lies beside your copies: {', '.join(waiting)}. "
            "To carry your answers over: sepedu update --answers"
        )
    elif not changes:
        print("Your copy of the lessons is up to date.")
