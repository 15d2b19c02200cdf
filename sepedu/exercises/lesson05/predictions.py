"""Predicted masks and their targets, for the losses of lesson 05."""

from __future__ import annotations

import numpy as np


def predictions() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Soft masks and targets, the same each time, by what is special about them."""
    generator = np.random.default_rng(5)
    prediction = generator.uniform(0.05, 0.95, (6, 9))
    target = generator.random((6, 9))
    return {
        "targets that are soft themselves": (prediction, target),
        "0": (prediction, (target < 0.3).astype(float)),
        "a batch of another shape": (prediction.reshape(2, 3, 9), (target < 0.5).reshape(2, 3, 9)),
        "a target of ones only": (prediction[:2], np.ones((2, 9))),
    }
