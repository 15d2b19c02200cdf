"""Train the network: the loop, its history, and what it keeps on disk."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from .checkpoints import save_checkpoint
from .dense import dense_scores, window_scores
from .errors import SepeduError
from .examples import Example
from .excerpts import Excerpts
from .interruption import Uninterrupted
from .memory import keep_freed_memory
from .model import MaskCNN
from .objective import as_mask, loss_of, validate
from .resume import History, resume_from, save_last
from .stft import HALF_CONTEXT


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
) -> History:
    r"""Train a network, keep the best state that validation saw, and say how it went.

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
    _check(model, train, valid, recipe)
    keep_freed_memory()
    device = model.linear2.weight.device
    averaged = copy.deepcopy(model).eval()
    best = copy.deepcopy(model.state_dict())
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
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
        history, best = resume_from(checkpoint, model, averaged, optimizer, about)
    scores_of = window_scores if train.stretch == 1 else dense_scores
    lower_precision = recipe.autocast and bfloat16_is_fast(device)
    steps = recipe.epochs * len(train)
    bar = tqdm(
        total=steps, initial=len(history.rows) * len(train), disable=not progress, unit="batch"
    )

    try:
        for epoch in range(len(history.rows), recipe.epochs):
            started = time.perf_counter()
            torch.manual_seed(recipe.seed + epoch)  # dropout, too, is the same when resumed
            model.train()
            total_loss = total_right = frames = 0.0
            for step, (mixture, target) in enumerate(train.epoch(recipe.seed, epoch)):
                mixture, target = mixture.to(device), target.to(device)
                rate = _learning_rate(recipe, epoch * len(train) + step, steps)
                optimizer.param_groups[0]["lr"] = rate
                with Uninterrupted():
                    with torch.autocast(device.type, torch.bfloat16, enabled=lower_precision):
                        scores = scores_of(model, model.features(mixture))
                    scores = scores.float()
                    loss = loss_of(recipe.loss, model.finish(scores), scores, target.float())
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    _follow(averaged, model, recipe.average, epoch * len(train) + step)

                value = loss.item()
                if not math.isfinite(value):
                    raise SepeduError(
                        f"The loss became {value} in epoch {epoch + 1}",
                        "Use a smaller learning rate, and look at the data for broken songs",
                    )
                count = target.shape[0] * target.shape[2]
                middle = mixture[..., HALF_CONTEXT:-HALF_CONTEXT]
                answer = as_mask(model, model.finish(scores.detach()), middle, train.threshold)
                truth = as_mask(model, target, middle, train.threshold)
                total_loss += value * count
                total_right += (answer == truth).float().mean().item() * count
                frames += count
                bar.update()
            measured = validate(averaged, valid, recipe.loss, train.threshold)
            row = {
                "epoch": epoch + 1,
                "train_loss": total_loss / frames,
                "train_accuracy": total_right / frames,
                "valid_loss": measured[0],
                "valid_accuracy": measured[1],
                "seconds": time.perf_counter() - started,
            }
            with Uninterrupted():
                history.rows.append(row)
                if history.best == len(history.rows) - 1:
                    best = copy.deepcopy(averaged.state_dict())
                    if checkpoint:
                        save_checkpoint(checkpoint, averaged, about | {"metrics": row})
                if checkpoint:
                    save_last(checkpoint, model, averaged, best, optimizer, about, history)
            bar.set_postfix({k: f"{v:.3f}" for k, v in row.items() if "_" in k})
            waited = len(history.rows) - 1 - history.best
            if (recipe.patience and waited >= recipe.patience) or (on_epoch and on_epoch(history)):
                break
    except KeyboardInterrupt:
        history.stopped = True
        tqdm.write(f"Stopped after {len(history.rows)} epochs; the best of them is kept.")
    finally:
        bar.close()
    model.load_state_dict(best)
    model.eval()
    return history


def bfloat16_is_fast(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself instead of imitating it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def check_loss(recipe: Recipe, output: str) -> None:
    """Raise SepeduError if a network with this output cannot be trained with the recipe's loss."""
    if recipe.loss not in ("mse", "bce") or (recipe.loss == "bce" and output != "mask"):
        raise SepeduError(
            f"Loss {recipe.loss!r} does not suit a network with output {output!r}",
            'Use "mse", or "bce" for a mask',
        )


def _check(model: MaskCNN, train: Excerpts, valid: Sequence[Example], recipe: Recipe) -> None:
    shared = set(train.name_of_song) & {example.name for example in valid}
    if shared:
        raise SepeduError(
            f"Training and validation share the song {sorted(shared)[0]}",
            "Split by song: what was trained on cannot tell what is new",
        )
    if not valid:
        raise SepeduError("There are no validation songs", 'Open some with split="valid"')
    check_loss(recipe, model.output)
    if train.output != model.output:
        raise SepeduError(
            f"The network predicts a {model.output}, the excerpts ask for a {train.output}",
            "Give both the same output",
        )


def _learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Half a cosine from the recipe's rate down to 0, after a short linear rise."""
    rise = min(1.0, (step + 1) / max(1, steps // 50))
    return recipe.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def _follow(averaged: MaskCNN, model: MaskCNN, decay: float, step: int) -> None:
    """Move the averaged weights a little towards the network's, faster in the first steps."""
    decay = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for slow, fast in zip(averaged.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)
