"""A network small enough to be trained within a check, which notes how it is used."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ...training import Backend


class SmallNetwork(nn.Module):
    """A linear layer from 3 values to 2, with the same weights each time.

    Attributes
    ----------
    modes : list of bool
        For each use, whether the network was in training mode.
    gradients : list of bool
        For each use, whether PyTorch noted what gradients need.
    batches : list of Tensor
        What it was given.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.modes: list[bool] = []
        self.gradients: list[bool] = []
        self.batches: list[Tensor] = []
        generator = torch.Generator().manual_seed(5)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.rand(parameter.shape, generator=generator))

    def forward(self, x: Tensor) -> Tensor:  # (batch, 3) -> (batch, 2)
        self.modes.append(self.training)
        self.gradients.append(torch.is_grad_enabled())
        self.batches.append(x)
        return self.layer(x)

    def weights(self) -> np.ndarray:
        """A copy of all weights, in one row."""
        return torch.cat([p.detach().reshape(-1) for p in self.parameters()]).numpy().copy()

    @classmethod
    def with_optimizer(cls) -> tuple[SmallNetwork, torch.optim.Optimizer]:
        """Make a network and its optimizer."""
        model = cls()
        with Backend():  # the first optimizer of a process imports much of PyTorch
            return model, torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.5)


def batch(number: int) -> tuple[Tensor, Tensor]:
    """Make the windows and targets of one batch; batches differ in size."""
    generator = torch.Generator().manual_seed(number)
    size = 8 - 3 * number % 5
    return torch.rand(size, 3, generator=generator), torch.rand(size, 2, generator=generator)
