"""What the deck of lesson 05 draws, plays and quotes."""

import json
from functools import lru_cache
from inspect import signature
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

from sepedu import apply_mask, open_dataset, predict_mask
from sepedu.excerpts import Excerpts
from sepedu.model import MaskCNN
from sepedu.plots import BASELINE, INK, INK_ON_WHITE, OURS, TALK, describe
from sepedu.training import Recipe, learning_rate
from tools.slides import panels
from tools.slides.material import magnitude, network, song, stft, story, told  # noqa: F401
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
DATA = told("Pop - Morning Train", 2, 8)
part = song("Pop - Morning Train").between(2.0, 8.0)
voice = part.sources["vocals"]
spectrum = stft.forward(part.mixture)
torch.manual_seed(0)
fresh = MaskCNN().eval()
parameters = sum(p.numel() for p in fresh.parameters())
fresh_mask = predict_mask(fresh, np.abs(spectrum))

measured = json.loads(Path(__file__).with_name("overfit.json").read_text(encoding="utf-8"))
FEW, MANY, SECONDS = measured["few"], measured["many"], measured["seconds"]
VALID = len(open_dataset(split="valid"))
OVERFIT = f"Seconds 3 to 7 of {FEW} or {MANY} training and {VALID} validation songs, embedded set"
few, many = measured[str(FEW)], measured[str(MANY)]
best = 1 + int(np.argmin([row["valid_loss"] for row in few]))


CELLS = ((1, 0.9), (0, 0.2), (1, 0.1))
squares = [(p - b) ** 2 for b, p in CELLS]
entropies = [-np.log(p if b else 1 - p) for b, p in CELLS]
STEPS = (0.1, 0.4, 0.95)
LOSSES = (0.66, 0.62, 0.60, 0.61, 0.59, 0.63, 0.60, 0.57)
songs, batch = 80, signature(Excerpts).parameters["batch"].default


def _stop(patience=2):
    """The epoch after which a training with this patience stops, and the one that is kept."""
    kept = 0
    for epoch, loss in enumerate(LOSSES):
        if loss < LOSSES[kept]:
            kept = epoch
        if epoch - kept >= patience:
            break
    return epoch + 1, kept + 1


stopped, kept = _stop()


def _downhill():
    figure, row = plt.subplots(1, 3, figsize=(11.7, 3.2), sharey=True)
    line = np.linspace(-0.6, 4.6, 100)
    for axes, step in zip(row, STEPS, strict=True):
        path = [0.0]
        for _ in range(5):
            path.append(path[-1] - step * 2 * (path[-1] - 2))
        path = np.array(path)
        axes.plot(line, (line - 2) ** 2, color=BASELINE)
        axes.plot(path, (path - 2) ** 2, "o-", color=OURS, markersize=9)
        axes.set(title=f"η = {step}: ends at {path[-1]:.2f}", xlabel="w")
    row[0].set_ylabel("Loss")
    return describe(
        figure,
        "Three times a valley with five steps: short steps that are still on the slope, steps that "
        "reach the bottom, and steps that jump from one side to the other.",
    )


downhill = _downhill()


def untrained():
    return stft.inverse(apply_mask(fresh_mask, spectrum), len(part.mixture))


@lru_cache
def _soft_mask():
    return predict_mask(network("vocals"), np.abs(spectrum))


def flipped(factor=0.1):
    """Share of the decisions that change when the song is softer by this factor."""
    softer = predict_mask(network("vocals"), factor * np.abs(spectrum))
    return float(np.mean((_soft_mask() > 0.5) != (softer > 0.5)))


def trained():
    return stft.inverse(apply_mask(_soft_mask(), spectrum), len(part.mixture))


def trained_mask():
    return panels.masks(
        {"Untrained": fresh_mask, "Trained": _soft_mask()},
        "Two masks: grey everywhere before training; after it, lighter and darker regions.",
        size=(11.7, 3.9),
    )


untrained_mask = panels.masks(
    {"The mask of a network that has learnt nothing": fresh_mask},
    "A mask that is grey nearly everywhere.",
    columns=1,
    bar=True,
)


def _losses():
    p = np.linspace(0.02, 1, 200)
    figure, axes = plt.subplots(figsize=panels.WIDE)
    axes.plot(p, -np.log(p), color=OURS)
    axes.text(0.16, 2.1, "cross-entropy", color=OURS, fontsize=22)
    axes.plot(p, (1 - p) ** 2, color=TALK)
    axes.text(0.05, 0.06, "squared error (the talk's)", color=TALK, fontsize=22)
    axes.set(xlabel="Predicted probability, when the truth is 1", ylabel="Loss of the cell")
    return describe(
        figure,
        "Two losses for a cell whose truth is one. Both are zero at a prediction of one. Towards "
        "zero the squared error rises to one, the cross-entropy without end.",
    )


VALLEY_STEP = 0.13


