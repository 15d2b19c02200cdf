"""Lesson 05: find the accuracy of the better of the two constant answers over several songs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise

Masks = list[np.ndarray]


def _ones(masks: Masks) -> float:
    return sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)


def _mean_of_songs(masks: Masks) -> float:
    return float(np.mean([mask.mean() for mask in masks]))


def _better(ones: float) -> float:
    return max(ones, 1 - ones)


_MISTAKES = (
    Mistake(
        "Share of ones",
        _ones,
        "This is the share of ones. Where it is below one half, saying no is right.",
    ),
    Mistake(
        "Only ever no",
        lambda masks: 1 - _ones(masks),
        "This is the accuracy of saying no. With mostly ones, the constant answer that is "
        "right more often is yes.",
    ),
    Mistake(
        "A new choice for each song",
        lambda masks: np.mean([_better(mask.mean()) for mask in masks]),
        "You chose the better answer anew for each song: the majority class is one answer.",
    ),
    Mistake(
        "A new choice for each song",
        lambda masks: np.average(
            [_better(mask.mean()) for mask in masks], weights=[m.size for m in masks]
        ),
        "You chose the better answer anew for each song: the majority class is one answer.",
    ),
    Mistake(
        "A count",
        lambda masks: _better(_ones(masks)) * sum(mask.size for mask in masks),
        "This is a count of points: divide by the number of all points.",
    ),
    Mistake(
        "Songs instead of points",
        lambda masks: _better(_mean_of_songs(masks)),
        "Short and long songs count alike here: count points, not songs.",
    ),
    Mistake(
        "The worse answer",
        lambda masks: 1 - _better(_ones(masks)),
        "This is the worse of the two constant answers: take the better.",
    ),
)


def _examine_majority_accuracy(answer: Any) -> None:
    generator = np.random.default_rng(6)
    masks = [generator.random((7, n)) < share for n, share in ((40, 0.1), (5, 0.95), (8, 0.9))]
    compare(
        answer,
        cases={
            "0": (masks,),
            "mostly ones": ([~mask for mask in masks],),
            "a single song": (masks[:1],),
            "as many ones as zeros": ([np.eye(2) > 0, np.eye(4) < 0, np.eye(4) >= 0],),
            "songs without the source": ([mask & False for mask in masks],),
        },
        right=lambda masks: _better(_ones(masks)),
        mistakes=_MISTAKES,
        otherwise="Count the ones of all songs together, and divide by all points.",
        what="accuracy",
    )


majority_accuracy = Exercise(
    name="majority_accuracy",
    task="Find the accuracy of the better of the two constant answers over several songs.",
    stub='''
def majority_accuracy(masks):
    """Share of points that the better constant answer, always 0 or always 1, gets right.

    masks is a list of boolean arrays of shape (513, frames), one for each song.
    """
    raise NotImplementedError
''',
    reference='''
def majority_accuracy(masks):
    """Share of points that the better constant answer, always 0 or always 1, gets right."""
    ones = sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)
    return max(ones, 1 - ones)
''',
    hints=(
        "What share of all points is 1? What is the accuracy of a network that always says 1?",
        "Songs differ in length: add up counts first, and divide once.",
    ),
    examine=_examine_majority_accuracy,
    mistakes=_MISTAKES,
    remark="An accuracy is worth what it has beyond this number.",
)
