"""Lesson 07: find what share of a mask is 1, for several thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _shares(source: np.ndarray, mixture: np.ndarray, thresholds: Any) -> np.ndarray:
    return np.array([(source > t * mixture).mean() for t in thresholds])


_MISTAKES = (
    Mistake(
        "Equal counts as louder",
        lambda s, m, ts: np.array([(s >= t * m).mean() for t in ts]),
        "Use `>`, not `>=`: a point where both are silent does not belong to the source.",
    ),
    Mistake(
        "Share of zeros",
        lambda s, m, ts: 1 - _shares(s, m, ts),
        "This is the share of zeros: 1 minus it.",
    ),
    Mistake(
        "Compared with T alone",
        lambda s, m, ts: np.array([(s > t).mean() for t in ts]),
        "T is a share of the mixture: compare with T times the mixture, not with T.",
    ),
    Mistake(
        "Threshold on the source",
        lambda s, m, ts: np.array([(t * s > m).mean() for t in ts]),
        "T belongs to the mixture: S > T M.",
    ),
    Mistake(
        "Thresholds ignored",
        lambda s, m, ts: np.array([(s > 0.5 * m).mean() for _ in ts]),
        "The shares do not depend on T: use each of `thresholds`, not 0.5.",
    ),
    Mistake(
        "A count", lambda s, m, ts: _shares(s, m, ts) * s.size, "Divide by the number of points."
    ),
    Mistake(
        "A share for each frequency",
        lambda s, m, ts: np.array([(s > t * m).mean(axis=1) for t in ts]),
        "This is a share for each frequency: one number for each T is asked for.",
    ),
    Mistake("In per cent", lambda s, m, ts: [100 * (s > t * m).mean() for t in ts]),
)


def _examine_share_of_ones(answer: Any) -> None:
    generator = np.random.default_rng(70)
    mixture = generator.random((11, 17)) + 0.1
    source = mixture * generator.random((11, 17)) * 1.3
    source[:, :3] = mixture[:, :3] = 0.0  # silence at the start
    source[0, 3:] = 0.5 * mixture[0, 3:]  # exactly on a threshold
    compare(
        answer,
        cases={
            "0": (source, mixture, [0.1, 0.5, 1.0]),
            "other thresholds, as an array": (source[:5], mixture[:5], np.array([0.0, 0.7])),
            "a silent source": (0 * source, mixture, [0.5]),
        },
        right=_shares,
        mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="The larger of this share and 1 minus it is the accuracy that guessing reaches.",
)
