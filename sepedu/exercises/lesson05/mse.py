"""Lesson 05: write the mean squared error of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise
from .predictions import predictions

_MISTAKES = (
    Mistake(
        "Sum",
        lambda p, t: ((p - t) ** 2).sum(),
        "You summed: the mean does not grow with the size of a song.",
    ),
    Mistake(
        "Absolute error",
        lambda p, t: np.abs(p - t).mean(),
        "You took the size of each error: it must be squared.",
    ),
    Mistake(
        "Signs cancel",
        lambda p, t: (p - t).mean(),
        "Errors of opposite sign cancel here: square them first.",
    ),
    Mistake(
        "Signs cancel",
        lambda p, t: (t - p).mean(),
        "Errors of opposite sign cancel here: square them first.",
    ),
    Mistake(
        "Root at the end",
        lambda p, t: np.sqrt(((p - t) ** 2).mean()),
        "There is a square root too many at the end.",
    ),
    Mistake(
        "Mean squared",
        lambda p, t: (p - t).mean() ** 2,
        "You squared the mean: take the mean of the squares.",
    ),
    Mistake(
        "Sum squared",
        lambda p, t: (p - t).sum() ** 2,
        "You squared the sum of the errors: square each first, then take the mean.",
    ),
    Mistake(
        "Half of it", lambda p, t: ((p - t) ** 2).mean() / 2, "There is a factor of 1/2 too many."
    ),
    Mistake(
        "Difference of squares",
        lambda p, t: (p**2 - t**2).mean(),
        "Take the difference first, and square it then.",
    ),
    Mistake("A loss for each frequency", lambda p, t: ((p - t) ** 2).mean(axis=1)),
)


def _examine_mse(answer: Any) -> None:
    compare(
        answer,
        cases=predictions(),
        right=lambda p, t: ((p - t) ** 2).mean(),
        mistakes=_MISTAKES,
        otherwise="This is not the mean of the squared differences.",
        what="loss",
    )


mse = Exercise(
    name="mse",
    task="Write the mean squared error of a predicted mask.",
    stub='''
def mse(prediction, target):
    """Mean over all points of the squared difference."""
    raise NotImplementedError
''',
    reference='''
def mse(prediction, target):
    """Mean over all points of the squared difference."""
    return ((prediction - target) ** 2).mean()
''',
    hints=(
        "Three steps, in the order in which the name is read backwards: error, squared, mean.",
        "`.mean()` without an axis takes the mean over all points at once.",
    ),
    examine=_examine_mse,
    mistakes=_MISTAKES,
    remark="A network that always answers 0.5 has an error of 0.25, whatever the mask.",
)
