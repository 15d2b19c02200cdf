"""Assignments for nbgrader: full points for the solutions, none for stubs and known mistakes.

SEPEDU_NBGRADER=1 also runs nbgrader itself, on all lessons, in an environment of its own (minutes).
"""

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from sepedu.exercises.framework import lessons
from tools import assignment
from tools.mock_class import wrong_answer

EXERCISES = lessons()["02"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    assert assignment.main([str(folder), "02"]) == 0
    return folder


def read(folder):
    (path,) = folder.glob("*.ipynb")
    return nbformat.read(path, as_version=4)


def test_each_exercise_has_a_stub_a_solution_and_a_check_of_one_point(written):
    cells = read(written / "source" / "lesson02").cells
    answers = [c for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
    checks = [c for c in cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert len(answers) == len(checks) == len(EXERCISES)
    for answer, exercise in zip(answers, EXERCISES.values(), strict=True):
        stub, solution = answer.source.split("\n### BEGIN SOLUTION\n")
        assert stub == exercise.stub
        assert solution == f"{exercise.reference}\n### END SOLUTION"
    assert all(c.metadata.nbgrader.points == 1 and c.metadata.nbgrader.locked for c in checks)


def test_the_students_version_holds_no_solution(written):
    text = next((written / "otter" / "lesson02").glob("*.ipynb")).read_text(encoding="utf-8")
    assert "SOLUTION" not in text and "raise NotImplementedError" in text
    names = {path.stem for path in (written / "otter" / "lesson02" / "tests").iterdir()}
    assert names == set(EXERCISES)


def test_a_check_for_graders_raises_unless_the_answer_is_right():
    exercise = EXERCISES["masked"]
    exercise.require(exercise.run(exercise.reference))
    with pytest.raises(AssertionError, match="Not attempted yet"):
        exercise.require(exercise.run(exercise.stub))
    for mistake in exercise.mistakes:
        with pytest.raises(AssertionError, match="Not right yet"):
            exercise.require(mistake.answer)


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    if os.environ.get("SEPEDU_NBGRADER") != "1":
        pytest.skip("installs nbgrader; SEPEDU_NBGRADER=1 runs it")
    return install(tmp_path_factory.mktemp("environment") / "nbgrader")


@pytest.mark.slow
@pytest.mark.parametrize("number", lessons())
def test_nbgrader_gives_full_points_for_solutions_and_none_for_stubs_and_mistakes(
    number, nbgrader, tmp_path, capsys
):
    exercises, name = lessons()[number].values(), f"lesson{number}"
    assignment.write_assignments(tmp_path, [number])
    run(nbgrader, tmp_path, "generate_assignment", name)
    students = {"right": {e.name: e.reference for e in exercises}, "stub": {}}
    for place in range(max(len(e.mistakes) for e in exercises)):
        students[f"wrong{place + 1}"] = {
            e.name: wrong_answer(e, min(place, len(e.mistakes) - 1)) for e in exercises
        }
    for student, answers in students.items():
        hand_in(tmp_path, student, name, answers)
    run(nbgrader, tmp_path, "autograde", name)
    run(nbgrader, tmp_path, "export")
    rows = list(csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8")))
    with capsys.disabled():
        for row in rows:
            print(row["assignment"], row["student_id"], row["score"], "of", row["max_score"])
    points = {row["student_id"]: float(row["score"]) for row in rows}
    assert points == dict.fromkeys(students, 0.0) | {"right": float(len(exercises))}
    assert {float(row["max_score"]) for row in rows} == {float(len(exercises))}
    # nbgrader's 0 points may also mean that it graded nothing.
    assert {path.name for path in (tmp_path / "autograded").iterdir()} == set(students)


def install(folder):
    """nbgrader in an environment of its own, which sees the course's packages after its own."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", python, "nbgrader"], check=True)
    packages = next((folder / "lib").glob("python3.*")) / "site-packages"
    course = [sysconfig.get_path("purelib"), str(Path(assignment.__file__).parents[1])]
    (packages / "course.pth").write_text(
        "".join(f"import site; site.addsitedir({p!r})\n" for p in course)
    )
    return folder / "bin" / "nbgrader"


def run(nbgrader, course, *words):
    path = f"{nbgrader.parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [str(nbgrader), *words], cwd=course, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def hand_in(course, student, name, answers):
    """What a student hands in: the released notebook with answers in place of stubs."""
    (released,) = (course / "release" / name).glob("*.ipynb")
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        answered = cell.metadata.get("nbgrader", {}).get("grade_id", "").removeprefix("answer-")
        cell.source = answers.get(answered, cell.source)
    place = course / "submitted" / student / name
    place.mkdir(parents=True)
    nbformat.write(notebook, place / released.name)
