"""What the overview draws, plays and quotes. The talk's own figures come from `TALK`."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np

from sepedu import apply_mask, average_mask, binary_mask, open_dataset, predict_mask, separate
from sepedu.evaluation import sdr
from sepedu.plots import BASELINE, INK, OURS, SOURCE_COLOURS, describe, spectrogram
from sepedu.stft import CONTEXT
from sepedu.windows import as_table, make_example
from tools.slides import drawings, panels
from tools.slides.material import (
    MIDDLE,  # noqa: F401 (a slide says it)
    magnitude,
    measured,
    middle_song,
    network,
    results,
    song,
    stft,
    told,
    training_songs,
)
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)
from tools.slides.talk import TALK

RATE = stft.sample_rate
ORDER = ("vocals", "drums", "bass", "other")
THRESHOLD = 0.5
START, END = 1.0, 8.0
TOP = 6
"""Highest frequency in the deck's pictures, in kilohertz."""
HALF, WHOLE = (5.7, 4.7), (11.7, 4.7)
FRAME = 300
SPLIT = 250
"""Hertz: where the lowest octaves of the bass end."""
EXCERPT_SECONDS, EXCERPTS = 7, 94


def title():
    """The song that is played: not picked by hand, see `middle_song`."""
    return middle_song(START, END)


def song_told():
    return told(title(), START, END)


@lru_cache
def part():
    return song(title()).between(START, END)


@lru_cache
def spectrum():
    return stft.forward(part().mixture)


def mixture():
    return np.abs(spectrum())


@lru_cache
def source(name):
    return magnitude(part().sources[name])


@lru_cache
def true_mask(name):
    return binary_mask(source(name), mixture(), THRESHOLD)


def estimate(mask):
    return stft.inverse(apply_mask(mask, spectrum()), part().mixture.shape[-1])


@lru_cache
def soft_mask(name):
    """What the talk's network says, in [0, 1]."""
    return predict_mask(network(name), mixture())


@lru_cache
def by_talk(name, binary=True):
    """The estimate of the talk's network."""
    mask = soft_mask(name)
    return estimate(mask > 0.5 if binary else mask)


@lru_cache
def by_default():
    """What `sepedu.separate` gives if nothing else is asked for: the U-Net's soft masks."""
    return separate(part().mixture, RATE)


def ideal(name):
    return estimate(true_mask(name))


def reaches(name, audio):
    return sdr(part().sources[name], audio)


