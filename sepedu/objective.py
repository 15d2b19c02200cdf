"""What a training measures: loss and accuracy of predictions, over whole songs or a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .dense import predict_mask
from .examples import Example
from .model import MaskCNN


def as_mask(model: MaskCNN, values: Tensor, mixture: Tensor, threshold: float) -> Tensor:
    """Read a prediction or a target as a binary mask, whatever the network predicts.

    A predicted mask passes above 0.5; a predicted magnitude log(1 + S) where S > T * M.
    """
    if model.output == "magnitude":
        return values.expm1() > threshold * mixture
    return values > 0.5


def validate(
    model: MaskCNN, examples: Sequence[Example], loss: str, threshold: float
) -> tuple[float, float]:
    """Loss and accuracy over all frames of whole songs, each frame counted once."""
    total = np.zeros(3)
    for example in examples:
        prediction = torch.from_numpy(predict_mask(model, example.mixture))
        target = torch.from_numpy(example.target)
        mixture = torch.from_numpy(example.mixture)
        scores = prediction if model.output == "magnitude" else torch.logit(prediction, eps=1e-7)
        value = loss_of(loss, prediction, scores, target.float()).item()
        answer = as_mask(model, prediction, mixture, threshold)
        right = (answer == as_mask(model, target, mixture, threshold)).float().mean().item()
        total += np.array([value, right, 1.0]) * target.shape[-1]
    return float(total[0] / total[2]), float(total[1] / total[2])


def loss_of(kind: str, prediction: Tensor, scores: Tensor, target: Tensor) -> Tensor:
    """The loss "mse" of a prediction, or "bce" of the scores before its sigmoid."""
    if kind == "mse":
        return F.mse_loss(prediction, target)
    return F.binary_cross_entropy_with_logits(scores, target)
