"""An exercise: its stub, its answer, its hints, its known mistakes, and the check of an answer."""

from __future__ import annotations

import ast
import dis
import html
import importlib
import pkgutil
import re
import sys
import textwrap
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .call_answer import NotAttempted, Wrong, time_limit
from .compare import Mistake
from .record import record

NOT_ATTEMPTED = "not attempted yet"
WRONG = "not right yet"
RIGHT = "right"

NO_SOLUTIONS = Path("lessons") / ".no-solutions"
"""An instructor puts an empty file of this name into the class's copy of the course."""

_LOOK_UP = object()
_COLOURS = {NOT_ATTEMPTED: "#777777", WRONG: "#D55E00", RIGHT: "#009E73"}
_IDLE = {"RESUME", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "NOP", "POP_TOP"}


class _Shown:
    """What a notebook shows at once, so that nothing later in the cell can hide it."""

    _shown_in: int | None = None

    def show(self) -> None:
        """Show it if this is a notebook; it is not shown again as the value of the same cell."""
        if _shell() is not None:
            self._ipython_display_()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        cell = getattr(_shell(), "execution_count", None)
        if cell is None or cell != self._shown_in:
            self._shown_in = cell
            display({"text/plain": repr(self), "text/html": self._repr_html_()}, raw=True)

    def _repr_html_(self) -> str:
        raise NotImplementedError


@dataclass(repr=False)
class Verdict(_Shown):
    """What a check answers: an outcome, and a message that says why.

    Attributes
    ----------
    outcome : {"not attempted yet", "not right yet", "right"}
    message : str
    mistake : str
        Title of the known mistake that the answer makes, or "".
    """

    outcome: str
    message: str
    mistake: str = ""

    def __repr__(self) -> str:
        text = f"{self.outcome.capitalize()}. {self.message}".strip()
        return textwrap.fill(text, 88, break_long_words=False)

    def _repr_html_(self) -> str:
        # The outcome stands in words, so the colour adds nothing that a reader could miss.
        return (
            f'<div role="status" style="border-left:0.4em solid {_COLOURS[self.outcome]};'
            f'padding:0.2em 0.8em"><strong>{self.outcome.capitalize()}.</strong> '
            f"{with_code(self.message)}</div>"
        )


@dataclass(repr=False)
class Note(_Shown):
    """A hint or a solution, shown as text or as a small page.

    Attributes
    ----------
    heading : str
    text : str
    is_code : bool
    """

    heading: str
    text: str
    is_code: bool = False

    def __repr__(self) -> str:
        body = self.text if self.is_code else textwrap.fill(self.text, 88)
        return f"{self.heading}:\n{body}"

    def _repr_html_(self) -> str:
        body = f"<pre><code>{html.escape(self.text)}</code></pre>"
        body = body if self.is_code else f" {with_code(self.text)}"
        return f'<div role="note"><strong>{html.escape(self.heading)}:</strong>{body}</div>'


