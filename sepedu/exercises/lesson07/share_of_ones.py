"""Lesson 07: find what share of a mask is 1, for several thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge


def _shares(source: np.ndarray, mixture: np.ndarray, thresholds: Any) -> np.ndarray:
    return np.array([(source > t * mixture).mean() for t in thresholds])


def _examine_share_of_ones(answer: Any) -> None:
    generator = np.random.default_rng(70)
    mixture = generator.random((11, 17)) + 0.1
    source = mixture * generator.random((11, 17)) * 1.3
    source[:, :3] = mixture[:, :3] = 0.0  # silence at the start
    source[0, 3:] = 0.5 * mixture[0, 3:]  # exactly on a threshold
    judge(
        answer,
        cases={
            "0": (source, mixture, [0.1, 0.5, 1.0]),
            "other thresholds, as an array": (source[:5], mixture[:5], np.array([0.0, 0.7])),
            "a silent source": (0 * source, mixture, [0.5]),
        },
        right=_shares,
        known=[
            (
                lambda s, m, ts: np.array([(s >= t * m).mean() for t in ts]),
                "Use `>`, not `>=`: a point where both are silent does not belong to the source.",
            ),
            (
                lambda s, m, ts: 1 - _shares(s, m, ts),
                "This is the share of zeros: 1 minus it.",
            ),
            (
                lambda s, m, ts: np.array([(s > t).mean() for t in ts]),
                "T is a share of the mixture: compare with T times the mixture, not with T.",
            ),
            (
                lambda s, m, ts: np.array([(t * s > m).mean() for t in ts]),
                "T belongs to the mixture: S > T M.",
            ),
            (
                lambda s, m, ts: np.array([(s > 0.5 * m).mean() for _ in ts]),
                "The shares do not depend on T: use each of `thresholds`, not 0.5.",
            ),
            (
                lambda s, m, ts: _shares(s, m, ts) * s.size,
                "Divide by the number of points.",
            ),
            (
                lambda s, m, ts: np.array([(s > t * m).mean(axis=1) for t in ts]),
                "This is a share for each frequency: one number for each T is asked for.",
            ),
        ],
        otherwise="For each T, make the mask of lesson 02 and take its mean.",
        read=lambda value: as_array(value, kind="real", what="list of shares"),
        what="list of shares",
    )


share_of_ones = Exercise(
    name="share_of_ones",
    task="Find what share of a mask is 1, for several thresholds.",
    stub='''
def share_of_ones(source, mixture, thresholds):
    """Share of points where the source exceeds T times the mixture, a number for each T."""
    raise NotImplementedError
''',
    reference='''
def share_of_ones(source, mixture, thresholds):
    """Share of points where the source exceeds T times the mixture, a number for each T."""
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
            "number of points",
        ),
        Mistake(
            "Thresholds ignored",
            "def share_of_ones(s, m, ts):\n    return [(s > 0.5 * m).mean() for t in ts]",
            "do not depend on T",
        ),
        Mistake(
            "In per cent",
            "def share_of_ones(s, m, ts):\n    return [100 * (s > t * m).mean() for t in ts]",
            "per cent",
        ),
    ),
    remark="The larger of this share and 1 minus it is the accuracy that guessing reaches.",
)