def lines(rows, head, right=(2,), tight=True):
    """A table; `right` are the columns of numbers."""
    padding = "padding-top:3px;padding-bottom:3px;" if tight else ""

    def cells(kind, row):
        sides = ["text-align:right" if n in right else "" for n in range(len(row))]
        return "".join(
            f'<{kind} style="white-space:nowrap;{padding}{side}">{words}</{kind}>'
            for words, side in zip(row, sides, strict=True)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<table class="layers"><tr>{cells("th", head)}</tr>{body}</table>'


# The problem


def stems():
    return panels.spectra(
        {name: source(name) for name in ORDER},
        "Spectrograms of the four stems: vocals wavy stacks, drums vertical lines, bass at the "
        "bottom, other dense horizontal lines.",
        columns=4,
        size=(11.7, 3.6),
        top=TOP,
        bar=False,
    )


def uses():
    """Who asks for which of the four."""
    figure, axes = plt.subplots(figsize=HALF)
    heights = dict(zip(ORDER, (3, 2, 1, 0), strict=True))
    look = {"va": "center", "color": drawings.PAPER, "fontsize": 19, "ha": "center"}
    box = {"boxstyle": "round,pad=0.5", "edgecolor": "none"}
    axes.text(0, 1.5, "song", bbox={**box, "facecolor": SOURCE_COLOURS["mixture"]}, **look)
    for name, height in heights.items():
        axes.annotate("", (2.2, height), (0.6, 1.5), arrowprops=drawings.ARROW)
        axes.text(3, height, name, bbox={**box, "facecolor": SOURCE_COLOURS[name]}, **look)
    axes.set(xlim=(-0.7, 3.9), ylim=(-0.6, 3.6))
    axes.axis("off")
    return describe(figure, "A song and four arrows, to vocals, drums, bass and other.")


# Methods


def one_picture():
    return panels.spectra(
        {"": mixture()}, "The spectrogram of the song.", columns=1, size=HALF, top=TOP
    )


def patterns():
    """A hit, a held tone and a gliding voice, close up."""
    frames = 60
    shown = {}
    for title, name in (("a hit", "drums"), ("held tones", "other"), ("a voice", "vocals")):
        level = source(name)[:280]
        energy = np.convolve((level**2).sum(0), np.ones(frames), "valid")
        start = int(np.argmax(energy))
        shown[title] = level[:, start : start + frames]
    figure, axes = plt.subplots(1, 3, figsize=HALF, sharey=True)
    for one, (title, level) in zip(axes, shown.items(), strict=True):
        spectrogram(level, None, title, one, colourbar=False)
        one.set(ylim=(0, TOP), xlabel="Time (s)", xticks=[0, 0.5])
        one.label_outer()
    return describe(
        figure,
        "Three close-ups of spectrograms: a drum hit is a vertical line, held tones are "
        "horizontal lines, a voice is a stack of wavy lines.",
    )


def mask_of_voice():
    ones = true_mask("vocals")
    return panels.masks(
        {f"vocals, T = {THRESHOLD}: {100 * ones.mean():.0f} % ones": ones},
        "The binary mask of the voice: dark ribbons along its harmonics.",
        columns=1,
        size=HALF,
        top=TOP,
    )


@lru_cache
def others_masks():
    return [make_example(one, "vocals", THRESHOLD).target for one in training_songs()]


def beforehand():
    ones = true_mask("vocals")
    late = np.roll(ones, round(0.25 * stft.frames_per_second), axis=1)
    average = np.broadcast_to(average_mask(others_masks()), ones.shape)
    values = {
        "its own mask, ideal": ones,
        "its own, 0.25 s late": late,
        "another song's": np.resize(others_masks()[0], ones.shape),
        f"average of {len(others_masks())} songs": average,
    }
    figure = panels.bars(
        {
            "no mask": reaches("vocals", part().mixture),
            **{name: reaches("vocals", estimate(mask)) for name, mask in values.items()},
        },
        "SDR of the vocals (dB)",
        "Bars of SDR: the song's own ideal mask is far above a late one, another song's, and an "
        "average of other songs.",
        colours=[BASELINE, INK, BASELINE, BASELINE, BASELINE],
        size=HALF,
    )
    figure.axes[0].set_xlim(-7, 12.5)
    figure.axes[0].patches[1].set(facecolor="none", edgecolor=INK, linewidth=2.5)
    return figure


def fields():
    return drawings.fields(mixture()[:, FRAME : FRAME + CONTEXT], HALF)


# Development


class Frames:
    """One row of the talk's table, turned on its side: a line for each column."""

    def __init__(self, frame):
        self.row = as_table(part(), [frame], THRESHOLD).loc[frame]

    def _repr_html_(self):
        holds = {"SPEC_FRAME": "the window", "SPEC": "middle frame", "MASK": "its binary mask"}
        rows = []
        for name, values in self.row.items():
            kind = next(words for end, words in holds.items() if name.endswith(end))
            few = values[:3] if values.ndim == 1 else values[0, :3]
            form = "d" if values.dtype == bool else ".2f"
            shown = ", ".join(format(value, form) for value in few)
            size = " × ".join(map(str, values.shape))
            rows.append((f"<code>{name}</code>", kind, size, f"{shown}, …"))
        return lines(rows, ("column", "holds", "size", "begins with"), ())


def two_problems():
    few = slice(150, 400)
    return drawings.two_problems(
        {
            "mixture": mixture()[:, few],
            "source": source("vocals")[:, few],
            "mask": true_mask("vocals")[:, few],
        },
        TOP,
        (11.7, 4.1),
    )


def moving_window():
    return drawings.moving_window(mixture(), true_mask("vocals"), FRAME, WHOLE)


class Layers:
    """The talk's layers in two halves beside each other, with shapes and parameters."""

    def _repr_html_(self):
        counts, sizes = iter(TALK.parameters), [(TALK.bins, TALK.columns), *TALK.pooled]
        rows = []
        for number, filters in enumerate(TALK.filters):
            size = " × ".join(map(str, (filters, *sizes[number // 2])))
            rows.append((f"Conv2d, {filters} filters", size, f"{next(counts):,}"))
            rows.append(("LeakyReLU", size, "0"))
            if number % 2:
                size = " × ".join(map(str, (filters, *sizes[number // 2 + 1])))
                rows += [(f"MaxPool2d, {TALK.pooling}", size, "0"), ("Dropout", size, "0")]
        rows.append(("Flatten", f"{TALK.flat:,}", "0"))
        rows.append(("Linear", f"{TALK.hidden}", f"{next(counts):,}"))
        rows += [(name, f"{TALK.hidden}", "0") for name in ("LeakyReLU", "Dropout")]
        rows.append(("Linear", f"{TALK.bins}", f"{next(counts):,}"))
        rows.append(("Sigmoid", f"{TALK.bins}", "0"))
        rows.append(("<b>in all</b>", "", f"<b>{TALK.total:,}</b>"))
        half = -(-len(rows) // 2)
        head = ("layer", "out", "parameters")
        parts = [lines(rows[:half], head), lines(rows[half:], head)]
        return f'<div style="display:flex;gap:44px">{"".join(parts)}</div>'


# Results


def predicted(name):
    return panels.masks(
        {"predicted by the talk's network, soft": soft_mask(name), "true": true_mask(name)},
        f"Two masks of {name}, the network's above, shaded where it is in doubt, the true one "
        "below.",
        columns=1,
        size=HALF,
        top=TOP,
    )


def _band(name, low, high):
    """What the talk's network says, and the truth, between two frequencies in hertz."""
    inside = (stft.frequencies >= low) & (stft.frequencies < high)
    return soft_mask(name)[inside] > 0.5, true_mask(name)[inside]


def right(name, low=0, high=RATE):
    """Share of its ones that are ones in truth: precision."""
    said, true = _band(name, low, high)
    return (said & true).sum() / said.sum()


def found(name, low=0, high=RATE):
    """Share of the true ones that it finds: recall."""
    said, true = _band(name, low, high)
    return (said & true).sum() / true.sum()


def says(name):
    """Share of ones that it says."""
    return _band(name, 0, RATE)[0].mean()


class Beside:
    """A source's figures: the talk's, and ours beside them where they were measured."""

    def __init__(self, name):
        self.name = name

    def _repr_html_(self):
        rows = []
        for subset, words in (("train", "training"), ("valid", "validation")):
            row = [words]
            for column in ("accuracy", "mse"):
                row.append(f"{TALK.result(self.name, column, subset):.3f}")
                shown = results() is not None
                ours = measured(self.name, "network, soft", column, subset) if shown else None
                row.append(f"{ours:.3f}" if shown else "–")
            rows.append(row)
        head = ("", "talk", "ours", "talk", "ours")
        above = "<tr><th></th><th colspan=2{0}>accuracy</th><th colspan=2{0}>MSE</th></tr>"
        above = above.format(' style="text-align:center"')
        return lines(rows, head, (1, 2, 3, 4)).replace("<tr>", f"{above}<tr>", 1)


def _count(subset):
    """Songs of a part of the published results, which must be of MUSDB18's excerpts."""
    rows = results().query("part == @subset and method == 'network, binary'")
    (songs,), (name,) = set(rows.songs), set(rows.data)
    assert name == f"MUSDB18 excerpts of {EXCERPT_SECONDS} s", name
    return songs


def check_excerpts():
    """The data of the published results on validation songs."""
    return (
        f"{_count('valid')} validation songs of MUSDB18, {EXCERPT_SECONDS} s each, T = {THRESHOLD}"
    )


def check_songs():
    """The data of the published results on training and validation songs."""
    if results() is None:
        return "the talk's"
    songs = f"{_count('train')} training, {_count('valid')} validation songs of MUSDB18"
    return f"{songs}, {EXCERPT_SECONDS} s each"


def beside_guessing():
    rows = (
        ("always the commoner answer", BASELINE, [measured(s, "majority class") for s in ORDER]),
        ("the talk", drawings.TEXT, [TALK.result(s, "accuracy", "valid") for s in ORDER]),
        ("its network, trained by us", OURS, [measured(s, "network, binary") for s in ORDER]),
    )
    figure, axes = plt.subplots(figsize=WHOLE)
    wide, place = 0.28, np.arange(len(ORDER))
    for n, (name, colour, values) in enumerate(rows):
        bars = axes.bar(place + (n - 1) * wide, values, wide * 0.92, color=colour, label=name)
        axes.bar_label(bars, fmt="%.3f", padding=4, fontsize=15)
    axes.set(xticks=place, xticklabels=ORDER, ylabel="accuracy, validation", ylim=(0, 1.05))
    axes.tick_params(axis="x", length=0, labelsize=18)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    return describe(
        figure,
        "Bars of validation accuracy by source: the commoner answer, the talk, and our training "
        "of the talk's network. For bass all three nearly agree.",
    )


def ladder():
    """SDR of the vocals: this song, and the median of the validation songs."""
    rungs = {
        "mixture": ("mixture", part().mixture),
        "talk's, binary": ("network, binary", by_talk("vocals")),
        "talk's, soft": ("network, soft", by_talk("vocals", binary=False)),
        "U-Net, soft": ("U-Net, soft", by_default()["vocals"]),
        "ideal, binary": ("ideal binary mask", ideal("vocals")),
    }
    rows = {"this song": {name: reaches("vocals", audio) for name, (_, audio) in rungs.items()}}
    if results() is not None:
        rows["median"] = {
            name: measured("vocals", method, "sdr") for name, (method, _) in rungs.items()
        }
    return panels.ladders(rows, "SDR of the vocals (dB)", (11.7, 3.6))


def count():
    return len(open_dataset()) + len(open_dataset(subset="test"))
