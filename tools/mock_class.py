"""Write a class of thirty made-up students, to see what `sepedu grade` makes of one.

    python -m tools.mock_class class.zip [LESSON]
    sepedu grade class.zip --out marks.csv --report class.html

The zip file is laid out as Moodle gives it. Most students made a mistake or two that the checks
know; some left exercises open or wrote what Python cannot read; three are hostile; two handed in
notebooks that are broken.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from sepedu.errors import SepeduError
from sepedu.exercises.framework import Exercise, lessons
from sepedu.exercises.working_copy import CHECK, answers_of, without_outputs

from .edition import find_notebooks, run_command

STUDENTS = [
    "Ada",
    "Amo",
    "Bea",
    "Bo",
    "Cem",
    "Cleo",
    "Dag",
    "Dora",
    "Eli",
    "Esra",
    "Finn",
    "Fay",
    "Gus",
    "Gül",
    "Hal",
    "Ida",
    "Ivo",
    "Joy",
    "Kai",
    "Lea",
    "Max",
    "Mia",
    "Ned",
    "Nia",
    "Oda",
    "Pia",
    "Ron",
    "Sam",
    "Tea",
    "Uma",
]
LOOP = "while True:\n    print('x' * 10**6)\n"
QUIT = "import os\nos._exit(0)\n"
CHEAT = (
    "import os, sys\nfrom sepedu.exercises import framework\n"
    "open('/etc/passwd').read()\n"
    "framework.Exercise._judge = lambda self, answer: framework.Verdict('right', '')\n"
)
HOSTILE = {"Ron": LOOP, "Sam": QUIT, "Tea": CHEAT}
"""Their first answer never ends and prints, ends Python, or changes the checks."""
TORN, STRANGE = "Uma", "Pia"
"""Of the one half a file is there, of the other a notebook of another course."""


def fill(notebook: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Return a copy of a lesson with a student's answers in place of its stubs."""
    filled = without_outputs(notebook)
    stubs = answers_of(filled)
    for cell in filled.cells:
        for name, answer in answers.items():
            if cell.cell_type == "code" and cell.source == stubs.get(name):
                cell.source = answer
    return filled


def wrong_answer(exercise: Exercise, number: int) -> str:
    """Return the cell of a student who makes one of the known mistakes."""
    return (
        f"from sepedu.exercises import lesson{exercise.lesson} as ex\n"
        f"{exercise.name} = ex.{exercise.name}.mistakes[{number}].answer"
    )


def mock_class(lesson: str) -> dict[str, str]:
    """Return the text of each student's notebook."""
    exercises, path = lessons()[lesson], notebook_of(lesson)
    original = nbformat.read(path, as_version=4)
    asked = [n for cell in original.cells for n in CHECK.findall(cell.source)]
    right = {name: exercises[name].reference for name in asked}
    written = {}
    for place, student in enumerate(STUDENTS):
        answers = dict(right)
        if student in HOSTILE:
            answers[asked[0]] = HOSTILE[student]
        elif place % 6 == 1:  # has not come to the end
            answers |= {name: exercises[name].stub for name in asked[-2:]}
        elif place % 10 == 3:
            answers[asked[1]] = f"def {asked[1]}(:\n    return 1"
        elif place % 6:  # everybody else makes two mistakes that are known
            for name in (asked[place % len(asked)], asked[(place + 2) % len(asked)]):
                answers[name] = wrong_answer(exercises[name], place // 3 % 3)
        text = nbformat.writes(fill(original, answers))
        if student == TORN:
            text = text[: len(text) // 2]
        elif student == STRANGE:
            text = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        written[student] = text
    return written


def notebook_of(lesson: str) -> Path:
    """The notebook of a lesson by its number, such as "02"."""
    found = [path for path in find_notebooks() if path.name.startswith(f"{lesson}-")]
    if lesson not in lessons() or len(found) != 1:
        raise SepeduError(
            f"There is no lesson {lesson!r} with exercises", f"Use one of {', '.join(lessons())}"
        )
    return found[0]


def write_class(place: Path, wanted: Sequence[str] = ()) -> list[Path]:
    """Write the class as the zip that Moodle gives, for one lesson, by default 02."""
    path = notebook_of(wanted[0] if wanted else "02")
    written = mock_class(path.name[:2])
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (student, text) in enumerate(written.items(), 4711):
            name = "other.ipynb" if student == STRANGE else path.name
            archive.writestr(f"{student} Mock_{number}_assignsubmission_file_/{name}", text)
    return [place]


def main(words: list[str]) -> int:
    """Run the command; return its exit status."""
    return run_command(words, __doc__, write_class)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
