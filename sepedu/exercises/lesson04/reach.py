"""Lesson 04: find how many input columns one value can see through a stack of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..compare import Mistake, compare
from ..framework import Exercise


def _reach(
    layers: list[tuple[int, int]],
    grow: Callable[[int], int] = lambda kernel: kernel - 1,
    own_stride: bool = False,
    fixed: bool = False,
    start: int = 1,
) -> int:
    reach, step = start, 1
    for kernel, stride in layers:
        before, step = step, step * stride
        reach += grow(kernel) * (1 if fixed else step if own_stride else before)
    return reach


def _emptying(layers: list[tuple[int, int]]) -> int:
    reach = _reach(layers)
    layers.clear()
    return reach


_MISTAKES = (
    Mistake(
        "Strides ignored",
        lambda layers: _reach(layers, fixed=True),
        "After a pooling, neighbours are three input columns apart: multiply what a layer "
        "adds by all strides before it.",
    ),
    Mistake(
        "The whole kernel added",
        lambda layers: _reach(layers, grow=lambda kernel: kernel),
        "A kernel of 3 adds two columns, not three: itself is counted.",
    ),
    Mistake(
        "Own stride applied too early",
        lambda layers: _reach(layers, own_stride=True),
        "A layer's own stride widens only the steps of the layers after it.",
    ),
    Mistake(
        "Started at 0",
        lambda layers: _reach(layers, start=0),
        "Start at 1: without any layer a value sees its own column.",
    ),
    Mistake("The list emptied", _emptying),
)


def _examine_reach(answer: Any) -> None:
    network = [(3, 1), (3, 1), (3, 3), (3, 1), (3, 1), (3, 3)]
    compare(
        answer,
        cases={
            "0": (network,),
            "half the network": (network[:3],),
            "strides of 2": ([(5, 2), (3, 2), (3, 2)],),
            "a single convolution": ([(3, 1)],),
            "a kernel of 1": ([(1, 2), (2, 1)],),
            "no layer, which sees one column": ([],),
        },
        right=_reach,
        mistakes=_MISTAKES,
        otherwise="Start at 1. A layer adds (kernel - 1) times the product of earlier strides.",
        what="reach",
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
    mistakes=_MISTAKES,
    remark="The network's stack reaches over exactly 25 columns, and over 25 bins.",
)
