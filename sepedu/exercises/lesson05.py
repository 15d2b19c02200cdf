"""Exercises of lesson 05: two losses, a step of training, a fair baseline, and when to stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from .examine import Wrong, as_array, as_number, call, compare
from .framework import Exercise, Mistake


def _prediction_and_target() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    prediction = generator.uniform(0.05, 0.95, (6, 9))
    return prediction, (generator.random((6, 9)) < 0.3).astype(float)


def _examine_mse(answer: Any) -> None:
    p, t = _prediction_and_target()
    value = as_array(call(answer, p, t), kind="real", what="loss")
    if value.size != 1:
        raise Wrong(
            f"Your loss has the shape {value.shape}: take the mean over frequencies and frames, "
            "so that one number is left."
        )
    compare(
        float(value.reshape(())),
        ((p - t) ** 2).mean(),
        known=[
            (((p - t) ** 2).sum(), "You summed: the mean does not grow with the size of a song."),
            (np.abs(p - t).mean(), "You took the size of each error: it must be squared."),
            ((p - t).mean(), "Errors of opposite sign cancel here: square them first."),
            (np.sqrt(((p - t) ** 2).mean()), "There is a square root too many at the end."),
            ((p - t).mean() ** 2, "You squared the mean: take the mean of the squares."),
        ],
        otherwise="This is not the mean of the squared differences.",
    )


mse = Exercise(
    name="mse",
    task="Write the mean squared error of a predicted mask.",
    stub='''
def mse(prediction, target):
    """Mean over all bins of the squared difference."""
    raise NotImplementedError
''',
    reference='''
def mse(prediction, target):
    """Mean over all bins of the squared difference."""
    return ((prediction - target) ** 2).mean()
''',
    hints=(
        "Three steps, in the order in which the name is read backwards: error, squared, mean.",
        "`.mean()` without an axis takes the mean over all bins at once.",
    ),
    examine=_examine_mse,
    mistakes=(
        Mistake("Sum", "def mse(p, t):\n    return ((p - t) ** 2).sum()", "summed"),
        Mistake("Absolute error", "def mse(p, t):\n    return np.abs(p - t).mean()", "squared"),
        Mistake(
            "Root at the end",
            "def mse(p, t):\n    return np.sqrt(((p - t) ** 2).mean())",
            "square root",
        ),
        Mistake("Signs cancel", "def mse(p, t):\n    return (p - t).mean()", "cancel"),
        Mistake(
            "A loss for each frequency",
            "def mse(p, t):\n    return ((p - t) ** 2).mean(axis=1)",
            "one number",
        ),
    ),
    remark="A network that always answers 0.5 has an error of 0.25, whatever the mask.",
)


def _examine_cross_entropy(answer: Any) -> None:
    p, t = _prediction_and_target()
    right = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    value = as_array(call(answer, p, t), kind="real", what="loss")
    if value.size != 1:
        raise Wrong(f"Your loss has the shape {value.shape}: one number is asked for, a mean.")
    compare(
        float(value.reshape(())),
        right,
        known=[
            (
                -right,
                "The sign is turned: logarithms of probabilities are negative, a loss is not.",
            ),
            (
                -(t * np.log(p)).mean(),
                "The bins where the target is 0 do not count yet: add the term with 1 - B.",
            ),
            (
                -((1 - t) * np.log(1 - p)).mean(),
                "The bins where the target is 1 do not count yet: add the term with B.",
            ),
            (right / np.log(2), "You used the logarithm to base 2: the natural one is asked for."),
            (
                right / np.log(10),
                "You used the logarithm to base 10: the natural one is asked for.",
            ),
            (right * p.size, "You summed: take the mean over all bins."),
            (
                -(
                    p * np.log(np.clip(t, 1e-9, 1)) + (1 - p) * np.log(np.clip(1 - t, 1e-9, 1))
                ).mean(),
                "Prediction and target have changed places.",
            ),
        ],
        otherwise="Compare your terms with the equation above, one by one.",
    )


cross_entropy = Exercise(
    name="cross_entropy",
    task="Write the binary cross-entropy of a predicted mask.",
    stub='''
def cross_entropy(prediction, target):
    """Mean over all bins of -B log(P) - (1 - B) log(1 - P)."""
    raise NotImplementedError
''',
    reference='''
def cross_entropy(prediction, target):
    """Mean over all bins of -B log(P) - (1 - B) log(1 - P)."""
    yes = target * np.log(prediction)
    no = (1 - target) * np.log(1 - prediction)
    return -(yes + no).mean()
''',
    hints=(
        "Where B is 1 only the first term counts, where B is 0 only the second.",
        "`np.log` is the natural logarithm. The loss of a right and certain answer is 0.",
    ),
    examine=_examine_cross_entropy,
    mistakes=(
        Mistake(
            "Sign forgotten",
            "def cross_entropy(p, t):\n    return (t * np.log(p) + (1 - t) * np.log(1 - p)).mean()",
            "sign",
        ),
        Mistake(
            "Only the ones",
            "def cross_entropy(p, t):\n    return -(t * np.log(p)).mean()",
            "1 - B",
        ),
        Mistake(
            "Another base",
            "def cross_entropy(p, t):\n"
            "    return -(t * np.log2(p) + (1 - t) * np.log2(1 - p)).mean()",
            "base 2",
        ),
        Mistake(
            "Sum instead of mean",
            "def cross_entropy(p, t):\n    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum()",
            "summed",
        ),
        Mistake(
            "Target in the logarithm",
            "def cross_entropy(p, t):\n"
            "    return -(p * np.log(t) + (1 - p) * np.log(1 - t)).mean()",
            "NaN or infinity",
        ),
    ),
    remark="Always answering 0.5 costs log 2, about 0.693: that is where a training starts.",
)


def _small_network() -> tuple[nn.Module, torch.optim.Optimizer, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    model = nn.Linear(3, 2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.rand(parameter.shape, generator=generator))
    windows = torch.rand(8, 3, generator=generator)
    targets = torch.rand(8, 2, generator=generator)
    return model, torch.optim.SGD(model.parameters(), lr=0.5), windows, targets


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


def _examine_majority_accuracy(answer: Any) -> None:
    generator = np.random.default_rng(6)
    masks = [generator.random((7, n)) < share for n, share in ((40, 0.1), (5, 0.95), (8, 0.9))]
    ones = sum(m.sum() for m in masks) / sum(m.size for m in masks)
    own = [max(m.mean(), 1 - m.mean()) for m in masks]
    known = [
        (ones, "This is the share of ones. Where it is below one half, saying no is right."),
        (
            np.mean(own),
            "You chose the better answer anew for each song: the majority class is one answer.",
        ),
        (
            np.average(own, weights=[m.size for m in masks]),
            "You chose the better answer anew for each song: the majority class is one answer.",
        ),
        (
            max(np.mean([m.mean() for m in masks]), 1 - np.mean([m.mean() for m in masks])),
            "Short and long songs count alike here: count bins, not songs.",
        ),
        (min(ones, 1 - ones), "This is the worse of the two constant answers: take the better."),
    ]
    compare(
        as_number(call(answer, masks), "accuracy"),
        max(ones, 1 - ones),
        known=known,
        otherwise="Count the ones of all songs together, and divide by all bins.",
    )
    turned = [~m for m in masks]
    compare(
        as_number(call(answer, turned), "accuracy"),
        max(ones, 1 - ones),
        otherwise="With mostly ones, the constant answer that is right more often is yes.",
    )


majority_accuracy = Exercise(
    name="majority_accuracy",
    task="Find the accuracy of the better of the two constant answers over several songs.",
    stub='''
def majority_accuracy(masks):
    """Share of bins that the better constant answer, always 0 or always 1, gets right.

    masks is a list of boolean arrays of shape (513, frames), one for each song.
    """
    raise NotImplementedError
''',
    reference='''
def majority_accuracy(masks):
    """Share of bins that the better constant answer, always 0 or always 1, gets right."""
    ones = sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)
    return max(ones, 1 - ones)
''',
    hints=(
        "What share of all bins is 1? What is the accuracy of a network that always says 1?",
        "Songs differ in length: add up counts first, and divide once.",
    ),
    examine=_examine_majority_accuracy,
    mistakes=(
        Mistake(
            "Share of ones",
            "def majority_accuracy(masks):\n"
            "    return sum(m.sum() for m in masks) / sum(m.size for m in masks)",
            "share of ones",
        ),
        Mistake(
            "A new choice for each song",
            "def majority_accuracy(masks):\n"
            "    return np.mean([max(m.mean(), 1 - m.mean()) for m in masks])",
            "anew",
        ),
        Mistake(
            "Songs instead of bins",
            "def majority_accuracy(masks):\n"
            "    ones = np.mean([m.mean() for m in masks])\n    return max(ones, 1 - ones)",
            "count bins",
        ),
        Mistake(
            "Only ever no",
            "def majority_accuracy(masks):\n"
            "    return 1 - sum(m.sum() for m in masks) / sum(m.size for m in masks)",
            "right more often is yes",
        ),
    ),
    remark="An accuracy is worth what it has beyond this number.",
)


_LOSSES = ([0.9, 0.5, 0.6, 0.4, 0.45, 0.44, 0.43, 0.42], [0.9, 0.8, 0.7], [0.5, 0.6, 0.55, 0.52])


def _examine_should_stop(answer: Any) -> None:
    for losses in _LOSSES:
        for patience in (1, 2, 3):
            for epoch in range(len(losses)):
                seen = losses[: epoch + 1]
                value = call(answer, list(seen), patience)
                if not isinstance(value, (bool, np.bool_)):
                    raise Wrong(f"Answer True or False, not a {type(value).__name__}.")
                waited = epoch - int(np.argmin(seen))
                if bool(value) == (waited >= patience):
                    continue
                if waited == 0 and value:
                    raise Wrong(f"After {seen} you stop, though the last epoch is the best one.")
                if waited >= patience and losses[epoch] < losses[epoch - 1]:
                    raise Wrong(
                        f"After {seen} with patience {patience}: the last epoch is better than "
                        "the one before it, and still not better than the best. Count from the "
                        "best epoch."
                    )
                raise Wrong(
                    f"After {seen} the best epoch lies {waited} epochs back. With patience "
                    f"{patience} the answer is {waited >= patience}, and yours is {bool(value)}."
                )


should_stop = Exercise(
    name="should_stop",
    task="Decide after an epoch whether to stop early.",
    stub='''
def should_stop(losses, patience):
    """Whether the last `patience` epochs brought no better validation loss than before them.

    losses is a list with the validation loss of each epoch so far.
    """
    raise NotImplementedError
''',
    reference='''
def should_stop(losses, patience):
    """Whether the last `patience` epochs brought no better validation loss than before them."""
    best_epoch = losses.index(min(losses))
    return len(losses) - 1 - best_epoch >= patience
''',
    hints=(
        "Which epoch was the best? How many have passed since?",
        "`losses.index(min(losses))` is the number of the best epoch, counted from 0.",
    ),
    examine=_examine_should_stop,
    mistakes=(
        Mistake(
            "Compares with the epoch before",
            "def should_stop(losses, patience):\n"
            "    rises = 0\n"
            "    for before, after in zip(losses, losses[1:]):\n"
            "        rises = rises + 1 if after >= before else 0\n"
            "    return rises >= patience",
            "from the best epoch",
        ),
        Mistake(
            "One epoch too late",
            "def should_stop(losses, patience):\n"
            "    return len(losses) - 1 - losses.index(min(losses)) > patience",
            "and yours is False",
        ),
        Mistake(
            "Counts all epochs",
            "def should_stop(losses, patience):\n    return len(losses) > patience",
            "the best one",
        ),
        Mistake(
            "A number instead of yes or no",
            "def should_stop(losses, patience):\n"
            "    return len(losses) - 1 - losses.index(min(losses))",
            "True or False",
        ),
    ),
    remark="`fit` keeps the weights of the best epoch, so the waiting costs time and nothing else.",
)
