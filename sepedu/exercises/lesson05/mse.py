"""Lesson 05: write the mean squared error of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake
from .predictions import prediction_and_target


def _examine_mse(answer: Any) -> None:
    p, t = prediction_and_target()
    value = as_array(call(answer, p, t), kind="real", what="loss")
    if value.size != 1:
        raise Wrong(
            f"Your loss has the shape {value.shape}: take the mean over frequencies and frames, "
            "so that one number is left."
        )
    compare(
        float(value.reshape(())),
        ((p - t) ** 2).mean(),
        known=[
            (((p - t) ** 2).sum(), "You summed: the mean does not grow with the size of a song."),
            (np.abs(p - t).mean(), "You took the size of each error: it must be squared."),
            ((p - t).mean(), "Errors of opposite sign cancel here: square them first."),
            (np.sqrt(((p - t) ** 2).mean()), "There is a square root too many at the end."),
            ((p - t).mean() ** 2, "You squared the mean: take the mean of the squares."),
        ],
        otherwise="This is not the mean of the squared differences.",
    )


mse = Exercise(
    name="mse",
    task="Write the mean squared error of a predicted mask.",
    stub='''
def mse(prediction, target):
    """Mean over all bins of the squared difference."""
    raise NotImplementedError
''',
    reference='''
def mse(prediction, target):
    """Mean over all bins of the squared difference."""
    return ((prediction - target) ** 2).mean()
''',
    hints=(
        "Three steps, in the order in which the name is read backwards: error, squared, mean.",
        "`.mean()` without an axis takes the mean over all bins at once.",
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
    ),
    remark="A network that always answers 0.5 has an error of 0.25, whatever the mask.",
)
