"""Every figure of the course: labelled axes, colours for every eye, a description in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from .accessibility import AGREEMENT_COLOURS, SOURCE_COLOURS, describe
from .stft import STFT

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
