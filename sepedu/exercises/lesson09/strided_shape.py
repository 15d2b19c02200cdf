"""Lesson 09: find the shape of a picture after a strided convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import Wrong, as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _places(size: int, kernel: int, stride: int) -> int:
    return (size - kernel) // stride + 1


def _read(value: Any) -> np.ndarray:
    value = as_array(value, kind="real", what="shape")
    if value.shape != (3,):
        raise Wrong("A shape of three numbers is asked for: channels, bins, frames.")
    if not np.array_equal(value, value.astype(int)):
        raise Wrong("A shape has whole numbers: divide with `//`.")
    return value


_MISTAKES = (
    Mistake(
        "Channels unchanged",
        lambda shape, o, k, s: np.array([shape[0], *(_places(n, k, s) for n in shape[1:])]),
        "The channels that come out are those of the convolution, `outputs`.",
    ),
    Mistake(
        "Size over stride",
        lambda shape, o, k, s: np.array([o, *(n // s for n in shape[1:])]),
        "A kernel must fit into the picture: the last place it can stand at is "
        "size - kernel. Dividing the size by the stride is right only for some sizes.",
    ),
    Mistake(
        "First place forgotten",
        lambda shape, o, k, s: np.array([o, *((n - k) // s for n in shape[1:])]),
        "One place is missing: the first one, at 0, counts too.",
    ),
    Mistake(
        "Rounded up",
        lambda shape, o, k, s: np.array([o, *(-(-(n - k) // s) + 1 for n in shape[1:])]),
        "You rounded up: a kernel that does not fit is left out.",
    ),
    Mistake(
        "Padded",
        lambda shape, o, k, s: np.array([o, *((n + k // 2 * 2 - k) // s + 1 for n in shape[1:])]),
        "You padded the picture at its edges: nothing is padded here.",
    ),
    Mistake(
        "Stride ignored",
        lambda shape, o, k, s: np.array([o, *(n - k + 1 for n in shape[1:])]),
        "This is the shape for a stride of 1: the kernel moves on by `stride`.",
    ),
    Mistake(
        "Stride along frequency only",
        lambda shape, o, k, s: np.array([o, _places(shape[1], k, s), shape[2]]),
        "The stride works along both axes, frames too.",
    ),
    Mistake(
        "Halved",
        lambda shape, o, k, s: np.array([o, shape[1] // 2, shape[2] // 2]),
        "You halved the picture: use `kernel` and `stride`.",
    ),
    Mistake(
        "Not rounded", lambda shape, o, k, s: (o, (shape[1] - k) / s + 1, (shape[2] - k) / s + 1)
    ),
)


def _examine_strided_shape(answer: Any) -> None:
    compare(
        answer,
        cases={
            "0": ((8, 512, 128), 16, 2, 2),
            "a kernel of 3": ((4, 9, 15), 6, 3, 2),
            "a picture of odd size, whose last row and column fill no kernel": (
                (1, 513, 25),
                3,
                2,
                2,
            ),
            "a stride of 1": ((2, 10, 12), 5, 3, 1),
            "a stride of 3": ((16, 100, 50), 8, 5, 3),
        },
        right=lambda shape, outputs, kernel, stride: np.array(
            [outputs, *(_places(size, kernel, stride) for size in shape[1:])]
        ),
        mistakes=_MISTAKES,
        otherwise="At how many places can a kernel stand, if the first is 0, the next `stride` "
        "further on, and the last one still fits?",
        read=_read,
        what="shape",
    )


strided_shape = Exercise(
    name="strided_shape",
    task="Find the shape of a picture after a strided convolution.",
    stub='''
def strided_shape(shape, outputs, kernel, stride):
    """Shape (channels, bins, frames) after a strided convolution to `outputs` channels.

    shape: of the picture before; the kernel is kernel x kernel, and nothing is padded.
    """
    raise NotImplementedError
''',
    reference='''
def strided_shape(shape, outputs, kernel, stride):
    """Shape (channels, bins, frames) after a strided convolution to `outputs` channels."""
    channels, bins, frames = shape
    return outputs, (bins - kernel) // stride + 1, (frames - kernel) // stride + 1
''',
    hints=(
        "Along 9 bins a kernel of 3 with a stride of 2 stands at 0, 2, 4 and 6: four places.",
        "The last place is at most size - kernel. Count the multiples of the stride up to it, 0 "
        "included.",
    ),
    examine=_examine_strided_shape,
    mistakes=_MISTAKES,
    remark="With a kernel and a stride of 2, each step keeps a quarter of the places.",
)
