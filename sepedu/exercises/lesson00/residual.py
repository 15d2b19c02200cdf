"""Lesson 00: find what is left of a mixture when an estimate is taken away."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise
from .recordings import recordings


def _mixture_overwritten(mixture, estimate):
    mixture -= estimate
    return mixture


_MISTAKES = (
    Mistake(
        "Sign turned",
        lambda m, e: e - m,
        "The sign is turned: take the estimate away from the mixture.",
    ),
    Mistake(
        "Sizes instead of samples",
        lambda m, e: np.abs(m - e),
        "Keep the sign of each sample: without it a sound is destroyed.",
    ),
    Mistake(
        "Difference of sizes",
        lambda m, e: np.abs(m) - np.abs(e),
        "Subtract the samples, not their sizes.",
    ),
    Mistake(
        "Sum instead of difference",
        lambda m, e: m + e,
        "You added the estimate: it is to be taken away.",
    ),
    Mistake(
        "A number instead of a recording", lambda mixture, estimate: np.sum(mixture - estimate)
    ),
    Mistake("Mixture overwritten", _mixture_overwritten),
)


def _examine_residual(answer: Any) -> None:
    first, second = recordings(2)
    compare(
        answer,
        cases={
            "0": (first, second),
            "two channels": (first.reshape(2, 25), second.reshape(2, 25)),
            "an estimate of silence": (first, 0 * first),
        },
        right=lambda mixture, estimate: mixture - estimate,
        mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="With the vocals as the estimate, the residual is a karaoke version.",
)
