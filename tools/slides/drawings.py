"""Drawings of the talk's network and of what its layers do, in plain matplotlib.

Every function returns a figure with a description. Sizes of text follow `font.size`, so that a
drawing fits a slide as well as a notebook.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch.nn import functional as F

from sepedu import plots
from sepedu.model import MaskCNN
from sepedu.plots import network, stages
from sepedu.stft import CONTEXT, HALF_CONTEXT

__all__ = [
    "fields",
    "filters",
    "flattening",
    "kernel",
    "moving_window",
    "network",
    "pooling",
    "two_problems",
]

SIZE = (11.7, 5.2)
TEXT, QUIET, PAPER = "#1b1e24", "#555555", "#f0f0f0"
"""Colours that a slide replaces by its own, lighter where it is dark."""
FRAME = {"fill": False, "linewidth": 5, "edgecolor": plots.OURS, "zorder": 3, "clip_on": False}
ARROW = {"arrowstyle": "-|>", "color": QUIET, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}


def fields(window: np.ndarray, size: tuple[float, float] = SIZE) -> Figure:
    """Draw how much of the window one value sees after each layer.

    Parameters
    ----------
    window : np.ndarray [shape=(513, 25)], real, >= 0
        Magnitudes.

    Lesson: 04
    """
    model, names, reach, jump = MaskCNN(), [], 1, 1
    layers = {
        "conv 1": model.conv1,
        "conv 2": model.conv2,
        "pool 1": model.pool,
        "conv 3": model.conv3,
        "conv 4": model.conv4,
        "pool 2": model.pool,
    }
    for name, layer in layers.items():
        kernel, stride = (np.ravel(value)[0] for value in (layer.kernel_size, layer.stride))
        reach, jump = reach + int(kernel - 1) * jump, jump * int(stride)
        names.append((name, reach))
    figure, axes = plt.subplots(figsize=size)
    bins, middle = 60, 30
    look = {"cmap": "magma", "vmin": plots.FLOOR, "vmax": 0, "aspect": "auto", "origin": "lower"}
    axes.imshow(plots.decibels(window)[:bins], **look)
    for number, (name, reach) in enumerate(names):
        left, low = HALF_CONTEXT - reach / 2, middle - reach / 2
        frame = {"fill": False, "edgecolor": "white", "linewidth": 2, "clip_on": False}
        axes.add_patch(Rectangle((left, low), reach, reach, **frame))
        axes.annotate(
            f"{name}: {reach} × {reach}",
            (left + reach, low + reach),
            (CONTEXT + 0.8, 15.5 + 5.5 * number),
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": "#777777",
                "linewidth": 1.5,
                "relpos": (0, 0.5),
            },
        )
    axes.set(xlabel="Frame of the window", ylabel="Bin", xlim=(-0.5, CONTEXT - 0.5))
    told = ", ".join(f"{name} {reach} × {reach}" for name, reach in names)
    return plots.describe(
        figure, f"Frames inside one another over a spectrogram: a value sees after {told} cells."
    )


# What layers do


def kernel(size: tuple[float, float] = SIZE) -> Figure:
    """Draw a kernel of 3 x 3 weights that moves over a small picture, in three steps.

    The picture is bordered by zeros (padding 1), so that the result keeps its size; the values
    are those that `torch` computes.

    Lesson: 04
    """
    picture = np.array([[0, 0, 5, 1, 0], [1, 0, 5, 0, 2], [4, 4, 9, 4, 4], [0, 1, 5, 0, 0]])
    weights = np.array([[-1, 2, -1]] * 3)
    padded = np.pad(picture, 1)
    tensors = [
        torch.from_numpy(values.astype(np.float32))[None, None] for values in (picture, weights)
    ]
    result = F.conv2d(*tensors, padding=1)[0, 0].numpy().astype(int)
    rows, columns = picture.shape
    steps = [(0, 0), (0, 1), (rows - 1, columns - 1)]
    titles = ["first step", "next step", "last step"]
    shape = {"width_ratios": (0.62, 1, 1, 1), "height_ratios": (rows + 2, rows)}
    figure, grid = plt.subplots(2, 4, figsize=size, **shape)
    small = 0.7 * plt.rcParams["font.size"]  # a cell holds two digits and a minus
    _cells(grid[0, 0], weights)
    grid[0, 0].add_patch(Rectangle((-0.5, -0.5), 3, 3, **FRAME))
    grid[0, 0].set(title="nine weights", aspect="equal", xlim=(-0.7, 2.7), ylim=(4.2, -1.8))
    grid[1, 0].axis("off")
    for (above, below), (row, column), title in zip(grid.T[1:], steps, titles, strict=True):
        _cells(above, padded, faint=_border(padded.shape))
        above.add_patch(Rectangle((column - 0.5, row - 0.5), 3, 3, **FRAME))
        above.set(title=title, aspect="equal", xlim=(-0.7, columns + 1.7))
        done = np.arange(rows * columns).reshape(rows, columns) <= row * columns + column
        _cells(below, result, hidden=~done, fontsize=small)
        below.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **FRAME))
        below.set(aspect="equal", xlim=(-1.7, columns + 0.7))
    grid[0, 1].set_ylabel("picture, bordered\nby zeros")
    grid[1, 1].set_ylabel("result")
    example = int((padded[0:3, 1:4] * weights).sum())
    told = "; ".join(" ".join(map(str, line)) for line in weights)
    return plots.describe(
        figure,
        f"A frame of 3 by 3 moves over a picture of {rows} by {columns} numbers with a border of "
        f"zeros, in three steps; below each, the result so far. The weights are {told}. The second "
        f"step gives {example}. Vertical lines answer strongly.",
    )


def filters(model: MaskCNN, size: tuple[float, float] = (11.7, 3.0)) -> Figure:
    """Draw the weights and the bias of each filter of the first layer, to be counted.

    Lesson: 04
    """
    weights = model.conv1.weight.detach().numpy()[:, 0]
    biases = model.conv1.bias.detach().numpy()
    figure, axes = plt.subplots(figsize=size)
    look = {"cmap": plots.INK_ON_WHITE, "vmin": weights.min(), "vmax": weights.max()}
    look |= {"edgecolors": QUIET, "linewidth": 1}
    half = -(-len(weights) // 2)
    for number, (cells, bias) in enumerate(zip(weights, biases, strict=True)):
        left, low = 4 * (number % half), -6.4 * (number // half)
        axes.pcolormesh(np.arange(4) + left, np.arange(4) + low, cells, **look)
        axes.pcolormesh([left + 1, left + 2], [low - 1.6, low - 0.6], [[bias]], **look)
    axes.set(xlim=(-0.2, 4 * half - 0.8), ylim=(-8.2, 3.2), aspect="equal")
    axes.axis("off")
    count, rows, columns = weights.shape
    return plots.describe(
        figure,
        f"{count} small squares of {rows} by {columns} cells, each with a single cell below it.",
    )


def pooling(size: tuple[float, float] = SIZE) -> Figure:
    """Draw how the largest of each 3 x 3 cells is kept, and what fills no group is dropped.

    Lesson: 04
    """
    random = np.random.default_rng(4)
    highest = np.kron([[9, 6, 8], [4, 7, 5]], np.ones((3, 3), int))
    values = random.integers(0, highest)
    for row, column in np.ndindex(2, 3):
        place = random.integers(0, 3, 2)
        values[3 * row + place[0], 3 * column + place[1]] = highest[3 * row, 3 * column]
    values = np.hstack([values, random.integers(0, 9, (6, 1))])
    tensor = torch.from_numpy(values.astype(np.float32))[None, None]
    largest = F.max_pool2d(tensor, 3)[0, 0].numpy().astype(int)
    figure, (left, right) = plt.subplots(1, 2, figsize=size, width_ratios=(1.9, 1))
    dropped = np.zeros(values.shape, bool)
    dropped[:, 9:] = True
    kept = np.kron(largest, np.ones((3, 3), int))
    marked = np.zeros(values.shape, bool)
    marked[:, :9] = values[:, :9] == kept
    _cells(left, values, faint=dropped, marked=marked)
    _cells(right, largest, marked=np.ones(largest.shape, bool))
    for row, column in np.ndindex(2, 3):
        left.add_patch(Rectangle((3 * column - 0.5, 3 * row - 0.5), 3, 3, **FRAME))
    left.set(title="6 × 10; the last column is dropped", ylim=(5.7, -0.7))
    right.set_title("the largest of each 3 × 3: 2 × 3")
    for axes in (left, right):
        axes.set_aspect("equal")
    return plots.describe(
        figure,
        "A grid of 6 by 10 numbers in groups of 3 by 3, the largest of each marked, its last "
        "column dropped; beside it the 2 by 3 largest.",
    )


def flattening(size: tuple[float, float] = SIZE) -> Figure:
    """Draw how 16 small pictures are laid out in one row of 1,824 values.

    Lesson: 04
    """
    (shape,) = [shape for shape, layers, _ in stages(MaskCNN()) if "MaxPool 3" in layers][-1:]
    channels, bins, columns = shape
    figure, axes = plt.subplots(figsize=size)
    shades = np.linspace(0.35, 1, channels)
    for number, shade in enumerate(shades):
        look = {"facecolor": plots.OURS, "alpha": shade, "edgecolor": "white"}
        left = number * 1.0
        axes.add_patch(Rectangle((left, 2.2), 0.36, 2.6, **look))
        axes.add_patch(Rectangle((left, 0), 1.0, 0.55, **look))
        axes.annotate("", (left + 0.5, 0.6), (left + 0.18, 2.15), arrowprops=ARROW)
    axes.text(0, 4.95, f"{channels} pictures of {bins} × {columns}", va="bottom")
    axes.text(0, -0.12, f"one row of {channels * bins * columns:,} values", va="top")
    note = f"{bins * columns} values each"
    axes.text(channels, -0.12, note, va="top", ha="right", color=QUIET)
    axes.set(xlim=(-0.1, channels + 0.1), ylim=(-0.8, 5.6))
    axes.axis("off")
    return plots.describe(
        figure,
        f"{channels} narrow pictures of {bins} by {columns} values; arrows lead each to its part "
        f"of one row of {channels * bins * columns:,} values.",
    )


def _border(shape: tuple[int, int]) -> np.ndarray:
    """True at the border of a grid of this shape."""
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1] = False
    return edge


def _cells(
    axes: Axes,
    values: np.ndarray,
    faint: np.ndarray | None = None,
    marked: np.ndarray | None = None,
    hidden: np.ndarray | None = None,
    fontsize: float | None = None,
) -> None:
    """A grid of numbers: faint ones grey, marked ones in ink, hidden ones empty."""
    none = np.zeros(values.shape, bool)
    faint, marked = none if faint is None else faint, none if marked is None else marked
    hidden = none if hidden is None else hidden
    for row, column in np.ndindex(values.shape):
        at = (row, column)
        look = {
            "facecolor": plots.INK if marked[at] else "none" if faint[at] else PAPER,
            "edgecolor": QUIET,
            "linewidth": 1,
            "linestyle": ":" if faint[at] else "-",
        }
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **look))
        if not hidden[at]:
            colour = PAPER if marked[at] else QUIET if faint[at] else TEXT
            text = str(values[at]).replace("-", "−")
            look = {"ha": "center", "va": "center", "color": colour, "fontsize": fontsize}
            axes.text(column, row, text, **look)
    rows, columns = values.shape
    axes.set(xlim=(-0.6, columns - 0.4), ylim=(rows - 0.4, -0.6), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


# What the network is asked


def moving_window(
    magnitude: np.ndarray,
    mask: np.ndarray,
    first: int,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Draw the window of 513 x 25 at three places one frame apart, and the answer of each.

    Parameters
    ----------
    magnitude, mask : np.ndarray [shape=(513, frames)]
    first : int
        First frame of the first window.

    Lesson: 03
    """
    figure, grid = plt.subplots(3, 2, figsize=size, width_ratios=(5, 1), sharey=True)
    frames = CONTEXT + 8
    level = plots.decibels(magnitude)[:, first - 3 : first - 3 + frames]
    for number, (left, right) in enumerate(grid):
        start = 3 + number
        look = {"aspect": "auto", "origin": "lower", "interpolation": "nearest"}
        left.imshow(level, cmap="magma", vmin=plots.FLOOR, vmax=0, **look)
        frame = {"fill": False, "edgecolor": "white", "linewidth": 4}
        left.add_patch(Rectangle((start - 0.5, 3), CONTEXT, 506, **frame))
        middle = start + HALF_CONTEXT
        column = {"facecolor": "none", "edgecolor": "white", "linewidth": 1.5, "linestyle": "--"}
        left.add_patch(Rectangle((middle - 0.5, 0), 1, 512, **column))
        answer = mask[:, first + number + HALF_CONTEXT, None].astype(float)
        right.imshow(answer, cmap=plots.INK_ON_WHITE, vmin=0, vmax=1, **look)
        left.set(yticks=[0, 512], ylabel="Bin")
        right.set(xticks=[])
        shown = [3, 3 + HALF_CONTEXT, 3 + CONTEXT - 1]
        left.set_xticks(shown if number == 2 else [])
    left.set_xticklabels(["0", "12", "24"])
    left.set_xlabel("Frame, counted from the first window's first")
    grid[0, 0].set_title("in: 513 × 25, moved by one frame at a time")
    grid[0, 1].set_title("out: 513")
    return plots.describe(
        figure,
        "A window of 513 by 25 on a spectrogram at three places, each one frame further right; "
        "beside each the mask of its middle frame, 513 values.",
    )


