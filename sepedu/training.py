"""Train a network: the choices, the loop, and what the loop has seen."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from .engine.backend import Backend
from .errors import SepeduError, check_number
from .excerpts import Excerpts, Segments, share
from .model import MaskCNN
from .objectives import MaskObjective, Objective
from .unet import LOSSES
from .windows import Example


@dataclass(frozen=True)
class Recipe:
    """The choices of a training run.

    Attributes
    ----------
    epochs : int
        Passes over the training data at most; the schedule of the learning rate spans them all.
    learning_rate : float
        Peak for AdamW: after a short warm-up it falls to zero along half a cosine.
    weight_decay : float
    loss : str
        For `MaskCNN` "mse", mean squared error as in the talk, or "bce", binary cross-entropy,
        for a mask only. For `MaskUNet` one that `share_loss` takes.
    average : float
        Decay of the moving average of the weights that is validated and kept; 0 for none.
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
        try:
            for callback in callbacks:
                callback.on_start(training)
            done, steps = len(history.rows) * len(train), recipe.epochs * len(train)
            schedule = LambdaLR(
                training.optimizer, lambda step: learning_rate(1.0, done + step, steps)
            )
            for epoch in range(len(history.rows), recipe.epochs):
                started = time.perf_counter()
                train_loss, train_accuracy = train_epoch(training, schedule, epoch, callbacks)
                valid_loss, valid_accuracy = validate(averaged.module, valid, backend)
                row = {
                    "epoch": epoch + 1,
                    "train_loss": train_loss,
                    "train_accuracy": train_accuracy,
                    "valid_loss": _finite("validation", valid_loss, epoch),
                    "valid_accuracy": valid_accuracy,
                    "seconds": time.perf_counter() - started,
                }
                history.rows.append(backend.from_first(lambda row=row: row))
                if history.best == epoch:
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


def train_epoch(
    training: Training, schedule: LambdaLR, epoch: int, callbacks: Sequence[Callback] = ()
) -> tuple[float, float]:
    """Pass over the training data once; return the means of loss and accuracy."""
    train, backend, optimizer = training.train, training.backend, training.optimizer
    training.seen = []
    # Dropout, too, is the same when resumed, and differs from process to process.
    torch.manual_seed(training.recipe.seed + epoch + 1_000_003 * backend.process)
    training.model.train()
    batches = train.epoch(training.recipe.seed, epoch, backend.process, backend.processes)
    for step, batch in enumerate(backend.steps(batches)):
        optimizer.zero_grad()
        sums = np.zeros(2)
        for part, weight in backend.split(batch, train.size(step)):
            loss, accuracy = training.network(*part)
            backend.backward(weight * loss)
            sums += weight * np.array([loss.item(), accuracy.item()])
        optimizer.step()
        schedule.step()
        training.averaged.update_parameters(training.objective)
        loss, accuracy = backend.total(*sums)
        training.seen.append((_finite("training", loss, epoch), accuracy))
        for callback in callbacks if backend.is_first else ():
            callback.on_batch(training)
    sizes = [train.size(step) for step in range(len(training.seen))]
    return tuple(np.average(training.seen, axis=0, weights=sizes).tolist())


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
    """Half a cosine from the highest rate down to 0, after a short linear warm-up.

    Parameters
    ----------
    highest : float
    step : int
        Counted from 0 over the whole training run.
    steps : int
        Of the whole training run.
    """
    warm_up = min(1.0, (step + 1) / max(1, steps // 50))
    return highest * warm_up * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def average_weights(model: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of the weights, which moves faster in the first steps."""

    def average(averaged: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        if not averaged.is_floating_point():
            return current
        return averaged.lerp(current, 1 - min(decay, int(count) / (9 + int(count))))

    return AveragedModel(model, avg_fn=average, use_buffers=True)


class Training:
    """A training run under way, as callbacks see it.

    `best` holds the best weights so far, `seen` loss and accuracy of this epoch's batches.
    """

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
        self.history, self.seen = History(), list[tuple[float, float]]()


def _finite(songs: str, loss: float, epoch: int) -> float:
    if not math.isfinite(loss):
        raise SepeduError(
            f"The {songs} loss became {loss} in epoch {epoch + 1}",
            "Use a smaller learning rate, and look at the data for broken songs",
        )
    return loss


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
