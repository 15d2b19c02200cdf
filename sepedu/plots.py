"""Every figure of the course: labelled axes, colours for every eye, a description in words."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import Normal, Stroke

from .stft import STFT

SOURCE_COLOURS = {
    "mixture": "#555555",
    "drums": "#D55E00",
    "bass": "#0072B2",
    "other": "#009E73",
    "vocals": "#CC79A7",
}
"""Colours of the sources, told apart by colour-blind readers too (Okabe and Ito, 2008)."""
AGREEMENT_COLOURS = {
    "right, no": "#F0F0F0",
    "hit": "#009E73",
    "miss": "#0072B2",
    "false alarm": "#D55E00",
}
"""Colours of a predicted mask's bins, by what it said of them."""


def describe(figure: Figure, text: str) -> Figure:
    """Give a figure its description in words, for readers who cannot see it.

    The text becomes the picture's alternative text in notebooks and pages.
    """
    figure.set_label(text)

    def bundle(include: object = None, exclude: object = None) -> tuple[dict, dict]:
        # Jupyter asks a figure for this first, and keeps the metadata beside the picture.
        picture = print_figure(figure, fmt="png", base64=True)
        return {"image/png": picture, "text/plain": text}, {"image/png": {"alt": text}}

    figure._repr_mimebundle_ = bundle
    return figure


FLOOR = -80.0
"""Decibels below the loudest bin where the colours of a spectrogram end."""


def decibels(magnitude: np.ndarray, reference: float | None = None) -> np.ndarray:
    r"""Magnitudes in decibels, :math:`20 \log_{10}(|X| / \text{reference})`, at least -80.

    Parameters
    ----------
    magnitude : np.ndarray, real, >= 0
    reference : float, optional
        What counts as 0 dB; the largest magnitude if left away.

    Lesson: 01
    """
    reference = float(magnitude.max(initial=0.0)) if reference is None else reference
    smallest = (reference or 1.0) * 10 ** (FLOOR / 20)
    return 20 * np.log10(np.maximum(magnitude, smallest) / (reference or 1.0))


def waveform(
    audio: np.ndarray,
    sample_rate: int,
    title: str = "",
    axes: Axes | None = None,
    colour: str = "#555555",
) -> Axes:
    """Draw samples over time [shape=(samples,)].

    Lesson: 00
    """
    axes = axes or plt.subplots(figsize=(8, 2), layout="constrained")[1]
    axes.plot(np.arange(len(audio)) / sample_rate, audio, linewidth=0.5, color=colour)
    axes.set(xlabel="Time (s)", ylabel="Amplitude", title=title, xlim=(0, len(audio) / sample_rate))
    return axes


def spectrogram(
    magnitude: np.ndarray,
    stft: STFT | None = None,
    title: str = "",
    axes: Axes | None = None,
    reference: float | None = None,
    colourbar: bool = True,
) -> Axes:
    """Draw magnitudes in decibels over time and frequency.

    Parameters
    ----------
    magnitude : np.ndarray [shape=(bins, frames)], real, >= 0
    stft : STFT, optional
        The settings that the magnitudes were made with.
    title : str
    axes : matplotlib.axes.Axes, optional
    reference : float, optional
        What counts as 0 dB: give one to several spectrograms to compare their levels.
    colourbar : bool

    Lesson: 01
    """
    stft = stft or STFT()
    axes = axes or plt.subplots(figsize=(8, 3), layout="constrained")[1]
    picture = _picture(
        axes, decibels(magnitude, reference), stft, title, cmap="magma", vmin=FLOOR, vmax=0
    )
    if colourbar:
        axes.figure.colorbar(picture, ax=axes, label="Level (dB)")
    return axes


def mask(
    values: np.ndarray,
    stft: STFT | None = None,
    title: str = "",
    axes: Axes | None = None,
    colourbar: bool = True,
) -> Axes:
    """Draw a binary or a soft mask: dark is 0, bright is 1.

    Lesson: 02
    """
    stft = stft or STFT()
    axes = axes or plt.subplots(figsize=(8, 3), layout="constrained")[1]
    picture = _picture(
        axes, np.asarray(values, np.float32), stft, title, cmap="cividis", vmin=0, vmax=1
    )
    if colourbar:
        axes.figure.colorbar(picture, ax=axes, label="Mask")
    return axes


