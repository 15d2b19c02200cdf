"""Exercises of lesson 08: soft masks that share out each bin, and what windows have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examine import Wrong, as_array, as_number, call, compare
from .framework import Exercise, Mistake


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


def _examine_sum_to_one(answer: Any) -> None:
    masks = np.random.default_rng(81).random((4, 5, 7))
    shared = masks / masks.sum(axis=0)
    value = as_array(call(answer, masks), masks.shape, "real", "masks")
    exponentials = np.exp(masks)
    compare(
        value,
        shared,
        known=[
            (
                exponentials / exponentials.sum(axis=0),
                "That is a softmax, which expects scores: these are masks already, so divide.",
            ),
            (masks / masks.max(axis=0), "Divide by the sum, not by the largest."),
            (masks / 4, "Divide by what the four masks of a bin sum to, which is not always 4."),
            (
                masks / masks.sum(axis=1, keepdims=True),
                "You summed over frequencies: sum over the sources, the first axis.",
            ),
            (masks, "The masks are unchanged."),
        ],
        otherwise="Divide each mask by the sum of the four at the same bin.",
    )
    masks[:, 2, 3] = 0.0
    value = call(answer, masks)
    if not np.isfinite(np.asarray(as_float(value))).all():
        raise Wrong("Where all four masks are 0 your result is 0 / 0: give each a quarter there.")
    compare(
        as_array(value, masks.shape)[:, 2, 3],
        np.full(4, 0.25),
        known=[(np.zeros(4), "Where all four are 0 the result sums to 0: give each a quarter.")],
        otherwise="Where all four masks are 0, give each a quarter.",
    )


def as_float(value: Any) -> np.ndarray:
    """An answer as floats, NaN and all, so that a check can speak about the NaN itself."""
    try:
        return np.asarray(value, dtype=float)
    except Exception:
        raise Wrong("An array of numbers is asked for.") from None


sum_to_one = Exercise(
    name="sum_to_one",
    task="Make the masks of four networks sum to one in each bin.",
    stub='''
def sum_to_one(masks):
    """Masks (4, 513, frames) divided by their sum; a quarter each where all four are 0."""
    raise NotImplementedError
''',
    reference='''
def sum_to_one(masks):
    """Masks (4, 513, frames) divided by their sum; a quarter each where all four are 0."""
    total = masks.sum(axis=0)
    silent = total == 0
    return np.where(silent, 0.25, masks / (total + silent))
''',
    hints=(
        "First the sum over the first axis, then a division.",
        "Where the sum is 0, divide by 1 instead, and set the result to 0.25.",
    ),
    examine=_examine_sum_to_one,
    mistakes=(
        Mistake(
            "0 divided by 0",
            "def sum_to_one(masks):\n"
            "    with np.errstate(all='ignore'):\n        return masks / masks.sum(axis=0)",
            "0 / 0",
        ),
        Mistake(
            "Softmax",
            "def sum_to_one(masks):\n    e = np.exp(masks)\n    return e / e.sum(axis=0)",
            "softmax",
        ),
        Mistake(
            "Nothing for silent bins",
            "def sum_to_one(masks):\n    return masks / np.maximum(masks.sum(axis=0), 1e-9)",
            "sums to 0",
        ),
        Mistake(
            "Mean instead of sum",
            "def sum_to_one(masks):\n    return masks / 4",
            "not always 4",
        ),
        Mistake(
            "Wrong axis",
            "def sum_to_one(masks):\n    return masks / masks.sum(axis=1, keepdims=True)",
            "first axis",
        ),
    ),
    remark="Now the four estimates sum to the mixture, since the STFT is linear.",
)


def _as_columns(value: Any) -> set[int]:
    if not isinstance(value, (set, frozenset, list, tuple, range)):
        raise Wrong(f"Return a set of column numbers, not a {type(value).__name__}.")
    return {int(as_number(column, "column")) for column in value}


def _after_convolution(own: set[int], columns: int) -> set[int]:
    ends = {0, columns - 1}
    return ends | {c for c in range(columns) if own & {c - 1, c, c + 1}}


_CONVOLUTIONS = ((set(), 25), ({0, 24}, 25), ({0, 7}, 8), ({0, 1, 6, 7}, 8), ({3}, 9), (set(), 6))


def _examine_own_after_convolution(answer: Any) -> None:
    for own, columns in _CONVOLUTIONS:
        value = _as_columns(call(answer, set(own), columns))
        right = _after_convolution(own, columns)
        if value == right:
            continue
        told = f"From own columns {sorted(own)} of {columns} yours become {sorted(value)}. "
        if any(not 0 <= column < columns for column in value):
            raise Wrong(told + f"There are only the columns 0 to {columns - 1}.")
        if not {0, columns - 1} <= value:
            raise Wrong(
                told + "The first and the last column see the zeros beyond the window's ends, "
                "and so they are always its own."
            )
        if value == {0, columns - 1} | own:
            raise Wrong(
                told + "A convolution over three columns reads both neighbours: a column beside "
                "an own one becomes own as well."
            )
        if value < right:
            raise Wrong(
                told + "Some columns read an own neighbour, and are missing: look at both sides."
            )
        raise Wrong(told + f"It should be {sorted(right)}.")


own_after_convolution = Exercise(
    name="own_after_convolution",
    task="Find which columns are a window's own after a convolution over three columns.",
    stub='''
def own_after_convolution(own, columns):
    """Numbers of the columns that differ from window to window after a 3 x 3 convolution.

    own is the set of those before it; columns says how many columns there are. The zeros that
    pad the window stand beyond its ends, where another window may have sound.
    """
    raise NotImplementedError
''',
    reference='''
def own_after_convolution(own, columns):
    """Numbers of the columns that differ from window to window after a 3 x 3 convolution."""
    after = {0, columns - 1}  # they see the padding
    for column in range(columns):
        if own & {column - 1, column, column + 1}:
            after.add(column)
    return after
''',
    hints=(
        "Which columns read a zero beyond the window? These are own in any case.",
        "A column reads itself and both neighbours: if one of the three was own, it is own.",
    ),
    examine=_examine_own_after_convolution,
    mistakes=(
        Mistake(
            "Padding forgotten",
            "def own_after_convolution(own, columns):\n"
            "    return {c for c in range(columns) if own & {c - 1, c, c + 1}}",
            "always its own",
        ),
        Mistake(
            "Neighbours forgotten",
            "def own_after_convolution(own, columns):\n    return own | {0, columns - 1}",
            "both neighbours",
        ),
        Mistake(
            "Only one neighbour",
            "def own_after_convolution(own, columns):\n"
            "    return {0, columns - 1} | {c for c in range(columns) if own & {c - 1, c}}",
            "both sides",
        ),
        Mistake(
            "Beyond the window",
            "def own_after_convolution(own, columns):\n"
            "    return {0, columns - 1} | {c + d for c in own for d in (-1, 0, 1)}",
            "There are only",
        ),
    ),
    remark="Each convolution lets the window's ends reach one column further inwards.",
)


def _examine_own_after_pooling(answer: Any) -> None:
    cases = (({0, 1, 23, 24}, 25), ({0, 1, 2, 5, 6, 7}, 8), ({24}, 25), ({7, 8}, 9), (set(), 12))
    for own, columns in cases:
        value = _as_columns(call(answer, set(own), columns))
        right = {column // 3 for column in own if column < columns // 3 * 3}
        if value == right:
            continue
        told = f"From own columns {sorted(own)} of {columns} yours become {sorted(value)}. "
        if value == {column // 3 for column in own}:
            raise Wrong(
                told + f"{columns} columns make {columns // 3} groups of three, and the rest is "
                "dropped: what lies there reaches nothing."
            )
        inner = {j for j in range(columns // 3) if {3 * j, 3 * j + 1, 3 * j + 2} <= own}
        if value == inner:
            raise Wrong(told + "One own column in a group is enough: the largest may be that one.")
        raise Wrong(told + f"It should be {sorted(right)}: column c falls into group c // 3.")


own_after_pooling = Exercise(
    name="own_after_pooling",
    task="Find which columns are a window's own after pooling over groups of three.",
    stub='''
def own_after_pooling(own, columns):
    """Numbers of the pooled columns that differ from window to window.

    Groups of three columns become one; what does not fill a group at the end is dropped.
    """
    raise NotImplementedError
''',
    reference='''
def own_after_pooling(own, columns):
    """Numbers of the pooled columns that differ from window to window."""
    groups = columns // 3
    return {column // 3 for column in own if column // 3 < groups}
''',
    hints=(
        "Column c falls into the group c // 3.",
        "25 columns make 8 groups. In which group would column 24 be?",
    ),
    examine=_examine_own_after_pooling,
    mistakes=(
        Mistake(
            "Dropped columns kept",
            "def own_after_pooling(own, columns):\n    return {c // 3 for c in own}",
            "dropped",
        ),
        Mistake(
            "Only groups that are own as a whole",
            "def own_after_pooling(own, columns):\n"
            "    return {j for j in range(columns // 3)\n"
            "            if {3 * j, 3 * j + 1, 3 * j + 2} <= own}",
            "is enough",
        ),
        Mistake(
            "Rounded",
            "def own_after_pooling(own, columns):\n"
            "    return {round(c / 3) for c in own if round(c / 3) < columns // 3}",
            "c // 3",
        ),
    ),
    remark="After the second pooling nothing is shared any more: so the last layers cost the same.",
)
