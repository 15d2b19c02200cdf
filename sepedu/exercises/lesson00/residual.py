"""Lesson 00: find what is left of a mixture when an estimate is taken away."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge
from .recordings import recordings


def _examine_residual(answer: Any) -> None:
    first, second = recordings(2)
    judge(
        answer,
        cases={
            "0": (first, second),
            "two channels": (first.reshape(2, 25), second.reshape(2, 25)),
            "an estimate of silence": (first, 0 * first),
        },
        right=lambda mixture, estimate: mixture - estimate,
        known=[
            (lambda m, e: e - m, "The sign is turned: take the estimate away from the mixture."),
            (
                lambda m, e: np.abs(m - e),
                "Keep the sign of each sample: without it a sound is destroyed.",
            ),
            (lambda m, e: np.abs(m) - np.abs(e), "Subtract the samples, not their sizes."),
            (lambda m, e: m + e, "You added the estimate: it is to be taken away."),
        ],
        otherwise="Estimate and residual must add up to the mixture, sample by sample.",
        read=lambda value: as_array(value, kind="real", what="residual"),
        what="residual",
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
            "single number",
        ),
        Mistake(
            "Mixture overwritten",
            "def residual(mixture, estimate):\n    mixture -= estimate\n    return mixture",
            "changes its argument `mixture`",
        ),
    ),
    remark="With the vocals as the estimate, the residual is a karaoke version.",
)
