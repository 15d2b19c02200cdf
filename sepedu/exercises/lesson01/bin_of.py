"""Lesson 01: find the bin of a Fourier transform that is nearest to a frequency."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_number, call, compare
from ..framework import Exercise, Mistake


def _examine_bin_of(answer: Any) -> None:
    asked = [(440.0, 22050, 1024), (450.0, 22050, 1024), (1000.0, 44100, 2048), (8000.0, 16000, 64)]
    value = np.array([as_number(call(answer, *case), "bin") for case in asked])
    exact = np.array([frequency * n_fft / rate for frequency, rate, n_fft in asked])
    compare(
        value,
        np.round(exact),
        known=[
            (exact, "A bin has a whole number: round to the nearest one."),
            (np.floor(exact), "You cut the decimals off. Round instead: 450 Hz is nearer to 21."),
            (
                np.round(2 * exact),
                "Twice too high. Bin n_fft stands for the sample rate itself, so the bins of a "
                "real signal end at n_fft / 2, half the sample rate.",
            ),
            (
                np.round([f * rate / n_fft for f, rate, n_fft in asked]),
                "You multiplied by the width of a bin: divide by it.",
            ),
            (
                np.ceil(exact),
                "You rounded up. Round to the nearest: 440 Hz is nearer to bin 20.",
            ),
        ],
        otherwise="Bins are sample_rate / n_fft hertz apart, and bin 0 stands for 0 Hz.",
    )


bin_of = Exercise(
    name="bin_of",
    task="Find the bin of a Fourier transform that is nearest to a frequency.",
    stub='''
def bin_of(frequency, sample_rate, n_fft):
    """Number of the bin nearest to a frequency in hertz."""
    raise NotImplementedError
''',
    reference='''
def bin_of(frequency, sample_rate, n_fft):
    """Number of the bin nearest to a frequency in hertz."""
    return round(frequency * n_fft / sample_rate)
''',
    hints=(
        "How far apart are two bins, in hertz?",
        "Bin k stands for k * sample_rate / n_fft hertz. Solve for k, then round.",
    ),
    examine=_examine_bin_of,
    mistakes=(
        Mistake(
            "Not rounded",
            "def bin_of(f, rate, n_fft):\n    return f * n_fft / rate",
            "whole number",
        ),
        Mistake(
            "Decimals cut off", "def bin_of(f, rate, n_fft):\n    return f * n_fft // rate", "Round"
        ),
        Mistake(
            "Half the sample rate taken for all of it",
            "def bin_of(f, rate, n_fft):\n    return round(f * n_fft / (rate / 2))",
            "half the sample rate",
        ),
        Mistake(
            "Multiplied by the width of a bin",
            "def bin_of(f, rate, n_fft):\n    return round(f * rate / n_fft)",
            "divide",
        ),
    ),
    remark="A tone seldom falls on a bin exactly; its energy then spreads over the neighbours.",
)
