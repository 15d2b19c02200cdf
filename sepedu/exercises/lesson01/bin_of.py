"""Lesson 01: find the bin of a Fourier transform that is nearest to a frequency."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise

_MISTAKES = (
    Mistake(
        "Not rounded",
        lambda f, rate, n_fft: f * n_fft / rate,
        "A bin has a whole number: round to the nearest one.",
    ),
    Mistake(
        "Decimals cut off",
        lambda f, rate, n_fft: np.floor(f * n_fft / rate),
        "You cut the decimals off. Round instead: 450 Hz is nearer to 21.",
    ),
    Mistake(
        "Rounded up",
        lambda f, rate, n_fft: np.ceil(f * n_fft / rate),
        "You rounded up. Round to the nearest: 440 Hz is nearer to bin 20.",
    ),
    Mistake(
        "Half the sample rate taken for all of it",
        lambda f, rate, n_fft: np.round(2 * f * n_fft / rate),
        "Twice too high. Bin n_fft stands for the sample rate itself, so the bins of a "
        "real signal end at n_fft / 2, half the sample rate.",
    ),
    Mistake(
        "Multiplied by the width of a bin",
        lambda f, rate, n_fft: np.round(f * rate / n_fft),
        "You multiplied by the width of a bin: divide by it.",
    ),
    Mistake(
        "Width of a bin rounded",
        lambda f, rate, n_fft: np.round(f / np.round(rate / n_fft)),
        "You rounded the width of a bin first: round only the result.",
    ),
    Mistake(
        "Settings written out",
        lambda f, rate, n_fft: np.round(f * 1024 / 22050),
        "You wrote 22050 and 1024: use `sample_rate` and `n_fft`, which differ from "
        "recording to recording.",
    ),
    Mistake(
        "1024 written out",
        lambda f, rate, n_fft: np.round(f * 1024 / rate),
        "You wrote 1024: use `n_fft`.",
    ),
    Mistake(
        "22050 written out",
        lambda f, rate, n_fft: np.round(f * n_fft / 22050),
        "You wrote 22050: use `sample_rate`.",
    ),
)


def _examine_bin_of(answer: Any) -> None:
    compare(
        answer,
        cases=[
            (440.0, 22050, 1024),
            (450.0, 22050, 1024),
            (1000.0, 44100, 2048),
            (8000.0, 16000, 64),
            (0.0, 8000, 512),
        ],
        right=lambda f, rate, n_fft: np.round(f * n_fft / rate),
        mistakes=_MISTAKES,
        otherwise="Bins are sample_rate / n_fft hertz apart, and bin 0 stands for 0 Hz.",
        what="bin",
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
    mistakes=_MISTAKES,
    remark="A tone seldom falls on a bin exactly; its energy then spreads over the neighbours.",
)
