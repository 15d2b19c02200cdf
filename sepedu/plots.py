"""Every figure of the course: labelled axes, colours for every eye, a description in words."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch, Rectangle
from PIL import Image

from .errors import SepeduError
from .stft import CONTEXT, STFT

if TYPE_CHECKING:  # widgets draw without loading the network
    from .model import MaskCNN

# Colours

SOURCE_COLOURS = {
    "mixture": "#555555",
    "drums": "#D55E00",
    "bass": "#0072B2",
    "other": "#009E73",
    "vocals": "#CC79A7",
}
"""Four hues that always mean the four sources (Okabe and Ito, 2008), and grey for their mixture."""
BASELINE = "#888888"
"""What anybody reaches without a network: silence, the mixture, the majority class."""
TALK = "#000000"
"""Figures of the talk."""
OURS = "#6F3FC4"
"""The one accent: what this course's network, mask or setting does."""
INK = "#1B2A41"
"""What a mask lets pass, and the ideal that nothing exceeds."""
INK_ON_WHITE = LinearSegmentedColormap.from_list("ink_on_white", ["#FFFFFF", INK])
"""Colours of a mask from 0 to 1."""
AGREEMENT_COLOURS = {
    "right, no": "#F0F0F0",
    "hit": INK,
    "miss": "#E69F00",
    "false alarm": "#A46CD8",
}
"""Colours of a predicted mask's bins by what it said of them; they differ in lightness, too."""

plt.rcParams.update({"figure.constrained_layout.use": True, "legend.fontsize": "small"})

# Words


def describe(figure: Figure, text: str) -> Figure:
    """Give a figure its description in words, for readers who cannot see it.

    In notebooks and exported pages the text is the alternative text of the picture.
    """
    figure.set_label(text)

    def bundle(include: object = None, exclude: object = None) -> tuple[dict, dict]:
        # Notebooks show image/png without its `alt`; text/html, which they prefer, keeps it.
        picture = png(figure)
        data = {"text/html": image(picture, text), "image/png": picture, "text/plain": text}
        return data, {"image/png": {"alt": text}}

    figure._repr_mimebundle_ = bundle
    return figure


def png(figure: Figure) -> str:
    """Draw a figure as PNG in base64, small enough for a notebook that is kept in git."""
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100)
    # 128 colours make it a third of the size; this way of choosing them keeps thin lines.
    few = Image.open(drawn).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE, dither=0)
    few.save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def image(picture: str, text: str) -> str:
    """An element of a page: a PNG in base64, with its description as alternative text."""
    width = Image.open(io.BytesIO(base64.b64decode(picture))).width
    return (
        f'<img src="data:image/png;base64,{picture}" alt="{html.escape(text)}" width="{width}" '
        'style="max-width:100%;height:auto">'
    )


# Sound


FLOOR = -80.0
"""Decibels below the loudest bin where the colours of a spectrogram end."""


