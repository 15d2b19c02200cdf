"""Lesson 06: turn some of a mask's points around, where the mixture is loudest or faintest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _flipped(
    mask: np.ndarray,
    mixture: np.ndarray,
    count: int,
    loudest: bool,
    to: Callable = np.logical_not,
    axis: int | None = None,
) -> np.ndarray:
    order = np.argsort(mixture, axis=axis).ravel()
    places = order[mask.size - count :] if loudest else order[:count]
    result = mask.copy().ravel()
    result[places] = to(result[places])
    return result.reshape(mask.shape)


def _flipped_rows(mask: np.ndarray, mixture: np.ndarray, count: int, loudest: bool) -> np.ndarray:
    order, result = np.argsort(mixture, axis=None), mask.copy()
    result[order[:count]] ^= True
    return result


def _flipped_in_place(
    mask: np.ndarray, mixture: np.ndarray, count: int, loudest: bool
) -> np.ndarray:
    mask[...] = _flipped(mask, mixture, count, loudest)
    return mask


_MISTAKES = (
    Mistake(
        "Ends mixed up",
        lambda mask, mixture, count, loudest: _flipped(mask, mixture, count, not loudest),
        "You turned the points of the other end: compare loud with faint.",
    ),
    Mistake(
        "Always the faintest",
        lambda mask, mixture, count, loudest: _flipped(mask, mixture, count, False),
        "You turn the faintest points whatever `loudest` says.",
    ),
    Mistake(
        "Always the loudest",
        lambda mask, mixture, count, loudest: _flipped(mask, mixture, count, True),
        "You turn the loudest points whatever `loudest` says.",
    ),
    Mistake(
        "Set to 0 instead of turned",
        lambda *case: _flipped(*case, to=lambda part: part & False),
        "You set the points to 0: turn 0 into 1 as well.",
    ),
    Mistake(
        "Set to 1 instead of turned",
        lambda *case: _flipped(*case, to=lambda part: part | True),
        "You set the points to 1: turn 1 into 0 as well.",
    ),
    Mistake(
        "One point too many",
        lambda mask, mixture, count, loudest: _flipped(mask, mixture, count + 1, loudest),
        "You turned one point too many, 21 points instead of 20.",
    ),
    Mistake(
        "One point too few",
        lambda mask, mixture, count, loudest: _flipped(mask, mixture, count - 1, loudest),
        "You turned one point too few, 19 points instead of 20.",
    ),
    Mistake("Mask unchanged", lambda mask, mixture, count, loudest: mask, "The mask is as it was."),
    Mistake(
        "Sorted within each frequency",
        lambda mask, mixture, count, loudest: _flipped(mask, mixture, count, loudest, axis=1),
    ),
    Mistake("Numbers of the flattened array taken for rows", _flipped_rows),
    Mistake("Mask overwritten", _flipped_in_place),
    Mistake(
        "order[-0:]",
        lambda mask, mixture, count, loudest: _flipped(
            mask, mixture, count or loudest * mask.size, loudest
        ),
    ),
)


def _examine_flip(answer: Any) -> None:
    generator = np.random.default_rng(8)
    mixture = generator.random((9, 14))
    mask = generator.random((9, 14)) < 0.4
    compare(
        answer,
        cases={
            "the 20 faintest points": (mask, mixture, 20, False),
            "the 20 loudest points": (mask, mixture, 20, True),
            "a single point of a mask of another shape": (mask[:5, :6], mixture[:5, :6], 1, True),
            "no point at all (mind that `order[-0:]` is everything)": (mask, mixture, 0, True),
            "all points": (mask, mixture, mask.size, False),
        },
        right=_flipped,
        mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="Both masks then have the same accuracy, to the last point.",
)
