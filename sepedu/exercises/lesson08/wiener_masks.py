"""Lesson 08: share out each bin among the sources in proportion to their energies."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_wiener_masks(answer: Any) -> None:
    magnitudes = np.random.default_rng(80).random((4, 6, 8)) + 0.05
    magnitudes[0, :2, :4] = 0.0  # one source rests; no bin is silent as a whole
    squares = magnitudes**2
    compare(
        as_array(call(answer, magnitudes), magnitudes.shape, "real", "masks"),
        squares / squares.sum(axis=0),
        known=[
            (
                magnitudes / magnitudes.sum(axis=0),
                "These are ratio masks of magnitudes: a Wiener filter shares out energies, "
                "magnitudes squared.",
            ),
            (
                (magnitudes / magnitudes.sum(axis=0)) ** 2,
                "Square first, and divide then: these masks do not sum to one.",
            ),
            (
                squares / squares.sum(axis=1, keepdims=True),
                "You summed over frequencies: share out among the sources, the first axis.",
            ),
            (
                squares / squares.sum(axis=2, keepdims=True),
                "You summed over frames: share out among the sources, the first axis.",
            ),
            (squares / squares.sum(), "You summed over everything: sum over the sources only."),
            (squares / squares.max(axis=0), "Divide by the sum over the sources, not the largest."),
            (
                (magnitudes == magnitudes.max(axis=0)).astype(float),
                "The loudest takes all here: a soft mask shares.",
            ),
        ],
        otherwise="Energy of each source over the sum of energies of all sources.",
    )


wiener_masks = Exercise(
    name="wiener_masks",
    task="Share out each bin among the sources in proportion to their energies.",
    stub='''
def wiener_masks(magnitudes):
    """Masks of all sources from their magnitudes, both of shape (sources, 513, frames)."""
    raise NotImplementedError
''',
    reference='''
def wiener_masks(magnitudes):
    """Masks of all sources from their magnitudes, both of shape (sources, 513, frames)."""
    energies = magnitudes**2
    return energies / energies.sum(axis=0)
''',
    hints=(
        "Energy is magnitude squared. The masks of a bin must sum to one.",
        "The sources lie along the first axis: `.sum(axis=0)`.",
    ),
    examine=_examine_wiener_masks,
    mistakes=(
        Mistake(
            "Magnitudes instead of energies",
            "def wiener_masks(m):\n    return m / m.sum(axis=0)",
            "energies",
        ),
        Mistake(
            "Squared too late",
            "def wiener_masks(m):\n    return (m / m.sum(axis=0)) ** 2",
            "Square first",
        ),
        Mistake(
            "Shared among frequencies",
            "def wiener_masks(m):\n    e = m ** 2\n    return e / e.sum(axis=1, keepdims=True)",
            "over frequencies",
        ),
        Mistake(
            "Divided by the loudest",
            "def wiener_masks(m):\n    e = m ** 2\n    return e / e.max(axis=0)",
            "not the largest",
        ),
        Mistake(
            "Winner takes all",
            "def wiener_masks(m):\n    return (m == m.max(axis=0)).astype(float)",
            "shares",
        ),
    ),
    remark="`ratio_mask(magnitudes, power=2)` does this, and minds bins where all are silent.",
)