def decibels(magnitude: np.ndarray, reference: float | None = None) -> np.ndarray:
    r"""Magnitudes in decibels, :math:`20 \log_{10}(|X| / \text{reference})`, at least -80.

    Parameters
    ----------
    magnitude : np.ndarray, real, >= 0
    reference : float, optional
        What counts as 0 dB. By default the largest magnitude.

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
    colour: str = SOURCE_COLOURS["mixture"],
) -> Axes:
    """Draw samples over time [shape=(samples,)].

    Lesson: 00
    """
    axes = axes or plt.subplots(figsize=(8, 2))[1]
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
    look = {"cmap": "magma", "vmin": FLOOR, "vmax": 0}
    picture = _picture(decibels(_checked(magnitude), reference), stft, title, axes, **look)
    if colourbar:
        picture.figure.colorbar(picture, ax=picture.axes, label="Level (dB)")
    return picture.axes


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
    count = len(magnitudes)
    layout = {"figsize": (8, 1.9 * count), "sharex": True, "sharey": True, "squeeze": False}
    figure, rows = plt.subplots(count, 1, **layout)
    loudest = max(float(magnitude.max(initial=0.0)) for magnitude in magnitudes.values())
    for axes, (name, magnitude) in zip(rows[:, 0], magnitudes.items(), strict=True):
        spectrogram(magnitude, stft, name, axes, loudest, colourbar=False)
        axes.label_outer()
    figure.colorbar(rows[0, 0].images[0], ax=rows[:, 0], label="Level (dB)")
    figure.suptitle(title)
    names = ", ".join(magnitudes)
    return describe(figure, f"Spectrograms one above the other: {names}. {title}".strip())


# Masks


def mask(
    values: np.ndarray,
    stft: STFT | None = None,
    title: str = "",
    axes: Axes | None = None,
    colourbar: bool = True,
) -> Axes:
    """Draw a binary or a soft mask in ink on white: white is 0, dark is 1.

    Lesson: 02
    """
    look = {"cmap": INK_ON_WHITE, "vmin": 0, "vmax": 1}
    picture = _picture(np.asarray(_checked(values), np.float32), stft, title, axes, **look)
    if colourbar:
        picture.figure.colorbar(picture, ax=picture.axes, label="Mask")
    return picture.axes


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
    predicted = np.asarray(prediction) > 0.5
    kinds = np.where(target, np.where(predicted, 1, 2), np.where(predicted, 3, 0))
    colours = ListedColormap(list(AGREEMENT_COLOURS.values()))
    axes = _picture(kinds, stft, "", axes, cmap=colours, vmin=-0.5, vmax=3.5).axes
    key = [Patch(facecolor=c, edgecolor="#767676", label=k) for k, c in AGREEMENT_COLOURS.items()]
    # Between the title and the picture, where the key hides no bin.
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "borderpad": 0.1}
    axes.legend(handles=key, ncols=4, columnspacing=1.0, handlelength=1.2, frameon=False, **place)
    axes.set_title(title, pad=20)
    return axes


def _checked(values: np.ndarray) -> np.ndarray:
    """Values that make a picture over time and frequency, or SepeduError."""
    if np.ndim(values) != 2 or np.iscomplexobj(values):
        raise SepeduError(
            f"Shape {np.shape(values)} and type {np.asarray(values).dtype} make no picture",
            "Give real values of shape (bins, frames): abs(spectrum) of one channel",
        )
    return values


def _picture(
    values: np.ndarray, stft: STFT | None, title: str, axes: Axes | None, **look: object
) -> AxesImage:
    """An image over time and frequency, each cell around its frame's and its bin's centre."""
    stft = stft or STFT()
    axes = axes or plt.subplots(figsize=(8, 3))[1]
    bins, frames = values.shape
    step, width = stft.hop_length / stft.sample_rate, stft.sample_rate / stft.n_fft / 1000
    extent = (-step / 2, (frames - 0.5) * step, -width / 2, (bins - 0.5) * width)
    axes.set(xlabel="Time (s)", ylabel="Frequency (kHz)", title=title)
    look |= {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
    return axes.imshow(values, extent=extent, **look)


# Networks


def history(rows: Sequence[Mapping[str, float]], majority: float | None = None) -> Figure:
    """Draw the curves of a training run: loss on the left, accuracy on the right.

    Parameters
    ----------
    rows : sequence of mappings
        `History.rows`.
    majority : float, optional
        Accuracy of the majority class on the validation songs.

    Lesson: 05
    """
    if not rows:
        raise SepeduError("There are no epochs to draw", "Train for at least one first")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    epochs = [row["epoch"] for row in rows]
    for axes, kind in ((left, "loss"), (right, "accuracy")):
        for part, label, style in (("train", "training", "--"), ("valid", "validation", "-")):
            values = [row[f"{part}_{kind}"] for row in rows]
            axes.plot(epochs, values, style, color=OURS, marker=".", label=label)
        axes.set(xlabel="Epoch", ylabel=kind.capitalize())
        axes.xaxis.get_major_locator().set_params(integer=True)
    if majority is not None:
        right.axhline(majority, color=BASELINE, linestyle=":", label="majority class (validation)")
    left.legend()
    right.legend()
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
    across = min(len(sources), 2)
    down = math.ceil(len(sources) / across)
    size = (3 + 2.6 * across, 3.2 * down)
    figure, grid = plt.subplots(down, across, figsize=size, sharey=True, squeeze=False)
    for axes in grid.flat[len(sources) :]:
        axes.set_axis_off()
    for axes, source in zip(grid.flat, sources, strict=False):
        values = summary.loc[source, column].iloc[::-1]
        bars = axes.barh(values.index, values, color=SOURCE_COLOURS.get(source, OURS))
        axes.bar_label(bars, fmt="%.2f", fontsize="x-small", padding=2)
        axes.axvline(0, color="#333333", linewidth=0.8)
        axes.margins(x=0.2)
        axes.set(xlabel=label, title=source)
    return describe(figure, f"Bars of {label} by method, for {', '.join(sources)}.")


COLUMNS = {
    "shared by all windows": ("#E4E4E4", ""),
    "the window's own": ("#C3AEEA", "//"),
    "dropped by the next pooling": ("#FFFFFF", ".."),
}
"""What a column may be, its colour and its hatching."""


def shared_columns(layers: Sequence[tuple[str, int, Collection[int]]]) -> Figure:
    """Draw for each layer which columns all windows share, and which are a window's own.

    Parameters
    ----------
    layers : sequence of (name, columns, own)
        From the input to the output: a layer's name, how many columns it has, and the numbers of
        those that differ from window to window. A layer called "pool" makes one column of
        three; what does not fill a group of three before it is dropped.

    Lesson: 08
    """
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(layers) + 1.1))
    widest = max(columns for _, columns, _ in layers)
    width, words = 1, []
    for row, (name, columns, own) in enumerate(layers):
        width *= 3 if name == "pool" else 1  # a column stands above the input that it was made of
        pooled = row + 1 < len(layers) and layers[row + 1][0] == "pool"
        used = columns // 3 * 3 if pooled else columns
        for column in range(columns):
            kind = "the window's own" if column in own else "shared by all windows"
            colour, hatch = COLUMNS[kind if column < used else "dropped by the next pooling"]
            look = {"facecolor": colour, "hatch": hatch, "edgecolor": "#555555"}
            axes.add_patch(Rectangle((column * width, -row - 0.4), 0.94 * width, 0.8, **look))
            look = {"ha": "center", "va": "center", "fontsize": 7}
            back = {"facecolor": colour, "linewidth": 0, "pad": 1}
            axes.text((column + 0.47) * width, -row, str(column), bbox=back, **look)
        mine = sorted(column for column in own if column < used)
        words.append(f"{name}: {used - len(mine)} of {columns} columns shared, own {mine}")
    axes.set(xlim=(-0.3, widest + 0.3), ylim=(0.6 - len(layers), 1.3), xticks=[])
    axes.set_yticks([-row for row in range(len(layers))], [name for name, _, _ in layers])
    axes.set_xlabel("Columns of a window of 25 frames (time runs to the right)")
    key = [Patch(fc=c, hatch=hatch, ec="#555555", label=k) for k, (c, hatch) in COLUMNS.items()]
    axes.legend(handles=key, ncols=3, loc="upper left", framealpha=1)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return describe(figure, "Columns of a window, layer by layer. " + ". ".join(words) + ".")


def stages(model: MaskCNN) -> list[tuple[tuple[int, ...], list[str], int]]:
    """The network's stages: the shape of what comes out, its layers, their parameters.

    A stage ends where the shape changes, or where the next convolution begins.
    """
    from .model import summary

    words = {
        "Conv2d": "Conv 3 × 3",
        "MaxPool2d": "MaxPool 3",
        "Linear": "Linear",
        "Flatten": "Flatten",
    }
    found: list[tuple[tuple[int, ...], list[str], int]] = []
    for layer, shape, parameters in summary(model).itertuples(index=False):
        if layer in words:
            found.append((shape, [words[layer]], parameters))
        else:
            found[-1][1].append(layer)
    return found


def network(model: MaskCNN | None = None, size: tuple[float, float] = (11.7, 5.2)) -> Figure:
    """Draw the talk's network from left to right, each layer's output with its shape.

    Height stands for frequency, width for time, each sheet for four channels.

    Lesson: 04
    """
    from .model import MaskCNN

    drawn = stages(model or MaskCNN())
    arrow = {"arrowstyle": "-|>", "color": "#555555", "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    figure, axes = plt.subplots(figsize=size)
    everything = [((1, 513, CONTEXT), ["window"], 0), *drawn]
    edge = -0.35
    for number, (shape, layers, parameters) in enumerate(everything):
        if len(shape) == 3:
            channels, bins, columns = shape
            height, width = 3.3 * np.sqrt(bins / 513), 0.62 * np.sqrt(columns / CONTEXT)
            sheets, text = max(1, channels // 4), f"{channels}\n{bins} × {columns}"
        else:
            height, width, sheets = min(3.3 * np.sqrt(shape[0] / 513), 3.9), 0.16, 1
            text = f"{shape[0]:,}"
        colour = SOURCE_COLOURS["mixture"] if number == 0 else OURS
        colour = INK if number == len(everything) - 1 else colour
        step = 0.03
        left = number * 1.17 - (width + (sheets - 1) * step) / 2
        for sheet in reversed(range(sheets)):
            place = (left + sheet * step, -height / 2 + sheet * step * 1.6)
            axes.add_patch(
                Rectangle(place, width, height, facecolor=colour, edgecolor="white", linewidth=0.8)
            )
        right = left + width + (sheets - 1) * step
        if number:
            axes.annotate("", (left - 0.04, 0), (edge + 0.04, 0), arrowprops=arrow)
        edge = right
        middle = number * 1.17
        axes.text(middle, -2.25, text, ha="center", va="top", fontsize="small")
        axes.text(middle, 2.28, "\n".join(layers), ha="center", va="bottom", fontsize="x-small")
        if parameters:
            place = {"ha": "center", "va": "top", "fontsize": "small", "color": OURS}
            axes.text(middle, -3.15, f"{parameters:,}", weight="bold", **place)
    total = sum(stage[2] for stage in drawn)
    place = {"ha": "left", "va": "top", "fontsize": "small", "color": OURS}
    axes.text(-0.55, -3.62, f"parameters, {total:,} in all", **place)
    axes.set(xlim=(-0.62, 1.17 * len(drawn) + 0.55), ylim=(-4.1, 3.5))
    axes.axis("off")
    shapes = ", ".join(" × ".join(map(str, shape)) for shape, _, _ in everything)
    return describe(
        figure,
        f"The network as blocks from left to right, with their shapes: {shapes}. "
        f"{total:,} parameters in all.",
    )
