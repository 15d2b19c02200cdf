"""Lesson 05: write one step of training: predict, compare, follow the gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from ..call_answer import Wrong, as_number, call
from ..compare import Mistake, alike
from ..framework import Exercise
from .small_network import SmallNetwork, batch


def _step(
    model: SmallNetwork,
    optimizer: torch.optim.Optimizer,
    windows: torch.Tensor,
    targets: torch.Tensor,
    flaw: str = "",
) -> float | torch.Tensor:
    """The step that is asked for, or with a flaw."""
    if flaw == "evaluation mode":
        model.eval()
    error = (model(windows) - targets) ** 2
    loss = error.sum() if flaw == "sum" else error.mean()
    if flaw != "gradients add up":
        optimizer.zero_grad()
    (-loss if flaw == "upwards" else loss).backward()
    if flaw == "zero after backward":
        optimizer.zero_grad()
    if flaw != "no step":
        optimizer.step()
    return loss if flaw == "tensor" else loss.item()


def _weights_after(steps: int, step: Callable) -> np.ndarray:
    """Weights of the small network after some steps."""
    model, optimizer = SmallNetwork.with_optimizer()
    for number in range(steps):
        step(model, optimizer, *batch(number))
    return model.weights()


_MISTAKES = (
    Mistake(
        "Gradients never set to zero",
        partial(_step, flaw="gradients add up"),
        "Gradients of earlier batches add up: call `optimizer.zero_grad()` in each step.",
    ),
    Mistake(
        "Sign of the loss turned",
        partial(_step, flaw="upwards"),
        "The loss rises: the sign of your loss is turned.",
    ),
    Mistake(
        "Sum instead of mean",
        partial(_step, flaw="sum"),
        "Your loss is a sum: take the mean over all values.",
    ),
    Mistake("No step", partial(_step, flaw="no step")),
    Mistake(
        "Gradients set to zero between backward and step",
        partial(_step, flaw="zero after backward"),
    ),
    Mistake("The loss keeps its computation", partial(_step, flaw="tensor")),
    Mistake("Evaluation mode", partial(_step, flaw="evaluation mode")),
)


def _examine_training_step(answer: Any) -> None:
    model, optimizer = SmallNetwork.with_optimizer()
    start = model.weights()
    losses, expected = [], []
    for step in range(3):
        windows, targets = batch(step)
        with torch.no_grad():
            expected.append(((model.layer(windows) - targets) ** 2).mean().item())
        losses.append(call(answer, model, optimizer, windows, targets))
        if False in model.modes or not model.training:
            raise Wrong(
                "Your step puts the network into evaluation mode, in which dropout rests: "
                "`model.eval()` belongs to measuring, `model.train()` to training."
            )
    if np.array_equal(model.weights(), start):
        moved = model.layer.weight.grad is not None and bool(model.layer.weight.grad.any())
        raise Wrong(
            "The gradients are there, and the weights have not moved: call `optimizer.step()`."
            if moved
            else "The weights have not moved: `loss.backward()` computes the gradients, "
            "`optimizer.step()` follows them, and `zero_grad()` comes before both."
        )
    if not alike(model.weights(), _weights_after(3, _step)):
        for mistake in _MISTAKES:
            if mistake.message and alike(model.weights(), _weights_after(3, mistake.answer)):
                raise Wrong(mistake.message, mistake=mistake.title)
        raise Wrong(
            "The weights do not stand where a step on the mean squared error leads. The loss is "
            "the mean over all values of (prediction - target) squared."
        )
    if isinstance(losses[0], torch.Tensor):
        raise Wrong(
            "You returned the loss as a tensor. With the whole computation hanging on it, it "
            "would fill the memory over an epoch: return `loss.item()`."
        )
    if not all(
        alike(as_number(loss, "loss"), right) for loss, right in zip(losses, expected, strict=True)
    ):
        raise Wrong("The number that you return is not the loss of this batch before the step.")


training_step = Exercise(
    name="training_step",
    task="Write one step of training: predict, compare, follow the gradient.",
    stub='''
def training_step(model, optimizer, windows, targets):
    """Make one step on the mean squared error of a batch, and return the loss as a number."""
    raise NotImplementedError
''',
    reference='''
def training_step(model, optimizer, windows, targets):
    """Make one step on the mean squared error of a batch, and return the loss as a number."""
    loss = ((model(windows) - targets) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
''',
    hints=(
        "Five lines: the loss, gradients to zero, gradients computed, a step, the number.",
        "`optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`, in this order.",
    ),
    examine=_examine_training_step,
    mistakes=_MISTAKES,
    remark="Every training loop, also those of the largest networks, turns around these lines.",
    setup="import numpy as np\nimport torch",
    prepare=SmallNetwork.with_optimizer,
)
