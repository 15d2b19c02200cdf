"""Lesson 04: find how many input columns one value can see through a stack of layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_number, call, compare
from ..framework import Exercise, Mistake


def _examine_reach(answer: Any) -> None:
    network = [(3, 1), (3, 1), (3, 3), (3, 1), (3, 1), (3, 3)]
    asked = [network, network[:3], [(5, 2), (3, 2), (3, 2)], [(3, 1)]]
    value = np.array([as_number(call(answer, list(case)), "reach") for case in asked])

    def variant(grow: Any, jump_first: bool = False, fixed: bool = False) -> np.ndarray:
        found = []
        for layers in asked:
            reach, jump = 1, 1
            for kernel, stride in layers:
                jump = jump * stride if jump_first else jump
                reach += grow(kernel) * (1 if fixed else jump)
                jump = jump if jump_first else jump * stride
            found.append(reach)
        return np.array(found)

    compare(
        value,
        variant(lambda k: k - 1),
        known=[
            (
                variant(lambda k: k - 1, fixed=True),
                "After a pooling, neighbours are three input columns apart: multiply what a layer "
                "adds by all strides before it.",
            ),
            (variant(lambda k: k), "A kernel of 3 adds two columns, not three: itself is counted."),
            (
                variant(lambda k: k - 1, jump_first=True),
                "A layer's own stride widens only the steps of the layers after it.",
            ),
        ],
        otherwise="Start at 1. A layer adds (kernel - 1) times the product of earlier strides.",
    )


reach = Exercise(
    name="reach",
    task="Find how many input columns one value can see through a stack of layers.",
    stub='''
def reach(layers):
    """Receptive field of a stack of layers, given as a list of (kernel, stride)."""
    raise NotImplementedError
''',
    reference='''
def reach(layers):
    """Receptive field of a stack of layers, given as a list of (kernel, stride)."""
    columns, step = 1, 1
    for kernel, stride in layers:
        columns += (kernel - 1) * step
        step *= stride
    return columns
''',
    hints=(
        "Two convolutions of 3 see 5 columns: each adds 2.",
        "After a pooling with stride 3, one step is 3 input columns. Keep track of the step.",
    ),
    examine=_examine_reach,
    mistakes=(
        Mistake(
            "Strides ignored",
            "def reach(layers):\n    return 1 + sum(k - 1 for k, s in layers)",
            "three input columns apart",
        ),
        Mistake(
            "The whole kernel added",
            "def reach(layers):\n    r, j = 1, 1\n    for k, s in layers:\n"
            "        r += k * j\n        j *= s\n    return r",
            "two columns",
        ),
        Mistake(
            "Own stride applied too early",
            "def reach(layers):\n    r, j = 1, 1\n    for k, s in layers:\n"
            "        j *= s\n        r += (k - 1) * j\n    return r",
            "own stride",
        ),
    ),
    remark="The network's stack reaches over exactly 25 columns, and over 25 bins.",
)
