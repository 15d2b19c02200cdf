"""Lesson 01: join a magnitude and a phase to a complex spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise

_MISTAKES = (
    Mistake(
        "Sign turned",
        lambda m, p: m * np.exp(-1j * p),
        "The sign of the phase is turned: the sound would run backwards.",
    ),
    Mistake(
        "Taken for real and imaginary part",
        lambda m, p: m + 1j * p,
        "Magnitude and phase are length and angle of a complex number, not its real and "
        "imaginary part.",
    ),
    Mistake(
        "Magnitude dropped",
        lambda m, p: np.exp(1j * p),
        "The magnitude is lost: every point has the size 1.",
    ),
    Mistake(
        "Radians taken for degrees",
        lambda m, p: m * np.exp(1j * np.deg2rad(p)),
        "The phase is in radians already.",
    ),
    Mistake(
        "Magnitude and phase swapped",
        lambda m, p: p * np.exp(1j * m),
        "Magnitude and phase have changed places.",
    ),
    Mistake("Phase dropped", lambda m, p: m),
    Mistake("Phase dropped", lambda m, p: m * np.exp(p)),
)


def _examine_join(answer: Any) -> None:
    random = np.random.default_rng(1)
    magnitude = random.random((5, 4)) + 0.1
    phase = random.uniform(-3, 3, (5, 4))
    compare(
        answer,
        cases={
            "0": (magnitude, phase),
            "another shape": (magnitude[0], 2 * phase[0]),
            "silence": (0 * magnitude, phase),
        },
        right=lambda magnitude, phase: magnitude * np.exp(1j * phase),
        mistakes=_MISTAKES,
        otherwise="Each point must have the given magnitude and the given angle.",
        read=lambda value: as_array(value, kind="complex", what="spectrum"),
        what="spectrum",
    )


join = Exercise(
    name="join",
    task="Join a magnitude and a phase to a complex spectrum.",
    stub='''
def join(magnitude, phase):
    """The complex spectrum with this magnitude and this phase in radians."""
    raise NotImplementedError
''',
    reference='''
def join(magnitude, phase):
    """The complex spectrum with this magnitude and this phase in radians."""
    return magnitude * np.exp(1j * phase)
''',
    hints=(
        "A complex number of size r and angle φ is r times e to the power of iφ.",
        "NumPy writes the imaginary unit as `1j`.",
    ),
    examine=_examine_join,
    mistakes=_MISTAKES,
    remark="A mask changes the magnitude and keeps the phase of the mixture: you join them again.",
)
