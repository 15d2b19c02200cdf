"""What a student has done so far, from the lines that `record` wrote."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import printable
from .framework import NOT_ATTEMPTED, RIGHT, WRONG, lessons
from .pages import html_page, html_table
from .questions import QUESTIONS
from .record import FILE, HANDED_OUT

SIGNS = {RIGHT: "✓", WRONG: "…", NOT_ATTEMPTED: "○"}


@dataclass(frozen=True)
class State:
    """How far a student has come with one exercise.

    Attributes
    ----------
    outcome : str
        The best so far: "right" once it was right.
    checks : int
        How often it was checked.
    mistakes : tuple of str
        Titles of the known mistakes that checks named, in their order, each once.
    when : str
        Time of the last check, such as "2026-11-25 17:30".
    """

    outcome: str = NOT_ATTEMPTED
    checks: int = 0
    mistakes: tuple[str, ...] = ()
    when: str = ""


def read_progress(folder: Path) -> dict[tuple[str, str], State]:
    """Read the progress of a working copy.

    Returns
    -------
    states : dict of State
        By lesson ("02") and exercise. Lines that cannot be read are passed over.
    """
    states: dict[tuple[str, str], State] = {}
    try:
        lines = (folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return states
    for line in lines:
        try:
            told = json.loads(line)
            key, outcome = (str(told["lesson"]), str(told["exercise"])), str(told["outcome"])
            mistake, when = printable(str(told.get("mistake", ""))), printable(str(told["when"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if outcome not in SIGNS:
            continue
        before = states.get(key, State())
        mistakes = before.mistakes
        if mistake and mistake not in mistakes:
            mistakes = (*mistakes, mistake)
        best = max(before.outcome, outcome, key=(NOT_ATTEMPTED, WRONG, RIGHT).index)
        states[key] = State(best, before.checks + 1, mistakes, when)
    return states


class Strip:
    """The exercises of one lesson and how far they have come, as a line at its head or its end.

    Parameters
    ----------
    lesson : str
        Such as "02".
    folder : path, optional
        A working copy; by default the folder that the notebook stands in.
    """

    def __init__(self, lesson: str, folder: Path | None = None) -> None:
        folder = Path.cwd() if folder is None else folder
        states = read_progress(folder)
        self.lesson = lesson
        self.is_recorded = (folder / HANDED_OUT).is_file()
        self.states = {
            name: states.get((lesson, name), State()) for name in lessons().get(lesson, {})
        }

    def __repr__(self) -> str:
        if not self.is_recorded:
            return f"The exercises of lesson {self.lesson}: {', '.join(self.states)}"
        done = sum(state.outcome == RIGHT for state in self.states.values())
        each = ", ".join(f"{SIGNS[s.outcome]} {name}" for name, s in self.states.items())
        return f"Lesson {self.lesson}: {done} of {len(self.states)} exercises right ({each})"

    def _repr_html_(self) -> str:
        return f'<div role="status">{html.escape(repr(self))}</div>'


def report(states: Mapping[tuple[str, str], State]) -> str:
    """Progress in every lesson as text, a line each, with the exercise that comes next.

    It is the first open one from the lesson on in which something was checked last; where none
    follows, the first of all.
    """
    lines = []
    latest = max(states, key=lambda key: states[key].when, default=("", ""))[0]
    open_ones: list[str] = []
    for lesson, exercises in lessons().items():
        found = [states.get((lesson, name), State()) for name in exercises]
        done = sum(state.outcome == RIGHT for state in found)
        tried = sum(state.outcome == WRONG for state in found)
        asked = [q.name for q in QUESTIONS.get(lesson, ())]
        known = sum(states.get((lesson, name), State()).outcome == RIGHT for name in asked)
        lines.append(
            f"lesson {lesson}  {done} of {len(found)} right"
            + (f", {tried} tried" if tried else "")
            + (f"; {known} of {len(asked)} questions" if asked else "")
        )
        left = [n for n, s in zip(exercises, found, strict=True) if s.outcome != RIGHT]
        open_ones += [f"lesson {lesson}, {left[0]}"] if left else []
    following = [told for told in open_ones if told >= f"lesson {latest}"] or open_ones
    lines.append(f"Next: {following[0]}" if following else "All exercises are right.")
    return "\n".join(lines)


def page(states: Mapping[tuple[str, str], State], name: str = "") -> str:
    """The same as a page to hand in, with every exercise and the mistakes on the way."""
    rows = []
    for lesson, exercises in lessons().items():
        asked = {question.name: question.text for question in QUESTIONS.get(lesson, ())}
        for key, task in ({e.name: e.task for e in exercises.values()} | asked).items():
            state = states.get((lesson, key), State())
            said = f"{SIGNS[state.outcome]} {state.outcome}"
            rows.append((lesson, task, said, state.checks, "; ".join(state.mistakes), state.when))
    head = "lesson, exercise or question, outcome, checks, mistakes on the way, last check"
    summary = f"<pre>{html.escape(report(states))}</pre>"
    title = printable(f"Progress{' of ' + name if name else ''}")
    return html_page(title, f"{summary}\n{html_table(head.split(', '), rows)}")