def two_problems(
    pictures: Mapping[str, np.ndarray], top: float = 6.0, size: tuple[float, float] = SIZE
) -> Figure:
    """Draw the problem posed without a mask, and with one.

    Parameters
    ----------
    pictures : mapping of str to np.ndarray [each shape=(513, frames)]
        Magnitudes of "mixture" and "source", and the "mask" of the source.
    top : float
        Highest frequency shown, in kilohertz.

    Lesson: 05
    """
    figure, grid = plt.subplots(2, 4, figsize=size)
    loudest = float(pictures["mixture"].max())
    shown = {**pictures, "mask × mixture": pictures["mask"] * pictures["mixture"]}
    rows = (("mixture", "network", "source"), ("mixture", "network", "mask", "mask × mixture"))
    for row, names in enumerate(rows):
        for spare in grid[row, len(names) :]:
            spare.set_axis_off()
        for axes, name in zip(grid[row], names, strict=False):
            if name == "network":
                axes.axis("off")
                box = {"boxstyle": "rarrow,pad=0.5", "facecolor": plots.OURS, "edgecolor": "none"}
                place = {"ha": "center", "va": "center", "color": PAPER, "bbox": box}
                axes.text(0.5, 0.5, "network", transform=axes.transAxes, **place)
                continue
            if name == "mask":
                plots.mask(pictures[name], None, "mask", axes, colourbar=False)
            else:
                title = "spectrum of the source" if name == "source" else name
                plots.spectrogram(shown[name], None, title, axes, loudest, colourbar=False)
            axes.set(ylim=(0, top), xlabel="", ylabel="", xticks=[], yticks=[])
    grid[0, 0].set_ylabel("without the mask")
    grid[1, 0].set_ylabel("with the mask")
    return plots.describe(
        figure,
        "Two rows of pictures. Above, the network turns the mixture into the source's spectrum. "
        "Below, it turns the mixture into a mask, and mask times mixture gives the source.",
    )
