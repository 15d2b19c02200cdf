"""Lesson 05: write the mean squared error of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..framework import Exercise, Mistake
from ..judge import judge
from .predictions import predictions


def _examine_mse(answer: Any) -> None:
    judge(
        answer,
        cases=predictions(),
        right=lambda p, t: ((p - t) ** 2).mean(),
        known=[
            (
                lambda p, t: ((p - t) ** 2).sum(),
                "You summed: the mean does not grow with the size of a song.",
            ),
            (
                lambda p, t: np.abs(p - t).mean(),
                "You took the size of each error: it must be squared.",
            ),
            (
                lambda p, t: (p - t).mean(),
                "Errors of opposite sign cancel here: square them first.",
            ),
            (
                lambda p, t: (t - p).mean(),
                "Errors of opposite sign cancel here: square them first.",
            ),
            (
                lambda p, t: np.sqrt(((p - t) ** 2).mean()),
                "There is a square root too many at the end.",
            ),
            (
                lambda p, t: (p - t).mean() ** 2,
                "You squared the mean: take the mean of the squares.",
            ),
            (
                lambda p, t: (p - t).sum() ** 2,
                "You squared the sum of the errors: square each first, then take the mean.",
            ),
            (
                lambda p, t: ((p - t) ** 2).mean() / 2,
                "There is a factor of 1/2 too many.",
            ),
            (
                lambda p, t: (p**2 - t**2).mean(),
                "Take the difference first, and square it then.",
            ),
        ],
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
    mistakes=(
        Mistake("Sum", "def mse(p, t):\n    return ((p - t) ** 2).sum()", "summed"),
        Mistake("Absolute error", "def mse(p, t):\n    return np.abs(p - t).mean()", "squared"),
        Mistake(
            "Root at the end",
            "def mse(p, t):\n    return np.sqrt(((p - t) ** 2).mean())",
            "square root",
        ),
        Mistake("Signs cancel", "def mse(p, t):\n    return (p - t).mean()", "cancel"),
        Mistake(
            "A loss for each frequency",
            "def mse(p, t):\n    return ((p - t) ** 2).mean(axis=1)",
            "one number",
        ),
        Mistake("Sum squared", "def mse(p, t):\n    return np.sum(p - t) ** 2", "squared the sum"),
    ),
    remark="A network that always answers 0.5 has an error of 0.25, whatever the mask.",
)
