"""Train a network: its choices, its loss, the loop, and what the loop has seen."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from .dense import predict_mask
from .engine.interrupts import defer_interrupt
from .errors import SepeduError, check_number
from .excerpts import Excerpts, Segments, share
from .masks import accuracy, binary_mask
from .model import MaskCNN
from .songs import SOURCES, Song
from .stft import HALF_CONTEXT
from .unet import LOSSES, UNET_BLOCK, MaskUNet, binary_loss, measure_level, share_loss
from .windows import Example

LEVEL = 4.0
"""Largest random change of the level that a segment is compared with, up or down, in decibels."""


@dataclass(frozen=True)
class Recipe:
    """The choices of a training run.

    Attributes
    ----------
    epochs : int
        Passes over the training data at most; the schedule of the learning rate spans them all.
    learning_rate : float
        Peak for AdamW: after a short rise it falls to zero along half a cosine.
    weight_decay : float
    loss : str
        For `MaskCNN` "mse", mean squared error as in the talk, or "bce", binary cross-entropy,
        for a mask only. For `MaskUNet` one that `share_loss` takes.
    average : float
        Decay of the running average of the weights that is validated and kept; 0 for none.
    patience : int, optional
        Stop after this many epochs without a better validation loss.
    autocast : bool
        Compute in bfloat16 where that is faster; weights and loss stay in float32.
    seed : int

    Raises
    ------
    SepeduError
        If a number is out of its bounds, or the loss is unknown.

    Lesson: 05
    """

    epochs: int = 20
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    loss: str = "mse"
    average: float = 0.99
    patience: int | None = None
    autocast: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_number("epochs", self.epochs, 1, 10_000, whole=True, usual=20)
        check_number("weight_decay", self.weight_decay, 0, usual=0.01)
        check_number("seed", self.seed, 0, 2**32 - 1, whole=True, usual=0)
        if self.patience is not None:
            check_number("patience", self.patience, 1, whole=True, usual="5, or None for no end")
        if not 0 < self.learning_rate < math.inf:
            raise SepeduError(
                f"learning_rate must be above 0, got {self.learning_rate}", "Use 0.001"
            )
        if not 0 <= self.average < 1:
            raise SepeduError(
                f"average must be at least 0 and below 1, got {self.average}", "Use 0.99"
            )
        known = "mse", "bce", *LOSSES
        if self.loss not in known:
            raise SepeduError(f"Loss {self.loss!r} is unknown", f"Use one of {', '.join(known)}")


class Objective(nn.Module):
    """What a network is trained for: it says how wrong the network is on a batch, or on a song.

    Attributes
    ----------
    model : torch.nn.Module
        The network.
    """

    model: nn.Module

    def forward(self, *batch: Tensor) -> tuple[Tensor, Tensor]:
        """Loss, with gradients, and accuracy of a batch as `Excerpts` or `Segments` yield it."""
        raise NotImplementedError

    def measure(self, song: Any) -> tuple[float, float, int]:
        """Loss and accuracy of a whole validation song, and its frames."""
        raise NotImplementedError

    def metadata(self) -> dict[str, Any]:
        """What a checkpoint is to say of it."""
        return {}


class MaskObjective(Objective):
    """Trains `MaskCNN` on windows: squared error or cross-entropy, and the accuracy of the mask.

    Accuracy is the share of bins where the prediction, read as a binary mask, is right. A
    predicted mask passes above 0.5; a predicted magnitude log(1 + S) where S > T * M.

    Parameters
    ----------
    model : MaskCNN
    loss : {"mse", "bce"}
    threshold : float
        T of the binary mask.

    Raises
    ------
    SepeduError
        If the loss is unknown, or does not suit the network's output.

    Lesson: 05
    """

    def __init__(self, model: MaskCNN, loss: str = "mse", threshold: float = 0.5) -> None:
        super().__init__()
        check_loss(loss, model.output)
        self.model, self.loss, self.threshold = model, loss, threshold

    def metadata(self) -> dict[str, Any]:
        """The shares that dropout removes."""
        model = self.model
        return {"dropout": [layer.p for layer in (model.dropout1, model.dropout2, model.dropout3)]}

    def forward(self, mixture: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """[shape=(batch, 513, 25), (batch, 513) -> two numbers]"""
        windows = self.model.features(mixture).unsqueeze(1)  # (batch, 1, 513, 25)
        scores = self.model.scores(windows).float()  # (batch, 513)
        middle = mixture[..., HALF_CONTEXT]
        return self._compare(self.model.finish(scores), scores, target, middle)

    def measure(self, song: Example) -> tuple[float, float, int]:
        """All windows of the song at once."""
        mixture, target = torch.from_numpy(song.mixture), torch.from_numpy(song.target)
        prediction = torch.from_numpy(predict_mask(self.model, song.mixture))
        magnitude = self.model.output == "magnitude"
        scores = prediction if magnitude else torch.logit(prediction, eps=1e-7)
        loss, accuracy = self._compare(prediction, scores, target, mixture)
        return loss.item(), accuracy.item(), target.shape[-1]

    def _compare(
        self, prediction: Tensor, scores: Tensor, target: Tensor, mixture: Tensor
    ) -> tuple[Tensor, Tensor]:
        if self.loss == "mse":
            loss = F.mse_loss(prediction, target.float())
        else:
            loss = F.binary_cross_entropy_with_logits(scores, target.float())
        predicted = self._as_mask(prediction.detach(), mixture)
        return loss, accuracy(predicted, self._as_mask(target, mixture))

    def _as_mask(self, values: Tensor, mixture: Tensor) -> Tensor:
        if self.model.output == "magnitude":
            return values.expm1() > self.threshold * mixture
        return values > 0.5


class UNetObjective(Objective):
    """Trains `MaskUNet` on segments: the loss of the sound, and cross-entropy of the binary masks.

    Accuracy is the share of bins where the binary masks are right, over all four sources.

    Parameters
    ----------
    model : MaskUNet
    loss : str
        As `share_loss` takes it.

    Lesson: 09
    """

    def __init__(self, model: MaskUNet, loss: str = "log L2") -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, spectra: Tensor) -> tuple[Tensor, Tensor]:
        """[shape=(batch, 4, 2, 513, frames), complex -> two numbers]"""
        mixture = spectra.sum(1, keepdim=True)
        level = measure_level(mixture[:, 0].abs())
        # A whole song's level is another than that of its segment.
        change = torch.empty_like(level).uniform_(-LEVEL, LEVEL)
        return self._compare(spectra, mixture, level * 10 ** (change / 20))

    @torch.inference_mode()
    def measure(self, song: Song) -> tuple[float, float, int]:
        """A block of frames after the other, each heard by itself, in bounded memory."""
        stft, device = self.model.stft, self.model.mean.device
        stems = np.stack([np.atleast_2d(song.sources[name]) for name in SOURCES])
        mixture = stft.forward(torch.from_numpy(np.atleast_2d(song.mixture))[None, None]).to(device)
        level = measure_level(mixture[:, 0].abs())
        rows, lengths = [], []
        for start in range(0, mixture.shape[-1], UNET_BLOCK):
            first = max(start - 2, 0)  # samples under the block, and two frames on each side
            audio = stems[..., first * stft.hop_length : (start + UNET_BLOCK + 2) * stft.hop_length]
            piece = mixture[..., start : start + UNET_BLOCK]
            spectra = stft.forward(torch.from_numpy(audio))[None, ..., start - first :]
            spectra = spectra[..., : piece.shape[-1]].to(device)
            rows.append([value.item() for value in self._compare(spectra, piece, level)])
            lengths.append(piece.shape[-1])
        loss, right = np.average(rows, axis=0, weights=lengths)
        return float(loss), float(right), sum(lengths)

    def _compare(self, spectra: Tensor, mixture: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        shares, binary = self.model.scores(mixture[:, 0].abs(), level)
        target = binary_mask(spectra.abs(), mixture.abs().expand_as(binary))
        loss = share_loss(shares.softmax(1), spectra, mixture, self.loss)
        return loss + binary_loss(binary, target), accuracy(binary.detach() > 0, target)


def fit(
    model: nn.Module,
    train: Excerpts | Segments,
    valid: Sequence[Example],
    recipe: Recipe = Recipe(),
    *,
    objective: Objective | None = None,
    callbacks: Sequence[Callback] = (),
    backend: Backend | None = None,
) -> History:
    """Train a network in place; it ends with the weights of the best epoch.

    Parameters
    ----------
    model : torch.nn.Module
        `model.features` must have been fitted to the training songs.
    train : Excerpts or Segments
    valid : sequence of Example, or of what the objective measures
        Songs that are not among the training songs; they choose the best epoch.
    recipe : Recipe
    objective : Objective, optional
        For a `MaskCNN` by default `MaskObjective`, with the recipe's loss. Any other network needs
        one, a `MaskUNet` for example `UNetObjective`.
    callbacks : sequence of Callback
        Such as `Checkpoint`, `Curves`, `ProgressBar`, or `TrainingMonitor`.
    backend : Backend, optional
        By default this process; `Processes` for several.

    Returns
    -------
    history : History
        Ctrl-C ends a training run early without an error.

    Raises
    ------
    SepeduError
        If training and validation share a song, or the loss does not suit or is not finite.

    Lesson: 05
    """
    _check(model, train, valid, objective)
    objective = objective or MaskObjective(model, recipe.loss, train.threshold)
    with backend or Backend(recipe.autocast) as backend, torch.enable_grad():
        training = Training(objective, train, recipe, backend)
        history, averaged = training.history, training.averaged
        network, optimizer = training.network, training.optimizer
        steps = recipe.epochs * len(train)
        try:
            for callback in callbacks:
                callback.on_start(training)
            done = len(history.rows) * len(train)
            schedule = LambdaLR(optimizer, lambda step: learning_rate(1.0, done + step, steps))
            for epoch in range(len(history.rows), recipe.epochs):
                started, training.seen = time.perf_counter(), []
                # Dropout, too, is the same when resumed, and differs from process to process.
                torch.manual_seed(recipe.seed + epoch + 1_000_003 * backend.process)
                model.train()
                batches = train.epoch(recipe.seed, epoch, backend.process, backend.processes)
                for step, batch in enumerate(backend.steps(batches)):
                    optimizer.zero_grad()
                    sums = np.zeros(2)
                    for part, weight in backend.split(batch, train.size(step)):
                        loss, accuracy = network(*part)
                        backend.backward(weight * loss)
                        sums += weight * np.array([loss.item(), accuracy.item()])
                    optimizer.step()
                    schedule.step()
                    averaged.update_parameters(objective)
                    training.seen.append(_finite("training", backend.total(*sums), epoch))
                    for callback in callbacks if backend.is_first else ():
                        callback.on_batch(training)
                sizes = [train.size(step) for step in range(len(training.seen))]
                trained = np.average(training.seen, axis=0, weights=sizes).tolist()
                measured = _finite("validation", validate(averaged.module, valid, backend), epoch)
                values = epoch + 1, *trained, *measured, time.perf_counter() - started
                row = dict(zip(HISTORY_COLUMNS, values, strict=True))
                history.rows.append(backend.from_first(lambda row=row: row))
                if history.best == len(history.rows) - 1:
                    training.best = copy.deepcopy(averaged.module.model.state_dict())
                stop = backend.from_first(lambda: [c.on_epoch(training) for c in callbacks])
                if any(stop) or history.is_complete(recipe):
                    break
        except KeyboardInterrupt:
            history.stopped = True
        finally:
            for callback in callbacks:
                callback.on_end(training)
        model.load_state_dict(training.best)
        model.eval()
    return history


def validate(
    objective: Objective, songs: Sequence[Any], backend: Backend | None = None
) -> tuple[float, float]:
    """Loss and accuracy over all frames of whole songs, each frame counted once."""
    backend = backend or Backend()
    sums = np.zeros(3)
    for number in backend.steps(share(len(songs), backend.process, backend.processes)):
        loss, accuracy, frames = objective.measure(songs[number])
        sums += np.array([loss, accuracy, 1.0]) * frames
    loss, accuracy, frames = backend.total(*sums)
    return float(loss / frames), float(accuracy / frames)


HISTORY_COLUMNS = (
    "epoch",
    "train_loss",
    "train_accuracy",
    "valid_loss",
    "valid_accuracy",
    "seconds",
)
"""What a history says of each epoch."""


@dataclass
class History:
    """A row for each epoch of a training run, the best of them, and whether Ctrl-C ended it."""

    rows: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False

    @property
    def best(self) -> int:
        """Index of the epoch with the lowest validation loss."""
        return int(np.argmin([row["valid_loss"] for row in self.rows]))

    def is_complete(self, recipe: Recipe) -> bool:
        """Whether all epochs are done, or patience is at its end."""
        waited = len(self.rows) - 1 - self.best
        return len(self.rows) >= recipe.epochs or waited >= (recipe.patience or recipe.epochs)


class Callback:
    """What `fit` calls on the way.

    Start and end are told to every process, batches and epochs only to the first, which writes.
    """

    def on_start(self, training: Training) -> None:
        """Before the first step: the place to go on from an earlier state."""

    def on_batch(self, training: Training) -> None:
        """After each step."""

    def on_epoch(self, training: Training) -> bool | None:
        """After each epoch has been validated; a true answer stops the training run."""

    def on_end(self, training: Training) -> None:
        """At the end, also after an error."""


def learning_rate(highest: float, step: int, steps: int) -> float:
    """Half a cosine from the highest rate down to 0, after a short linear rise.

    Parameters
    ----------
    highest : float
    step : int
        Counted from 0 over the whole training run.
    steps : int
        Of the whole training run.
    """
    rise = min(1.0, (step + 1) / max(1, steps // 50))
    return highest * rise * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def average_weights(model: nn.Module, decay: float) -> AveragedModel:
    """A running average of a network's weights, which moves faster in the first steps."""

    def average(averaged: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        if not averaged.is_floating_point():
            return current
        return averaged.lerp(current, 1 - min(decay, int(count) / (9 + int(count))))

    return AveragedModel(model, avg_fn=average, use_buffers=True)


class Training:
    """A training run under way, as callbacks see it.

    `best` holds the best weights so far, `seen` loss and accuracy of this epoch's batches.
    """

    seen: list[Sequence[float]]

    def __init__(
        self, objective: Objective, train: Excerpts | Segments, recipe: Recipe, backend: Backend
    ) -> None:
        self.objective, self.train, self.recipe, self.backend = objective, train, recipe, backend
        self.model = objective.model.to(memory_format=torch.channels_last)  # twice as fast
        rates = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
        optimizer = torch.optim.AdamW(self.model.parameters(), **rates)
        self.network, self.optimizer = backend.prepare(objective, optimizer)
        self.averaged = average_weights(objective, recipe.average).eval()
        self.best = copy.deepcopy(self.model.state_dict())
        self.history, self.seen = History(), []


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
        self, objective: Objective, optimizer: torch.optim.Optimizer
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


def check_loss(loss: str, output: str) -> None:
    """Raise SepeduError if a network with this output cannot be trained with this loss."""
    if loss not in ("mse", "bce") or (loss == "bce" and output != "mask"):
        raise SepeduError(
            f"Loss {loss!r} does not suit a network with output {output!r}",
            'Use "mse", or "bce" for a mask',
        )


def _finite(songs: str, numbers: tuple[float, ...], epoch: int) -> tuple[float, ...]:
    if not math.isfinite(numbers[0]):
        raise SepeduError(
            f"The {songs} loss became {numbers[0]} in epoch {epoch + 1}",
            "Use a smaller learning rate, and look at the data for broken songs",
        )
    return numbers


def _check(
    model: nn.Module,
    train: Excerpts | Segments,
    valid: Sequence[Example],
    objective: Objective | None,
) -> None:
    if objective is None and not (isinstance(model, MaskCNN) and isinstance(train, Excerpts)):
        raise SepeduError(
            f"A {type(model).__name__} on {type(train).__name__} cannot be trained without an "
            "objective",
            "Give one, such as UNetObjective(model), or train a MaskCNN on Excerpts",
        )
    shared = set(train.name_of_song) & {example.name for example in valid}
    if shared:
        raise SepeduError(
            f"Training and validation share the song {sorted(shared)[0]}",
            "Split by song: what was trained on cannot tell what is new",
        )
    if not valid:
        raise SepeduError("There are no validation songs", 'Open some with split="valid"')
    if isinstance(train, Excerpts) and train.output != model.output:
        raise SepeduError(
            f"The network predicts a {model.output}, the excerpts ask for a {train.output}",
            "Give both the same output",
        )
