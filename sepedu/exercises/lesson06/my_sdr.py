"""Lesson 06: write the signal-to-distortion ratio of an estimate in decibels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..framework import Exercise, Mistake
from ..judge import judge
from .recordings import recordings


def _energy(audio: np.ndarray) -> float:
    return (audio**2).sum()


def _examine_sdr(answer: Any) -> None:
    reference, estimate = recordings()
    judge(
        answer,
        cases={
            "0": (reference, estimate),
            "another length": (reference[:150], 2 * estimate[:150]),
            "an estimate of silence, which has 0 dB": (reference, 0 * estimate),
        },
        right=lambda s, e: 10 * np.log10(_energy(s) / _energy(s - e)),
        known=[
            (
                lambda s, e: 10 * np.log10(_energy(s - e) / _energy(s)),
                "The fraction is upside down: a good SDR is high.",
            ),
            (
                lambda s, e: 20 * np.log10(_energy(s) / _energy(s - e)),
                "Energies are squares already: the factor before the logarithm is 10.",
            ),
            (
                lambda s, e: 5 * np.log10(_energy(s) / _energy(s - e)),
                "This is half of it: with roots of the energies the factor would be 20.",
            ),
            (
                lambda s, e: 10 * np.log(_energy(s) / _energy(s - e)),
                "Decibels are made with the logarithm to base 10, `np.log10`.",
            ),
            (
                lambda s, e: 10 * np.log10(_energy(e) / _energy(s - e)),
                "Above the line stands the energy of the reference, not of the estimate.",
            ),
            (
                lambda s, e: 10 * np.log10(_energy(s) / (s - e).sum() ** 2),
                "Below the line you squared the sum: `np.sum(r - x) ** 2`. Square each sample "
                "first, and sum then: `np.sum((r - x) ** 2)`.",
            ),
            (
                lambda s, e: 10 * np.log10(s.sum() ** 2 / (s - e).sum() ** 2),
                "You squared the sums: `np.sum(r) ** 2`. Square each sample first, and sum then: "
                "`np.sum(r ** 2)`.",
            ),
            (
                lambda s, e: 10 * np.log10(_energy(s) / np.abs(_energy(s) - _energy(e))),
                "The error is the energy of the difference, not the difference of the energies.",
            ),
            (
                lambda s, e: 10 * np.log10(np.abs(s).sum() / np.abs(s - e).sum()),
                "Energy is the sum of squares, not of sizes.",
            ),
            (
                lambda s, e: _energy(s) / _energy(s - e),
                "This is the ratio itself: put it into decibels.",
            ),
        ],
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
        Mistake(
            "Sum squared",
            "def my_sdr(r, x):\n    return 10 * np.log10(np.sum(r**2) / np.sum(r - x) ** 2)",
            "squared the sum",
        ),
        Mistake(
            "Difference of the energies",
            "def my_sdr(r, x):\n"
            "    return 10 * np.log10(np.sum(r**2) / np.abs(np.sum(r**2) - np.sum(x**2)))",
            "energy of the difference",
        ),
    ),
    remark="Silence gets 0 dB, so a negative SDR is worse than saying nothing.",
)
