"""Lesson 03: find the accuracy of always giving the more frequent answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise

_MISTAKES = (
    Mistake(
        "Share of ones",
        lambda mask: mask.mean(),
        "This is the share of ones. If ones are rare, saying zero is better.",
    ),
    Mistake(
        "Share of zeros",
        lambda mask: 1 - mask.mean(),
        "This is right only where zeros are more frequent than ones.",
    ),
    Mistake(
        "A count instead of a share",
        lambda mask: max(mask.sum(), (~mask).sum()),
        "This counts points. An accuracy is a share of them.",
    ),
    Mistake(
        "The class instead of its accuracy",
        lambda mask: float(mask.mean() > 0.5),
        "This says which class is more frequent. How often is it right?",
    ),
    Mistake(
        "The rarer answer",
        lambda mask: min(mask.mean(), 1 - mask.mean()),
        "This is the accuracy of the rarer answer: take the larger of the two.",
    ),
    Mistake("In per cent", lambda m: 100 * max(np.mean(m), 1 - np.mean(m))),
)


def _examine_majority(answer: Any) -> None:
    points = np.arange(40).reshape(5, 8)
    compare(
        answer,
        cases={
            "0": (points % 5 < 1,),
            "mostly ones": (points % 5 < 4,),
            "no ones at all": (points < 0,),
            "as many ones as zeros": (points % 2 < 1,),
            "three axes": (np.arange(24).reshape(2, 3, 4) % 3 < 1,),
        },
        right=lambda mask: max(mask.mean(), 1 - mask.mean()),
        mistakes=_MISTAKES,
        otherwise="How often is the answer right that always says the more frequent class?",
        what="accuracy",
    )


majority = Exercise(
    name="majority",
    task="Find the accuracy of always giving the more frequent answer.",
    stub='''
def majority(mask):
    """Accuracy of saying the more frequent of True and False for every point of a mask."""
    raise NotImplementedError
''',
    reference='''
def majority(mask):
    """Accuracy of saying the more frequent of True and False for every point of a mask."""
    ones = np.mean(mask)
    return max(ones, 1 - ones)
''',
    hints=("If a fifth of the points are ones, how often is it right to say zero?",),
    examine=_examine_majority,
    mistakes=_MISTAKES,
    remark="No accuracy in this course stands without this number beside it.",
)
