"""Lesson 04: count the values that are left after two poolings by three."""

from __future__ import annotations

import math
from typing import Any

from ..compare import Mistake, compare
from ..framework import Exercise


def _up(count: int) -> int:
    return math.ceil(math.ceil(count / 3) / 3)


_MISTAKES = (
    Mistake(
        "Rounded up",
        lambda b, t, c: c * _up(b) * _up(t),
        "You rounded up. A group of three that is not full is dropped: 25 columns become "
        "8, and 8 become 2.",
    ),
    Mistake(
        "Not rounded",
        lambda b, t, c: c * b * t / 81,
        "A group of three that is not full is dropped: use whole numbers, `//`.",
    ),
    Mistake(
        "One pooling only",
        lambda b, t, c: c * (b // 3) * (t // 3),
        "There are two poolings, one after another.",
    ),
    Mistake(
        "Channels forgotten",
        lambda b, t, c: (b // 9) * (t // 9),
        "Count the values of all channels.",
    ),
    Mistake(
        "Pooled along frequency only",
        lambda b, t, c: c * (b // 9) * t,
        "Pooling works along both axes, time too.",
    ),
    Mistake(
        "Channels pooled, too",
        lambda b, t, c: (c // 9) * (b // 9) * (t // 9),
        "Pooling leaves the channels: it works along bins and columns only.",
    ),
    Mistake(
        "16 channels written out",
        lambda b, t, c: 16 * (b // 9) * (t // 9),
        "You wrote 16 channels: use the argument `channels`.",
    ),
)


def _examine_values_after(answer: Any) -> None:
    compare(
        answer,
        cases=[(513, 25, 16), (100, 40, 3), (27, 29, 8), (9, 9, 1), (17, 8, 5)],
        right=lambda bins, columns, channels: channels * (bins // 9) * (columns // 9),
        mistakes=_MISTAKES,
        otherwise="Each pooling divides bins and columns by three, and drops what remains.",
        what="number of values",
    )


values_after = Exercise(
    name="values_after",
    task="Count the values that are left after two poolings by three.",
    stub='''
def values_after(bins, columns, channels):
    """How many values are left of a picture after two poolings of 3 x 3."""
    raise NotImplementedError
''',
    reference='''
def values_after(bins, columns, channels):
    """How many values are left of a picture after two poolings of 3 x 3."""
    for _ in range(2):
        bins, columns = bins // 3, columns // 3
    return channels * bins * columns
''',
    hints=("What becomes of 25 columns when groups of three are formed? And of those groups?",),
    examine=_examine_values_after,
    mistakes=_MISTAKES,
    remark="For 513 bins, 25 columns and 16 channels: 1,824 values enter the dense layers.",
)
