"""Lesson 06: write the signal-to-distortion ratio of an estimate in decibels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_number, call, compare
from ..framework import Exercise, Mistake
from .recordings import recordings


def _examine_sdr(answer: Any) -> None:
    s, e = recordings()
    energy, error = (s**2).sum(), ((s - e) ** 2).sum()
    compare(
        as_number(call(answer, s, e), "SDR"),
        10 * np.log10(energy / error),
        known=[
            (10 * np.log10(error / energy), "The fraction is upside down: a good SDR is high."),
            (
                20 * np.log10(energy / error),
                "Energies are squares already: the factor before the logarithm is 10.",
            ),
            (
                10 * np.log(energy / error),
                "Decibels are made with the logarithm to base 10, `np.log10`.",
            ),
            (
                10 * np.log10((e**2).sum() / error),
                "Above the line stands the energy of the reference, not of the estimate.",
            ),
            (
                10 * np.log10(np.abs(s).sum() / np.abs(s - e).sum()),
                "Energy is the sum of squares, not of sizes.",
            ),
            (energy / error, "This is the ratio itself: put it into decibels."),
        ],
        otherwise="Energy of the reference over energy of the difference, in decibels.",
    )


my_sdr = Exercise(
    name="my_sdr",
    task="Write the signal-to-distortion ratio of an estimate in decibels.",
    stub='''
def my_sdr(reference, estimate):
    """Energy of the reference over energy of the difference, in decibels."""
    raise NotImplementedError
''',
    reference='''
def my_sdr(reference, estimate):
    """Energy of the reference over energy of the difference, in decibels."""
    energy = (reference**2).sum()
    error = ((reference - estimate) ** 2).sum()
    return 10 * np.log10(energy / error)
''',
    hints=(
        "Two sums of squares, one fraction, one logarithm.",
        "An estimate of silence must have 0 dB: then the difference is the reference itself.",
    ),
    examine=_examine_sdr,
    mistakes=(
        Mistake(
            "Upside down",
            "def my_sdr(s, e):\n    return 10 * np.log10(((s - e) ** 2).sum() / (s**2).sum())",
            "upside down",
        ),
        Mistake(
            "Factor for amplitudes",
            "def my_sdr(s, e):\n    return 20 * np.log10((s**2).sum() / ((s - e) ** 2).sum())",
            "factor before",
        ),
        Mistake(
            "Natural logarithm",
            "def my_sdr(s, e):\n    return 10 * np.log((s**2).sum() / ((s - e) ** 2).sum())",
            "base 10",
        ),
        Mistake(
            "Energy of the estimate",
            "def my_sdr(s, e):\n    return 10 * np.log10((e**2).sum() / ((s - e) ** 2).sum())",
            "not of the estimate",
        ),
        Mistake(
            "Not in decibels",
            "def my_sdr(s, e):\n    return (s**2).sum() / ((s - e) ** 2).sum()",
            "into decibels",
        ),
    ),
    remark="Silence gets 0 dB, so a negative SDR is worse than saying nothing.",
)
