"""Lesson 04: build a block of two convolutions with their activations, and a pooling."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..examine import Wrong, as_array, as_module, call, compare
from ..framework import Exercise, Mistake


def _examine_block(answer: Any) -> None:
    block = as_module(call(answer, 2, 5, 4), "block")
    layers = [layer for layer in block.modules() if not list(layer.children())]
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    activations = [layer for layer in layers if isinstance(layer, nn.LeakyReLU)]
    if len(convolutions) != 2:
        raise Wrong(f"A block has two convolutions, and yours has {len(convolutions)}.")
    if any(layer.padding not in ((1, 1), "same") for layer in convolutions):
        raise Wrong("Without padding=1 each convolution cuts a border off: 513 would become 511.")
    if len(activations) < 2:
        raise Wrong("After each convolution stands a LeakyReLU: without it two are but one.")
    try:
        with torch.no_grad():
            shape = tuple(block(torch.zeros(1, 2, 27, 25)).shape)
    except Exception as error:
        lines = str(error).splitlines() or ["no message"]
        raise Wrong(f"The block stops with {type(error).__name__}: {lines[0][:150]}") from None
    if shape != (1, 4, 9, 8):
        raise Wrong(
            f"An input of 2 x 27 x 25 became {shape[1:]}, and (4, 9, 8) is asked for. "
            "Pool with nn.MaxPool2d(3)."
        )
    parameters = sum(p.numel() for p in block.parameters())
    compare(
        as_array(parameters),
        5 * (2 * 9 + 1) + 4 * (5 * 9 + 1),
        otherwise=f"Your block has {parameters} parameters. Kernels are 3 x 3, with biases.",
    )


block = Exercise(
    name="block",
    task="Build a block of two convolutions with their activations, and a pooling.",
    stub='''
def block(inputs, middle, outputs):
    """Convolution, LeakyReLU, convolution, LeakyReLU, pooling by 3, as a torch module."""
    raise NotImplementedError
''',
    reference='''
def block(inputs, middle, outputs):
    """Convolution, LeakyReLU, convolution, LeakyReLU, pooling by 3, as a torch module."""
    return nn.Sequential(
        nn.Conv2d(inputs, middle, kernel_size=3, padding=1),
        nn.LeakyReLU(),
        nn.Conv2d(middle, outputs, kernel_size=3, padding=1),
        nn.LeakyReLU(),
        nn.MaxPool2d(3),
    )
''',
    hints=(
        "`nn.Sequential(a, b, c)` runs its layers one after the other.",
        "`nn.Conv2d(inputs, middle, kernel_size=3, padding=1)` is the first of five layers.",
    ),
    examine=_examine_block,
    setup="from torch import nn",
    mistakes=(
        Mistake(
            "No padding",
            "def block(i, m, o):\n    return nn.Sequential(nn.Conv2d(i, m, 3), nn.LeakyReLU(), "
            "nn.Conv2d(m, o, 3), nn.LeakyReLU(), nn.MaxPool2d(3))",
            "padding=1",
        ),
        Mistake(
            "No activations",
            "def block(i, m, o):\n    return nn.Sequential(nn.Conv2d(i, m, 3, padding=1), "
            "nn.Conv2d(m, o, 3, padding=1), nn.MaxPool2d(3))",
            "LeakyReLU",
        ),
        Mistake(
            "Pooling by two",
            "def block(i, m, o):\n    return nn.Sequential(nn.Conv2d(i, m, 3, padding=1), "
            "nn.LeakyReLU(), nn.Conv2d(m, o, 3, padding=1), nn.LeakyReLU(), nn.MaxPool2d(2))",
            "nn.MaxPool2d(3)",
        ),
        Mistake(
            "Channels do not match",
            "def block(i, m, o):\n    return nn.Sequential(nn.Conv2d(i, m, 3, padding=1), "
            "nn.LeakyReLU(), nn.Conv2d(i, o, 3, padding=1), nn.LeakyReLU(), nn.MaxPool2d(3))",
            "stops with",
        ),
    ),
    remark="Two such blocks, block(1, 32, 16) and block(16, 64, 16), are the network's front.",
)
