"""A predicted mask and its target, for the losses of lesson 05."""

from __future__ import annotations

import numpy as np


def prediction_and_target() -> tuple[np.ndarray, np.ndarray]:
    """Make a soft mask and a target of 0 and 1, the same each time [both shape=(6, 9)]."""
    generator = np.random.default_rng(5)
    prediction = generator.uniform(0.05, 0.95, (6, 9))
    return prediction, (generator.random((6, 9)) < 0.3).astype(float)
