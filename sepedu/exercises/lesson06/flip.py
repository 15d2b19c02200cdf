"""Lesson 06: turn so many of a mask's bins around, where the mixture is loudest or faintest."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_flip(answer: Any) -> None:
    generator = np.random.default_rng(8)
    mixture = generator.random((9, 14))
    mask = generator.random((9, 14)) < 0.4
    order = np.argsort(mixture, axis=None)

    def turned(places: np.ndarray, value: bool | None = None) -> np.ndarray:
        result = mask.copy().ravel()
        result[places] = ~result[places] if value is None else value
        return result.reshape(mask.shape)

    for loudest in (False, True):
        chosen, others = (order[-20:], order[:20]) if loudest else (order[:20], order[-20:])
        value = as_array(call(answer, mask, mixture, 20, loudest), mask.shape, "bool", "mask")
        value = value.astype(bool)
        changed = int((value != mask).sum())
        known = [
            (turned(others), "You turned the bins of the other end: compare loud with faint."),
            (turned(chosen, False), "You set the bins to 0: turn 0 into 1 as well."),
            (turned(chosen, True), "You set the bins to 1: turn 1 into 0 as well."),
        ]
        compare(
            value,
            turned(chosen),
            known=known,
            otherwise=f"{changed} bins were turned. Turn exactly 20, those where the mixture is "
            f"{'loudest' if loudest else 'faintest'} over all frequencies and frames.",
        )


flip = Exercise(
    name="flip",
    task="Turn a given number of a mask's bins around, where the mixture is loudest or faintest.",
    stub='''
def flip(mask, mixture, count, loudest):
    """The mask with `count` bins turned around, where the mixture is loudest, or faintest."""
    raise NotImplementedError
''',
    reference='''
def flip(mask, mixture, count, loudest):
    """The mask with `count` bins turned around, where the mixture is loudest, or faintest."""
    order = np.argsort(mixture, axis=None)  # faintest first, over all bins
    places = np.unravel_index(order[-count:] if loudest else order[:count], mask.shape)
    wrong = mask.copy()
    wrong[places] = ~wrong[places]
    return wrong
''',
    hints=(
        "`np.argsort(mixture, axis=None)` numbers all bins from the faintest to the loudest.",
        "`~` turns a bool around. `np.unravel_index` makes places in two dimensions of numbers.",
    ),
    examine=_examine_flip,
    mistakes=(
        Mistake(
            "Set to 0 instead of turned",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n    m = mask.copy().ravel()\n"
            "    m[order[-count:] if loudest else order[:count]] = False\n"
            "    return m.reshape(mask.shape)",
            "set the bins to 0",
        ),
        Mistake(
            "Ends mixed up",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n    m = mask.copy().ravel()\n"
            "    p = order[:count] if loudest else order[-count:]\n    m[p] = ~m[p]\n"
            "    return m.reshape(mask.shape)",
            "other end",
        ),
        Mistake(
            "One bin too many",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n    m = mask.copy().ravel()\n"
            "    p = order[-count - 1:] if loudest else order[:count + 1]\n    m[p] = ~m[p]\n"
            "    return m.reshape(mask.shape)",
            "21 bins",
        ),
        Mistake(
            "Sorted within each frequency",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=1)\n    m = mask.copy()\n"
            "    m.ravel()[order.ravel()[-count:]] ^= True\n    return m",
            "over all frequencies",
        ),
    ),
    remark="Both masks then have the same accuracy, to the last bin.",
)
