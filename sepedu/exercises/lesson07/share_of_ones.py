"""Lesson 07: find what share of a mask is 1, for several thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array, call, compare
from ..framework import Exercise, Mistake


def _magnitudes() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(70)
    mixture = generator.random((11, 17)) + 0.1
    source = mixture * generator.random((11, 17)) * 1.3
    source[:, :3] = mixture[:, :3] = 0.0  # silence at the start
    source[0, 3:] = 0.5 * mixture[0, 3:]  # exactly on a threshold
    return source, mixture


def _examine_share_of_ones(answer: Any) -> None:
    source, mixture = _magnitudes()
    thresholds = [0.1, 0.5, 1.0]

    def shares(mask: Any) -> np.ndarray:
        return np.array([mask(t).mean() for t in thresholds])

    compare(
        as_array(call(answer, source, mixture, list(thresholds)), (3,), "real", "shares"),
        shares(lambda t: source > t * mixture),
        known=[
            (
                shares(lambda t: source >= t * mixture),
                "Use `>`, not `>=`: a bin where both are silent does not belong to the source.",
            ),
            (shares(lambda t: source <= t * mixture), "This is the share of zeros: 1 minus it."),
            (
                shares(lambda t: source > t),
                "T is a share of the mixture: compare with T times the mixture, not with T.",
            ),
            (
                shares(lambda t: t * source > mixture),
                "T belongs to the mixture: S > T M.",
            ),
            (shares(lambda t: source > t * mixture) * source.size, "Divide by the number of bins."),
        ],
        otherwise="For each T, make the mask of lesson 02 and take its mean.",
    )


share_of_ones = Exercise(
    name="share_of_ones",
    task="Find what share of a mask is 1, for several thresholds.",
    stub='''
def share_of_ones(source, mixture, thresholds):
    """Share of bins where the source exceeds T times the mixture, a number for each T."""
    raise NotImplementedError
''',
    reference='''
def share_of_ones(source, mixture, thresholds):
    """Share of bins where the source exceeds T times the mixture, a number for each T."""
    return [(source > threshold * mixture).mean() for threshold in thresholds]
''',
    hints=(
        "The mean of a boolean array is its share of True.",
        "A list over the thresholds is enough.",
    ),
    examine=_examine_share_of_ones,
    mistakes=(
        Mistake(
            "Equal counts as louder",
            "def share_of_ones(s, m, ts):\n    return [(s >= t * m).mean() for t in ts]",
            "`>=`",
        ),
        Mistake(
            "Share of zeros",
            "def share_of_ones(s, m, ts):\n    return [1 - (s > t * m).mean() for t in ts]",
            "zeros",
        ),
        Mistake(
            "Compared with T alone",
            "def share_of_ones(s, m, ts):\n    return [(s > t).mean() for t in ts]",
            "T times the mixture",
        ),
        Mistake(
            "A count",
            "def share_of_ones(s, m, ts):\n    return [(s > t * m).sum() for t in ts]",
            "number of bins",
        ),
    ),
    remark="The larger of this share and 1 minus it is the accuracy that guessing reaches.",
)
