"""The benchmark measures what it says; its figures themselves are no test."""

import subprocess
import sys
import time

import numpy as np
import pytest

from sepedu import MaskCNN
from tools.bench import measure
from tools.bench.peak import peak


def test_medians_in_alternation():
    order = []
    cases = {"a": lambda: order.append("a"), "b": lambda: (order.append("b"), time.sleep(0.01))}
    seconds = measure.alternate(cases, 3)
    assert order == ["a", "b"] * 4  # a round to warm up, then three that count
    assert seconds["a"] < 0.01 <= seconds["b"]


def test_the_multiply_adds_of_a_frame():
    weights = {name: p.numel() for name, p in MaskCNN().named_parameters() if p.dim() > 1}
    taps = {"conv1": 7, "conv2": 6, "conv3": 6, "conv4": 9}  # of three: shared and own columns
    rows = {"conv1": 513, "conv2": 513, "conv3": 171, "conv4": 171}
    counted = sum(rows[layer] * taps[layer] * weights[f"{layer}.weight"] // 3 for layer in taps)
    counted += weights["linear1.weight"] + weights["linear2.weight"]
    assert measure.PER_FRAME == counted == pytest.approx(13.25e6, rel=0.01)


def test_the_peak_is_of_this_process_alone():
    """A child that does nothing takes little, however much its parent holds."""
    held = np.ones(100_000_000, np.float32)
    told = subprocess.run(
        [sys.executable, "-c", "from tools.bench.peak import peak; print(peak())"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert 1e6 < int(told) < held.nbytes < peak()
