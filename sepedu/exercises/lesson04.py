"""Exercises of lesson 04: count parameters, trace shapes, measure reach, build a block."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from .examine import Wrong, as_array, as_mapping, as_module, as_number, call, compare
from .framework import Exercise, Mistake

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


def _examine_values_after(answer: Any) -> None:
    asked = [(513, 25, 16), (100, 40, 3), (27, 29, 8)]
    value = np.array([as_number(call(answer, *case), "number of values") for case in asked])
    bins, columns, channels = np.array(asked).T
    up = np.ceil
    compare(
        value,
        channels * (bins // 9) * (columns // 9),
        known=[
            (
                channels * up(up(bins / 3) / 3) * up(up(columns / 3) / 3),
                "You rounded up. A group of three that is not full is dropped: 25 columns become "
                "8, and 8 become 2.",
            ),
            (
                channels * bins * columns / 81,
                "A group of three that is not full is dropped: use whole numbers, `//`.",
            ),
            (channels * (bins // 3) * (columns // 3), "There are two poolings, one after another."),
            ((bins // 9) * (columns // 9), "Count the values of all channels."),
            (channels * (bins // 9) * columns, "Pooling works along both axes, time too."),
        ],
        otherwise="Each pooling divides bins and columns by three, and drops what remains.",
    )


values_after = Exercise(
    name="values_after",
    task="Count the values that are left after two poolings by three.",
    stub='''
def values_after(bins, columns, channels):
    """How many values are left of so many bins and columns after two poolings of 3 x 3."""
    raise NotImplementedError
''',
    reference='''
def values_after(bins, columns, channels):
    """How many values are left of so many bins and columns after two poolings of 3 x 3."""
    for _ in range(2):
        bins, columns = bins // 3, columns // 3
    return channels * bins * columns
''',
    hints=("What becomes of 25 columns when groups of three are formed? And of those groups?",),
    examine=_examine_values_after,
    mistakes=(
        Mistake(
            "Rounded up",
            "def values_after(b, t, c):\n    up = lambda n: -(-n // 3)\n"
            "    return c * up(up(b)) * up(up(t))",
            "rounded up",
        ),
        Mistake("Not rounded", "def values_after(b, t, c):\n    return c * b * t / 81", "not full"),
        Mistake(
            "One pooling only",
            "def values_after(b, t, c):\n    return c * (b // 3) * (t // 3)",
            "two poolings",
        ),
        Mistake(
            "Channels forgotten",
            "def values_after(b, t, c):\n    return (b // 9) * (t // 9)",
            "all channels",
        ),
    ),
    remark="For 513 bins, 25 columns and 16 channels: 1,824 values enter the dense layers.",
)

_LAYERS = {
    "conv1": 320,
    "conv2": 4_624,
    "conv3": 9_280,
    "conv4": 9_232,
    "linear1": 233_600,
    "linear2": 66_177,
}


def _examine_parameters(answer: Any) -> None:
    answer = as_mapping(answer, tuple(_LAYERS))
    slips = {
        "linear1": {
            1824 * 128: "its 128 biases are missing",
            2736 * 128 + 128: "the last columns are dropped by pooling: 1,824 values enter",
        },
        "linear2": {128 * 513: "its 513 biases are missing"},
        "conv2": {16 * 32 * 9: "its 16 biases are missing", 32 * 17: "the kernel is 3 x 3"},
    }
    for name, expected in _LAYERS.items():
        value = as_number(answer[name], name)
        if value != expected:
            slip = slips.get(name, {}).get(int(value), "count weights and biases once more")
            raise Wrong(f"The number for {name} is not right: {slip}.")


parameters = Exercise(
    name="parameters",
    task="Give the number of parameters of each layer of the network.",
    stub="""
parameters = {
    "conv1": ...,
    "conv2": ...,
    "conv3": ...,
    "conv4": ...,
    "linear1": ...,
    "linear2": ...,
}
""",
    reference="""
parameters = {
    "conv1": 32 * (1 * 9 + 1),
    "conv2": 16 * (32 * 9 + 1),
    "conv3": 64 * (16 * 9 + 1),
    "conv4": 16 * (64 * 9 + 1),
    "linear1": 128 * (16 * 57 * 2 + 1),
    "linear2": 513 * (128 + 1),
}
""",
    hints=(
        "A linear layer has a weight per pair of input and output, and a bias per output.",
        "16 channels of 57 x 2 values enter linear1, and 128 values enter linear2.",
    ),
    examine=_examine_parameters,
    mistakes=(
        Mistake(
            "Biases of the first linear layer forgotten",
            "parameters = dict(conv1=320, conv2=4624, conv3=9280, conv4=9232, linear1=1824 * 128, "
            "linear2=66177)",
            "biases",
        ),
        Mistake(
            "Rounded up after pooling",
            "parameters = dict(conv1=320, conv2=4624, conv3=9280, conv4=9232, linear1=350336, "
            "linear2=66177)",
            "dropped by pooling",
        ),
        Mistake(
            "Kernel of 1 x 1 counted",
            "parameters = dict(conv1=320, conv2=32 * 17, conv3=9280, conv4=9232, linear1=233600, "
            "linear2=66177)",
            "3 x 3",
        ),
        Mistake("An entry left open", "parameters = dict(conv1=320, conv2=...)", "still open"),
    ),
    remark="Together they are 323,233, and more than two thirds of them stand in one layer.",
)


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
