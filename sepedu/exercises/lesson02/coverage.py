"""Lesson 02: find which share of the points is claimed by no mask, by one, by two, and so on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _counts(masks: np.ndarray, axis: int = 0, at_least: int | None = None) -> np.ndarray:
    at_least = len(masks) + 1 if at_least is None else at_least
    return np.bincount(masks.sum(axis=axis).ravel(), minlength=at_least)


def _shares(masks: np.ndarray, axis: int = 0) -> np.ndarray:
    claims = masks.sum(axis=axis)
    return np.array([(claims == count).mean() for count in range(len(masks) + 1)])


_MISTAKES = (
    Mistake(
        "Share of ones per mask",
        lambda masks: masks.mean(axis=(1, 2)),
        "This is the share of ones in each mask. Add the masks first, then count.",
    ),
    Mistake(
        "Points without a claim left out",
        lambda masks: _shares(masks)[1:],
        "Three masks allow four counts: 0, 1, 2 and 3. The points that no mask claims count too.",
    ),
    Mistake(
        "Points that all masks claim left out",
        lambda masks: _shares(masks)[:-1],
        "Three masks allow four counts: 0, 1, 2 and 3. The points that all masks claim count too.",
    ),
    Mistake(
        "bincount without minlength",
        lambda masks: _counts(masks, at_least=0) / masks[0].size,
        "The result is shorter where no point is claimed by all masks: give `np.bincount` "
        "a `minlength`, one more than there are masks.",
    ),
    Mistake(
        "Only the counts that occur",
        lambda masks: np.unique(masks.sum(axis=0), return_counts=True)[1] / masks[0].size,
        "Counts that do not occur are left out: give a share for each from 0 to the "
        "number of masks.",
    ),
    Mistake(
        "Always four masks",
        lambda masks: np.array([(masks.sum(axis=0) == c).mean() for c in range(5)]),
        "There are not always four masks: count from 0 to `len(masks)`.",
    ),
    Mistake(
        "At least that many claims",
        lambda masks: np.array([(masks.sum(axis=0) >= c).mean() for c in range(len(masks) + 1)]),
        "You count the points with at least that many claims: each entry must be for its "
        "own count only.",
    ),
    Mistake(
        "Counts instead of shares",
        _counts,
        "These are counts. Divide by the number of points to get shares.",
    ),
    Mistake(
        "Shares that run up",
        lambda masks: np.cumsum(_shares(masks)),
        "These shares run up: each entry must be for its own count only.",
    ),
    Mistake(
        "Divided by the points of all masks",
        lambda masks: _counts(masks) / masks.size,
        "Divide by the number of points of one mask, not of all masks.",
    ),
    Mistake(
        "Summed along time",
        lambda masks: _shares(masks, axis=-1),
        "You added along time: add along the axis of the sources, the first.",
    ),
    Mistake(
        "Summed along frequency",
        lambda masks: _shares(masks, axis=1),
        "You added along frequency: add along the axis of the sources, the first.",
    ),
    Mistake("In per cent", lambda masks: 100 * _shares(masks)),
)


def _examine_coverage(answer: Any) -> None:
    random = np.random.default_rng(2)
    masks = random.random((3, 8, 10)) > 0.6
    few = random.random((4, 5, 6)) > 0.5
    few[3], few[0] = False, True  # no point is claimed by all masks, none by no mask
    compare(
        answer,
        cases={
            "0": (masks,),
            "four masks, and no point that all of them claim": (few,),
            "a single mask": (masks[:1],),
            "masks that are 0 everywhere": (masks & False,),
        },
        right=_shares,
        mistakes=_MISTAKES,
        otherwise="Entry c must be the share of points that exactly c masks claim.",
        read=lambda value: as_array(value, kind="real", what="list of shares"),
        what="list of shares",
    )


coverage = Exercise(
    name="coverage",
    task="Find which share of the points is claimed by no mask, by one, by two, and so on.",
    stub='''
def coverage(masks):
    """Share of points claimed by 0, 1, ... of the masks [shape=(sources, bins, frames), bool]."""
    raise NotImplementedError
''',
    reference='''
def coverage(masks):
    """Share of points claimed by 0, 1, ... of the masks [shape=(sources, bins, frames), bool]."""
    claims = masks.sum(axis=0)
    return np.array([np.mean(claims == count) for count in range(len(masks) + 1)])
''',
    hints=(
        "Add the masks along the axis of the sources: each point then holds its number of claims.",
        "`np.mean(claims == 2)` is the share of points with two claims.",
    ),
    examine=_examine_coverage,
    mistakes=_MISTAKES,
    remark="The shares sum to one. The masks do not.",
)
