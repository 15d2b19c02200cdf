"""Lesson 06: write the scale-invariant signal-to-distortion ratio."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..framework import Exercise, Mistake
from ..judge import judge
from .recordings import recordings


def _ratio(target: np.ndarray, estimate: np.ndarray) -> float:
    return 10 * np.log10((target**2).sum() / ((target - estimate) ** 2).sum())


def _alpha(s: np.ndarray, e: np.ndarray) -> float:
    return (s * e).sum() / (s**2).sum()


def _examine_si_sdr(answer: Any) -> None:
    reference, estimate = recordings()
    judge(
        answer,
        cases={
            "0": (reference, estimate),
            "another length and level": (reference[:150], 3 * estimate[:150]),
            "an estimate with the opposite sign": (reference, -estimate),
        },
        right=lambda s, e: _ratio(_alpha(s, e) * s, e),
        known=[
            (_ratio, "This is the SDR: scale the reference by alpha first."),
            (
                lambda s, e: _ratio(_alpha(e, s) * s, e),
                "Your alpha divides by the energy of the estimate: divide by the reference's.",
            ),
            (
                lambda s, e: 10 * np.log10((s**2).sum() / ((_alpha(s, e) * s - e) ** 2).sum()),
                "Above the line stands the scaled reference too: alpha counts in both places.",
            ),
            (
                lambda s, e: 10 * np.log10(((_alpha(s, e) * s) ** 2).sum() / ((s - e) ** 2).sum()),
                "The difference is taken from the scaled reference: alpha counts in both places.",
            ),
            *(
                (
                    lambda s, e, scale=scale: _ratio(s, scale(s, e) * e),
                    "You scaled the estimate: scale the reference, so that it fits the estimate.",
                )
                for scale in (_alpha, lambda s, e: _alpha(e, s))
            ),
            (
                lambda s, e: _ratio(s / _alpha(s, e), e),
                "Your alpha is upside down: the energy of the reference stands below the line.",
            ),
            (
                lambda s, e: _ratio(s / np.abs(s).max(), e / np.abs(e).max()),
                "Equal peaks are not equal levels: use alpha, which makes the error smallest.",
            ),
        ],
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
    mistakes=(
        Mistake(
            "Not scaled",
            "def my_si_sdr(s, e):\n    return 10 * np.log10((s**2).sum() / ((s - e) ** 2).sum())",
            "This is the SDR",
        ),
        Mistake(
            "Energy of the estimate below alpha",
            "def my_si_sdr(s, e):\n    t = (s * e).sum() / (e**2).sum() * s\n"
            "    return 10 * np.log10((t**2).sum() / ((t - e) ** 2).sum())",
            "energy of the estimate",
        ),
        Mistake(
            "alpha forgotten above the line",
            "def my_si_sdr(s, e):\n    t = (s * e).sum() / (s**2).sum() * s\n"
            "    return 10 * np.log10((s**2).sum() / ((t - e) ** 2).sum())",
            "both places",
        ),
        Mistake(
            "Estimate scaled",
            "def my_si_sdr(s, e):\n    e = (s * e).sum() / (e**2).sum() * e\n"
            "    return 10 * np.log10((s**2).sum() / ((s - e) ** 2).sum())",
            "scaled the estimate",
        ),
        Mistake(
            "Peaks made equal",
            "def my_si_sdr(s, e):\n    s, e = s / np.abs(s).max(), e / np.abs(e).max()\n"
            "    return 10 * np.log10((s**2).sum() / ((s - e) ** 2).sum())",
            "Equal peaks",
        ),
    ),
    remark="Turning an estimate up or down changes its SDR and leaves its SI-SDR.",
)
