"""Train the network: the loop, its history, and what it keeps on disk."""

from __future__ import annotations

import copy
import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from .checkpoints import save_checkpoint
from .dense import dense_scores, predict_mask, window_scores
from .engine.distributed import Processes, Scores
from .engine.interrupts import defer_interrupt
from .engine.memory import keep_freed_memory
from .engine.resume import History, read_last, save_last
from .errors import SepeduError
from .excerpts import Excerpts
from .model import MaskCNN
from .stft import HALF_CONTEXT
from .windows import Example


@dataclass(frozen=True)
class Recipe:
    """The choices of a training.

    Attributes
    ----------
    epochs : int
        The learning rate falls to zero over them, along half a cosine.
    learning_rate : float
        Of AdamW, at the start.
    weight_decay : float
    loss : {"mse", "bce"}
        Mean squared error, as in the original, or binary cross-entropy, for a mask only.
    average : float
        Decay of the running average of the weights that is validated and kept; 0 for none.
    patience : int, optional
        Stop after so many epochs without a better validation loss.
    autocast : bool
        Compute in bfloat16 where that is faster; weights and loss stay in float32.
    seed : int

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
        if self.epochs < 1 or self.seed < 0:
            raise SepeduError(
                f"A training of {self.epochs} epochs with seed {self.seed} cannot be",
                "Use at least 1 epoch, and a seed of at least 0",
            )


def check_loss(recipe: Recipe, output: str) -> None:
    """Raise SepeduError if a network with this output cannot be trained with the recipe's loss."""
    if recipe.loss not in ("mse", "bce") or (recipe.loss == "bce" and output != "mask"):
        raise SepeduError(
            f"Loss {recipe.loss!r} does not suit a network with output {output!r}",
            'Use "mse", or "bce" for a mask',
        )


def as_mask(model: MaskCNN, values: Tensor, mixture: Tensor, threshold: float) -> Tensor:
    """Read a prediction or a target as a binary mask, whatever the network predicts.

    A predicted mask passes above 0.5; a predicted magnitude log(1 + S) where S > T * M.
    """
    if model.output == "magnitude":
        return values.expm1() > threshold * mixture
    return values > 0.5


def validate(
    model: MaskCNN, examples: Sequence[Example], loss: str, threshold: float
) -> tuple[float, float]:
    """Loss and accuracy over all frames of whole songs, each frame counted once."""
    total = np.zeros(3)
    for example in examples:
        prediction = torch.from_numpy(predict_mask(model, example.mixture))
        target = torch.from_numpy(example.target)
        mixture = torch.from_numpy(example.mixture)
        scores = prediction if model.output == "magnitude" else torch.logit(prediction, eps=1e-7)
        value = loss_of(loss, prediction, scores, target.float()).item()
        answer = as_mask(model, prediction, mixture, threshold)
        right = (answer == as_mask(model, target, mixture, threshold)).float().mean().item()
        total += np.array([value, right, 1.0]) * target.shape[-1]
    return float(total[0] / total[2]), float(total[1] / total[2])


def loss_of(kind: str, prediction: Tensor, scores: Tensor, target: Tensor) -> Tensor:
    """The loss "mse" of a prediction, or "bce" of the scores before its sigmoid."""
    if kind == "mse":
        return F.mse_loss(prediction, target)
    return F.binary_cross_entropy_with_logits(scores, target)


