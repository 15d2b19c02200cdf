"""Lesson 05: find the accuracy of the better of the two constant answers over several songs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_number, call, compare
from ..framework import Exercise, Mistake


def _examine_majority_accuracy(answer: Any) -> None:
    generator = np.random.default_rng(6)
    masks = [generator.random((7, n)) < share for n, share in ((40, 0.1), (5, 0.95), (8, 0.9))]
    ones = sum(m.sum() for m in masks) / sum(m.size for m in masks)
    own = [max(m.mean(), 1 - m.mean()) for m in masks]
    known = [
        (ones, "This is the share of ones. Where it is below one half, saying no is right."),
        (
            np.mean(own),
            "You chose the better answer anew for each song: the majority class is one answer.",
        ),
        (
            np.average(own, weights=[m.size for m in masks]),
            "You chose the better answer anew for each song: the majority class is one answer.",
        ),
        (
            max(np.mean([m.mean() for m in masks]), 1 - np.mean([m.mean() for m in masks])),
            "Short and long songs count alike here: count bins, not songs.",
        ),
        (min(ones, 1 - ones), "This is the worse of the two constant answers: take the better."),
    ]
    compare(
        as_number(call(answer, masks), "accuracy"),
        max(ones, 1 - ones),
        known=known,
        otherwise="Count the ones of all songs together, and divide by all bins.",
    )
    turned = [~m for m in masks]
    compare(
        as_number(call(answer, turned), "accuracy"),
        max(ones, 1 - ones),
        otherwise="With mostly ones, the constant answer that is right more often is yes.",
    )


majority_accuracy = Exercise(
    name="majority_accuracy",
    task="Find the accuracy of the better of the two constant answers over several songs.",
    stub='''
def majority_accuracy(masks):
    """Share of bins that the better constant answer, always 0 or always 1, gets right.

    masks is a list of boolean arrays of shape (513, frames), one for each song.
    """
    raise NotImplementedError
''',
    reference='''
def majority_accuracy(masks):
    """Share of bins that the better constant answer, always 0 or always 1, gets right."""
    ones = sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)
    return max(ones, 1 - ones)
''',
    hints=(
        "What share of all bins is 1? What is the accuracy of a network that always says 1?",
        "Songs differ in length: add up counts first, and divide once.",
    ),
    examine=_examine_majority_accuracy,
    mistakes=(
        Mistake(
            "Share of ones",
            "def majority_accuracy(masks):\n"
            "    return sum(m.sum() for m in masks) / sum(m.size for m in masks)",
            "share of ones",
        ),
        Mistake(
            "A new choice for each song",
            "def majority_accuracy(masks):\n"
            "    return np.mean([max(m.mean(), 1 - m.mean()) for m in masks])",
            "anew",
        ),
        Mistake(
            "Songs instead of bins",
            "def majority_accuracy(masks):\n"
            "    ones = np.mean([m.mean() for m in masks])\n    return max(ones, 1 - ones)",
            "count bins",
        ),
        Mistake(
            "Only ever no",
            "def majority_accuracy(masks):\n"
            "    return 1 - sum(m.sum() for m in masks) / sum(m.size for m in masks)",
            "right more often is yes",
        ),
    ),
    remark="An accuracy is worth what it has beyond this number.",
)
