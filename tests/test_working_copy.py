"""Working changes no tracked lesson, and an update of the course loses no work."""

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sepedu.errors import SepeduError
from sepedu.exercises.record import HANDED_OUT
from sepedu.exercises.working_copy import GUESS, answers_of, update

STUB = "def coverage(masks):\n    raise NotImplementedError"
ANSWER = "def coverage(masks):\n    return [1.0]"


def lesson(text="A lesson.", stub=STUB, outputs=True):
    ran = new_output("stream", text="ran")
    return new_notebook(
        cells=[
            new_markdown_cell(text, id="text"),
            new_code_cell(
                "from sepedu.exercises import lesson02 as ex",
                id="first",
                outputs=[ran] if outputs else [],
            ),
            new_code_cell(stub, id="stub"),
            new_code_cell("ex.coverage.check(coverage)\n# ex.coverage.hint()", id="check"),
        ]
    )


@pytest.fixture
def course(tmp_path):
    (tmp_path / "lessons").mkdir()
    for name in ("01-first.ipynb", "02-second.ipynb", "03-third.ipynb"):
        nbformat.write(lesson(), tmp_path / "lessons" / name)
    return tmp_path


def bring(course, answers=False):
    return update(course / "lessons", course / "my-course", answers)


def read(course, name):
    return nbformat.read(course / "my-course" / name, as_version=4)


def edit(course, name, cell, source):
    notebook = read(course, name)
    next(c for c in notebook.cells if c.id == cell).source = source
    nbformat.write(notebook, course / "my-course" / name)


def test_the_copy_opens_without_outputs_and_the_lessons_stay_as_they_are(course):
    before = {p.name: p.read_bytes() for p in (course / "lessons").iterdir()}
    assert [change.what for change in bring(course)] == ["new"] * 3
    assert bring(course) == []
    for name in before:
        assert not any(c.get("outputs") for c in read(course, name).cells)
    assert {p.name: p.read_bytes() for p in (course / "lessons").iterdir()} == before


def test_a_new_version_renews_untouched_lessons_and_keeps_changed_ones(course):
    bring(course)
    edit(course, "02-second.ipynb", "stub", ANSWER)
    ran = read(course, "03-third.ipynb")
    ran.cells[1].outputs = [new_output("stream", text="what the student saw")]
    nbformat.write(ran, course / "my-course" / "03-third.ipynb")
    for name in ("01-first.ipynb", "02-second.ipynb", "03-third.ipynb"):
        nbformat.write(lesson("A better lesson."), course / "lessons" / name)

    changes = {change.lesson: change for change in bring(course)}
    assert {name: change.what for name, change in changes.items()} == {
        "01-first.ipynb": "renewed",
        "02-second.ipynb": "kept",
        "03-third.ipynb": "kept",
    }
    assert read(course, "01-first.ipynb").cells[0].source == "A better lesson."
    assert read(course, "02-second.ipynb").cells[2].source == ANSWER
    assert read(course, "03-third.ipynb").cells[1].outputs[0].text == "what the student saw"
    assert read(course, "02-second.new.ipynb").cells[0].source == "A better lesson."
    assert "yours is kept, the new one is 02-second.new.ipynb" in str(changes["02-second.ipynb"])
    assert bring(course) == [], "told once"


def test_answers_are_carried_over_and_the_old_copy_stays(course):
    bring(course)
    edit(course, "02-second.ipynb", "stub", ANSWER)
    edit(course, "02-second.ipynb", "text", "My notes.")
    newer = STUB.replace("masks", "masks, edges=None")
    nbformat.write(lesson("A better lesson.", newer), course / "lessons" / "02-second.ipynb")

    (change,) = bring(course, answers=True)
    assert change.what == "carried over" and change.answers == ("coverage",)
    cells = read(course, "02-second.ipynb").cells
    assert (cells[0].source, cells[2].source) == ("A better lesson.", ANSWER)
    assert read(course, change.beside).cells[0].source == "My notes."
    assert not (course / "my-course" / "02-second.new.ipynb").exists()


def test_guesses_are_carried_over_too(course):
    def with_guesses(text):
        made = lesson(text)
        made.cells += [new_markdown_cell(GUESS, id=f"q{n}-guess") for n in (1, 2)]
        return made

    nbformat.write(with_guesses("A lesson."), course / "lessons" / "02-second.ipynb")
    bring(course)
    own = read(course, "02-second.ipynb")
    own.cells[-1].source += " four times"
    nbformat.write(own, course / "my-course" / "02-second.ipynb")
    nbformat.write(with_guesses("A better lesson."), course / "lessons" / "02-second.ipynb")
    (change,) = bring(course, answers=True)
    sources = [cell.source for cell in read(course, "02-second.ipynb").cells]
    assert sources[0] == "A better lesson." and sources[-2:] == [GUESS, f"{GUESS} four times"]
    assert change.guesses == 1 and "guesses: 1" in str(change)


