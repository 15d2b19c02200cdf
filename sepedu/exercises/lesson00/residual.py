"""Lesson 00: find what is left of a mixture when an estimate is taken away."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array, call, compare
from ..framework import Exercise, Mistake
from .recordings import recordings


def _examine_residual(answer: Any) -> None:
    mixture, estimate = recordings(2)
    difference = mixture - estimate
    compare(
        as_array(call(answer, mixture, estimate), mixture.shape, "real", "residual"),
        difference,
        known=[
            (-difference, "The sign is turned: take the estimate away from the mixture."),
            (np.abs(difference), "Keep the sign of each sample: without it a sound is destroyed."),
            (np.abs(mixture) - np.abs(estimate), "Subtract the samples, not their sizes."),
            (mixture + estimate, "You added the estimate: it is to be taken away."),
        ],
        otherwise="Estimate and residual must add up to the mixture, sample by sample.",
    )


residual = Exercise(
    name="residual",
    task="Find what is left of a mixture when an estimate is taken away.",
    stub='''
def residual(mixture, estimate):
    """What is left of the mixture when the estimate is taken away."""
    raise NotImplementedError
''',
    reference='''
def residual(mixture, estimate):
    """What is left of the mixture when the estimate is taken away."""
    return mixture - estimate
''',
    hints=("Estimate and residual together must give the mixture back.",),
    examine=_examine_residual,
    mistakes=(
        Mistake(
            "Sign turned", "def residual(mixture, estimate):\n    return estimate - mixture", "sign"
        ),
        Mistake(
            "Sizes instead of samples",
            "def residual(mixture, estimate):\n    return np.abs(mixture - estimate)",
            "sign of each sample",
        ),
        Mistake(
            "Sum instead of difference",
            "def residual(mixture, estimate):\n    return mixture + estimate",
            "taken away",
        ),
        Mistake(
            "A number instead of a recording",
            "def residual(mixture, estimate):\n    return np.sum(mixture - estimate)",
            "shape",
        ),
    ),
    remark="With the vocals as the estimate, the residual is a karaoke version.",
)
