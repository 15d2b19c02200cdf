"""The figures that several decks share, drawn with the library's own plots, large and few."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from sepedu import plots
from sepedu.evaluation import sdr
from sepedu.masks import apply_mask, binary_mask
from sepedu.stft import STFT

from .deck import PARTS

SLIDES = Path(__file__).resolve().parents[2] / "slides"
WIDE = (11.7, 5.5)
"""Size of a figure over the whole slide, in inches of 100 pixels."""
HALF = (5.7, 5.4)
"""Size of a figure in one of two columns."""
COLOURS = plots.SOURCE_COLOURS
PAPER = "#fdfcf8"
"""Colour of the slide, which hides a line behind an empty marker."""


def envelope(axes: Axes, audio: np.ndarray, sample_rate: int, colour: str) -> None:
    """Draw samples as editors do: the range between lowest and highest, 100 times a second.

    Drawn sample by sample a tone makes patterns with the pixels that look like its frequency.
    """
    step = sample_rate // 100
    count = len(audio) // step
    parts = audio[: count * step].reshape(count, step)
    times = (np.arange(count) + 0.5) * step / sample_rate
    axes.fill_between(times, parts.min(1), parts.max(1), color=colour, linewidth=0.6)
    axes.set_xlim(0, len(audio) / sample_rate)


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
    values: Mapping[str, np.ndarray], first: int, last: int, bins: int, text: str
) -> Figure:
    """The same frames and lowest bins of a mixture and of masks, side by side.

    Parameters
    ----------
    values : mapping of str to np.ndarray [each shape=(513, frames)]
    first, last : int
        Frames from `first` up to `last`.
    bins : int
    text : str
    """
    stft = STFT()
    figure, axes = plt.subplots(1, len(values), figsize=WIDE, sharey=True)
    start, end = stft.times(last + 1)[[first, last]]
    extent = (start, end, 0, stft.frequencies[bins - 1] / 1000)
    white = plots.INK_ON_WHITE
    for axis, (name, picture) in zip(axes, values.items(), strict=True):
        cells = picture[:bins, first:last]
        look = {"cmap": "magma"} if name == "Mixture" else {"cmap": white, "vmin": 0, "vmax": 1}
        axis.imshow(cells, origin="lower", aspect="auto", extent=extent, **look)
        axis.set(title=name, xlabel="Time (s)", xticks=np.arange(np.ceil(start * 2) / 2, end, 0.5))
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
    colours: Sequence[str] | str = plots.OURS,
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


def rung_look(name: str) -> dict[str, str]:
    """Colours of a rung: grey what needs no network, black the talk's network, violet ours.

    The ideals, which were told the answer, are outlines.
    """
    if "ideal" in name or "true" in name or "truth" in name:
        return {"facecolor": "none", "edgecolor": plots.INK}
    if "U-Net" in name:
        return {"facecolor": plots.OURS, "edgecolor": plots.OURS}
    if "talk" in name:
        return {"facecolor": plots.TALK, "edgecolor": plots.TALK}
    return {"facecolor": plots.BASELINE, "edgecolor": plots.BASELINE}


def ladder(rungs: Mapping[str, float], label: str, size: tuple[float, float] = WIDE) -> Figure:
    """Bars from the lowest to the highest rung, silence among them.

    Parameters
    ----------
    rungs : mapping of str to float
        SDR in decibels by method; silence has 0 and is added.
    label : str
        Quantity and unit.
    size : tuple of float
    """
    values = dict(sorted({"silence": 0.0, **rungs}.items(), key=lambda rung: rung[1]))
    text = "The ladder, lowest first: " + ", ".join(f"{n} {v:.1f} dB" for n, v in values.items())
    figure = bars(values, label, text + ".", size=size)
    for bar, name in zip(figure.axes[0].patches, values, strict=True):
        bar.set(**rung_look(name), linewidth=2.5)
    return figure


def ladders(
    rungs: Mapping[str, Mapping[str, float]], label: str, size: tuple[float, float] = WIDE
) -> Figure:
    """A ladder for each source in a row of its own: points between silence and ideal.

    Parameters
    ----------
    rungs : mapping of str to mapping of str to float
        SDR in decibels by method, by source.
    label : str
    size : tuple of float
    """
    figure, axes = plt.subplots(figsize=size)
    names = list(dict.fromkeys(name for values in rungs.values() for name in values))
    for row, values in enumerate(rungs.values()):
        axes.plot([min(values.values()), max(values.values())], [row, row], color="#777777", lw=1.5)
        ordered = sorted(values.items(), key=lambda rung: rung[1])
        for number, (name, value) in enumerate(ordered):
            look = rung_look(name) | {"zorder": 3, "s": 260, "linewidth": 2.5}
            if look["facecolor"] == "none":
                look["facecolor"] = PAPER
            axes.scatter(value, row, marker=MARKERS[names.index(name)], **look)
            place = {"ha": "center", "va": "center", "fontsize": 15}
            height = row + (-0.3 if number % 2 else 0.32)
            axes.text(value, height, f"{value:.1f}".replace("-", "−"), **place)
    for name in names:
        look = rung_look(name) | {"s": 200, "linewidth": 2.5, "marker": MARKERS[names.index(name)]}
        axes.scatter([], [], label=name, **look)
    axes.axvline(0, color="#333333", linewidth=1.2, zorder=0)
    axes.text(0.08, -0.52, "silence", va="center", fontsize=15, color="#555555")
    axes.set(yticks=range(len(rungs)), yticklabels=list(rungs), xlabel=label)
    axes.set_ylim(len(rungs) - 0.4, -0.65)
    axes.tick_params(axis="y", length=0, labelsize=18)
    axes.spines["left"].set_visible(False)
    place = {"loc": "lower center", "bbox_to_anchor": (0.45, 1.0), "columnspacing": 1.0}
    axes.legend(ncols=len(names), handletextpad=0.2, **place)
    words = "; ".join(
        f"{source}: " + ", ".join(f"{name} {value:.1f} dB" for name, value in values.items())
        for source, values in rungs.items()
    )
    return plots.describe(figure, f"Points on a line for each source. {words}.")


MARKERS = "osD^vP*X"
"""A shape for each rung, so that none is told by its colour alone."""


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
    fallback = [plots.OURS, plots.INK, plots.BASELINE]
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
    step = 0.075 * (high - low) * WIDE[1] / axes.figure.get_figheight()
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


def way(
    mixture: np.ndarray, voice: np.ndarray, estimate: np.ndarray, words: Sequence[str]
) -> Figure:
    """The five parts of the course as small pictures, with words below each.

    Parameters
    ----------
    mixture, voice, estimate : np.ndarray [each shape=(samples,)]
        A song, the true vocals, and what a network made of them.
    words : sequence of 5 str
    """
    stft = STFT()
    spectrum = stft.forward(mixture)
    ones = binary_mask(np.abs(stft.forward(voice)), np.abs(spectrum))
    ideal = stft.inverse(apply_mask(ones, spectrum), len(voice))
    rows = json.loads((SLIDES / "overfit.json").read_text(encoding="utf-8"))
    figure, (hear, see, cut, learn, measure) = plt.subplots(1, 5, figsize=(11.7, 3.0))
    envelope(hear, mixture, stft.sample_rate, COLOURS["mixture"])
    plots.spectrogram(np.abs(spectrum), None, "", see, colourbar=False)
    plots.mask(ones, None, "", cut, colourbar=False)
    learn.plot([row["train_loss"] for row in rows[str(rows["few"])]], color=plots.OURS)
    values = [sdr(voice, audio) for audio in (mixture, estimate, ideal)]
    drawn = measure.bar(range(3), values, color=[plots.BASELINE, plots.OURS, "none"])
    drawn[2].set(edgecolor=plots.INK, linewidth=2.5)
    measure.axhline(0, color="#333333", linewidth=1.2)
    for axes, name, below in zip(figure.axes, PARTS, words, strict=True):
        axes.set(title=name, xlabel=below, ylabel="", xticks=[], yticks=[])
    for axes in (see, cut):
        axes.set_ylim(0, 6)
    return plots.describe(
        figure,
        "Five small pictures: a waveform, its spectrogram, a mask, a loss that falls, and bars "
        "of the mixture, an estimate and the ideal.",
    )


def banner(values: np.ndarray, top: float = 6.0) -> Figure:
    """A strip of spectrogram over the whole slide, without axes, for a title."""
    figure = plt.figure(figsize=(11.76, 2.6), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    plots.spectrogram(values, None, "", axes, colourbar=False)
    axes.set_ylim(0, top)
    axes.axis("off")
    return plots.describe(figure, "A strip of a song's spectrogram, as decoration.")
