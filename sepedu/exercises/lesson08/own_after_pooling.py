"""Lesson 08: find a window's own columns after pooling over groups of three."""

from __future__ import annotations

from typing import Any

from ..call_answer import call
from ..compare import Mistake
from ..framework import Exercise
from .columns import as_columns, refusal

_CASES = (
    ({0, 1, 23, 24}, 25),
    ({0, 1, 2, 5, 6, 7}, 8),
    ({24}, 25),
    ({7, 8}, 9),
    (set(), 12),
    ({1, 4, 9}, 10),
    ({0}, 2),
)


def _examine_own_after_pooling(answer: Any) -> None:
    for own, columns in _CASES:
        value = as_columns(call(answer, set(own), columns))
        right = {column // 3 for column in own if column < columns // 3 * 3}
        if value == right:
            continue
        if value == {column // 3 for column in own}:
            why = (
                f"{columns} columns make {columns // 3} groups of three, and the rest is dropped: "
                "what lies there reaches nothing."
            )
        elif value == {j for j in range(columns // 3) if {3 * j, 3 * j + 1, 3 * j + 2} <= own}:
            why = "One own column in a group is enough: the largest may be that one."
        else:
            why = f"It should be {sorted(right)}: column c falls into group c // 3."
        raise refusal(own, columns, value, why)


own_after_pooling = Exercise(
    name="own_after_pooling",
    task="Find which columns are a window's own after pooling over groups of three.",
    stub='''
def own_after_pooling(own, columns):
    """Numbers of the pooled columns that differ from window to window.

    Groups of three columns become one; what does not fill a group at the end is dropped.
    """
    raise NotImplementedError
''',
    reference='''
def own_after_pooling(own, columns):
    """Numbers of the pooled columns that differ from window to window."""
    groups = columns // 3
    return {column // 3 for column in own if column // 3 < groups}
''',
    hints=(
        "Column c falls into the group c // 3.",
        "25 columns make 8 groups. In which group would column 24 be?",
    ),
    examine=_examine_own_after_pooling,
    mistakes=(
        Mistake("Dropped columns kept", lambda own, columns: {c // 3 for c in own}),
        Mistake(
            "Only groups that are own as a whole",
            lambda own, columns: {
                j for j in range(columns // 3) if {3 * j, 3 * j + 1, 3 * j + 2} <= own
            },
        ),
        Mistake(
            "Rounded",
            lambda own, columns: {round(c / 3) for c in own if round(c / 3) < columns // 3},
        ),
    ),
    remark="After the second pooling nothing is shared any more: so the last layers cost the same.",
)
