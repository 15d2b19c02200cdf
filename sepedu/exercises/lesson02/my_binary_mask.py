"""Lesson 02: write B = (S > T M) for magnitudes of equal shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _decibels(magnitude: np.ndarray) -> np.ndarray:
    return 20 * np.log10(magnitude + 1e-12)


_MISTAKES = (
    Mistake(
        "Greater or equal",
        lambda s, m, t: s >= t * m,
        "Use `>` and not `>=`: a point where both are silent does not belong to the source.",
    ),
    Mistake(
        "Compared in decibels",
        lambda s, m, t: _decibels(s) > t * _decibels(m),
        "You compared in decibels. Half of a level in decibels is not half of a "
        "magnitude: compare the magnitudes themselves.",
    ),
    Mistake(
        "Mixture forgotten",
        lambda s, m, t: s > t,
        "The mixture is missing: the threshold is a share of it.",
    ),
    Mistake(
        "Threshold ignored",
        lambda s, m, t: s > 0.5 * m,
        "Your mask does not depend on the argument `threshold`: 0.5 is written out.",
    ),
    Mistake(
        "Threshold added",
        lambda s, m, t: s > t + m,
        "The threshold is added to the mixture: it multiplies the mixture.",
    ),
    Mistake(
        "Threshold forgotten",
        lambda s, m, t: s > m,
        "The threshold is missing: it multiplies the mixture.",
    ),
    Mistake(
        "Threshold on the source",
        lambda s, m, t: t * s > m,
        "The threshold stands on the wrong side: it multiplies the mixture.",
    ),
    Mistake(
        "Source and mixture swapped", lambda s, m, t: m > t * s, "Source and mixture are swapped."
    ),
    Mistake("Turned around", lambda s, m, t: s <= t * m, "The comparison is turned around."),
    Mistake("Turned around", lambda s, m, t: s < t * m, "The comparison is turned around."),
    Mistake(
        "Energies compared",
        lambda s, m, t: s**2 > t * m**2,
        "You compared energies: compare the magnitudes themselves.",
    ),
    Mistake("Magnitudes instead of True and False", lambda s, m, t: np.where(s > t * m, s, 0)),
    Mistake("A nested list", lambda s, m, t: (s > t * m).tolist()),
    Mistake("Numbers instead of True and False", lambda s, m, t: (s > t * m).astype(int)),
    Mistake("One comparison for all points", lambda s, m, t: bool(s > t * m)),
)


def _examine_mask(answer: Any) -> None:
    random = np.random.default_rng(0)
    mixture = 10 * random.random((6, 5)) + 1
    source = mixture * random.choice([0.2, 0.4, 0.6, 0.8, 1.2], (6, 5))
    source[0, 0] = mixture[0, 0] = 0.0  # silence in both
    source[0, 1], mixture[0, 1] = 2.0, 4.0  # exactly on the threshold of 0.5
    compare(
        answer,
        cases={
            "0": (source, mixture, 0.5),
            "a threshold of 1": (source, mixture, 1.0),
            "a threshold of 0": (source, mixture, 0.0),
            "two channels": (np.stack([source, source]), np.stack([mixture, 2 * mixture]), 0.3),
        },
        right=lambda source, mixture, threshold: source > threshold * mixture,
        mistakes=_MISTAKES,
        otherwise="Point by point, compare the source with threshold times the mixture.",
        read=lambda value: as_array(value, kind="bool", what="mask"),
        what="mask",
    )


my_binary_mask = Exercise(
    name="my_binary_mask",
    task="Write B = (S > T M) for magnitudes of equal shape.",
    stub='''
def my_binary_mask(source, mixture, threshold):
    """True where the source exceeds threshold times the mixture."""
    raise NotImplementedError
''',
    reference='''
def my_binary_mask(source, mixture, threshold):
    """True where the source exceeds threshold times the mixture."""
    return source > threshold * mixture
''',
    hints=(
        "NumPy compares arrays point by point. No loop is needed.",
        "`a > b` gives an array of True and False. What are a and b here?",
    ),
    examine=_examine_mask,
    mistakes=_MISTAKES,
    remark="One comparison. All the rest of the course is about guessing its left-hand side.",
)
