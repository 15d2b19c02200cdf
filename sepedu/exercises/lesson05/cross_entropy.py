"""Lesson 05: write the binary cross-entropy of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake
from .predictions import prediction_and_target


def _examine_cross_entropy(answer: Any) -> None:
    p, t = prediction_and_target()
    right = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    value = as_array(call(answer, p, t), kind="real", what="loss")
    if value.size != 1:
        raise Wrong(f"Your loss has the shape {value.shape}: one number is asked for, a mean.")
    compare(
        float(value.reshape(())),
        right,
        known=[
            (
                -right,
                "The sign is turned: logarithms of probabilities are negative, a loss is not.",
            ),
            (
                -(t * np.log(p)).mean(),
                "The bins where the target is 0 do not count yet: add the term with 1 - B.",
            ),
            (
                -((1 - t) * np.log(1 - p)).mean(),
                "The bins where the target is 1 do not count yet: add the term with B.",
            ),
            (right / np.log(2), "You used the logarithm to base 2: the natural one is asked for."),
            (
                right / np.log(10),
                "You used the logarithm to base 10: the natural one is asked for.",
            ),
            (right * p.size, "You summed: take the mean over all bins."),
            (
                -(
                    p * np.log(np.clip(t, 1e-9, 1)) + (1 - p) * np.log(np.clip(1 - t, 1e-9, 1))
                ).mean(),
                "Prediction and target have changed places.",
            ),
        ],
        otherwise="Compare your terms with the equation above, one by one.",
    )


cross_entropy = Exercise(
    name="cross_entropy",
    task="Write the binary cross-entropy of a predicted mask.",
    stub='''
def cross_entropy(prediction, target):
    """Mean over all bins of -B log(P) - (1 - B) log(1 - P)."""
    raise NotImplementedError
''',
    reference='''
def cross_entropy(prediction, target):
    """Mean over all bins of -B log(P) - (1 - B) log(1 - P)."""
    yes = target * np.log(prediction)
    no = (1 - target) * np.log(1 - prediction)
    return -(yes + no).mean()
''',
    hints=(
        "Where B is 1 only the first term counts, where B is 0 only the second.",
        "`np.log` is the natural logarithm. The loss of a right and certain answer is 0.",
    ),
    examine=_examine_cross_entropy,
    mistakes=(
        Mistake(
            "Sign forgotten",
            "def cross_entropy(p, t):\n    return (t * np.log(p) + (1 - t) * np.log(1 - p)).mean()",
            "sign",
        ),
        Mistake(
            "Only the ones",
            "def cross_entropy(p, t):\n    return -(t * np.log(p)).mean()",
            "1 - B",
        ),
        Mistake(
            "Another base",
            "def cross_entropy(p, t):\n"
            "    return -(t * np.log2(p) + (1 - t) * np.log2(1 - p)).mean()",
            "base 2",
        ),
        Mistake(
            "Sum instead of mean",
            "def cross_entropy(p, t):\n    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum()",
            "summed",
        ),
        Mistake(
            "Target in the logarithm",
            "def cross_entropy(p, t):\n"
            "    return -(p * np.log(t) + (1 - p) * np.log(1 - t)).mean()",
            "NaN or infinity",
        ),
    ),
    remark="Always answering 0.5 costs log 2, about 0.693: that is where a training starts.",
)
