"""Several processes that train one network, each on a device of its own: by Accelerate.

`torchrun` and `accelerate launch` start a command once for each device and tell every copy its
number. Each process then computes its share of every batch, and the gradients of all are summed
before a step, so that all hold the same weights at any time. The first process alone writes files,
shows progress and calls back. Without a launcher a training is one process, and Accelerate is not
needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, nn

from ..errors import SepeduError
from ..model import MaskCNN
from .interrupts import InterruptFlag


def accelerator() -> torch.device:
    """The fastest device of this machine: a GPU if there is one, otherwise the processor."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def bfloat16_is_fast(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself instead of imitating it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


class Portion(NamedTuple):
    """Some stretches of a batch, and their weight in the mean over the whole batch."""

    mixture: Tensor
    target: Tensor
    weight: float
    last: bool


@dataclass(frozen=True)
class Share:
    """The part of every batch that one of several processes computes.

    Attributes
    ----------
    index : int
        The process, counted from 0.
    count : int
        How many processes there are.
    """

    index: int = 0
    count: int = 1

    def of(self, size: int) -> range:
        """The places of this process among `size` of them.

        The parts of all processes make up the whole, without overlap, and differ by one place
        at most. A part is empty where there are fewer places than processes.
        """
        return range(size * self.index // self.count, size * (self.index + 1) // self.count)

    def portions(self, batch: tuple[Tensor, Tensor], size: int, count: int) -> list[Portion]:
        """Cut this process's part of a batch, so that its gradients can be accumulated.

        Parameters
        ----------
        batch : tuple of torch.Tensor
            Mixture and target as `Excerpts.epoch` draws them for this share.
        size : int
            Stretches of the whole batch, of all processes.
        count : int
            Portions, or one for each stretch where that is less.

        Returns
        -------
        portions : list of Portion
            The weights of all processes' portions sum to 1; a process without a part has one
            portion of weight 0.
        """
        own = len(self.of(size))
        pairs = list(zip(*(part.chunk(count) for part in batch), strict=True))
        return [
            Portion(mixture, target, len(mixture) / size if own else 0.0, number == len(pairs))
            for number, (mixture, target) in enumerate(pairs, 1)
        ]


WHOLE = Share()
"""All of it: the share of a process that trains alone."""


PATIENCE = timedelta(hours=2)
"""How long a process waits for the others: the first measures a network while they wait."""


def launched() -> bool:
    """Whether `torchrun` or `accelerate launch` started this process."""
    return "LOCAL_RANK" in os.environ or "ACCELERATE_MIXED_PRECISION" in os.environ


def is_first() -> bool:
    """Whether this process is the one that writes: the first of all, or the only one."""
    return not launched() or int(os.environ.get("RANK", "0")) == 0


class Scores(nn.Module):
    """The network as one call from magnitudes to scores, in the form that gradients pass through.

    [shape=(batch, 513, frames + 24) -> (batch, 513, frames)]
    """

    def __init__(self, model: MaskCNN, scores_of: Callable[[MaskCNN, Tensor], Tensor]) -> None:
        super().__init__()
        # Only what is learned is exchanged; the normalisation is the same in every process.
        self.weights = nn.ParameterList(model.parameters())
        self._score = lambda mixture: scores_of(model, model.features(mixture))

    def forward(self, mixture: Tensor) -> Tensor:
        """Normalise magnitudes and score every window."""
        return self._score(mixture)


class Processes:
    """All processes of a training, as one of them sees them.

    As a context, it makes Ctrl-C stop all of them after the same step.

    Parameters
    ----------
    device : torch.device
        What a process without a launcher computes on; with one, the launcher decides.
    lower_precision : bool
        Compute in bfloat16 where the device does that itself, otherwise as the launcher's
        `--mixed_precision` says.

    Attributes
    ----------
    device : torch.device
    share : Share
    first : bool
        Whether this is the process that writes.

    Raises
    ------
    SepeduError
        If a launcher started this process and Accelerate is not installed.
    """

    def __init__(self, device: torch.device, lower_precision: bool) -> None:
        self.device, self.share = device, WHOLE
        self._engine = None
        if launched():
            self._engine = _engine(lower_precision)
            self.device = self._engine.device
            self.share = Share(self._engine.process_index, self._engine.num_processes)
        self.first = self.share.index == 0
        self._bfloat16 = lower_precision and bfloat16_is_fast(self.device)
        self._interruption = InterruptFlag()

    def __enter__(self) -> Self:
        if self.share.count > 1:
            self._interruption.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self.share.count > 1:
            self._interruption.__exit__(*error)

    def prepare(
        self, network: Scores, optimizer: torch.optim.Optimizer
    ) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Make network and optimizer work for all; every process gets the first one's weights."""
        if self._engine is None:
            return network, optimizer
        return self._engine.prepare(network, optimizer)

    def portions(self, batch: tuple[Tensor, Tensor], size: int, count: int) -> list[Portion]:
        """This process's part of a batch of `size` stretches, in portions, on its device."""
        mixture, target = (part.to(self.device) for part in batch)
        return self.share.portions((mixture, target), size, count)

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in the lower precision, if that was asked for."""
        if self._engine is None:
            return torch.autocast(self.device.type, torch.bfloat16, enabled=self._bfloat16)
        return self._engine.autocast()

    def gradients(self, network: nn.Module, last: bool) -> AbstractContextManager[Any]:
        """Exchange gradients with the others in the last portion of a batch only."""
        if self._engine is None or last:
            return nullcontext()
        return self._engine.no_sync(network)

    def backward(self, loss: Tensor, weight: float) -> None:
        """Add the gradients of a portion's loss, weighted as its frames count in the batch."""
        if self._engine is None:
            (loss * weight).backward()
        else:  # which takes the mean over processes where a sum is wanted
            self._engine.backward(loss * (weight * self.share.count))

    def total(self, *numbers: float) -> list[float]:
        """Sum each number over all processes.

        Raises
        ------
        KeyboardInterrupt
            In every process, if Ctrl-C came to one of them since the last sum.
        """
        if self.share.count == 1:
            return list(numbers)
        told = [*numbers, float(self._interruption.came)]
        *sums, interrupted = self._engine.reduce(
            torch.tensor(told, dtype=torch.float64, device=self.device)
        ).tolist()
        if interrupted:
            self._interruption.came = False
            raise KeyboardInterrupt
        return sums

    def from_first(self, call: Callable[[], Any]) -> Any:
        """Let the first process alone call something, and give its answer, or error, to all."""
        if self.share.count == 1:
            return call()
        from accelerate.utils import broadcast_object_list

        answer: list[Any] = [None, None]
        if self.first:
            try:
                answer[0] = call()
            except (SepeduError, KeyboardInterrupt) as error:
                answer[1] = error
        value, error = broadcast_object_list(answer)
        if error is not None:
            raise error
        return value


def _engine(lower_precision: bool) -> Any:
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
    if lower_precision:
        precision = "bf16" if bfloat16_is_fast(state.device) else None  # None: as launched
    return Accelerator(cpu=cpu, mixed_precision=precision)
