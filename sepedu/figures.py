"""Figures of single lessons that no other room needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import Normal, Stroke

from .plots import describe

KINDS = {
    "shared by all windows": ("#56B4E9", ""),
    "the window's own": ("#E69F00", "//"),
    "dropped by the next pooling": ("#FFFFFF", ".."),
}
"""Colour and hatching of a column: told apart without colours, too."""


def shared_columns(layers: Sequence[tuple[str, int, Collection[int]]]) -> Figure:
    """Draw for each layer which columns all windows share, and which are a window's own.

    Parameters
    ----------
    layers : sequence of (name, columns, own)
        From the input to the output: a layer's name, how many columns it has, and the numbers of
        those that differ from window to window. A layer called "pool" makes one column of
        three; what does not fill a group of three before it is dropped.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Lesson: 08
    """
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(layers) + 1.1), layout="constrained")
    widest = max(columns for _, columns, _ in layers)
    told = []
    for row, (name, columns, own) in enumerate(layers):
        pooled = row + 1 < len(layers) and layers[row + 1][0] == "pool"
        used = columns // 3 * 3 if pooled else columns
        # A column stands above the middle of the input columns that it was made of.
        width = 3 ** round((widest / columns - 1) / 2.5) if columns < widest else 1
        width = min(width, 9)
        for column in range(columns):
            kind = "the window's own" if column in own else "shared by all windows"
            kind = kind if column < used else "dropped by the next pooling"
            colour, hatch = KINDS[kind]
            cell = Rectangle(
                (column * width, -row - 0.4),
                0.94 * width,
                0.8,
                facecolor=colour,
                edgecolor="#333333",
                hatch=hatch,
                linewidth=0.6,
            )
            axes.add_patch(cell)
            number = axes.text(
                (column + 0.47) * width, -row, str(column), ha="center", va="center", fontsize=7
            )
            number.set_path_effects([Stroke(linewidth=2.5, foreground=colour), Normal()])
        mine = sorted(column for column in own if column < used)
        told.append(f"{name}: {used - len(mine)} of {columns} columns shared, own {mine}")
    axes.set(xlim=(-0.3, widest + 0.3), ylim=(0.6 - len(layers), 1.3))
    axes.set_yticks([-row for row in range(len(layers))], [name for name, _, _ in layers])
    axes.set_xticks([])
    axes.set_xlabel("Columns of a window of 25 frames (time runs to the right)")
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="#333333", label=kind)
        for kind, (colour, hatch) in KINDS.items()
    ]
    axes.legend(handles=handles, ncols=3, fontsize="small", loc="upper left", framealpha=1)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return describe(figure, "Columns of a window, layer by layer. " + ". ".join(told) + ".")
