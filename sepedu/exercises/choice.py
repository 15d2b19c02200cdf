"""Questions that react: choose an answer, and read why. They work in a page without a kernel."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from .framework import RIGHT, WRONG, with_code
from .questions import QUESTIONS, Question
from .record import record

VIEW = "application/vnd.jupyter.widget-view+json"
STYLE = """
.sepedu-choice fieldset { border: 0; border-left: 0.2em solid #888; margin: 1em 0; padding: 0 1em }
.sepedu-choice legend { float: left; font-weight: bold; margin-bottom: 0.4em; width: 100% }
.sepedu-choice label { clear: both; display: block; padding: 0.2em 0 }
.sepedu-choice .why { display: none; margin: 0 0 0.4em 1.6em }
.sepedu-choice label:has(:checked) + .why { display: block }
.jp-OutputArea:has(.sepedu-choice) .jp-OutputArea-output:not(:has(*)) { display: none }
"""
"""Reacts without a script; the last line hides JupyterLab's complaint where no kernel runs."""
LISTEN = """
function render({ model }) {
  const hear = (event) => {
    const { lesson, name, answer } = event.target.dataset;
    if (lesson === model.get("lesson")) model.send({ name, answer });
  };
  document.addEventListener("change", hear);
  return () => document.removeEventListener("change", hear);
}
export default { render };
"""


class Listener(anywidget.AnyWidget):
    """Tells the kernel what was chosen, so that progress counts it; it shows nothing itself."""

    _esm = LISTEN
    lesson = traitlets.Unicode().tag(sync=True)

    def __init__(self, lesson: str) -> None:
        super().__init__(lesson=lesson)
        self.on_msg(self._hear)

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, dict):
            choose(self.lesson, str(message.get("name")), str(message.get("answer")))


def choose(lesson: str, name: str, answer: str, folder: Path | None = None) -> None:
    """Count a chosen answer in the progress of the working copy."""
    for question in QUESTIONS[lesson]:
        if question.name == name and answer in question.answers:
            is_right = answer == question.right
            record(lesson, name, RIGHT if is_right else WRONG, "" if is_right else answer, folder)


def ask(lesson: str) -> None:
    """Show the questions of a lesson with answers to choose from.

    Parameters
    ----------
    lesson : str
        Such as "02".
    """
    view, _ = Listener(lesson)._repr_mimebundle_() or ({}, {})
    if VIEW in view:
        display({VIEW: view[VIEW]}, raw=True)
    display({"text/html": page(lesson), "text/plain": text(lesson)}, raw=True)


def page(lesson: str) -> str:
    """The questions as HTML."""
    parts = [_field(lesson, question) for question in QUESTIONS[lesson]]
    return f'<form class="sepedu-choice"><style>{STYLE}</style>{"".join(parts)}</form>'


def _field(lesson: str, question: Question) -> str:
    lines = []
    for answer in sorted(question.answers):
        outcome = "Right" if answer == question.right else "Not right"
        lines.append(
            f'<label><input type="radio" name="{lesson}-{question.name}" data-lesson="{lesson}" '
            f'data-name="{question.name}" data-answer="{html.escape(answer)}"> '
            f"{html.escape(answer)}</label>"
            f'<div class="why" role="status"><strong>{outcome}.</strong> '
            f"{with_code(question.answers[answer])}</div>"
        )
    legend = f"<legend>{with_code(question.text)}</legend>"
    return f"<fieldset>{legend}{''.join(lines)}</fieldset>"


def text(lesson: str) -> str:
    """The questions without their answers' reasons, where no HTML can be shown."""
    return "\n\n".join(
        "\n".join([question.text, *(f"  ( ) {answer}" for answer in sorted(question.answers))])
        for question in QUESTIONS[lesson]
    )
