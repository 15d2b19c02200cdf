"""Lesson 02: find which share of the points is claimed by no mask, by one, by two, and so on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_coverage(answer: Any) -> None:
    masks = np.random.default_rng(2).random((3, 8, 10)) > 0.6
    counts = np.bincount(masks.sum(axis=0).ravel(), minlength=4)
    value = as_array(call(answer, masks), kind="real", what="list of shares")
    if value.shape == (3,):
        raise Wrong(
            "Three masks allow four counts: 0, 1, 2 and 3. The points that no mask claims count "
            "too."
            if not np.allclose(value, masks.mean(axis=(1, 2)))
            else "This is the share of ones in each mask. Add the masks first, then count."
        )
    compare(
        as_array(value, (4,), what="list of shares"),
        counts / counts.sum(),
        known=[
            (counts, "These are counts. Divide by the number of points to get shares."),
            (
                np.cumsum(counts) / counts.sum(),
                "These shares run up: each entry must be for its own count only.",
            ),
        ],
        otherwise="Entry c must be the share of points that exactly c masks claim.",
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
    mistakes=(
        Mistake(
            "Counts instead of shares",
            "def coverage(masks):\n"
            "    return np.bincount(masks.sum(axis=0).ravel(), minlength=len(masks) + 1)",
            "Divide",
        ),
        Mistake(
            "Share of ones per mask",
            "def coverage(masks):\n    return masks.mean(axis=(1, 2))",
            "Add the masks first",
        ),
        Mistake(
            "Points without a claim left out",
            "def coverage(masks):\n    claims = masks.sum(axis=0)\n"
            "    return [np.mean(claims == count) for count in range(1, len(masks) + 1)]",
            "that no mask claims",
        ),
        Mistake(
            "Summed along time",
            "def coverage(masks):\n    claims = masks.sum(axis=-1)\n"
            "    return [np.mean(claims == count) for count in range(len(masks) + 1)]",
            "exactly c masks",
        ),
    ),
    remark="The shares sum to one. The masks do not.",
)
