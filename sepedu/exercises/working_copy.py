"""The student's own copy of the lessons: tracked files stay as they are, and updates lose nothing.

`lessons/` belongs to the course and is renewed by `git pull`. Students work in `my-course/` beside
it, which git ignores. There the lessons open without outputs, so that no answer stands on the page
before the question was thought about.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from ..engine.files import write_text
from ..errors import SepeduError
from .record import HANDED_OUT

GUESS = "*My guess:*"
"""A cell below a question, for what the student thinks before the next one is run."""
CHECK = re.compile(r"^[ \t]*ex\.(\w+)\.check\(", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """What an update did with one lesson.

    Attributes
    ----------
    lesson : str
        File name of the lesson.
    what : {"new", "renewed", "kept", "carried over"}
    beside : str
        Name of the second notebook, where there is one: the new lesson beside the student's work,
        or the student's work beside the new lesson with the answers.
    answers : tuple of str
        Exercises whose answers were carried over.
    guesses : int
        Guesses that were carried over with them.
    aside : str
        Name that the notebook beside got, where the student had worked in that one.
    """

    lesson: str
    what: str
    beside: str = ""
    answers: tuple[str, ...] = ()
    guesses: int = 0
    aside: str = ""

    def __str__(self) -> str:
        aside = f"; your work in the one beside it is {self.aside}" if self.aside else ""
        if self.what == "kept":
            return (
                f"{self.lesson} has changed, and so has your copy: yours is kept, the new one is "
                f"{self.beside}{aside}. To carry your answers over: sepedu update --answers"
            )
        if self.what == "carried over":
            carried = ", ".join(self.answers) or "none"
            carried += f"; guesses: {self.guesses}" if self.guesses else ""
            return (
                f"{self.lesson} is the new one, with your answers ({carried}); your old copy is "
                f"{self.beside}{aside}"
            )
        return f"{self.lesson} is {self.what}"


def update(originals: Path, folder: Path, answers: bool = False) -> list[Change]:
    """Bring a working copy of the lessons up to date without touching what a student has done.

    A lesson that is missing is copied without outputs. Where the course has a newer version, a copy
    that was neither edited nor run is renewed; any other is kept, and the new lesson is laid
    beside it.

    Parameters
    ----------
    originals : path
        The course's `lessons/`.
    folder : path
        The working copy; made if it is not there.
    answers : bool
        Also put the student's answers into the new lessons; the old copies are kept beside them.

    Returns
    -------
    changes : list of Change
        Nothing for lessons without news.

    Raises
    ------
    SepeduError
        If there are no lessons, or the working copy cannot be read or written.
    """
    record = _read_record(folder / HANDED_OUT)
    changes = []
    for lesson in find_notebooks(originals):
        handed_out = without_outputs(_read(lesson))
        version = _digest(handed_out)
        own = folder / lesson.name
        change = None
        if not own.exists():
            _write(own, handed_out)
            change = Change(lesson.name, "new")
        elif version != record.get(lesson.name):
            change = _renew(own, handed_out, record.get(lesson.name))
        if answers and _new_of(own).exists():
            aside = change.aside if change else ""
            aside = aside or _set_aside(own, record.get(lesson.name))
            change = _carry_over(own, handed_out, aside)
        if change:
            changes.append(change)
            record[lesson.name] = version
            write_text(folder / HANDED_OUT, json.dumps(record, indent=1, sort_keys=True) + "\n")
    return changes


def find_notebooks(folder: Path) -> list[Path]:
    """Return the lessons of a folder in their order.

    Raises
    ------
    SepeduError
        If there are none.
    """
    notebooks = sorted(folder.glob("[0-9][0-9]-*.ipynb"))
    if not notebooks:
        raise SepeduError(f"There are no lessons in {folder}", "Work in a clone of the project")
    return notebooks


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """A copy of a notebook as if nothing in it had been run."""
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    copy.metadata.pop("widgets", None)
    return copy


def answers_of(notebook: NotebookNode) -> dict[str, str]:
    """Source of each answer in a student's notebook, by the name of its exercise.

    An answer is the last cell above the exercise's check that defines the exercise's name, and
    where there is none, the code cell right above the check. Nothing is run.
    """
    found: dict[str, str] = {}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for place, cell in enumerate(code):
        for name in CHECK.findall(cell.source):
            above = [other.source for other in code[:place]]
            defining = [source for source in above if name in _defined_names(source)]
            if name not in found and above:
                found[name] = defining[-1] if defining else above[-1]
    return found


def _defined_names(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        # An answer that does not run, or is too deep for Python, is an answer all the same.
        found = re.findall(r"^(?:def|class)\s+(\w+)|^(\w+)\s*=", source, re.MULTILINE)
        return {name for pair in found for name in pair if name}
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def _renew(own: Path, handed_out: NotebookNode, version_before: str | None) -> Change:
    """Renew an untouched copy; keep any other, and lay the new lesson beside it."""
    copy = _read(own)
    if _untouched(copy, version_before):
        _write(own, handed_out)
        return Change(own.name, "renewed")
    if _digest(copy) == _digest(handed_out):
        return Change(own.name, "renewed")  # the very same cells: nothing is lost by keeping them
    aside = _set_aside(own, version_before)
    _write(_new_of(own), handed_out)
    return Change(own.name, "kept", _new_of(own).name, aside=aside)


def _untouched(copy: NotebookNode, version: str | None) -> bool:
    was_run = any(cell.cell_type == "code" and cell.outputs for cell in copy.cells)
    return not was_run and _digest(copy) == version


def _set_aside(own: Path, version: str | None) -> str:
    """Rename the lesson beside a copy if the student has worked in it; return its name, or ""."""
    new = _new_of(own)
    if not new.exists() or _untouched(_read(new), version):
        return ""
    return new.rename(_free_name(own)).name


def _carry_over(own: Path, lesson: NotebookNode, aside: str) -> Change:
    """Put a student's answers into the new lesson, and keep the old copy under another name.

    Where the student went on in the notebook beside, now `aside`, its answers are the later ones.
    """
    copy, stubs = _read(own), answers_of(lesson)
    answers, guesses = answers_of(copy), _guesses_of(copy)
    if aside:
        copy = _read(own.with_name(aside))
        later = answers_of(copy)
        answers |= {name: text for name, text in later.items() if text != stubs.get(name)}
        guesses |= _guesses_of(copy)
    carried = []
    for name, stub in stubs.items():
        answer = answers.get(name)
        cells = [cell for cell in lesson.cells if cell.source == stub]
        if answer is not None and answer != stub and len(cells) == 1:
            cells[0].source = answer
            carried.append(name)
    guessed = [cell for cell in lesson.cells if cell.source == GUESS and cell.get("id") in guesses]
    for cell in guessed:
        cell.source = guesses[cell["id"]]
    old = _free_name(own)
    own.rename(old)
    _write(own, lesson)
    _new_of(own).unlink(missing_ok=True)
    return Change(own.name, "carried over", old.name, tuple(carried), len(guessed), aside)


def _guesses_of(notebook: NotebookNode) -> dict[str, str]:
    """What a student wrote below the questions, by the id of the cell."""
    return {
        cell["id"]: cell.source
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        and cell.get("id", "").endswith("-guess")
        and cell.source.strip() not in ("", GUESS)
    }


def _new_of(own: Path) -> Path:
    return own.with_name(f"{own.stem}.new.ipynb")


def _free_name(own: Path) -> Path:
    """A name beside the copy that nothing has yet: NAME.old.ipynb, NAME.old-2.ipynb, ..."""
    names = [own.with_name(f"{own.stem}.old.ipynb")]
    while names[-1].exists():
        names.append(own.with_name(f"{own.stem}.old-{len(names) + 1}.ipynb"))
    return names[-1]


def _digest(notebook: NotebookNode) -> str:
    """SHA-256 of what the cells say; outputs, counts and ids do not matter."""
    cells = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _read(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises what it likes
        raise SepeduError(
            f"The notebook {path} cannot be read ({type(error).__name__})",
            "Rename it, and give the command again: a fresh copy takes its place",
        ) from error


def _write(path: Path, notebook: NotebookNode) -> None:
    write_text(path, nbformat.writes(notebook) + "\n")


def _read_record(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # without it every copy counts as changed, and nothing is lost
    return dict(told) if isinstance(told, Mapping) else {}
