"""Lesson 08: find a window's own columns after pooling over groups of three."""

from __future__ import annotations

from typing import Any

from ..examine import Wrong, call
from ..framework import Exercise, Mistake
from .columns import as_columns, tell

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
        told = tell(own, columns, value)
        if value == {column // 3 for column in own}:
            raise Wrong(
                told + f"{columns} columns make {columns // 3} groups of three, and the rest is "
                "dropped: what lies there reaches nothing."
            )
        inner = {j for j in range(columns // 3) if {3 * j, 3 * j + 1, 3 * j + 2} <= own}
        if value == inner:
            raise Wrong(told + "One own column in a group is enough: the largest may be that one.")
        raise Wrong(told + f"It should be {sorted(right)}: column c falls into group c // 3.")


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
        Mistake(
            "Dropped columns kept",
            "def own_after_pooling(own, columns):\n    return {c // 3 for c in own}",
            "dropped",
        ),
        Mistake(
            "Only groups that are own as a whole",
            "def own_after_pooling(own, columns):\n"
            "    return {j for j in range(columns // 3)\n"
            "            if {3 * j, 3 * j + 1, 3 * j + 2} <= own}",
            "is enough",
        ),
        Mistake(
            "Rounded",
            "def own_after_pooling(own, columns):\n"
            "    return {round(c / 3) for c in own if round(c / 3) < columns // 3}",
            "c // 3",
        ),
    ),
    remark="After the second pooling nothing is shared any more: so the last layers cost the same.",
)
