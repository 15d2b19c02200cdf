"""Lesson 08: share out each point among the sources in proportion to their energies."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _shared(values: np.ndarray, axis: int | None = 0) -> np.ndarray:
    return values / values.sum(axis=axis, keepdims=True)


_MISTAKES = (
    Mistake(
        "Magnitudes instead of energies",
        _shared,
        "These are ratio masks of magnitudes: a Wiener filter shares out energies, "
        "magnitudes squared.",
    ),
    Mistake(
        "Squared too late",
        lambda m: _shared(m) ** 2,
        "Square first, and divide then: these masks do not sum to one.",
    ),
    Mistake(
        "Shared among frequencies",
        lambda m: _shared(m**2, axis=1),
        "You summed over frequencies: share out among the sources, the first axis.",
    ),
    Mistake(
        "Shared among frames",
        lambda m: _shared(m**2, axis=2),
        "You summed over frames: share out among the sources, the first axis.",
    ),
    Mistake(
        "Shared among all points",
        lambda m: _shared(m**2, axis=None),
        "You summed over everything: sum over the sources only.",
    ),
    Mistake(
        "Divided by the loudest",
        lambda m: m**2 / (m**2).max(axis=0),
        "Divide by the sum over the sources, not by the largest.",
    ),
    Mistake(
        "Own energy left out of the sum",
        lambda m: m**2 / ((m**2).sum(axis=0) - m**2),
        "The sum below the line holds all sources, this one too.",
    ),
    Mistake(
        "Winner takes all",
        lambda m: (m == m.max(axis=0)).astype(float),
        "The loudest takes all here: a soft mask shares.",
    ),
)


def _examine_wiener_masks(answer: Any) -> None:
    magnitudes = np.random.default_rng(80).random((4, 6, 8)) + 0.05
    magnitudes[0, :2, :4] = 0.0  # one source rests; no point is silent as a whole
    compare(
        answer,
        cases={
            "0": (magnitudes,),
            "two sources": (magnitudes[2:, :5, :3],),
            "a single source": (magnitudes[1:2],),
        },
        right=lambda m: _shared(m**2),
        mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="`ratio_mask(magnitudes, power=2)` does this, and minds points where all are silent.",
)
