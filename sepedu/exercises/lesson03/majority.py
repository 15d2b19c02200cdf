"""Lesson 03: find the accuracy of always giving the more frequent answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..framework import Exercise, Mistake
from ..judge import judge


def _examine_majority(answer: Any) -> None:
    points = np.arange(40).reshape(5, 8)
    judge(
        answer,
        cases={
            "0": (points % 5 < 1,),
            "mostly ones": (points % 5 < 4,),
            "no ones at all": (points < 0,),
            "as many ones as zeros": (points % 2 < 1,),
            "three axes": (np.arange(24).reshape(2, 3, 4) % 3 < 1,),
        },
        right=lambda mask: max(mask.mean(), 1 - mask.mean()),
        known=[
            (
                lambda mask: mask.mean(),
                "This is the share of ones. If ones are rare, saying zero is better.",
            ),
            (
                lambda mask: 1 - mask.mean(),
                "This is right only where zeros are more frequent than ones.",
            ),
            (
                lambda mask: max(mask.sum(), (~mask).sum()),
                "This counts points. An accuracy is a share of them.",
            ),
            (
                lambda mask: float(mask.mean() > 0.5),
                "This says which class is more frequent. How often is it right?",
            ),
            (
                lambda mask: min(mask.mean(), 1 - mask.mean()),
                "This is the accuracy of the rarer answer: take the larger of the two.",
            ),
        ],
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
    mistakes=(
        Mistake("Share of ones", "def majority(m):\n    return np.mean(m)", "share of ones"),
        Mistake("Share of zeros", "def majority(m):\n    return 1 - np.mean(m)", "only where"),
        Mistake(
            "The class instead of its accuracy",
            "def majority(m):\n    return float(np.mean(m) > 0.5)",
            "How often",
        ),
        Mistake(
            "A count instead of a share",
            "def majority(m):\n    return max(m.sum(), (~m).sum())",
            "share of them",
        ),
        Mistake(
            "The rarer answer",
            "def majority(m):\n    return min(np.mean(m), 1 - np.mean(m))",
            "larger of the two",
        ),
        Mistake(
            "In per cent",
            "def majority(m):\n    return 100 * max(np.mean(m), 1 - np.mean(m))",
            "per cent",
        ),
    ),
    remark="No accuracy in this course stands without this number beside it.",
)
