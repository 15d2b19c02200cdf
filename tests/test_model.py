"""The network is the talk's, line by line."""

import pytest
import torch

from sepedu import MaskCNN, SepeduError
from sepedu.model import summary

TALK = [
    ("Conv2d", (32, 513, 25), 320),
    ("LeakyReLU", (32, 513, 25), 0),
    ("Conv2d", (16, 513, 25), 4_624),
    ("LeakyReLU", (16, 513, 25), 0),
    ("MaxPool2d", (16, 171, 8), 0),
    ("Dropout", (16, 171, 8), 0),
    ("Conv2d", (64, 171, 8), 9_280),
    ("LeakyReLU", (64, 171, 8), 0),
    ("Conv2d", (16, 171, 8), 9_232),
    ("LeakyReLU", (16, 171, 8), 0),
    ("MaxPool2d", (16, 57, 2), 0),
    ("Dropout", (16, 57, 2), 0),
    ("Flatten", (1824,), 0),
    ("Linear", (128,), 233_600),
    ("LeakyReLU", (128,), 0),
    ("Dropout", (128,), 0),
    ("Linear", (513,), 66_177),
    ("Sigmoid", (513,), 0),
]


def test_layer_table_equals_the_talk():
    table = summary(MaskCNN())
    assert list(table.itertuples(index=False, name=None)) == TALK
    assert table["parameters"].sum() == 323_233


def test_the_variant_without_the_mask_differs_only_in_its_end():
    table = summary(MaskCNN(output="magnitude"))
    assert list(table.itertuples(index=False, name=None)) == TALK[:-1]


def test_output_is_a_mask():
    answer = MaskCNN()(torch.randn(3, 1, 513, 25))
    assert answer.shape == (3, 513)
    assert ((answer > 0) & (answer < 1)).all()


def test_unknown_output():
    with pytest.raises(SepeduError, match="'phase'"):
        MaskCNN(output="phase")
