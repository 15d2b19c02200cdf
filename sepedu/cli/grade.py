"""`sepedu grade`: mark the answers in the notebooks of a class."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import SepeduError, printable
from .common import new_command

MOST_SECONDS = 86400


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "grade", run, "Mark the answers in the notebooks of a class.")
    parser.add_argument("place", type=Path, metavar="FOLDER", help="or a zip file")
    parser.add_argument("--out", type=Path, required=True, metavar="marks.csv")
    parser.add_argument("--report", type=Path, metavar="class.html", help="the class's mistakes")
    parser.add_argument("--lesson", metavar="NN", help="mark notebooks of this lesson only")
    parser.add_argument(
        "--stems",
        type=Path,
        metavar="FOLDER",
        help="measure separated mixtures instead, made by data build --student with this --out",
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="for one answer")


def run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ..engine.files import check_place, write_text
    from ..exercises.grading import Submission, as_csv, as_report, find_submissions, grade
    from ..exercises.grading_worker import BROKEN

    if not 0 < options.seconds <= MOST_SECONDS:
        bounds = f"above 0 and at most {MOST_SECONDS}"
        raise SepeduError(f"seconds must be {bounds}, got {options.seconds:g}", "Use 30")
    for place in (options.out, options.report):
        if place:
            check_place(place)
    if options.stems:
        from ..exercises import capstone

        write_text(options.out, capstone.as_csv(capstone.score(options.place, options.stems)))
        print(printable(str(options.out)))
        return
    submissions = find_submissions(options.place, options.lesson)
    marked: list[Submission] = []
    try:
        for submission in tqdm(
            grade(submissions, options.seconds), total=len(submissions), unit="book"
        ):
            marked.append(submission)
            write_text(options.out, as_csv(marked))  # each time: what is marked is never lost
    except KeyboardInterrupt:
        if marked:
            told = f"{options.out} has {len(marked)} of {len(submissions)} notebooks"
            print(printable(told), file=sys.stderr)
        raise
    print(printable(str(options.out)))
    if options.report:
        write_text(options.report, as_report(marked))
        print(printable(str(options.report)))
    for submission in marked:
        done = f"{submission.points} of {len(submission.marks)} right"
        lesson = f"lesson {submission.lesson}, " if submission.lesson else ""
        print(printable(f"{submission.student}: {lesson}{submission.problem or done}"))
        for mark in submission.marks:
            if mark.outcome == BROKEN:
                print(printable(f"  {mark.exercise} {BROKEN}: {mark.message}"))
