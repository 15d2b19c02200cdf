"""Lesson 04: build a block of two convolutions with their activations, and a pooling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from ..call_answer import Wrong, as_module, call
from ..compare import Mistake
from ..framework import Exercise


def _block(
    inputs: int,
    middle: int,
    outputs: int,
    padding: int = 1,
    activation: Callable[[], nn.Module] = nn.LeakyReLU,
    pooling: nn.Module | None = None,
    between: int | None = None,
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, middle, kernel_size=3, padding=padding),
        activation(),
        nn.Conv2d(between or middle, outputs, kernel_size=3, padding=padding),
        activation(),
        pooling or nn.MaxPool2d(3),
    )


def _examine_block(answer: Any) -> None:
    for channels, size in (((2, 5, 4), (27, 25)), ((3, 2, 6), (9, 14))):
        block = as_module(call(answer, *channels), "block")
        layers = [layer for layer in block.modules() if not list(layer.children())]
        convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
        if len(convolutions) != 2:
            raise Wrong(f"A block has two convolutions, and yours has {len(convolutions)}.")
        if any(layer.kernel_size != (3, 3) for layer in convolutions):
            raise Wrong("The kernels are 3 x 3: `kernel_size=3`.")
        if any(layer.padding not in ((1, 1), "same") for layer in convolutions):
            raise Wrong("Without padding=1 each convolution cuts a border off: 513 becomes 511.")
        if any(layer.bias is None for layer in convolutions):
            raise Wrong("The convolutions of this network have biases: leave `bias=False` out.")
        if sum(isinstance(layer, nn.LeakyReLU) for layer in layers) < 2:
            raise Wrong("After each convolution stands a LeakyReLU: without it two are but one.")
        _compare_with_the_right_one(block, convolutions, channels, size)


def _compare_with_the_right_one(
    block: nn.Module,
    convolutions: list[nn.Conv2d],
    channels: tuple[int, int, int],
    size: tuple[int, int],
) -> None:
    """Run both blocks with the same weights on the same random picture."""
    picture = torch.randn(1, channels[0], *size, generator=torch.Generator().manual_seed(4))
    right = _block(*channels)
    with torch.no_grad():
        try:
            value = block(picture)
        except Exception as error:
            lines = str(error).splitlines() or ["no message"]
            raise Wrong(f"The block stops with {type(error).__name__}: {lines[0][:150]}") from None
        expected = right(picture)
        if value.shape != expected.shape:
            raise Wrong(
                f"An input of {tuple(picture.shape[1:])} becomes {tuple(value.shape[1:])}, and "
                f"{tuple(expected.shape[1:])} is asked for. Pool with nn.MaxPool2d(3), and let the "
                "second convolution take what the first one gives."
            )
        for own, other in zip(convolutions, (right[0], right[2]), strict=True):
            if own.weight.shape != other.weight.shape:
                raise Wrong(
                    f"A convolution has {own.in_channels} inputs and {own.out_channels} outputs, "
                    f"and {other.in_channels} and {other.out_channels} are asked for."
                )
            other.load_state_dict(own.state_dict())
        if not torch.allclose(value, right(picture), atol=1e-5):
            raise Wrong(
                "The layers are there, and the block computes something else: the order is "
                "convolution, LeakyReLU, convolution, LeakyReLU, pooling by the largest of 3 x 3, "
                "each layer with its usual settings."
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
        Mistake("No padding", partial(_block, padding=0)),
        Mistake("No activations", partial(_block, activation=nn.Identity)),
        Mistake("Pooling by two", partial(_block, pooling=nn.MaxPool2d(2))),
        Mistake("Channels do not match", lambda i, m, o: _block(i, m, o, between=i)),
        Mistake("Mean instead of the largest", partial(_block, pooling=nn.AvgPool2d(3))),
        Mistake("Number of channels written out", lambda i, m, o: _block(2, 5, 4)),
    ),
    remark="Two such blocks, block(1, 32, 16) and block(16, 64, 16), are the network's front.",
)
