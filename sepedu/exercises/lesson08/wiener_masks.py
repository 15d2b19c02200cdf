"""Lesson 08: share out each point among the sources in proportion to their energies."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge


def _shared(values: np.ndarray, axis: int | None = 0) -> np.ndarray:
    return values / values.sum(axis=axis, keepdims=True)


def _examine_wiener_masks(answer: Any) -> None:
    magnitudes = np.random.default_rng(80).random((4, 6, 8)) + 0.05
    magnitudes[0, :2, :4] = 0.0  # one source rests; no point is silent as a whole
    judge(
        answer,
        cases={
            "0": (magnitudes,),
            "two sources": (magnitudes[2:, :5, :3],),
            "a single source": (magnitudes[1:2],),
        },
        right=lambda m: _shared(m**2),
        known=[
            (
                _shared,
                "These are ratio masks of magnitudes: a Wiener filter shares out energies, "
                "magnitudes squared.",
            ),
            (
                lambda m: _shared(m) ** 2,
                "Square first, and divide then: these masks do not sum to one.",
            ),
            (
                lambda m: m**2 / m.sum(axis=0) ** 2,
                "You squared the sum: sum the squares.",
            ),
            (
                lambda m: _shared(m**2, axis=1),
                "You summed over frequencies: share out among the sources, the first axis.",
            ),
            (
                lambda m: _shared(m**2, axis=2),
                "You summed over frames: share out among the sources, the first axis.",
            ),
            (
                lambda m: _shared(m**2, axis=None),
                "You summed over everything: sum over the sources only.",
            ),
            (
                lambda m: m**2 / (m**2).max(axis=0),
                "Divide by the sum over the sources, not by the largest.",
            ),
            (
                lambda m: m**2 / ((m**2).sum(axis=0) - m**2),
                "The sum below the line holds all sources, this one too.",
            ),
            (
                lambda m: (m == m.max(axis=0)).astype(float),
                "The loudest takes all here: a soft mask shares.",
            ),
        ],
        otherwise="Energy of each source over the sum of energies of all sources.",
        read=lambda value: as_array(value, kind="real", what="array of masks"),
        what="array of masks",
    )


wiener_masks = Exercise(
    name="wiener_masks",
    task="Share out each point among the sources in proportion to their energies.",
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
        "Energy is magnitude squared. The masks of a point must sum to one.",
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
            "not by the largest",
        ),
        Mistake(
            "Winner takes all",
            "def wiener_masks(m):\n    return (m == m.max(axis=0)).astype(float)",
            "shares",
        ),
    ),
    remark="`ratio_mask(magnitudes, power=2)` does this, and minds points where all are silent.",
)
