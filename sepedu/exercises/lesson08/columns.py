"""Numbers of columns, as the answers of lesson 08 give them."""

from __future__ import annotations

from typing import Any

from ..examine import Wrong, as_number


def as_columns(value: Any) -> set[int]:
    """Take a set of column numbers from an answer, or raise `Wrong`."""
    if not isinstance(value, (set, frozenset, list, tuple, range)):
        raise Wrong(f"Return a set of column numbers, not a {type(value).__name__}.")
    return {int(as_number(column, "column")) for column in value}
