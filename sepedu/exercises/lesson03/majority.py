"""Lesson 03: find the accuracy of always giving the more frequent answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_number, call, compare
from ..framework import Exercise, Mistake


def _examine_majority(answer: Any) -> None:
    masks = [np.arange(40).reshape(5, 8) % 5 < ones for ones in (1, 4, 0)]
    shares = np.array([0.2, 0.8, 0.0])
    value = np.array([as_number(call(answer, mask), "accuracy") for mask in masks])
    compare(
        value,
        np.maximum(shares, 1 - shares),
        known=[
            (shares, "This is the share of ones. If ones are rare, saying zero is better."),
            (1 - shares, "This is right only where zeros are more frequent than ones."),
            (
                np.maximum(shares, 1 - shares) * 40,
                "This counts points. An accuracy is a share of them.",
            ),
            (
                (shares > 0.5).astype(float),
                "This says which class is more frequent. How often is it right?",
            ),
        ],
        otherwise="How often is the answer right that always says the more frequent class?",
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
    ),
    remark="No accuracy in this course stands without this number beside it.",
)
