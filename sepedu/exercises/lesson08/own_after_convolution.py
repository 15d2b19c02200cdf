"""Lesson 08: find a window's own columns after a convolution over three columns."""

from __future__ import annotations

from typing import Any

from ..call_answer import call
from ..compare import Mistake
from ..framework import Exercise
from .columns import as_columns, refusal

_CASES = (
    (set(), 25),
    ({0, 24}, 25),
    ({0, 7}, 8),
    ({0, 1, 6, 7}, 8),
    ({3}, 9),
    (set(), 6),
    ({5}, 11),
    ({0}, 1),
)


def _after_convolution(own: set[int], columns: int) -> set[int]:
    ends = {0, columns - 1}
    return ends | {c for c in range(columns) if own & {c - 1, c, c + 1}}


def _examine_own_after_convolution(answer: Any) -> None:
    for own, columns in _CASES:
        value = as_columns(call(answer, set(own), columns))
        right = _after_convolution(own, columns)
        if value == right:
            continue
        if any(not 0 <= column < columns for column in value):
            why = f"There are only the columns 0 to {columns - 1}."
        elif not {0, columns - 1} <= value:
            why = (
                "The first and the last column see the zeros beyond the window's ends, and so "
                "they are always its own."
            )
        elif value == {0, columns - 1} | own:
            why = (
                "A convolution over three columns reads both neighbours: a column beside an own "
                "one becomes own as well."
            )
        elif value < right:
            why = "Some columns read an own neighbour, and are missing: look at both sides."
        else:
            why = f"It should be {sorted(right)}."
        raise refusal(own, columns, value, why)


own_after_convolution = Exercise(
    name="own_after_convolution",
    task="Find which columns are a window's own after a convolution over three columns.",
    stub='''
def own_after_convolution(own, columns):
    """Numbers of the columns that differ from window to window after a 3 x 3 convolution.

    own is the set of those before it; columns says how many columns there are. The zeros that
    pad the window stand beyond its ends, where another window may have sound.
    """
    raise NotImplementedError
''',
    reference='''
def own_after_convolution(own, columns):
    """Numbers of the columns that differ from window to window after a 3 x 3 convolution."""
    after = {0, columns - 1}  # they see the padding
    for column in range(columns):
        if own & {column - 1, column, column + 1}:
            after.add(column)
    return after
''',
    hints=(
        "Which columns read a zero beyond the window? These are own in any case.",
        "A column reads itself and both neighbours: if one of the three was own, it is own.",
    ),
    examine=_examine_own_after_convolution,
    mistakes=(
        Mistake(
            "Padding forgotten",
            lambda own, columns: {c for c in range(columns) if own & {c - 1, c, c + 1}},
        ),
        Mistake("Neighbours forgotten", lambda own, columns: own | {0, columns - 1}),
        Mistake(
            "Only one neighbour",
            lambda own, columns: {0, columns - 1} | {c for c in range(columns) if own & {c - 1, c}},
        ),
        Mistake(
            "Beyond the window",
            lambda own, columns: {0, columns - 1} | {c + d for c in own for d in (-1, 0, 1)},
        ),
    ),
    remark="Each convolution lets the window's ends reach one column further inwards.",
)