@pytest.mark.parametrize("changed_again", [False, True])
@pytest.mark.parametrize("told_first", [False, True])
def test_work_in_the_lesson_beside_is_never_lost(course, changed_again, told_first):
    bring(course)
    edit(course, "02-second.ipynb", "text", "My notes.")
    nbformat.write(lesson("A better lesson."), course / "lessons" / "02-second.ipynb")
    bring(course)
    edit(course, "02-second.new.ipynb", "stub", ANSWER)
    if changed_again:
        nbformat.write(lesson("The best lesson."), course / "lessons" / "02-second.ipynb")
    if told_first:
        for change in bring(course):
            assert read(course, change.aside).cells[2].source == ANSWER
            assert f"your work in the one beside it is {change.aside}" in str(change)
            assert read(course, change.beside).cells[0].source == "The best lesson."

    (change,) = bring(course, answers=True)
    assert read(course, change.beside).cells[0].source == "My notes."
    copies = [read(course, p.name) for p in (course / "my-course").glob("02-second.old*.ipynb")]
    assert sum(copy.cells[2].source == ANSWER for copy in copies) == 1
    assert read(course, "02-second.ipynb").cells[0].source == (
        "The best lesson." if changed_again else "A better lesson."
    )
    if not (changed_again and told_first):  # else the notebook was set aside by the update before
        assert change.answers == ("coverage",) and change.aside in str(change)
    assert not (course / "my-course" / "02-second.new.ipynb").exists()


def test_without_its_record_every_copy_counts_as_changed(course):
    bring(course)
    (course / "my-course" / HANDED_OUT).write_text("not JSON")
    assert {change.what for change in bring(course)} == {"renewed"}, "the cells are the same"
    (course / "my-course" / HANDED_OUT).unlink()
    nbformat.write(lesson("A better lesson."), course / "lessons" / "01-first.ipynb")
    changes = {change.lesson: change.what for change in bring(course)}
    assert changes["01-first.ipynb"] == "kept"


def test_a_damaged_copy_is_one_line_with_a_remedy(course):
    bring(course)
    (course / "my-course" / "01-first.ipynb").write_text("{")
    nbformat.write(lesson("A better lesson."), course / "lessons" / "01-first.ipynb")
    with pytest.raises(SepeduError, match=r"01-first\.ipynb cannot be read.*Rename it"):
        bring(course)


def test_answers_are_found_as_text():
    notebook = lesson(stub=ANSWER)
    notebook.cells.insert(3, new_code_cell("coverage([])", id="tried"))
    assert answers_of(notebook) == {"coverage": ANSWER}
    notebook.cells[2].source = "def coverage(masks:\n    return"
    assert answers_of(notebook) == {"coverage": "def coverage(masks:\n    return"}


def test_git_sees_nothing_of_a_students_work(clone):
    done = subprocess.run(
        ["git", "check-ignore", "my-course/02-binary-masks.ipynb"], cwd=clone, check=False
    )
    assert done.returncode == 0


def test_the_command_tells_what_it_did(course):
    code = (
        "from sepedu.cli import lab, main; lab.__file__ = '/nowhere/sepedu/cli/lab.py'; "
        "lab.FIRST_LESSON = lab.Path('lessons/01-first.ipynb'); raise SystemExit(main(['update']))"
    )
    run = [sys.executable, "-c", code]
    first = subprocess.run(run, cwd=course, capture_output=True, text=True, check=True)
    assert first.stdout.count("is new") == 3
    again = subprocess.run(run, cwd=course, capture_output=True, text=True, check=True)
    assert again.stdout == "Your copy of the lessons is up to date.\n"
    edit(course, "01-first.ipynb", "stub", ANSWER)
    nbformat.write(lesson("A better lesson."), course / "lessons" / "01-first.ipynb")
    bring(course)
    waiting = subprocess.run(run, cwd=course, capture_output=True, text=True, check=True)
    assert "beside your copies: 01-first.new.ipynb. To carry" in waiting.stdout
    assert set(json.loads((course / "my-course" / HANDED_OUT).read_text())) == {
        "01-first.ipynb",
        "02-second.ipynb",
        "03-third.ipynb",
    }
