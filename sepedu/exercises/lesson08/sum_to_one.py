"""Lesson 08: make the masks of four networks sum to one in each point."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import Wrong, as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _divided(masks: np.ndarray) -> np.ndarray:
    total = masks.sum(axis=0)
    return np.where(total > 0, masks / np.where(total > 0, total, 1), 0.25)


def _softmax(masks: np.ndarray) -> np.ndarray:
    return np.exp(masks) / np.exp(masks).sum(axis=0)


def _read(value: Any) -> np.ndarray:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and np.isnan(value).any():
        raise Wrong("Where all four masks are 0 your result is 0 / 0: give each a quarter there.")
    return as_array(value, kind="real", what="array of masks")


def _0_divided_by_0(masks):
    with np.errstate(all="ignore"):
        return masks / masks.sum(axis=0)


_MISTAKES = (
    Mistake(
        "Softmax",
        _softmax,
        "That is a softmax, which expects scores: these are masks already, so divide.",
    ),
    Mistake(
        "Divided by the largest",
        lambda masks: masks / masks.max(axis=0),
        "Divide by the sum, not by the largest.",
    ),
    Mistake(
        "Mean instead of sum",
        lambda masks: masks / 4,
        "Divide by what the four masks of a point sum to, which is not always 4.",
    ),
    Mistake(
        "Wrong axis",
        lambda masks: masks / masks.sum(axis=1, keepdims=True),
        "You summed over frequencies: sum over the sources, the first axis.",
    ),
    Mistake(
        "Summed over frames",
        lambda masks: masks / masks.sum(axis=2, keepdims=True),
        "You summed over frames: sum over the sources, the first axis.",
    ),
    Mistake("Masks unchanged", lambda masks: masks, "The masks are unchanged."),
    Mistake(
        "Nothing for silent points",
        lambda masks: np.where(masks.sum(axis=0) > 0, _divided(masks), 0.0),
        "Where all four are 0 the result sums to 0: give each a quarter.",
    ),
    Mistake("0 divided by 0", _0_divided_by_0),
)


def _examine_sum_to_one(answer: Any) -> None:
    masks = np.random.default_rng(81).random((4, 5, 7))
    masks[:3, 0, 0] = 0.0
    silent = masks.copy()
    silent[:, 2, 3:] = 0.0
    small = masks[:, :2, :3] / 10_000
    compare(
        answer,
        cases={
            "0": (masks,),
            "four masks that are 0 at the same point": (silent,),
            "another shape, and masks that are nearly 0": (small,),
        },
        right=_divided,
        mistakes=_MISTAKES,
        otherwise="Divide each mask by the sum of the four at the same point; where all four are "
        "0, give each a quarter.",
        read=_read,
        what="array of masks",
    )


sum_to_one = Exercise(
    name="sum_to_one",
    task="Make the masks of four networks sum to one in each point.",
    stub='''
def sum_to_one(masks):
    """Masks (4, 513, frames) divided by their sum; a quarter each where all four are 0."""
    raise NotImplementedError
''',
    reference='''
def sum_to_one(masks):
    """Masks (4, 513, frames) divided by their sum; a quarter each where all four are 0."""
    total = masks.sum(axis=0)
    silent = total == 0
    return np.where(silent, 0.25, masks / (total + silent))
''',
    hints=(
        "First the sum over the first axis, then a division.",
        "Where the sum is 0, divide by 1 instead, and set the result to 0.25.",
    ),
    examine=_examine_sum_to_one,
    mistakes=_MISTAKES,
    remark="Now the four estimates sum to the mixture, since the STFT is linear.",
)
