"""Lesson 09: write the loss in the sound's own domain."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare import Mistake, compare
from ..framework import Exercise


def _size(spectra: np.ndarray) -> np.ndarray:
    return np.abs(spectra).mean(axis=(1, 2))


def _loss(masks: np.ndarray, mixture: np.ndarray, stems: np.ndarray) -> float:
    return float((_size(masks * mixture - stems) / _size(stems)).mean())


def _energy(spectra: np.ndarray) -> np.ndarray:
    return (np.abs(spectra) ** 2).mean(axis=(1, 2))


_MISTAKES = (
    Mistake(
        "Magnitudes compared",
        lambda g, x, s: (_size(np.abs(g * x) - np.abs(s)) / _size(s)).mean(),
        "You compared magnitudes: the difference of the complex spectra counts the phase, too.",
    ),
    Mistake(
        "The mixture's magnitude masked",
        lambda g, x, s: (_size(g * np.abs(x) - s) / _size(s)).mean(),
        "You took the size of the mixture: the estimate keeps the phase, `masks * mixture`.",
    ),
    Mistake(
        "Divided by the estimate",
        lambda g, x, s: (_size(g * x - s) / np.maximum(_size(g * x), 1e-300)).mean(),
        "You divided by the estimate: divide by the true source.",
    ),
    Mistake(
        "Root of a mean square",
        lambda g, x, s: np.sqrt(_energy(g * x - s) / _energy(s)).mean(),
        "You took squares and a root: this loss takes the size of each error, and their mean.",
    ),
    Mistake(
        "Upside down",
        lambda g, x, s: (_size(s) / _size(g * x - s)).mean(),
        "The fraction is upside down: error over source.",
    ),
    Mistake(
        "4 written out",
        lambda g, x, s: (_size(g * x - s) / _size(s)).sum() / 4,
        "You wrote 4: use the number of sources, or a mean.",
    ),
    Mistake(
        "Not in relation to the source",
        lambda g, x, s: _size(g * x - s).mean(),
        "A loud source counts more than a soft one here: divide each source's error by "
        "how loud it is.",
    ),
    Mistake(
        "Divided once for all",
        lambda g, x, s: _size(g * x - s).sum() / _size(s).sum(),
        "You divided once for all sources: divide for each source, then take the mean.",
    ),
    Mistake(
        "Sum over the sources",
        lambda g, x, s: (_size(g * x - s) / _size(s)).sum(),
        "You summed over the sources: take their mean.",
    ),
    Mistake(
        "Squares",
        lambda g, x, s: (_energy(g * x - s) / _energy(s)).mean(),
        "You took squares: this loss takes the size of each error.",
    ),
    Mistake(
        "Divided point by point",
        lambda g, x, s: (np.abs(g * x - s) / np.abs(s)).mean(),
        "You divided point by point, so that faint points count as much as loud ones: "
        "take both means first.",
    ),
    Mistake(
        "Divided by the mixture",
        lambda g, x, s: (_size(g * x - s) / np.abs(x).mean()).mean(),
        "You divided by the mixture: divide by the source itself.",
    ),
    Mistake(
        "Masks not applied",
        lambda g, x, s: (_size(x - s) / _size(s)).mean(),
        "The masks are missing: the estimate is the mask times the mixture.",
    ),
    Mistake(
        "Signs cancel",
        lambda g, x, s: np.abs((g * x - s).mean(axis=(1, 2)) / _size(s)).mean(),
        "Errors of opposite sign cancel here: take the size of each first, then the mean.",
    ),
)


def _examine_my_sound_loss(answer: Any) -> None:
    random = np.random.default_rng(93)
    stems = random.normal(size=(4, 5, 8)) + 1j * random.normal(size=(4, 5, 8))
    stems *= np.array([1.0, 3.0, 0.2, 0.5]).reshape(4, 1, 1)  # sources of different levels
    mixture = stems.sum(axis=0)
    masks = random.random(stems.shape)
    masks /= masks.sum(axis=0)
    compare(
        answer,
        cases={
            "0": (masks, mixture, stems),
            "another shape, two sources": (masks[:2, :3, :6], mixture[:3, :6], stems[:2, :3, :6]),
            "masks that are 0 everywhere, whose loss is 1": (0 * masks, mixture, stems),
            "masks that are 1 everywhere": (0 * masks + 1, mixture, stems),
        },
        right=_loss,
        mistakes=_MISTAKES,
        otherwise="For each source: the mean of |g X - S| over the mean of |S|; then the mean over "
        "the sources.",
        what="loss",
    )


my_sound_loss = Exercise(
    name="my_sound_loss",
    task="Write the loss in the sound's own domain.",
    stub='''
def my_sound_loss(masks, mixture, stems):
    """Mean size of each source's error over its own mean size, mean over the sources.

    masks: (sources, bins, frames); mixture: complex (bins, frames); stems: complex, as masks.
    """
    raise NotImplementedError
''',
    reference='''
def my_sound_loss(masks, mixture, stems):
    """Mean size of each source's error over its own mean size, mean over the sources."""
    error = np.abs(masks * mixture - stems).mean(axis=(1, 2))
    size = np.abs(stems).mean(axis=(1, 2))
    return (error / size).mean()
''',
    hints=(
        "The estimates are `masks * mixture`, and complex. Their errors, too: `np.abs` comes last.",
        "Means over bins and frames, `axis=(1, 2)`, leave a number for each source. Divide, then "
        "take the mean over the sources.",
    ),
    examine=_examine_my_sound_loss,
    mistakes=_MISTAKES,
    remark="Masks of 0 have a loss of 1. Whatever is above it is worse than silence.",
)
