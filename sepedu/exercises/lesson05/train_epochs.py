"""Lesson 05: write the whole training loop: learn from all batches, then measure, each epoch."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..call_answer import Wrong, as_array, call
from ..compare import Mistake, alike
from ..framework import Exercise
from .small_network import SmallNetwork, batch


def _error(model: SmallNetwork, windows: Tensor, targets: Tensor) -> Tensor:
    return ((model(windows) - targets) ** 2).mean()


def _train(
    model: SmallNetwork,
    optimizer: torch.optim.Optimizer,
    batches: list,
    valid: tuple[Tensor, Tensor],
    epochs: int,
    flaw: str = "",
) -> list[float]:
    """The loop that is asked for, or with a flaw."""
    losses, learned = [], []
    model.train()
    for _ in range(1 if flaw == "a single epoch" else epochs):
        if flaw != "training mode only once":
            model.train()
        for windows, targets in [*batches, valid] if flaw == "learned from valid" else batches:
            loss = _error(model, windows, targets)
            if flaw != "gradients add up":
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            learned.append(loss.item())
        if flaw == "learned from valid":
            losses.append(learned[-1])
            continue
        if flaw != "measured in training mode":
            model.eval()
        with torch.set_grad_enabled(flaw == "measured with gradients"):
            losses.append(_error(model, *valid).item())
    return np.reshape(learned, (epochs, -1)).mean(axis=1) if flaw == "training losses" else losses


def _trained(
    batches: list, valid: tuple[Tensor, Tensor], epochs: int, flaw: str = ""
) -> tuple[list[float], np.ndarray]:
    """Losses and final weights."""
    model, optimizer = SmallNetwork.with_optimizer()
    return _train(model, optimizer, batches, valid, epochs, flaw), model.weights()


def _examine_train_epochs(answer: Any) -> None:
    for numbers, epochs in (((0, 1, 2), 2), ((3,), 3)):
        batches = [batch(number) for number in numbers]
        valid = batch(9)
        model, optimizer = SmallNetwork.with_optimizer()
        start = model.weights()
        model.eval()  # as a measurement before training may have left it
        value = call(answer, model, optimizer, batches, valid, epochs)
        told = f"With {len(batches)} batch{'es' * (len(batches) > 1)} and {epochs} epochs: "
        _look_at_uses(model, batches, valid, epochs, told)
        if np.array_equal(model.weights(), start):
            raise Wrong("The weights have not moved: is there an `optimizer.step()` in your loop?")
        losses, weights = _trained(batches, valid, epochs)
        if not alike(model.weights(), weights):
            if alike(model.weights(), _trained(batches, valid, epochs, "gradients add up")[1]):
                raise Wrong(
                    "Gradients of earlier batches add up: call `optimizer.zero_grad()` in each "
                    "step."
                )
            raise Wrong(
                told + "the weights do not stand where the steps of `training_step`, batch by "
                "batch, lead. The loss is the mean of the squared errors."
            )
        if isinstance(value, (list, tuple)) and any(isinstance(v, Tensor) for v in value):
            raise Wrong("Your losses are tensors: store numbers, `loss.item()`.")
        value = as_array(value, kind="real", what="list of losses")
        if value.size == epochs * len(batches) > epochs:
            raise Wrong(told + "you return a loss for each batch: one for each epoch is asked for.")
        value = as_array(value, (epochs,), what="list of losses")
        if not alike(value, losses):
            if alike(value, _trained(batches, valid, epochs, "training losses")[0]):
                raise Wrong(
                    "These are the losses of the training batches: measure on `valid` after each "
                    "epoch."
                )
            raise Wrong(told + "entry e must be the mean squared error on `valid` after epoch e.")


def _look_at_uses(
    model: SmallNetwork, batches: list, valid: tuple[Tensor, Tensor], epochs: int, told: str
) -> None:
    """Say what is wrong with how often, on what and in which mode the network was used."""
    measured = [len(x) == len(valid[0]) and bool((x == valid[0]).all()) for x in model.batches]
    learned = len(measured) - sum(measured)
    if learned == 0 or not any(measured):
        missing = "`batches`" if learned == 0 else "`valid`"
        raise Wrong(f"The network was never run on {missing}.")
    if learned != epochs * len(batches):
        raise Wrong(
            told + f"the network ran {learned} times on a training batch, and "
            f"{epochs * len(batches)} steps are asked for."
        )
    if sum(measured) != epochs:
        raise Wrong(
            told + f"the network was measured {sum(measured)} times: once after each epoch is "
            "asked for."
        )
    for is_valid, training, gradients in zip(measured, model.modes, model.gradients, strict=True):
        if is_valid and training:
            raise Wrong("Measure in evaluation mode: call `model.eval()` before it.")
        if is_valid and gradients:
            raise Wrong("Measure without gradients, which only cost: `with torch.no_grad():`.")
        if not is_valid and not training:
            raise Wrong(
                "The network learns in evaluation mode, in which dropout rests: call "
                "`model.train()` at the start of each epoch."
            )


train_epochs = Exercise(
    name="train_epochs",
    task="Write the whole training loop: learn from all batches, then measure, epoch by epoch.",
    stub='''
def train_epochs(model, optimizer, batches, valid, epochs):
    """Train on the mean squared error; return the validation loss after each epoch, a list.

    batches: a list of pairs (windows, targets); valid: one such pair. The network learns in
    training mode, and is measured in evaluation mode and without gradients.
    """
    raise NotImplementedError
''',
    reference='''
def train_epochs(model, optimizer, batches, valid, epochs):
    """Train on the mean squared error; return the validation loss after each epoch, a list."""
    losses = []
    for _ in range(epochs):
        model.train()
        for windows, targets in batches:
            loss = ((model(windows) - targets) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            windows, targets = valid
            losses.append(((model(windows) - targets) ** 2).mean().item())
    return losses
''',
    hints=(
        "Two loops, one inside the other: over the epochs, and over the batches of an epoch.",
        "The inner loop holds the five lines of `training_step`. Before it stands `model.train()`.",
        "After the inner loop: `model.eval()`, then `with torch.no_grad():` the loss on `valid`, "
        "and its `.item()` goes to the list.",
    ),
    examine=_examine_train_epochs,
    mistakes=tuple(
        Mistake(title, partial(_train, flaw=flaw))
        for title, flaw in (
            ("A single epoch", "a single epoch"),
            ("Training mode only once", "training mode only once"),
            ("Measured in training mode", "measured in training mode"),
            ("Measured in training mode", "learned from valid"),
            ("Measured with gradients", "measured with gradients"),
            ("Gradients never set to zero", "gradients add up"),
            ("Losses of the training batches", "training losses"),
        )
    ),
    remark="`fit` in sepedu/training.py holds this loop, and what makes it fast and safe.",
    setup="import numpy as np\nimport torch",
    prepare=SmallNetwork.with_optimizer,
)
