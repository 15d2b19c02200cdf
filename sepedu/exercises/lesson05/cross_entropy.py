"""Lesson 05: write the binary cross-entropy of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise
from .predictions import predictions


def _entropy(prediction: np.ndarray, target: np.ndarray) -> float:
    yes, no = target * np.log(prediction), (1 - target) * np.log(1 - prediction)
    return -(yes + no).mean()


_MISTAKES = (
    Mistake(
        "Target in the logarithm",
        lambda p, t: _entropy(t, p),
        "Prediction and target have changed places.",
    ),
    Mistake(
        "Sign forgotten",
        lambda p, t: -_entropy(p, t),
        "The sign is turned: logarithms of probabilities are negative, a loss is not.",
    ),
    Mistake(
        "Only the ones",
        lambda p, t: -(t * np.log(p)).mean(),
        "The points where the target is 0 do not count yet: add the term with 1 - B.",
    ),
    Mistake(
        "Only the zeros",
        lambda p, t: -((1 - t) * np.log(1 - p)).mean(),
        "The points where the target is 1 do not count yet: add the term with B.",
    ),
    Mistake(
        "Another base",
        lambda p, t: _entropy(p, t) / np.log(2),
        "You used the logarithm to base 2: the natural one is asked for.",
    ),
    Mistake(
        "Base 10",
        lambda p, t: _entropy(p, t) / np.log(10),
        "You used the logarithm to base 10: the natural one is asked for.",
    ),
    Mistake(
        "Sum instead of mean",
        lambda p, t: _entropy(p, t) * p.size,
        "You summed: take the mean over all points.",
    ),
    Mistake(
        "Sign of the second term turned",
        lambda p, t: -(t * np.log(p) - (1 - t) * np.log(1 - p)).mean(),
        "The second term has the wrong sign: both terms are surprises, and add up.",
    ),
    Mistake(
        "The same logarithm twice",
        lambda p, t: -(t * np.log(p) + (1 - t) * np.log(p)).mean(),
        "In the second term the logarithm is of 1 - P.",
    ),
)


def _examine_cross_entropy(answer: Any) -> None:
    compare(
        answer,
        cases=predictions(),
        right=_entropy,
        mistakes=_MISTAKES,
        otherwise="Compare your terms with the equation above, one by one.",
        what="loss",
    )


cross_entropy = Exercise(
    name="cross_entropy",
    task="Write the binary cross-entropy of a predicted mask.",
    stub='''
def cross_entropy(prediction, target):
    """Mean over all points of -B log(P) - (1 - B) log(1 - P)."""
    raise NotImplementedError
''',
    reference='''
def cross_entropy(prediction, target):
    """Mean over all points of -B log(P) - (1 - B) log(1 - P)."""
    yes = target * np.log(prediction)
    no = (1 - target) * np.log(1 - prediction)
    return -(yes + no).mean()
''',
    hints=(
        "Where B is 1 only the first term counts, where B is 0 only the second.",
        "`np.log` is the natural logarithm. The loss of a right and certain answer is 0.",
    ),
    examine=_examine_cross_entropy,
    mistakes=_MISTAKES,
    remark="Always answering 0.5 costs log 2, about 0.693: that is where training starts.",
)
