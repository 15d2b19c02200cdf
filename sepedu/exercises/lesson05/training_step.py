"""Lesson 05: write one step of training: predict, compare, follow the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ...engine.interrupts import defer_interrupt
from ..examine import Wrong, as_number, call, compare
from ..framework import Exercise, Mistake


def _small_network() -> tuple[nn.Module, torch.optim.Optimizer, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    model = nn.Linear(3, 2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.rand(parameter.shape, generator=generator))
    windows = torch.rand(8, 3, generator=generator)
    targets = torch.rand(8, 2, generator=generator)
    with defer_interrupt():
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    return model, optimizer, windows, targets


def _weights_after(steps: int, way: str) -> np.ndarray:
    """Weights of the small network after some steps, each done in one way."""
    model, optimizer, windows, targets = _small_network()
    for _ in range(steps):
        if way != "gradients add up":
            optimizer.zero_grad()
        loss = ((model(windows) - targets) ** 2).mean()
        (-loss if way == "upwards" else loss).backward()
        optimizer.step()
    return model.weight.detach().numpy().copy()


def _examine_training_step(answer: Any) -> None:
    model, optimizer, windows, targets = _small_network()
    first_loss = ((model(windows) - targets) ** 2).mean().item()
    start = model.weight.detach().numpy().copy()
    losses = []
    for _ in range(3):
        losses.append(call(answer, model, optimizer, windows, targets))
    weights = model.weight.detach().numpy()
    if np.array_equal(weights, start):
        moved = model.weight.grad is not None and bool(model.weight.grad.any())
        raise Wrong(
            "The gradients are there, and the weights have not moved: call `optimizer.step()`."
            if moved
            else "The weights have not moved: `loss.backward()` computes the gradients, "
            "`optimizer.step()` follows them, and `zero_grad()` comes before both."
        )
    compare(
        weights,
        _weights_after(3, "right"),
        known=[
            (
                _weights_after(3, "gradients add up"),
                "Gradients of earlier batches add up: call `optimizer.zero_grad()` in each step.",
            ),
            (_weights_after(3, "upwards"), "The loss rises: the sign of your loss is turned."),
        ],
        otherwise="The weights do not stand where a step on the mean squared error leads. The "
        "loss is the mean over all values of (prediction - target) squared.",
    )
    if isinstance(losses[0], torch.Tensor) and losses[0].requires_grad:
        raise Wrong(
            "You returned the loss with the whole computation hanging on it, which fills the "
            "memory over an epoch: return `loss.item()`."
        )
    compare(
        as_number(losses[0], "loss"),
        first_loss,
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
            "do not stand",
        ),
        Mistake(
            "The loss keeps its computation",
            "def training_step(model, optimizer, windows, targets):\n"
            "    loss = ((model(windows) - targets) ** 2).mean()\n"
            "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
            "    return loss",
            "loss.item()",
        ),
    ),
    remark="Every training loop, also those of the largest networks, turns around these lines.",
    setup="import numpy as np\nimport torch",
)
