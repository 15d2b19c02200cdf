"""The figures that several decks share, drawn with the library's own plots, large and few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from sepedu import plots
from sepedu.stft import STFT

WIDE = (11.7, 5.5)
"""Size of a figure over the whole slide, in inches of 100 pixels."""
HALF = (5.7, 5.4)
"""Size of a figure in one of two columns."""
COLOURS = plots.SOURCE_COLOURS


def grid(
    count: int, columns: int, size: tuple[float, float], share: bool = True
) -> tuple[Figure, list[Axes]]:
    """A figure of `count` axes in rows of `columns`."""
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=size, sharex=share, sharey=share, squeeze=False
    )
    for spare in axes.flat[count:]:
        spare.remove()
    return figure, list(axes.flat[:count])


def spectra(
    magnitudes: Mapping[str, np.ndarray],
    text: str,
    columns: int = 2,
    size: tuple[float, float] = WIDE,
    top: float = 8.0,
    stft: STFT | None = None,
    bar: bool = True,
) -> Figure:
    """Spectrograms on one scale, with their titles.

    Parameters
    ----------
    magnitudes : mapping of str to np.ndarray [each shape=(bins, frames)]
    text : str
        What the figure shows, for those who cannot see it.
    columns : int
    size : tuple of float
        In inches of 100 pixels.
    top : float
        Highest frequency shown, in kilohertz.
    stft : STFT, optional
    bar : bool
        Draw the bar of levels.
    """
    figure, panels = grid(len(magnitudes), columns, size)
    loudest = max(float(m.max(initial=0)) for m in magnitudes.values())
    for axes, (title, values) in zip(panels, magnitudes.items(), strict=True):
        plots.spectrogram(values, stft, title, axes, loudest, colourbar=False)
        axes.set_ylim(0, top)
    _tidy(panels)
    if bar:
        figure.colorbar(panels[0].images[0], ax=panels, label="Level (dB)", aspect=30)
    return plots.describe(figure, text)


def masks(
    values: Mapping[str, np.ndarray],
    text: str,
    columns: int = 2,
    size: tuple[float, float] = WIDE,
    top: float = 8.0,
    bar: bool = False,
) -> Figure:
    """Masks beside one another; parameters as for `spectra`."""
    figure, panels = grid(len(values), columns, size)
    for axes, (title, mask) in zip(panels, values.items(), strict=True):
        plots.mask(mask, None, title, axes, colourbar=False)
        axes.set_ylim(0, top)
    _tidy(panels)
    if bar:
        figure.colorbar(panels[0].images[0], ax=panels, label="Mask", aspect=30)
    return plots.describe(figure, text)


def close_up(
    values: Mapping[str, np.ndarray], first: int, last: int, bins: int, text: str, colours: str
) -> Figure:
    """The same frames and lowest bins of several pictures, side by side, each in its own range.

    Parameters
    ----------
    values : mapping of str to np.ndarray [each shape=(513, frames)]
    first, last : int
        Frames from `first` up to `last`.
    bins : int
    text : str
    colours : str
        Name of a colour map.
    """
    stft = STFT()
    figure, axes = plt.subplots(1, len(values), figsize=WIDE, sharey=True)
    start, end = stft.times(last + 1)[[first, last]]
    extent = (start, end, 0, stft.frequencies[bins - 1] / 1000)
    for axis, (name, picture) in zip(axes, values.items(), strict=True):
        cells = picture[:bins, first:last]
        axis.imshow(cells, origin="lower", aspect="auto", cmap=colours, extent=extent)
        axis.set(title=name, xlabel="Time (s)")
    axes[0].set_ylabel("Frequency (kHz)")
    return plots.describe(figure, text)


def _tidy(panels: Sequence[Axes]) -> None:
    """Labels at the outside only."""
    for axes in panels:
        axes.label_outer()


def bars(
    values: Mapping[str, float],
    label: str,
    text: str,
    form: str = "{:.1f}",
    colours: Sequence[str] | str = "#0072b2",
    size: tuple[float, float] = WIDE,
    line: tuple[float, str] | None = None,
) -> Figure:
    """Horizontal bars from top to bottom, each with its value.

    Parameters
    ----------
    values : mapping of str to float
    label : str
        Quantity and unit.
    text : str
    form : str
        How a value is written.
    colours : str or sequence of str
    size : tuple of float
    line : (value, words), optional
        A dashed line across all bars.
    """
    figure, axes = plt.subplots(figsize=size)
    names, heights = list(values), list(values.values())
    drawn = axes.barh(names, heights, color=colours, height=0.62)
    axes.bar_label(
        drawn, [form.format(v).replace("-", "−") for v in heights], padding=8, fontsize=19
    )
    axes.invert_yaxis()
    axes.axvline(0, color="#333333", linewidth=1.2)
    axes.margins(x=0.14)
    axes.set_xlabel(label)
    axes.tick_params(axis="y", length=0, labelsize=18)
    axes.spines["left"].set_visible(False)
    if line:
        axes.axvline(line[0], color="#555555", linestyle="--", linewidth=2)
        axes.text(line[0], -0.62, line[1], ha="center", va="bottom", color="#555555")
    return plots.describe(figure, text)


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x: str,
    y: str,
    text: str,
    size: tuple[float, float] = WIDE,
    colours: Mapping[str, str] | None = None,
    log: bool = False,
) -> Figure:
    """Curves with their names written at their ends instead of in a legend.

    Parameters
    ----------
    lines : mapping of str to (x, y)
    x, y : str
        Quantities and units.
    text : str
    size : tuple of float
    colours : mapping of str to str, optional
    log : bool
        A logarithmic x axis.
    """
    figure, axes = plt.subplots(figsize=size)
    fallback = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555"]
    for number, (name, (along, up)) in enumerate(lines.items()):
        colour = (colours or COLOURS).get(name, fallback[number % len(fallback)])
        axes.plot(along, up, color=colour, label=name or "_")
    if log:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        low, high = axes.get_xlim()
        places = np.outer(10.0 ** np.arange(-3, 4), [1, 2, 5]).ravel()
        axes.set_xticks([place for place in places if low <= place <= high])
    _name_ends(axes)
    axes.set(xlabel=x, ylabel=y)
    return plots.describe(figure, text)


def smooth(values: np.ndarray) -> np.ndarray:
    """Average over about a quarter of an octave, from bin 1 on, so that a curve can be read.

    Parameters
    ----------
    values : np.ndarray [shape=(bins,)]

    Returns
    -------
    smoothed : np.ndarray [shape=(bins - 1,)]
    """
    last = len(values) - 1
    bins = np.arange(1, last + 1)
    width = np.maximum(1, bins // 8)
    total = np.concatenate([[0], np.cumsum(values[1:])])
    low, high = np.maximum(0, bins - 1 - width), np.minimum(last, bins + width)
    return (total[high] - total[low]) / (high - low)


def _name_ends(axes: Axes) -> None:
    """Write each curve's name beside its end, moved up or down where two would touch."""
    if all(line.get_label() == "_" for line in axes.lines):
        return
    low, high = axes.get_ylim()
    step = 0.075 * (high - low)
    ends = sorted((line for line in axes.lines), key=lambda line: line.get_ydata()[-1])
    heights: list[float] = []
    for line in ends:
        wanted = float(line.get_ydata()[-1])
        heights.append(max(wanted, heights[-1] + step) if heights else wanted)
    for line, height in zip(ends, heights, strict=True):
        axes.annotate(
            line.get_label(),
            (line.get_xdata()[-1], height),
            (10, 0),
            textcoords="offset points",
            color=line.get_color(),
            va="center",
            fontsize=18,
            annotation_clip=False,
        )
    axes.set_ylim(low, high)


def banner(values: np.ndarray, top: float = 6.0) -> Figure:
    """A strip of spectrogram over the whole slide, without axes, for a title."""
    figure = plt.figure(figsize=(11.76, 2.6), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    plots.spectrogram(values, None, "", axes, colourbar=False)
    axes.set_ylim(0, top)
    axes.axis("off")
    return plots.describe(figure, "A strip of a song's spectrogram, as decoration.")
