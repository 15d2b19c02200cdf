"""What changes from step to step of a training: the learning rate, and the averaged weights."""

from __future__ import annotations

import math

import torch

from .model import MaskCNN


def learning_rate(highest: float, step: int, steps: int) -> float:
    """Half a cosine from the highest rate down to 0, after a short linear rise.

    Parameters
    ----------
    highest : float
    step : int
        Counted from 0 over the whole training.
    steps : int
        Of the whole training.
    """
    rise = min(1.0, (step + 1) / max(1, steps // 50))
    return highest * rise * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def follow(averaged: MaskCNN, model: MaskCNN, decay: float, step: int) -> None:
    """Move the averaged weights a little towards the network's, faster in the first steps."""
    decay = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for slow, fast in zip(averaged.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)