def _valley():
    """Gradient descent on a loss of two weights."""
    lowest, steepness = np.array([2.0, 1.0]), np.array([1.0, 3.0])
    across, up = np.meshgrid(np.linspace(-0.4, 3.0, 120), np.linspace(-0.4, 2.2, 120))
    heights = steepness[0] * (across - lowest[0]) ** 2 + steepness[1] * (up - lowest[1]) ** 2
    path = [np.array([0.1, 1.95])]
    for _ in range(9):
        path.append(path[-1] - VALLEY_STEP * 2 * steepness * (path[-1] - lowest))
    figure, axes = plt.subplots(figsize=panels.HALF)
    axes.contour(across, up, heights, np.geomspace(0.05, 8, 10), colors=BASELINE, linewidths=1.5)
    axes.plot(*np.transpose(path), "o-", color=OURS, markersize=9)
    axes.annotate("start", path[0], (12, 6), textcoords="offset points", color=OURS)
    axes.plot(*lowest, "+", color=INK, markersize=18, markeredgewidth=3)
    axes.set(xlabel="one weight", ylabel="another weight", xticks=[], yticks=[], aspect="equal")
    return describe(
        figure,
        "Rings of equal loss around a lowest point. From the start, steps go down at right angles "
        "to the rings, shorter and shorter, to the middle.",
    )


def _history(axes, rows, kind, majority=None):
    epochs = [row["epoch"] for row in rows]
    axes.plot(
        epochs,
        [row[f"train_{kind}"] for row in rows],
        "--",
        color=OURS,
        label="training songs",
    )
    axes.plot(epochs, [row[f"valid_{kind}"] for row in rows], color=OURS, label="unknown songs")
    if majority:
        axes.axhline(majority, color=BASELINE, linestyle=":", label="guessing: majority class")
    axes.set_xlabel("Epoch")


def _curves_few():
    figure, axes = plt.subplots(figsize=(11.7, 3.7))
    _history(axes, few, "loss")
    axes.axhline(np.log(2), color=BASELINE, linestyle=":", label="½ everywhere: ln 2")
    axes.set(ylabel="Binary cross-entropy", ylim=(0, 0.85))
    axes.legend(loc="lower left", ncols=3)
    return describe(
        figure,
        f"Loss over epochs with {FEW} songs: on training songs it falls to the "
        "end, on unknown songs it hardly falls, then rises.",
    )


def _curves_both():
    figure, row = plt.subplots(1, 2, figsize=panels.WIDE, sharey=True)
    for axes, rows, count in ((row[0], few, FEW), (row[1], many, MANY)):
        _history(axes, rows, "accuracy", measured["majority"])
        axes.set_title(f"{count} songs")
    row[0].set_ylabel("Accuracy")
    row[1].legend(loc="upper left")
    return describe(
        figure,
        f"Accuracy with {FEW} and with {MANY} songs: the gap between training "
        "songs and unknown songs is wide on the left and narrow on the right.",
    )


def _best_epoch():
    losses = [row["valid_loss"] for row in few]
    best = int(np.argmin(losses))
    figure, axes = plt.subplots(figsize=panels.WIDE)
    axes.plot(range(1, len(losses) + 1), losses, color=OURS)
    axes.axhline(np.log(2), color=BASELINE, linestyle=":")
    axes.text(1, np.log(2) + 0.02, "½ everywhere: ln 2", color="#555555")
    axes.plot(best + 1, losses[best], "o", color=OURS, markersize=20)
    axes.annotate(
        "keep this one",
        (best + 1, losses[best]),
        (0, -44),
        textcoords="offset points",
        fontsize=22,
        color=OURS,
    )
    axes.plot(len(losses), losses[-1], "o", color=BASELINE, markersize=14)
    axes.annotate(
        "not this one",
        (len(losses), losses[-1]),
        (0, -44),
        ha="right",
        textcoords="offset points",
        fontsize=22,
        color="#555555",
    )
    axes.set(xlabel="Epoch", ylabel="Cross-entropy, unknown songs", ylim=(0, 0.85))
    return describe(
        figure,
        f"The loss on unknown songs is lowest at epoch {best + 1} of "
        f"{len(losses)}; that network is kept, not the last one.",
    )


def _dropout():
    values = np.abs(np.random.default_rng(1).standard_normal((7, 24)))
    kept = np.random.default_rng(2).random((7, 24)) > 0.25
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.7, 2.7))
    for axes, shown, title in (
        (left, values, "measuring"),
        (right, values * kept / 0.75, "training, a quarter dropped"),
    ):
        axes.imshow(shown, cmap=INK_ON_WHITE, vmin=0, vmax=3)
        axes.set(xticks=[], yticks=[], title=title)
    return describe(
        figure,
        "A grid of values, and the same grid with a quarter of them white and the others darker.",
    )


def _rates():
    recipe = Recipe(epochs=1)
    steps = np.arange(1000)
    rates = [1000 * learning_rate(recipe.learning_rate, int(step), 1000) for step in steps]
    return panels.curves(
        {"": (steps / 10, rates)},
        "Training done (%)",
        "Step size, thousandths",
        "The learning rate: a short rise, then half a cosine down to zero.",
    )


losses, curves_few, curves_both = _losses(), _curves_few(), _curves_both()
best_epoch, dropout, rates, valley = _best_epoch(), _dropout(), _rates(), _valley()
