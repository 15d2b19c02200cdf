"""Lesson 04: give the number of parameters of each layer of the network."""

from __future__ import annotations

from typing import Any

from ..call_answer import Wrong, as_mapping, as_number
from ..compare import Mistake
from ..framework import Exercise

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
        Mistake("Biases of the first linear layer forgotten", _LAYERS | {"linear1": 1824 * 128}),
        Mistake("Rounded up after pooling", _LAYERS | {"linear1": 2736 * 128 + 128}),
        Mistake("Kernel of 1 x 1 counted", _LAYERS | {"conv2": 32 * 17}),
        Mistake("An entry left open", _LAYERS | {"conv2": ...}),
    ),
    remark="Together they are 323,233, and more than two thirds of them stand in one layer.",
)