def learning_rate(highest: float, step: int, steps: int) -> float:
    """Half a cosine from the highest rate down to 0, after a short linear rise.

    Parameters
    ----------
    highest : float
    step : int
        Counted from 0 over the whole training.
    steps : int
        Of the whole training.
    """
    rise = min(1.0, (step + 1) / max(1, steps // 50))
    return highest * rise * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def follow(averaged: MaskCNN, model: MaskCNN, decay: float, step: int) -> None:
    """Move the averaged weights a little towards the network's, faster in the first steps."""
    decay = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for slow, fast in zip(averaged.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)


def fit(
    model: MaskCNN,
    train: Excerpts,
    valid: Sequence[Example],
    recipe: Recipe = Recipe(),
    *,
    checkpoint: Path | None = None,
    about: dict[str, Any] | None = None,
    resume: bool = False,
    progress: bool = True,
    on_epoch: Callable[[History], bool | None] | None = None,
    accumulate: int = 1,
) -> History:
    r"""Train a network, keep the best state that validation saw, and say how it went.

    Processes that a launcher started share each batch and the validation songs. They do what one
    does with the same batch, but for rounding and for which values dropout hits.

    The loss is the mean over all frames m and frequencies k of

    .. math:: (\hat B[k, m] - B[k, m])^2
        \quad\text{or}\quad
        -B \log \hat B - (1 - B) \log(1 - \hat B)

    Parameters
    ----------
    model : MaskCNN
        Its features must be fitted. Afterwards it holds the best weights.
    train : Excerpts
        Stretches of one frame train window by window, longer ones all their windows at once.
    valid : sequence of Example
        Whole songs that no training excerpt comes from.
    recipe : Recipe
    checkpoint : path, optional
        Where the best network goes, after each epoch that improves it; `NAME.last.safetensors`
        beside it holds what `resume` needs, and `NAME.history.json` the history.
    about : dict, optional
        What to write into the checkpoint, such as the data's name.
    resume : bool
        Go on after the last finished epoch, bit for bit as if there had been no break.
    progress : bool
        Show a bar with the time left.
    on_epoch : callable, optional
        Called with the history after each epoch; a true answer stops the training.
    accumulate : int
        Portions of a batch that are computed one after another, which takes less memory.

    Returns
    -------
    history : History
        Ctrl-C stops early too: best and last stay on disk, the best in the model.

    Raises
    ------
    SepeduError
        If training and validation share a song, the loss is unknown, the loss stops being
        finite, or there is nothing to resume.

    References
    ----------
    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Lesson: 05
    """
    _check(model, train, valid, recipe, accumulate)
    keep_freed_memory()
    processes = Processes(model.linear2.weight.device, recipe.autocast)
    scores_of = window_scores if train.stretch == 1 else dense_scores
    if train.stretch == 1:
        model.to(memory_format=torch.channels_last)  # single windows take half as long so
    network: nn.Module = Scores(model.to(processes.device), scores_of)
    with defer_interrupt():
        rates = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
        optimizer = torch.optim.AdamW(model.parameters(), **rates)
    network, optimizer = processes.prepare(network, optimizer)
    averaged = copy.deepcopy(model).eval()
    best = copy.deepcopy(model.state_dict())
    about = {
        "source": train.source,
        "threshold": train.threshold,
        "recipe": asdict(recipe),
        "augmentation": asdict(train.augmentation),
        "stretch": train.stretch,
        "batch": train.batch,
        "songs": len(train.name_of_song),
        "dropout": [model.dropout1.p, model.dropout2.p, model.dropout3.p],
        **(about or {}),
    }
    history = History()
    if resume:
        last = processes.from_first(lambda: read_last(checkpoint, about))
        history, best = last.put_back(model, averaged, optimizer)
    steps = recipe.epochs * len(train)
    hidden = not (progress and processes.first)
    bar = tqdm(total=steps, initial=len(history.rows) * len(train), disable=hidden, unit="batch")

    def train_epoch(epoch: int) -> tuple[float, float]:
        """Take a step with every batch; returns the mean loss and accuracy over all frames."""
        # Dropout, too, is the same when resumed, and differs from process to process.
        torch.manual_seed(recipe.seed + epoch + 1_000_003 * processes.share.index)
        model.train()
        sums = np.zeros(3)
        for step, batch in enumerate(train.epoch(recipe.seed, epoch, processes.share)):
            done, size = epoch * len(train) + step, train.size(step)
            optimizer.param_groups[0]["lr"] = learning_rate(recipe.learning_rate, done, steps)
            loss = right = 0.0
            with defer_interrupt():
                optimizer.zero_grad()
                for mixture, target, weight, final in processes.portions(batch, size, accumulate):
                    with processes.gradients(network, final):
                        with processes.autocast():
                            scores = network(mixture)
                        scores = scores.float()
                        value = loss_of(recipe.loss, model.finish(scores), scores, target.float())
                        processes.backward(value, weight)
                    loss += weight * value.item()
                    right += weight * _right(model, scores, mixture, target, train.threshold)
                optimizer.step()
                follow(averaged, model, recipe.average, done)
            loss, right = processes.total(loss, right)
            if not math.isfinite(loss):
                raise SepeduError(
                    f"The loss became {loss} in epoch {epoch + 1}",
                    "Use a smaller learning rate, and look at the data for broken songs",
                )
            sums += np.array([loss, right, 1.0]) * size * train.stretch
            bar.update()
        return float(sums[0] / sums[2]), float(sums[1] / sums[2])

    try:
        with processes:
            for epoch in range(len(history.rows), recipe.epochs):
                started = time.perf_counter()
                trained = train_epoch(epoch)
                measured = _validate(processes, averaged, valid, recipe.loss, train.threshold)
                row = {
                    "epoch": epoch + 1,
                    "train_loss": trained[0],
                    "train_accuracy": trained[1],
                    "valid_loss": measured[0],
                    "valid_accuracy": measured[1],
                    "seconds": time.perf_counter() - started,
                }
                row = processes.from_first(functools.partial(dict, row))
                with defer_interrupt():
                    history.rows.append(row)
                    if history.best == len(history.rows) - 1:
                        best = copy.deepcopy(averaged.state_dict())
                        if checkpoint and processes.first:
                            save_checkpoint(checkpoint, averaged, about | {"metrics": row})
                    if checkpoint and processes.first:
                        save_last(checkpoint, model, averaged, best, optimizer, about, history)
                bar.set_postfix({k: f"{v:.3f}" for k, v in row.items() if "_" in k})
                if processes.from_first(lambda: _is_over(history, recipe, on_epoch)):
                    break
    except KeyboardInterrupt:
        history.stopped = True
        if processes.first:
            tqdm.write(f"Stopped after {len(history.rows)} epochs; the best of them is kept.")
    finally:
        bar.close()
    model.load_state_dict(best)
    model.eval()
    return history


def _right(
    model: MaskCNN, scores: Tensor, mixture: Tensor, target: Tensor, threshold: float
) -> float:
    """Share of bins where the answer, read as a binary mask, is right."""
    middle = mixture[..., HALF_CONTEXT:-HALF_CONTEXT]
    answer = as_mask(model, model.finish(scores.detach()), middle, threshold)
    return (answer == as_mask(model, target, middle, threshold)).float().mean().item()


def _validate(
    processes: Processes, model: MaskCNN, valid: Sequence[Example], loss: str, threshold: float
) -> tuple[float, float]:
    """Loss and accuracy over all frames of the validation songs, each song in one process."""
    if processes.share.count == 1:
        return validate(model, valid, loss, threshold)
    sums = np.zeros(3)
    for number in processes.share.of(len(valid)):
        song = valid[number]
        sums += np.array([*validate(model, [song], loss, threshold), 1.0]) * song.target.shape[-1]
    value, right, frames = processes.total(*sums)
    return value / frames, right / frames


def _is_over(
    history: History, recipe: Recipe, on_epoch: Callable[[History], bool | None] | None
) -> bool:
    """Whether the last epochs brought nothing better, or the caller wants no more of them."""
    waited = len(history.rows) - 1 - history.best
    patient = recipe.patience is None or waited < recipe.patience
    return not patient or bool(on_epoch and on_epoch(history))


def _check(
    model: MaskCNN, train: Excerpts, valid: Sequence[Example], recipe: Recipe, accumulate: int
) -> None:
    shared = set(train.name_of_song) & {example.name for example in valid}
    if shared:
        raise SepeduError(
            f"Training and validation share the song {sorted(shared)[0]}",
            "Split by song: what was trained on cannot tell what is new",
        )
    if not valid:
        raise SepeduError("There are no validation songs", 'Open some with split="valid"')
    if accumulate < 1:
        raise SepeduError(f"A batch has no {accumulate} portions", "Accumulate at least 1")
    check_loss(recipe, model.output)
    if train.output != model.output:
        raise SepeduError(
            f"The network predicts a {model.output}, the excerpts ask for a {train.output}",
            "Give both the same output",
        )