def agreement(
    prediction: np.ndarray,
    target: np.ndarray,
    stft: STFT | None = None,
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw where a predicted mask hits, misses, or raises a false alarm.

    Lesson: 06
    """
    stft = stft or STFT()
    axes = axes or plt.subplots(figsize=(8, 3), layout="constrained")[1]
    predicted = np.asarray(prediction) > 0.5
    kinds = np.where(target, np.where(predicted, 1, 2), np.where(predicted, 3, 0))
    colours = ListedColormap(list(AGREEMENT_COLOURS.values()))
    _picture(axes, kinds, stft, "", cmap=colours, vmin=-0.5, vmax=3.5)
    handles = [
        plt.Rectangle((0, 0), 1, 1, facecolor=colour, edgecolor="#767676", linewidth=0.6)
        for colour in AGREEMENT_COLOURS.values()
    ]
    # Between the title and the picture, where the key hides no bin.
    axes.legend(
        handles,
        AGREEMENT_COLOURS,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        borderpad=0.1,
        columnspacing=1.0,
        handlelength=1.2,
        handletextpad=0.4,
        fontsize="small",
        frameon=False,
        ncols=4,
    )
    axes.set_title(title, pad=20)
    return axes


def stems(
    magnitudes: Mapping[str, np.ndarray], stft: STFT | None = None, title: str = ""
) -> Figure:
    """Draw the spectrograms of a mixture and its sources above one another, on one scale.

    Parameters
    ----------
    magnitudes : mapping of str to np.ndarray [each shape=(bins, frames)]
        By name, in the order to draw.

    Lesson: 00
    """
    figure, rows = plt.subplots(
        len(magnitudes),
        1,
        figsize=(8, 1.9 * len(magnitudes)),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    loudest = max(float(magnitude.max(initial=0.0)) for magnitude in magnitudes.values())
    for axes, (name, magnitude) in zip(rows[:, 0], magnitudes.items(), strict=True):
        spectrogram(magnitude, stft, name, axes, loudest, colourbar=False)
        axes.label_outer()
    figure.colorbar(rows[0, 0].images[0], ax=rows[:, 0], label="Level (dB)")
    figure.suptitle(title)
    names = ", ".join(magnitudes)
    return describe(figure, f"Spectrograms one above the other: {names}. {title}".strip())


def history(rows: Sequence[Mapping[str, float]], majority: float | None = None) -> Figure:
    """Draw the curves of a training: loss on the left, accuracy on the right.

    Parameters
    ----------
    rows : sequence of mappings
        `History.rows`.
    majority : float, optional
        Accuracy of the majority class on the validation songs.

    Lesson: 05
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    epochs = [row["epoch"] for row in rows]
    for axes, kind in ((left, "loss"), (right, "accuracy")):
        for part, colour, style in (("train", "#0072B2", "--"), ("valid", "#D55E00", "-")):
            label = {"train": "training", "valid": "validation"}[part]
            values = [row[f"{part}_{kind}"] for row in rows]
            axes.plot(epochs, values, style, color=colour, marker=".", label=label)
        axes.set(xlabel="Epoch", ylabel=kind.capitalize())
        axes.xaxis.get_major_locator().set_params(integer=True)
    if majority is not None:
        right.axhline(majority, color="#555555", linestyle=":", label="majority class (validation)")
    right.legend(fontsize="small")
    left.legend(fontsize="small")
    return describe(figure, f"Loss and accuracy of {len(rows)} epochs, training and validation.")


def ladder(summary: pd.DataFrame, column: str = "sdr", label: str = "SDR (dB)") -> Figure:
    """Draw a summary of `evaluate` as bars: each source's methods from guess to oracle.

    Parameters
    ----------
    summary : pandas.DataFrame
        As `summarise` returns it.
    column : str
        Which of its columns.
    label : str

    Lesson: 06
    """
    sources = list(dict.fromkeys(summary.index.get_level_values("source")))
    columns = min(len(sources), 2)
    rows = math.ceil(len(sources) / columns)
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(3 + 2.6 * columns, 3.2 * rows),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes in grid.flat[len(sources) :]:
        axes.set_axis_off()
    for axes, source in zip(grid.flat, sources, strict=False):
        values = summary.loc[source, column].iloc[::-1]
        bars = axes.barh(values.index, values, color=SOURCE_COLOURS.get(source, "#555555"))
        axes.bar_label(bars, fmt="%.2f", fontsize="x-small", padding=2)
        axes.axvline(0, color="#333333", linewidth=0.8)
        axes.margins(x=0.2)
        axes.set(xlabel=label, title=source)
    return describe(figure, f"Bars of {label} by method, for {', '.join(sources)}.")


def _picture(axes: Axes, values: np.ndarray, stft: STFT, title: str, **look: object):
    """An image over time and frequency, each cell around its frame's and its bin's centre."""
    step = stft.hop_length / stft.sample_rate
    width = stft.sample_rate / stft.n_fft / 1000
    extent = (
        -step / 2,
        (values.shape[1] - 0.5) * step,
        -width / 2,
        (values.shape[0] - 0.5) * width,
    )
    picture = axes.imshow(
        values, origin="lower", aspect="auto", extent=extent, interpolation="nearest", **look
    )
    axes.set(xlabel="Time (s)", ylabel="Frequency (kHz)", title=title)
    return picture


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
