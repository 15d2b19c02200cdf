"""A recording and an estimate of it, for the measures of lesson 06."""

from __future__ import annotations

import numpy as np


def recordings() -> tuple[np.ndarray, np.ndarray]:
    """Make a recording and a fainter, noisy estimate of it [both shape=(400,)]."""
    generator = np.random.default_rng(7)
    reference = generator.normal(size=400)
    return reference, 0.6 * reference + 0.3 * generator.normal(size=400)