@dataclass
class Exercise:
    """A task for the student, with everything that its check, its hints and its teacher need.

    Attributes
    ----------
    name : str
        Of the function or the value that the student defines, and of this exercise.
    task : str
        One sentence.
    stub, reference : str
        Python source of the student's cell, as handed out and solved.
    hints : tuple of str
        From gentle to plain.
    examine : callable
        Takes the answer; returns nothing if it is right, else raises `Wrong`.
    mistakes : tuple of Mistake
        At least three.
    remark : str
        Shown beside "Right".
    setup : str
        Python source of what stub and answers find defined, such as imports.
    prepare : callable, optional
        Does what is slow the first time, such as an import, before the answer's time runs.
    """

    name: str
    task: str
    stub: str
    reference: str
    hints: tuple[str, ...]
    examine: Callable[[Any], None]
    mistakes: tuple[Mistake, ...]
    remark: str = ""
    setup: str = "import numpy as np"
    prepare: Callable[[], Any] | None = None
    _given: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.stub, self.reference = (
            textwrap.dedent(source).strip() for source in (self.stub, self.reference)
        )

    def __repr__(self) -> str:
        return f"Exercise {self.name}: {self.task}"

    def check(self, answer: Any = _LOOK_UP) -> Verdict:
        """Look at an answer, show the verdict, and return it; never raises, whatever the answer.

        Parameters
        ----------
        answer : Any, optional
            By default what the notebook calls by the exercise's name.
        """
        if answer is _LOOK_UP:
            answer = self._look_up(sys._getframe(1))
        verdict = self._judge(answer)
        record(self.lesson, self.name, verdict.outcome, verdict.mistake)
        verdict.show()
        return verdict

    def require(self, answer: Any = _LOOK_UP) -> None:
        """Like `check`, for graders: raise an AssertionError unless the answer is right.

        Parameters
        ----------
        answer : Any, optional
            By default what the notebook calls by the exercise's name.
        """
        if answer is _LOOK_UP:
            answer = self._look_up(sys._getframe(1))
        verdict = self.check(answer)
        if verdict.outcome != RIGHT:
            raise AssertionError(f"{verdict.outcome.capitalize()}. {verdict.message}".strip())

    def _look_up(self, caller: types.FrameType) -> Any:
        """What the caller calls by the exercise's name, or `_LOOK_UP`."""
        return {**caller.f_globals, **caller.f_locals}.get(self.name, _LOOK_UP)

    def _judge(self, answer: Any) -> Verdict:
        if broken := _broken_cell(self.name):
            return Verdict(WRONG, broken)
        if answer is _LOOK_UP:
            return Verdict(
                NOT_ATTEMPTED,
                f"There is no `{self.name}` in this notebook yet: run the cell that defines it. "
                "After a restart, first run all cells above it.",
            )
        if self.prepare:
            self.prepare()
        try:
            with time_limit():
                if self._is_stub(answer):
                    raise NotAttempted
                if _is_of_the_library(answer):
                    raise NotAttempted(
                        f"This `{self.name}` is the library's own. Run the cell that defines yours."
                    )
                self.examine(answer)
        except NotAttempted as why:
            edit = f"Edit the cell that defines `{self.name}`, and run it."
            return Verdict(NOT_ATTEMPTED, str(why) or edit)
        except Wrong as wrong:
            return Verdict(WRONG, str(wrong), wrong.mistake or self._titles.get(wrong.reason, ""))
        except KeyboardInterrupt:  # Stop was pressed
            raise
        except BaseException as error:  # an answer may raise what it likes
            return Verdict(WRONG, f"Your answer could not be examined: {_tell(error)}")
        return Verdict(RIGHT, self.remark)

    @cached_property
    def _titles(self) -> dict[str, str]:
        """Titles of the mistakes without a message of their own, by the reason they are refused."""
        titles = {}
        for mistake in self.mistakes:
            if not mistake.message:
                try:
                    self.examine(mistake.answer)
                except Wrong as wrong:
                    titles[wrong.reason] = mistake.title
                except Exception:  # what a check needs, an answer may have changed
                    continue
        return titles

    def hint(self) -> Note:
        """Show the next hint, and return it; after the last one, the last again."""
        number = min(self._given, len(self.hints) - 1)
        heading = f"Hint {number + 1} of {len(self.hints)}"
        if self._given >= len(self.hints):
            heading += ", the last"
        self._given = number + 1
        note = Note(heading, self.hints[number])
        note.show()
        return note

    def solution(self) -> Note:
        """Show an answer that the check accepts, and return it.

        Not in a class whose copy of the course holds a file `lessons/.no-solutions`.
        """
        note = Note("A solution", self.reference, is_code=True)
        if any((folder / NO_SOLUTIONS).is_file() for folder in (Path.cwd(), *Path.cwd().parents)):
            note = Note("No solution", "Your class's copy of the course leaves solutions out.")
        note.show()
        return note

    def run(self, source: str) -> Any:
        """Run the source of an answer and return what it defines under the exercise's name.

        Raises
        ------
        NotAttempted
            If it does not define that.
        """
        space: dict[str, Any] = {"__name__": "answer"}
        exec(compile(f"{self.setup}\n", "<setup>", "exec"), space)
        exec(compile(textwrap.dedent(source), "<answer>", "exec"), space)
        if self.name not in space:
            raise NotAttempted(f"The cell does not define `{self.name}`.")
        return space[self.name]

    @property
    def lesson(self) -> str:
        """Number of the lesson, such as "02", by the package that the exercise stands in."""
        found = re.search(r"\.lesson(\d\d)(?:\.|$)", self.examine.__module__)
        return found[1] if found else ""

    def _is_stub(self, answer: Any) -> bool:
        if answer is None or answer is ...:
            return True
        code = getattr(answer, "__code__", None)
        if isinstance(code, types.CodeType):
            return _is_idle(code)
        if isinstance(answer, (dict, list, tuple)):
            return bool(answer) and _all_open(answer)
        return False


def _shell() -> Any:
    """The notebook's shell, or None where Python runs without one."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _broken_cell(name: str) -> str | None:
    """What is the matter with the latest cell about a name, if a syntax error kept it from running.

    Without this, a check would judge what an earlier version of the cell has defined.
    """
    defines = re.compile(rf"^(\w+\s+{name}\b|{name}\s*=|{name}\s*\(.*\)\s*:)", re.MULTILINE)
    for source in reversed(getattr(_shell(), "user_ns", {}).get("In", ())):
        if not defines.search(source):  # also with `def` misspelt or forgotten
            continue
        try:
            compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except (SyntaxError, ValueError) as error:
            place = f" in line {error.lineno}" if getattr(error, "lineno", None) else ""
            return (
                f"The cell that defines `{name}` has a syntax error{place}, so it did not run: "
                f"{getattr(error, 'msg', error)}. Correct it, run it, and check again."
            )
        return None
    return None


def _is_of_the_library(answer: Any) -> bool:
    """Whether an answer is what a lesson imports under the exercise's name, not the student's."""
    if not isinstance(answer, (types.FunctionType, type)):
        return False
    home = str(answer.__module__)
    return home.startswith("sepedu.") and not home.startswith(f"{__package__}.lesson")


def _all_open(answer: Any) -> bool:
    """Whether every value of nested dicts and lists is still `...`."""
    if isinstance(answer, dict):
        answer = answer.values()
    return all(
        part is ... or (isinstance(part, (dict, list, tuple)) and len(part) > 0 and _all_open(part))
        for part in answer
    )


def _is_idle(code: types.CodeType) -> bool:
    """Whether a function does nothing but return nothing: only a docstring, pass, or `...`."""
    operations = {step.opname for step in dis.get_instructions(code)}
    return operations <= _IDLE and all(
        value is None or value is ... or isinstance(value, str) for value in code.co_consts
    )


def _tell(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # even an error's own text may fail
        lines = []
    return f"{type(error).__name__}{': ' + lines[0][:200] if lines else ''}."


def with_code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def lessons() -> dict[str, dict[str, Exercise]]:
    """Every exercise by the number of its lesson ("02") and by its name."""
    package = importlib.import_module(__package__)
    found: dict[str, dict[str, Exercise]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if match := re.fullmatch(r"lesson(\d\d)", module.name):
            content = importlib.import_module(f"{__package__}.{module.name}")
            found[match[1]] = {exercise.name: exercise for exercise in content.EXERCISES}
    return found
