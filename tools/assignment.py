"""Write the exercises of the lessons as assignments for nbgrader and Otter-Grader.

    python -m tools.assignment FOLDER [LESSON ...]

An assignment holds the exercises of a lesson and nothing else, so that it runs in seconds: the
task, the stub, and a check that raises an error where the answer is not right. FOLDER becomes the
course of nbgrader:

    cd FOLDER
    nbgrader generate_assignment lesson02      # then collect into submitted/STUDENT/lesson02/
    nbgrader autograde lesson02
    nbgrader export

For Otter-Grader, FOLDER/otter/lesson02 has the student's notebook and `tests`:

    cd FOLDER/otter/lesson02
    otter generate
    otter run -a autograder.zip STUDENT.ipynb

Both need `sepedu` in the environment that runs the answers. Neither names mistakes as
`sepedu grade` does, beyond what the check itself says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sepedu.engine.files import write_text
from sepedu.exercises.framework import Exercise, lessons

from .edition import find_notebooks, run_command

CONFIG = """c = get_config()
c.CourseDirectory.course_id = "sepedu"
# A stub says by itself where the answer goes.
c.ClearSolutions.code_stub = {"python": ""}
# An answer may take ten seconds, and the first check imports the library.
c.ExecutePreprocessor.timeout = 120
"""

OTTER = """from otter.test_files import test_case

OK_FORMAT = False
name = "{name}"
points = 1


@test_case()
def test_right(env):
    from sepedu.exercises import lesson{lesson} as ex

    ex.{name}.require(env.get("{name}", ...))
"""


def assignment(lesson: NotebookNode, number: str) -> NotebookNode:
    """Return the exercises of a lesson as a source notebook of nbgrader.

    Between the marks that nbgrader knows stands the reference answer, below the stub that students
    get.
    """
    exercises = lessons()[number]
    cells = [new_markdown_cell(lesson.cells[0].source.splitlines()[0], id="title")]
    for place, cell in enumerate(lesson.cells):
        stub = next((e for e in exercises.values() if e.stub == cell.source.strip()), None)
        if stub is None:
            continue
        task = lesson.cells[place - 1].source if place else ""
        task = f"### {task.split('### ', 1)[1]}" if "### " in task else stub.task
        cells += [
            new_markdown_cell(task, id=f"task-{stub.name}"),
            new_code_cell(stub.setup, id=f"setup-{stub.name}"),
            _answer_cell(stub),
            _check_cell(stub, number),
        ]
    notebook = new_notebook(cells=cells, metadata=lesson.metadata)
    notebook.metadata.pop("widgets", None)
    return notebook


def _answer_cell(exercise: Exercise) -> NotebookNode:
    source = f"{exercise.stub}\n### BEGIN SOLUTION\n{exercise.reference}\n### END SOLUTION"
    cell = new_code_cell(source, id=f"answer-{exercise.name}")
    cell.metadata.nbgrader = _metadata(cell.id, solution=True)
    return cell


def _check_cell(exercise: Exercise, number: str) -> NotebookNode:
    source = (
        f"from sepedu.exercises import lesson{number} as ex\n\nex.{exercise.name}.require()\n"
        f"# ex.{exercise.name}.hint()"
    )
    cell = new_code_cell(source, id=f"check-{exercise.name}")
    cell.metadata.nbgrader = _metadata(cell.id, grade=True, locked=True, points=1)
    return cell


def _metadata(name: str, **flags: bool | int) -> dict[str, object]:
    nothing = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"grade_id": name, "schema_version": 3, "cell_type": "code", **nothing, **flags}


def student_version(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with stubs alone, for graders that do not take solutions out themselves."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        cell.source = cell.source.partition("\n### BEGIN SOLUTION")[0]
    return copy


def write_assignments(folder: Path, wanted: Iterable[str] = ()) -> list[Path]:
    """Write the assignments of all lessons, or of those wanted ("02"), to a folder."""
    wanted, written = set(wanted), [folder / "nbgrader_config.py"]
    write_text(written[0], CONFIG)
    for path in find_notebooks():
        number = path.name[:2]
        if not lessons().get(number) or (wanted and number not in wanted):
            continue
        notebook = assignment(nbformat.read(path, as_version=4), number)
        place = folder / "source" / f"lesson{number}" / path.name
        write_text(place, nbformat.writes(notebook) + "\n")
        otter = folder / "otter" / f"lesson{number}"
        write_text(otter / path.name, nbformat.writes(student_version(notebook)) + "\n")
        for name in lessons()[number]:
            write_text(otter / "tests" / f"{name}.py", OTTER.format(name=name, lesson=number))
        written += [place, otter]
    return written


def main(words: list[str]) -> int:
    """Run the command; return its exit status."""
    return run_command(words, __doc__, write_assignments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
