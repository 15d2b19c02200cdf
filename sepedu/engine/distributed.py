"""Several processes that train one network, each on a device of its own: by Accelerate.

`torchrun` and `accelerate launch` start a command once for each device and tell every copy its
number. Each process then computes its share of every batch, and the gradients of all are summed
before a step, so that all hold the same weights at any time. The first process alone writes files,
shows progress and calls back. Without a launcher a training run is one process, and Accelerate
is not needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import SepeduError
from ..excerpts import share
from .backend import Backend, bfloat16_is_fast

PATIENCE = timedelta(hours=2)
"""How long a process waits for the others: the first measures a network while they wait."""


def accelerator() -> torch.device:
    """The fastest device of this machine: a GPU if there is one, otherwise the processor."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def launched() -> bool:
    """Whether `torchrun` or `accelerate launch` started this process."""
    return "LOCAL_RANK" in os.environ or "ACCELERATE_MIXED_PRECISION" in os.environ


def is_first() -> bool:
    """Whether this process is the one that writes: the first of all, or the only one."""
    return not launched() or int(os.environ.get("RANK", "0")) == 0


class MicroBatch(NamedTuple):
    """Some examples of a batch, and their weight in the mean over the whole batch."""

    examples: tuple[Tensor, ...]
    weight: float


def micro_batches(
    batch: tuple[Tensor, ...], size: int, count: int, process: int = 0, processes: int = 1
) -> list[MicroBatch]:
    """Cut one process's share of a batch, so that its gradients can be accumulated.

    Parameters
    ----------
    batch : tuple of torch.Tensor
        As `Excerpts.epoch` draws it for this process.
    size : int
        Examples of the whole batch, of all processes.
    count : int
        Micro-batches, or one for each example if these are fewer.

    Returns
    -------
    parts : list of MicroBatch
        The weights of all processes' parts sum to 1; a process without a share has one part of
        weight 0.
    """
    own = len(share(size, process, processes))
    parts = zip(*(tensor.chunk(count) for tensor in batch), strict=True)
    return [MicroBatch(part, len(part[0]) / size if own else 0.0) for part in parts]


class Processes(Backend):
    """All processes of a training run, as one of them sees them; Ctrl-C in one stops all of them.

    Parameters
    ----------
    autocast : bool
        Compute in bfloat16 if the device is fast at it, otherwise as the launcher's
        `--mixed_precision` says.
    accumulate : int
        Micro-batches that a step is computed in, for less memory.

    Raises
    ------
    SepeduError
        If a launcher started this process and Accelerate is not installed.
    """

    def __init__(self, autocast: bool = False, accumulate: int = 1) -> None:
        super().__init__(autocast)
        if accumulate < 1:
            raise SepeduError(f"accumulate must be at least 1, got {accumulate}", "Use 1")
        self.accumulate = accumulate
        self._engine = _engine(autocast) if launched() else None
        if self._engine is not None:
            self.process = self._engine.process_index
            self.processes = self._engine.num_processes
        self._network: Any = None

    def prepare(
        self, objective: nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[Callable[..., tuple[Tensor, Tensor]], torch.optim.Optimizer]:
        """Every process gets the first one's weights, and exchanges its gradients with all."""
        if self._engine is None:
            return super().prepare(objective, optimizer)
        self._network, optimizer = self._engine.prepare(objective, optimizer)

        def compute(*batch: Tensor) -> tuple[Tensor, Tensor]:
            with self._engine.autocast():
                return self._network(*(part.to(self._engine.device) for part in batch))

        return compute, optimizer

    def steps(self, items: Iterable) -> Iterator:
        """Yield each item; of several processes, `total` tells all of them of Ctrl-C."""
        return super().steps(items) if self.processes == 1 else iter(items)

    def split(self, batch: tuple[Tensor, ...], size: int) -> Iterator[MicroBatch]:
        """The micro-batches of this process; gradients are exchanged after the last one only."""
        parts = micro_batches(batch, size, self.accumulate, self.process, self.processes)
        for part in parts:
            waits = self._engine is not None and part is not parts[-1]
            with self._engine.no_sync(self._network) if waits else nullcontext():
                yield part

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a weighted loss to those of all processes."""
        if self._engine is None:
            loss.backward()
        else:  # which takes the mean over processes where a sum is wanted
            self._engine.backward(loss * self.processes)

    def total(self, *numbers: float) -> tuple[float, ...]:
        """The sum of each number over all processes; in all, KeyboardInterrupt after Ctrl-C."""
        if self.processes == 1:
            return numbers
        told = torch.tensor([*numbers, float(self.interrupted is not None)], dtype=torch.float64)
        *sums, interrupted = self._engine.reduce(told.to(self._engine.device)).tolist()
        if interrupted:
            self.interrupted = None
            raise KeyboardInterrupt
        return tuple(sums)

    def from_first(self, call: Callable[[], Any]) -> Any:
        """Let the first process alone call something, and give its answer, or error, to all."""
        if self.processes == 1:
            return call()
        from accelerate.utils import broadcast_object_list

        answer: list[Any] = [None, None]
        if self.is_first:
            try:
                answer[0] = call()
            except (SepeduError, KeyboardInterrupt) as error:
                answer[1] = error
        value, error = broadcast_object_list(answer)
        if error is not None:
            raise error
        return value


def _engine(autocast: bool) -> Any:
    """Accelerate, connected with the other processes."""
    try:
        from accelerate import Accelerator, PartialState
        from accelerate.utils import InitProcessGroupKwargs, parse_flag_from_env
    except ImportError as error:
        raise SepeduError(
            "Several processes train together by Accelerate, which is not installed",
            "pip install 'sepedu[scale]', or give the command without a launcher",
        ) from error
    wanted = int(os.environ.get("WORLD_SIZE", "1"))
    # Accelerate takes to gloo only when told: otherwise every process would train by itself.
    alone = wanted > 1 and accelerator().type in ("cpu", "mps")
    cpu = alone or parse_flag_from_env("ACCELERATE_USE_CPU")
    state = PartialState(cpu, **InitProcessGroupKwargs(timeout=PATIENCE).to_kwargs())
    if state.num_processes != wanted:
        raise SepeduError(
            f"The launcher started {wanted} processes, and {state.num_processes} found together",
            "Use torchrun or accelerate launch, with one process for each device",
        )
    precision = "no"
    if autocast:
        precision = "bf16" if bfloat16_is_fast(state.device) else None  # None: as launched
    return Accelerator(cpu=cpu, mixed_precision=precision)
