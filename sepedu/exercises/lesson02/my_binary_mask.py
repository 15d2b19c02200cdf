"""Lesson 02: write B = (S > T M) for magnitudes of equal shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_binary_mask(answer: Any) -> None:
    random = np.random.default_rng(0)
    mixture = 10 * random.random((6, 5)) + 1
    source = mixture * random.choice([0.2, 0.4, 0.6, 0.8, 1.2], (6, 5))
    source[0, 0] = mixture[0, 0] = 0.0  # silence in both
    source[0, 1], mixture[0, 1] = 2.0, 4.0  # exactly on the threshold of 0.5
    for threshold in (0.5, 1.0):
        value = call(answer, source, mixture, threshold)
        value = as_array(value, mixture.shape, what="mask")
        loud = 20 * np.log10(source + 1e-12), 20 * np.log10(mixture + 1e-12)
        if value.dtype.kind == "f" and np.allclose(
            value, np.where(source > threshold * mixture, source, 0)
        ):
            raise Wrong("You returned the source's magnitudes: a mask holds only True and False.")
        compare(
            as_array(value, kind="bool", what="mask"),
            source > threshold * mixture,
            known=[
                (
                    source >= threshold * mixture,
                    "Use `>` and not `>=`: a point where both are silent does not belong to the "
                    "source.",
                ),
                (
                    loud[0] > threshold * loud[1],
                    "You compared in decibels. Half of a level in decibels is not half of a "
                    "magnitude: compare the magnitudes themselves.",
                ),
                (source > threshold, "The mixture is missing: the threshold is a share of it."),
                (
                    threshold * source > mixture,
                    "The threshold stands on the wrong side: it multiplies the mixture.",
                ),
                (mixture > threshold * source, "Source and mixture are swapped."),
                (source <= threshold * mixture, "The comparison is turned round."),
            ],
            otherwise="Point by point, compare the source with threshold times the mixture.",
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
    examine=_examine_binary_mask,
    mistakes=(
        Mistake(
            "Compared in decibels",
            "def my_binary_mask(s, m, t):\n"
            "    return 20 * np.log10(s + 1e-12) > t * 20 * np.log10(m + 1e-12)",
            "decibels",
        ),
        Mistake(
            "Greater or equal", "def my_binary_mask(s, m, t):\n    return s >= t * m", "not `>=`"
        ),
        Mistake("Mixture forgotten", "def my_binary_mask(s, m, t):\n    return s > t", "missing"),
        Mistake(
            "Source and mixture swapped",
            "def my_binary_mask(s, m, t):\n    return m > t * s",
            "swapped",
        ),
        Mistake(
            "Magnitudes instead of True and False",
            "def my_binary_mask(s, m, t):\n    return np.where(s > t * m, s, 0)",
            "True and False",
        ),
    ),
    remark="One comparison. All the rest of the course is about guessing its left-hand side.",
)
