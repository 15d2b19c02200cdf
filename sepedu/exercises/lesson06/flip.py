"""Lesson 06: turn some of a mask's points around, where the mixture is loudest or faintest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge


def _flipped(
    mask: np.ndarray,
    mixture: np.ndarray,
    count: int,
    loudest: bool,
    to: Callable = np.logical_not,
) -> np.ndarray:
    order = np.argsort(mixture, axis=None)
    places = order[mask.size - count :] if loudest else order[:count]
    result = mask.copy().ravel()
    result[places] = to(result[places])
    return result.reshape(mask.shape)


def _examine_flip(answer: Any) -> None:
    generator = np.random.default_rng(8)
    mixture = generator.random((9, 14))
    mask = generator.random((9, 14)) < 0.4
    judge(
        answer,
        cases={
            "the 20 faintest points": (mask, mixture, 20, False),
            "the 20 loudest points": (mask, mixture, 20, True),
            "a single point of a mask of another shape": (mask[:5, :6], mixture[:5, :6], 1, True),
            "no point at all (mind that `order[-0:]` is everything)": (mask, mixture, 0, True),
            "all points": (mask, mixture, mask.size, False),
        },
        right=_flipped,
        known=[
            (
                lambda mask, mixture, count, loudest: _flipped(mask, mixture, count, not loudest),
                "You turned the points of the other end: compare loud with faint.",
            ),
            (
                lambda mask, mixture, count, loudest: _flipped(mask, mixture, count, False),
                "You turn the faintest points whatever `loudest` says.",
            ),
            (
                lambda mask, mixture, count, loudest: _flipped(mask, mixture, count, True),
                "You turn the loudest points whatever `loudest` says.",
            ),
            (
                lambda *case: _flipped(*case, to=lambda part: part & False),
                "You set the points to 0: turn 0 into 1 as well.",
            ),
            (
                lambda *case: _flipped(*case, to=lambda part: part | True),
                "You set the points to 1: turn 1 into 0 as well.",
            ),
            (
                lambda mask, mixture, count, loudest: _flipped(mask, mixture, count + 1, loudest),
                "You turned one point too many, 21 points instead of 20.",
            ),
            (
                lambda mask, mixture, count, loudest: _flipped(mask, mixture, count - 1, loudest),
                "You turned one point too few, 19 points instead of 20.",
            ),
            (lambda mask, mixture, count, loudest: mask, "The mask is as it was."),
        ],
        otherwise="Turn exactly `count` points, those where the mixture is loudest or faintest "
        "over all frequencies and frames.",
        read=lambda value: as_array(value, kind="bool", what="mask"),
        what="mask",
    )


flip = Exercise(
    name="flip",
    task="Turn a given number of a mask's points around, where the mixture is loudest or faintest.",
    stub='''
def flip(mask, mixture, count, loudest):
    """The mask with `count` points turned around, where the mixture is loudest, or faintest."""
    raise NotImplementedError
''',
    reference='''
def flip(mask, mixture, count, loudest):
    """The mask with `count` points turned around, where the mixture is loudest, or faintest."""
    order = np.argsort(mixture, axis=None)  # faintest first, over all points
    chosen = order[mask.size - count :] if loudest else order[:count]
    places = np.unravel_index(chosen, mask.shape)
    wrong = mask.copy()
    wrong[places] = ~wrong[places]
    return wrong
''',
    hints=(
        "`np.argsort(mixture, axis=None)` numbers all points from the faintest to the loudest.",
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
            "set the points to 0",
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
            "One point too many",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n    m = mask.copy().ravel()\n"
            "    p = order[-count - 1:] if loudest else order[:count + 1]\n    m[p] = ~m[p]\n"
            "    return m.reshape(mask.shape)",
            "21 points",
        ),
        Mistake(
            "Sorted within each frequency",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=1)\n    m = mask.copy()\n"
            "    m.ravel()[order.ravel()[-count:]] ^= True\n    return m",
            "over all frequencies",
        ),
        Mistake(
            "Numbers of the flattened array taken for rows",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n"
            "    m = mask.copy()\n"
            "    p = order[-count:] if loudest else order[:count]\n"
            "    m[p] = ~m[p]\n"
            "    return m",
            "is not a row",
        ),
        Mistake(
            "Mask overwritten",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n"
            "    p = order[mask.size - count :] if loudest else order[:count]\n"
            "    mask.ravel()[p] ^= True\n"
            "    return mask",
            "changes its argument `mask`",
        ),
        Mistake(
            "order[-0:]",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n"
            "    m = mask.copy().ravel()\n"
            "    p = order[-count:] if loudest else order[:count]\n"
            "    m[p] = ~m[p]\n"
            "    return m.reshape(mask.shape)",
            "is everything",
        ),
    ),
    remark="Both masks then have the same accuracy, to the last point.",
)
