"""The machine that a network is trained on: one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from .interrupts import defer_interrupt


class Backend(defer_interrupt):
    """The machine that a network is trained on: here one process, on the device of the network.

    As a context, it lets Ctrl-C take effect between two steps only. In the middle of one it could
    leave PyTorch without gradients, or in another precision, for the rest of a notebook.

    Parameters
    ----------
    autocast : bool
        Compute in bfloat16 if the device is fast at it.

    Attributes
    ----------
    process, processes : int
        The number of this process, counted from 0, and how many there are.
    """

    process, processes = 0, 1

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes files and shows progress."""
        return self.process == 0

    def __init__(self, autocast: bool = False) -> None:
        self.autocast = autocast

    def steps(self, items: Iterable) -> Iterator:
        """Yield each item; between two of them, Ctrl-C takes effect."""
        for item in items:
            self.check()
            yield item
        self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self.interrupted:
            self.interrupted = None
            raise KeyboardInterrupt

    def prepare(
        self, objective: nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[Callable[..., tuple[Tensor, Tensor]], torch.optim.Optimizer]:
        """Make both ready for the device and its precision."""
        device = next(objective.parameters()).device
        bfloat16 = self.autocast and bfloat16_is_fast(device)

        def compute(*batch: Tensor) -> tuple[Tensor, Tensor]:
            with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
                return objective(*(part.to(device) for part in batch))

        return compute, optimizer

    def split(
        self, batch: tuple[Tensor, ...], size: int
    ) -> Iterator[tuple[tuple[Tensor, ...], float]]:
        """Parts of a batch of `size` examples, with their weights: here the whole, with 1."""
        yield batch, 1.0

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss to those of the weights."""
        loss.backward()

    def total(self, *numbers: float) -> tuple[float, ...]:
        """The sum of each number over all processes."""
        return numbers

    def from_first(self, call: Callable[[], Any]) -> Any:
        """Call something in the first process alone, and return its answer in all."""
        return call()


def bfloat16_is_fast(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself instead of imitating it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))
