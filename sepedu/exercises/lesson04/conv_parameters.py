"""Lesson 04: count the parameters of a convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_number, call, compare
from ..framework import Exercise, Mistake

_CONVOLUTIONS = ((1, 32, 3), (32, 16, 3), (16, 64, 3), (64, 16, 3), (5, 7, 5))


def _examine_conv_parameters(answer: Any) -> None:
    value = [as_number(call(answer, *case), "number of parameters") for case in _CONVOLUTIONS]
    i, o, k = np.array(_CONVOLUTIONS).T
    compare(
        np.array(value),
        o * (i * k * k + 1),
        known=[
            (o * i * k * k, "The biases are missing: each output channel has one."),
            (o * (i * k + 1), "A kernel has k columns and k rows: k times k weights, not k."),
            (o * i * (k * k + 1), "One bias per output channel, not per pair of channels."),
            (i * (o * k * k + 1), "Biases belong to the output channels, not to the inputs."),
            (o * (k * k + 1), "Each output channel looks at all input channels: count them too."),
        ],
        otherwise="For 1 channel to 32 with a kernel of 3 x 3 the number must be 320.",
    )


conv_parameters = Exercise(
    name="conv_parameters",
    task="Count the parameters of a convolution.",
    stub='''
def conv_parameters(inputs, outputs, kernel):
    """Weights and biases of a convolution between so many channels, kernel x kernel."""
    raise NotImplementedError
''',
    reference='''
def conv_parameters(inputs, outputs, kernel):
    """Weights and biases of a convolution between so many channels, kernel x kernel."""
    return outputs * (inputs * kernel * kernel + 1)
''',
    hints=(
        "How many weights does one output channel need to look at all input channels?",
        "One output channel: inputs * kernel * kernel weights and 1 bias.",
    ),
    examine=_examine_conv_parameters,
    mistakes=(
        Mistake(
            "Biases forgotten", "def conv_parameters(i, o, k):\n    return i * o * k * k", "bias"
        ),
        Mistake(
            "Kernel not squared",
            "def conv_parameters(i, o, k):\n    return o * (i * k + 1)",
            "rows",
        ),
        Mistake(
            "A bias per pair of channels",
            "def conv_parameters(i, o, k):\n    return o * i * (k * k + 1)",
            "per pair",
        ),
        Mistake(
            "Input channels forgotten",
            "def conv_parameters(i, o, k):\n    return o * (k * k + 1)",
            "all input channels",
        ),
    ),
    remark="It does not depend on the size of the picture: that is what makes convolutions cheap.",
)
