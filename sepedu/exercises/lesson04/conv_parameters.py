"""Lesson 04: count the parameters of a convolution."""

from __future__ import annotations

from typing import Any

from ..compare import Mistake, compare
from ..framework import Exercise

_MISTAKES = (
    Mistake(
        "Biases forgotten",
        lambda i, o, k: o * i * k * k,
        "The biases are missing: each output channel has one.",
    ),
    Mistake(
        "Kernel not squared",
        lambda i, o, k: o * (i * k + 1),
        "A kernel has k columns and k rows: k times k weights, not k.",
    ),
    Mistake(
        "A bias per pair of channels",
        lambda i, o, k: o * i * (k * k + 1),
        "One bias per output channel, not per pair of channels.",
    ),
    Mistake(
        "A bias per input channel",
        lambda i, o, k: i * (o * k * k + 1),
        "Biases belong to the output channels, not to the inputs.",
    ),
    Mistake(
        "One bias for all",
        lambda i, o, k: o * i * k * k + 1,
        "Each output channel has a bias of its own.",
    ),
    Mistake(
        "Input channels forgotten",
        lambda i, o, k: o * (k * k + 1),
        "Each output channel looks at all input channels: count them too.",
    ),
    Mistake(
        "Kernel of 3 x 3 written out",
        lambda i, o, k: o * (i * 9 + 1),
        "You wrote a kernel of 3 x 3: use the argument `kernel`.",
    ),
)


def _examine_conv_parameters(answer: Any) -> None:
    compare(
        answer,
        cases=[(1, 32, 3), (32, 16, 3), (16, 64, 3), (64, 16, 3), (5, 7, 5), (4, 2, 1)],
        right=lambda i, o, k: o * (i * k * k + 1),
        mistakes=_MISTAKES,
        otherwise="For 1 channel to 32 with a kernel of 3 x 3 the number must be 320.",
        what="number of parameters",
    )


conv_parameters = Exercise(
    name="conv_parameters",
    task="Count the parameters of a convolution.",
    stub='''
def conv_parameters(inputs, outputs, kernel):
    """Number of weights and biases of a convolution with kernels of kernel x kernel."""
    raise NotImplementedError
''',
    reference='''
def conv_parameters(inputs, outputs, kernel):
    """Number of weights and biases of a convolution with kernels of kernel x kernel."""
    return outputs * (inputs * kernel * kernel + 1)
''',
    hints=(
        "How many weights does one output channel need to look at all input channels?",
        "One output channel: inputs * kernel * kernel weights and 1 bias.",
    ),
    examine=_examine_conv_parameters,
    mistakes=_MISTAKES,
    remark="It does not depend on the size of the picture: that is what makes convolutions cheap.",
)
