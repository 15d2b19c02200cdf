"""What the deck of lesson 04 draws and quotes."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.nn import functional as F

from sepedu.model import MaskCNN, summary
from sepedu.plots import BASELINE, FLOOR, OURS, decibels, describe
from tools.slides import drawings, panels  # noqa: F401 (the slides draw with it)
from tools.slides.kernel import SlidingKernel
from tools.slides.material import magnitude, song, told

DATA = told("Funk - Hot Pavement", 2, 5)
part = song("Funk - Hot Pavement").between(2.0, 5.0)
mixture = magnitude(part.mixture)
torch.manual_seed(0)
model = MaskCNN().eval()
table = summary(model)
parameters = int(table["parameters"].sum())
counts = [int(count) for count in table["parameters"] if count]


class Layers:
    """The table of layers, in two halves beside each other."""

    def __init__(self, layers):
        self.layers = layers

    def _repr_html_(self):
        rows = [
            f"<tr><td>{row.layer}</td><td>{' × '.join(map(str, row['output shape']))}</td>"
            f'<td style="text-align:right">{row.parameters:,}</td></tr>'
            for _, row in self.layers.iterrows()
        ]
        rows.append(
            f'<tr><th>total</th><td></td><th style="text-align:right">{parameters:,}</th></tr>'
        )
        head = '<tr><th>layer</th><th>output</th><th style="text-align:right">parameters</th></tr>'
        half = -(-len(rows) // 2)
        halves = ("".join(rows[:half]), "".join(rows[half:]))
        tables = "".join(f'<table class="layers">{head}{part}</table>' for part in halves)
        return f'<div style="display:grid;grid-template-columns:1fr 1fr;gap:40px">{tables}</div>'


def _patterns():
    seen = torch.from_numpy(decibels(mixture[:280, 60:200]) - FLOOR)[None, None].float()
    hits = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    figure, row = plt.subplots(1, 3, figsize=panels.WIDE, sharey=True)
    pictures = {
        "what comes in": seen,
        "filter for hits": F.conv2d(seen, hits[None, None]).relu(),
        "filter for held tones": F.conv2d(seen, hits.T[None, None]).relu(),
    }
    for axes, (title, values) in zip(row, pictures.items(), strict=True):
        values = values[0, 0].numpy()
        axes.imshow(
            values, origin="lower", aspect="auto", cmap="magma", vmax=np.quantile(values, 0.995)
        )
        axes.set(title=title, xlabel="Frame")
    row[0].set_ylabel("Frequency bin")
    return describe(
        figure,
        "A spectrogram and two filtered versions: in one only vertical lines "
        "shine, in the other only horizontal ones.",
    )


def _bend():
    x = np.linspace(-3, 3, 200)
    figure, axes = plt.subplots(figsize=(11.7, 5.3))
    axes.plot(x, np.where(x > 0, x, 0.01 * x), color=OURS, linewidth=4)
    axes.axhline(0, color="#555555", linewidth=1)
    axes.axvline(0, color="#555555", linewidth=1)
    axes.set(xlabel="z", ylabel="LeakyReLU(z)")
    axes.text(-0.5, 2.0, "z  for z > 0\n0.01 z  otherwise", ha="right", fontsize=24)
    return describe(figure, "A line along zero for negative values that bends up at zero.")


def _sensitivity():
    total = np.zeros(25)
    for seed in range(12):
        torch.manual_seed(seed)
        network = MaskCNN().eval()
        window = torch.randn(8, 1, 513, 25, requires_grad=True)
        (network.scores(window) * torch.randn(8, 513)).sum().backward()
        total += window.grad.pow(2).mean((0, 1, 2)).numpy()
    total = 100 * np.sqrt(total) / np.sqrt(total).sum()
    figure, axes = plt.subplots(figsize=panels.WIDE)
    colours = [OURS if column == 12 else BASELINE for column in range(25)]
    axes.bar(range(-12, 13), total, color=colours)
    centre = float((np.arange(-12, 13) * total).sum() / total.sum())
    axes.axvline(centre, color="#555555", linestyle="--")
    mean = f"{centre:+.1f}".replace("-", "−")
    axes.text(centre - 0.2, total.max() * 1.06, f"centre of weight: {mean} frames", ha="right")
    axes.text(0.3, total.max() * 1.06, "middle frame", color=OURS)
    axes.set(
        xlabel="Column of the window, frames from the middle",
        ylabel="Reaction (%)",
        ylim=(0, total.max() * 1.18),
    )
    return describe(
        figure,
        f"Bars over the 25 columns: the reaction leans to the past, with its "
        f"centre {mean} frames from the middle, and falls off at the last columns.",
    )


def _work():
    multiplications = [
        9 * 1 * 32 * 513 * 25,
        9 * 32 * 16 * 513 * 25,
        9 * 16 * 64 * 171 * 8,
        9 * 64 * 16 * 171 * 8,
        1824 * 128,
        128 * 513,
    ]
    names = ["conv1", "conv2", "conv3", "conv4", "dense 1", "dense 2"]
    figure, axes = plt.subplots(figsize=panels.WIDE)
    place = np.arange(6)
    for offset, values, colour, label in (
        (-0.2, counts, BASELINE, "parameters"),
        (0.2, multiplications, OURS, "multiplications"),
    ):
        share = 100 * np.array(values) / sum(values)
        bars = axes.barh(place + offset, share, 0.38, color=colour, label=label)
        axes.bar_label(bars, [f"{s:.1f} %" if s < 1 else f"{s:.0f} %" for s in share], padding=6)
    axes.set(yticks=place, yticklabels=names, xlabel="Share (%)")
    axes.invert_yaxis()
    axes.legend(loc="lower right")
    total = sum(multiplications) / 1e6
    return describe(
        figure,
        "Bars by layer: the convolutions take nearly all multiplications, the "
        f"first dense layer most parameters. {total:.1f} million multiplications.",
    )


def _sigmoid():
    x = np.linspace(-6, 6, 200)
    figure, axes = plt.subplots(figsize=(11.7, 3.7))
    axes.plot(x, 1 / (1 + np.exp(-x)), color=OURS, linewidth=4)
    axes.axhline(0.5, color="#555555", linestyle="--", linewidth=1.5)
    axes.text(-5.9, 0.53, "threshold at one half", color="#555555")
    axes.set(xlabel="score z", ylabel="mask")
    return describe(figure, "The sigmoid: from 0 on the left through one half at zero to 1.")


NUMBERS = [
    [0, 1, 0, 0, 1, 0, 6, 0, 1],
    [1, 0, 0, 1, 0, 0, 6, 1, 0],
    [5, 5, 5, 5, 5, 5, 9, 5, 5],
    [0, 0, 1, 0, 0, 1, 6, 0, 0],
    [0, 1, 0, 0, 0, 0, 6, 0, 1],
    [1, 0, 0, 1, 0, 0, 6, 0, 0],
]
"""A held tone along, a hit across."""
KERNELS = {
    "hits": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "held tones": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "blur": [[1] * 3] * 3,
}
slider = SlidingKernel(
    NUMBERS, KERNELS, mixture[:140, 60:200], "a song, in dB, up to 3 kHz", at=3 * 9 + 5
)

patterns, bend = _patterns(), _bend()
sensitivity, work, sigmoid = _sensitivity(), _work(), _sigmoid()
