"""Cells run in any order, in a new kernel: a verdict, or the name that is missing."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sepedu
from sepedu.exercises.framework import NOT_ATTEMPTED, RIGHT, WRONG, Verdict, lessons

FILES = sorted((Path(__file__).parents[2] / "lessons").glob("*.ipynb"))
CHECK = re.compile(r"^ex\.(\w+)\.check\(", re.MULTILINE)


def cells(path: Path) -> list[str]:
    """The code of a lesson."""
    told = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in told if cell["cell_type"] == "code"]


def imports(sources: list[str]) -> str:
    """Nothing but what cells import, as if they had all been run, also those further down."""
    nodes = [node for source in sources for node in ast.parse(source).body]
    found = [ast.unparse(node) for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join(["from sepedu.engine.ffmpeg import ensure_ffmpeg", "ensure_ffmpeg()", *found])


def run(*sources: str):
    """Run cells in a new namespace, and give the value of the last line, as a kernel does."""
    space, value = {"__name__": "__main__"}, None
    for source in sources:
        body = ast.parse(source).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "<cell>", "exec"), space)
        value = last and eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
    return value


def asked(path: Path):
    """Each exercise of a lesson, with the cell of its check."""
    exercises = lessons()[path.name[:2]]
    for source in cells(path):
        if found := CHECK.search(source):
            yield exercises[found[1]], source


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_exercise_is_asked(path):
    assert {exercise.name for exercise, _ in asked(path)} == set(lessons()[path.name[:2]])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_check_in_a_new_kernel_says_what_to_run(path):
    for exercise, check in asked(path):
        verdict = run(check)
        assert verdict.outcome == NOT_ATTEMPTED, exercise
        assert f"There is no `{exercise.name}` in this notebook yet" in verdict.message


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_stub_takes_a_name_that_another_cell_uses(path):
    """Else the cells above it would fail, or mean something else, when they run again."""
    sources = cells(path)
    for exercise, _ in asked(path):
        for source in sources:
            if source.strip() == exercise.stub:
                continue
            names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
            assert exercise.name not in names, (exercise, source)
        assert f" {exercise.name}," not in imports(sources) + ",", exercise
        assert not hasattr(sepedu, exercise.name), exercise


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_answer_without_the_cells_above_says_which_name_is_missing(path):
    first = f"from sepedu.exercises import lesson{path.name[:2]} as ex"
    for exercise, check in asked(path):
        assert run(first, exercise.stub, check).outcome == NOT_ATTEMPTED
        verdict = run(first, exercise.reference, check)
        assert isinstance(verdict, Verdict)
        if verdict.outcome != RIGHT:
            assert verdict.outcome == WRONG
            assert re.search(r"NameError: name '\w+' is not defined", verdict.message)
            assert "was a cell above not run" in verdict.message


EACH_ALONE = """
import json, sys

for source in json.load(sys.stdin):
    try:
        exec(compile(source, "<cell>", "exec"), {"__name__": "__main__"})
    except NameError as error:
        print(error, file=sys.stderr)
"""
"""Any other error ends it."""


def test_each_cell_alone_runs_or_names_what_is_missing(tmp_path):
    """In a process where nothing has found ffmpeg yet, as in the kernel of a student."""
    sources = [source for path in FILES for source in cells(path)[1:]]
    done = subprocess.run(
        [sys.executable, "-c", EACH_ALONE],
        input=json.dumps(sources),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) > len(sources) / 3
    assert all(re.search(r"name '\w+' is not defined", line) for line in lines), lines
    assert not list(tmp_path.iterdir())
