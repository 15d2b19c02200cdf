"""Write the instructor's edition: every lesson with its exercises solved and explained.

    python -m tools.edition FOLDER [LESSON ...]

Each stub is replaced by the reference answer, and below each check stand the task's hints and
the mistakes that the check knows by name. Outputs are left out: run the notebooks to see them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from sepedu.engine.files import write_text
from sepedu.errors import SepeduError
from sepedu.exercises import working_copy
from sepedu.exercises.framework import Exercise, lessons
from sepedu.exercises.working_copy import without_outputs

LESSONS = Path(__file__).resolve().parents[1] / "lessons"
"""Folder of the notebooks; only a clone has it."""


def find_notebooks(folder: Path = LESSONS) -> list[Path]:
    """Return the lessons of a folder in their order."""
    return working_copy.find_notebooks(folder)


def solve(notebook: NotebookNode, exercises: Iterable[Exercise]) -> NotebookNode:
    """Return a copy of a lesson with each stub replaced by its reference answer.

    Raises
    ------
    SepeduError
        If the stub of an exercise, or its check, is not in the lesson.
    """
    solved = without_outputs(notebook)
    cells = solved.cells
    for exercise in exercises:
        places = [i for i, cell in enumerate(cells) if cell.source.strip() == exercise.stub]
        checks = [i for i, cell in enumerate(cells) if f"ex.{exercise.name}.check(" in cell.source]
        if len(places) != 1 or len(checks) != 1:
            raise SepeduError(
                f"The exercise {exercise.name} needs one cell with exactly its stub and one with "
                f"its check, and has {len(places)} and {len(checks)}",
                "Copy the stub from sepedu/exercises into the lesson",
            )
        cells[places[0]].source = exercise.reference
        note = nbformat.v4.new_markdown_cell(teacher_note(exercise))
        note.id = f"{cells[checks[0]].id[:55]}-teacher"
        cells.insert(checks[0] + 1, note)
    return solved


def teacher_note(exercise: Exercise) -> str:
    """Tell a teacher what an exercise asks, its hints, and which mistakes its check knows."""
    hints = [f"{number}. {hint}" for number, hint in enumerate(exercise.hints, 1)]
    messages = {}
    for mistake in exercise.mistakes:
        messages.setdefault(mistake.title, exercise.check(mistake.answer).message)
    return "\n".join(
        [
            f"**For the teacher.** {exercise.task} {exercise.remark}",
            "",
            "Hints:",
            "",
            *hints,
            "",
            "Mistakes that the check knows, and what it says:",
            "",
            *(f"- *{title}*: {message}" for title, message in messages.items()),
        ]
    )


def write_edition(folder: Path, wanted: Iterable[str] = ()) -> list[Path]:
    """Write the instructor's edition of all lessons, or of those wanted ("02"), to a folder."""
    wanted, written = set(wanted), []
    for path in find_notebooks():
        number = path.name[:2]
        if wanted and number not in wanted:
            continue
        notebook = nbformat.read(path, as_version=4)
        solved = solve(notebook, lessons().get(number, {}).values())
        target = folder / path.name
        write_text(target, nbformat.writes(solved) + "\n")
        written.append(target)
    return written


def run_command(
    words: list[str], usage: str, write: Callable[[Path, list[str]], Iterable[Path]]
) -> int:
    """Write what is asked for to the place that the first word names; return the exit status.

    Without a place, print how the command is used; what goes wrong is one line.
    """
    if not words or words[0].startswith("-"):
        print(usage)
        return 2
    try:
        for path in write(Path(words[0]), words[1:]):
            print(path)
    except (SepeduError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def main(words: list[str]) -> int:
    """Run the command; return its exit status."""
    return run_command(words, __doc__, write_edition)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
