"""Lesson 06: write the signal-to-distortion ratio of an estimate in decibels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise
from .recordings import recordings


def _energy(audio: np.ndarray) -> float:
    return (audio**2).sum()


_MISTAKES = (
    Mistake(
        "Upside down",
        lambda s, e: 10 * np.log10(_energy(s - e) / _energy(s)),
        "The fraction is upside down: a good SDR is high.",
    ),
    Mistake(
        "Factor for amplitudes",
        lambda s, e: 20 * np.log10(_energy(s) / _energy(s - e)),
        "Energies are squares already: the factor before the logarithm is 10.",
    ),
    Mistake(
        "Half the factor",
        lambda s, e: 5 * np.log10(_energy(s) / _energy(s - e)),
        "This is half of it: with roots of the energies the factor would be 20.",
    ),
    Mistake(
        "Natural logarithm",
        lambda s, e: 10 * np.log(_energy(s) / _energy(s - e)),
        "Decibels are made with the logarithm to base 10, `np.log10`.",
    ),
    Mistake(
        "Energy of the estimate",
        lambda s, e: 10 * np.log10(_energy(e) / _energy(s - e)),
        "Above the line stands the energy of the reference, not of the estimate.",
    ),
    Mistake(
        "Sum squared",
        lambda s, e: 10 * np.log10(_energy(s) / (s - e).sum() ** 2),
        "Below the line you squared the sum: `np.sum(r - x) ** 2`. Square each sample "
        "first, and sum then: `np.sum((r - x) ** 2)`.",
    ),
    Mistake(
        "Both sums squared",
        lambda s, e: 10 * np.log10(s.sum() ** 2 / (s - e).sum() ** 2),
        "You squared the sums: `np.sum(r) ** 2`. Square each sample first, and sum then: "
        "`np.sum(r ** 2)`.",
    ),
    Mistake(
        "Difference of the energies",
        lambda s, e: 10 * np.log10(_energy(s) / np.abs(_energy(s) - _energy(e))),
        "The error is the energy of the difference, not the difference of the energies.",
    ),
    Mistake(
        "Sizes instead of squares",
        lambda s, e: 10 * np.log10(np.abs(s).sum() / np.abs(s - e).sum()),
        "Energy is the sum of squares, not of sizes.",
    ),
    Mistake(
        "Not in decibels",
        lambda s, e: _energy(s) / _energy(s - e),
        "This is the ratio itself: put it into decibels.",
    ),
)


def _examine_sdr(answer: Any) -> None:
    reference, estimate = recordings()
    compare(
        answer,
        cases={
            "0": (reference, estimate),
            "another length": (reference[:150], 2 * estimate[:150]),
            "an estimate of silence, which has 0 dB": (reference, 0 * estimate),
        },
        right=lambda s, e: 10 * np.log10(_energy(s) / _energy(s - e)),
        mistakes=_MISTAKES,
        otherwise="Energy of the reference over energy of the difference, in decibels.",
        what="SDR",
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
    mistakes=_MISTAKES,
    remark="Silence gets 0 dB, so a negative SDR is worse than saying nothing.",
)
