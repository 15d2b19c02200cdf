"""Numbers of columns, as the answers of lesson 08 give them."""

from __future__ import annotations

from typing import Any

from ..call_answer import Wrong, a_type, as_number


def as_columns(value: Any) -> set[int]:
    """Take a set of column numbers from an answer, or raise `Wrong`."""
    if not isinstance(value, (set, frozenset, list, tuple, range)):
        raise Wrong(f"Return a set of column numbers, not {a_type(value)}.")
    numbers = {as_number(column, "column") for column in value}
    if broken := [number for number in numbers if number != int(number)]:
        raise Wrong(f"Columns have whole numbers, and yours holds {broken[0]:.3g}.")
    return {int(number) for number in numbers}


def refusal(own: set[int], columns: int, value: set[int], why: str) -> Wrong:
    """Say what an answer makes of which own columns, and why that is wrong."""
    return Wrong(
        f"From own columns {sorted(own)} of {columns} yours become {sorted(value)}. {why}", why
    )
