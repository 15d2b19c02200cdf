"""Lesson 08: make the masks of four networks sum to one in each bin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_sum_to_one(answer: Any) -> None:
    masks = np.random.default_rng(81).random((4, 5, 7))
    shared = masks / masks.sum(axis=0)
    value = as_array(call(answer, masks), masks.shape, "real", "masks")
    exponentials = np.exp(masks)
    compare(
        value,
        shared,
        known=[
            (
                exponentials / exponentials.sum(axis=0),
                "That is a softmax, which expects scores: these are masks already, so divide.",
            ),
            (masks / masks.max(axis=0), "Divide by the sum, not by the largest."),
            (masks / 4, "Divide by what the four masks of a bin sum to, which is not always 4."),
            (
                masks / masks.sum(axis=1, keepdims=True),
                "You summed over frequencies: sum over the sources, the first axis.",
            ),
            (masks, "The masks are unchanged."),
        ],
        otherwise="Divide each mask by the sum of the four at the same bin.",
    )
    masks[:, 2, 3] = 0.0
    value = call(answer, masks)
    if not np.isfinite(np.asarray(_as_float(value))).all():
        raise Wrong("Where all four masks are 0 your result is 0 / 0: give each a quarter there.")
    compare(
        as_array(value, masks.shape)[:, 2, 3],
        np.full(4, 0.25),
        known=[(np.zeros(4), "Where all four are 0 the result sums to 0: give each a quarter.")],
        otherwise="Where all four masks are 0, give each a quarter.",
    )


def _as_float(value: Any) -> np.ndarray:
    """An answer as floats, NaN and all, so that a check can speak about the NaN itself."""
    try:
        return np.asarray(value, dtype=float)
    except Exception:
        raise Wrong("An array of numbers is asked for.") from None


sum_to_one = Exercise(
    name="sum_to_one",
    task="Make the masks of four networks sum to one in each bin.",
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
    mistakes=(
        Mistake(
            "0 divided by 0",
            "def sum_to_one(masks):\n"
            "    with np.errstate(all='ignore'):\n        return masks / masks.sum(axis=0)",
            "0 / 0",
        ),
        Mistake(
            "Softmax",
            "def sum_to_one(masks):\n    e = np.exp(masks)\n    return e / e.sum(axis=0)",
            "softmax",
        ),
        Mistake(
            "Nothing for silent bins",
            "def sum_to_one(masks):\n    return masks / np.maximum(masks.sum(axis=0), 1e-9)",
            "sums to 0",
        ),
        Mistake(
            "Mean instead of sum",
            "def sum_to_one(masks):\n    return masks / 4",
            "not always 4",
        ),
        Mistake(
            "Wrong axis",
            "def sum_to_one(masks):\n    return masks / masks.sum(axis=1, keepdims=True)",
            "first axis",
        ),
    ),
    remark="Now the four estimates sum to the mixture, since the STFT is linear.",
)
