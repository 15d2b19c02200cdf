"""Lesson 00: turn a level in decibels into the factor that samples are multiplied by."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..framework import Exercise, Mistake
from ..judge import judge


def _examine_gain(answer: Any) -> None:
    judge(
        answer,
        cases=[(level,) for level in (-6.0, 20.0, 0.0, -40.0, 3.0)],
        right=lambda level: 10 ** (level / 20),
        known=[
            (
                lambda level: 10 ** (level / 10),
                "This is the ratio of powers. A gain multiplies amplitudes, and power goes with "
                "the square of the amplitude: divide by 20, not by 10.",
            ),
            (
                lambda level: 10 ** (-level / 20),
                "The sign is turned: negative decibels must make a recording softer.",
            ),
            (
                lambda level: np.exp(level / 20),
                "Decibels are made with the logarithm to base 10, so the way back is `10 ** ...`.",
            ),
            (lambda level: level, "This returns the decibels themselves: the gain is a factor."),
            (
                lambda level: 2 ** (level / 6),
                "6 dB is a factor of 2 only nearly: use the exact formula, `10 ** ...`.",
            ),
        ],
        otherwise="At 0 dB the gain is 1, at 20 dB it is 10, at -40 dB it is 0.01.",
        what="gain",
    )


gain = Exercise(
    name="gain",
    task="Turn a level in decibels into the factor that samples are multiplied by.",
    stub='''
def gain(decibels):
    """The factor for each sample that changes the level by a number of decibels."""
    raise NotImplementedError
''',
    reference='''
def gain(decibels):
    """The factor for each sample that changes the level by a number of decibels."""
    return 10 ** (decibels / 20)
''',
    hints=(
        "A level is 20 log10(a) decibels, where a is the factor. Solve it for a.",
        "At 20 dB the factor must be 10, and at 0 dB it must be 1.",
    ),
    examine=_examine_gain,
    mistakes=(
        Mistake(
            "Ratio of powers", "def gain(decibels):\n    return 10 ** (decibels / 10)", "powers"
        ),
        Mistake("Sign turned", "def gain(decibels):\n    return 10 ** (-decibels / 20)", "softer"),
        Mistake(
            "Natural logarithm", "def gain(decibels):\n    return np.exp(decibels / 20)", "base 10"
        ),
        Mistake(
            "Logarithm taken once more",
            "def gain(decibels):\n    return 20 * np.log10(decibels)",
            "NaN or infinity",
        ),
        Mistake(
            "Doubled each 6 dB",
            "def gain(decibels):\n    return 2 ** (decibels / 6)",
            "only nearly",
        ),
    ),
    remark="-6 dB is close to half the amplitude, and -20 dB is a tenth of it.",
)
