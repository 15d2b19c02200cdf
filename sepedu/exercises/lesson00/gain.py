"""Lesson 00: turn a level in decibels into the factor that samples are multiplied by."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise

_MISTAKES = (
    Mistake(
        "Ratio of powers",
        lambda level: 10 ** (level / 10),
        "This is the ratio of powers. A gain multiplies amplitudes, and power goes with "
        "the square of the amplitude: divide by 20, not by 10.",
    ),
    Mistake(
        "Sign turned",
        lambda level: 10 ** (-level / 20),
        "The sign is turned: negative decibels must make a recording softer.",
    ),
    Mistake(
        "Natural logarithm",
        lambda level: np.exp(level / 20),
        "Decibels are made with the logarithm to base 10, so the way back is `10 ** ...`.",
    ),
    Mistake(
        "Decibels returned",
        lambda level: level,
        "This returns the decibels themselves: the gain is a factor.",
    ),
    Mistake(
        "Doubled each 6 dB",
        lambda level: 2 ** (level / 6),
        "6 dB is a factor of 2 only nearly: use the exact formula, `10 ** ...`.",
    ),
    Mistake("Logarithm taken once more", lambda decibels: 20 * np.log10(decibels)),
)


def _examine_gain(answer: Any) -> None:
    compare(
        answer,
        cases=[(level,) for level in (-6.0, 20.0, 0.0, -40.0, 3.0)],
        right=lambda level: 10 ** (level / 20),
        mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="-6 dB is close to half the amplitude, and -20 dB is a tenth of it.",
)
