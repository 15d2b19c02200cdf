"""Lesson 06: write the scale-invariant signal-to-distortion ratio."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise
from .recordings import recordings


def _ratio(target: np.ndarray, estimate: np.ndarray) -> float:
    return 10 * np.log10((target**2).sum() / ((target - estimate) ** 2).sum())


def _alpha(s: np.ndarray, e: np.ndarray) -> float:
    return (s * e).sum() / (s**2).sum()


_MISTAKES = (
    Mistake("Not scaled", _ratio, "This is the SDR: scale the reference by alpha first."),
    Mistake(
        "Energy of the estimate below alpha",
        lambda s, e: _ratio(_alpha(e, s) * s, e),
        "Your alpha divides by the energy of the estimate: divide by the reference's.",
    ),
    Mistake(
        "alpha forgotten above the line",
        lambda s, e: 10 * np.log10((s**2).sum() / ((_alpha(s, e) * s - e) ** 2).sum()),
        "Above the line stands the scaled reference too: alpha counts in both places.",
    ),
    Mistake(
        "alpha forgotten below the line",
        lambda s, e: 10 * np.log10(((_alpha(s, e) * s) ** 2).sum() / ((s - e) ** 2).sum()),
        "The difference is taken from the scaled reference: alpha counts in both places.",
    ),
    Mistake(
        "Estimate scaled",
        lambda s, e: _ratio(s, _alpha(s, e) * e),
        "You scaled the estimate: scale the reference, so that it fits the estimate.",
    ),
    Mistake(
        "Estimate scaled",
        lambda s, e: _ratio(s, _alpha(e, s) * e),
        "You scaled the estimate: scale the reference, so that it fits the estimate.",
    ),
    Mistake(
        "Peaks made equal",
        lambda s, e: _ratio(s / np.abs(s).max(), e / np.abs(e).max()),
        "Equal peaks are not equal levels: use alpha, which makes the error smallest.",
    ),
)


def _examine_si_sdr(answer: Any) -> None:
    reference, estimate = recordings()
    compare(
        answer,
        cases={
            "0": (reference, estimate),
            "another length and level": (reference[:150], 3 * estimate[:150]),
            "an estimate with the opposite sign": (reference, -estimate),
        },
        right=lambda s, e: _ratio(_alpha(s, e) * s, e),
        mistakes=_MISTAKES,
        otherwise="Find alpha first, then take the SDR of the estimate against alpha times s.",
        what="SI-SDR",
        tolerance=1e-6,
    )


my_si_sdr = Exercise(
    name="my_si_sdr",
    task="Write the scale-invariant signal-to-distortion ratio.",
    stub='''
def my_si_sdr(reference, estimate):
    """SDR of the estimate against the reference scaled by the best factor alpha."""
    raise NotImplementedError
''',
    reference='''
def my_si_sdr(reference, estimate):
    """SDR of the estimate against the reference scaled by the best factor alpha."""
    alpha = (reference * estimate).sum() / (reference**2).sum()
    target = alpha * reference
    return 10 * np.log10((target**2).sum() / ((target - estimate) ** 2).sum())
''',
    hints=(
        "alpha is the sum of products of both, over the energy of the reference.",
        "Call alpha times the reference the target, and write the SDR with it.",
    ),
    examine=_examine_si_sdr,
    mistakes=_MISTAKES,
    remark="Turning an estimate up or down changes its SDR and leaves its SI-SDR.",
)
