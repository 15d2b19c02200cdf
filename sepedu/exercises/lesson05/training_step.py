"""Lesson 05: write one step of training: predict, compare, follow the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..examine import Wrong, as_number, call
from ..framework import Exercise, Mistake
from ..judge import compare
from .small_network import SmallNetwork, batch


def _weights_after(steps: int, way: str) -> np.ndarray:
    """Weights of the small network after some steps, each done in one way."""
    model, optimizer = SmallNetwork.with_optimizer()
    for step in range(steps):
        windows, targets = batch(step)
        if way != "gradients add up":
            optimizer.zero_grad()
        error = (model(windows) - targets) ** 2
        loss = error.sum() if way == "sum" else error.mean()
        (-loss if way == "upwards" else loss).backward()
        optimizer.step()
    return model.weights()


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
    compare(
        model.weights(),
        _weights_after(3, "right"),
        known=[
            (
                _weights_after(3, "gradients add up"),
                "Gradients of earlier batches add up: call `optimizer.zero_grad()` in each step.",
            ),
            (_weights_after(3, "upwards"), "The loss rises: the sign of your loss is turned."),
            (_weights_after(3, "sum"), "Your loss is a sum: take the mean over all values."),
        ],
        otherwise="The weights do not stand where a step on the mean squared error leads. The "
        "loss is the mean over all values of (prediction - target) squared.",
    )
    if isinstance(losses[0], torch.Tensor):
        raise Wrong(
            "You returned the loss as a tensor. With the whole computation hanging on it, it "
            "would fill the memory over an epoch: return `loss.item()`."
        )
    for loss, right in zip(losses, expected, strict=True):
        compare(
            as_number(loss, "loss"),
            right,
            otherwise="The number that you return is not the loss of this batch before the step.",
        )


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
    mistakes=(
        Mistake(
            "Gradients never set to zero",
            "def training_step(model, optimizer, windows, targets):\n"
            "    loss = ((model(windows) - targets) ** 2).mean()\n"
            "    loss.backward()\n    optimizer.step()\n    return loss.item()",
            "add up",
        ),
        Mistake(
            "No step",
            "def training_step(model, optimizer, windows, targets):\n"
            "    loss = ((model(windows) - targets) ** 2).mean()\n"
            "    optimizer.zero_grad()\n    loss.backward()\n    return loss.item()",
            "optimizer.step()",
        ),
        Mistake(
            "Gradients set to zero between backward and step",
            "def training_step(model, optimizer, windows, targets):\n"
            "    loss = ((model(windows) - targets) ** 2).mean()\n"
            "    loss.backward()\n    optimizer.zero_grad()\n    optimizer.step()\n"
            "    return loss.item()",
            "comes before both",
        ),
        Mistake(
            "Sum instead of mean",
            "def training_step(model, optimizer, windows, targets):\n"
            "    loss = ((model(windows) - targets) ** 2).sum()\n"
            "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
            "    return loss.item()",
            "Your loss is a sum",
        ),
        Mistake(
            "The loss keeps its computation",
            "def training_step(model, optimizer, windows, targets):\n"
            "    loss = ((model(windows) - targets) ** 2).mean()\n"
            "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
            "    return loss",
            "loss.item()",
        ),
        Mistake(
            "Evaluation mode",
            "def training_step(model, optimizer, windows, targets):\n"
            "    model.eval()\n"
            "    loss = ((model(windows) - targets) ** 2).mean()\n"
            "    optimizer.zero_grad()\n"
            "    loss.backward()\n"
            "    optimizer.step()\n"
            "    return loss.item()",
            "model.eval()",
        ),
    ),
    remark="Every training loop, also those of the largest networks, turns around these lines.",
    setup="import numpy as np\nimport torch",
    prepare=SmallNetwork.with_optimizer,
)
