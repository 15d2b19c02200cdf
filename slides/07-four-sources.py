"""What the deck of lesson 07 draws, plays and quotes."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np

from sepedu import apply_mask, average_mask, binary_mask, predict_mask
from sepedu.evaluation import talk_results
from sepedu.model import MaskCNN
from sepedu.plots import describe
from sepedu.songs import SOURCES
from tools.slides import panels
from tools.slides.material import magnitude, measured, network, song, stft, training_songs
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
part = song("Pop - Morning Train").between(1.0, 8.0)
spectrum = stft.forward(part.mixture)
mixture = np.abs(spectrum)
true = {name: binary_mask(magnitude(part.sources[name]), mixture, 0.5) for name in SOURCES}
parameters = sum(p.numel() for p in MaskCNN().parameters())
ORDER = ("vocals", "drums", "bass", "other")


class Table:
    """A table of numbers, right-aligned."""

    def __init__(self, rows):
        self.head, *self.rows = rows

    def _repr_html_(self):
        def line(cells, tag):
            first, *rest = cells
            return (
                f"<tr><th scope=row>{first}</th>"
                + "".join(f'<{tag} style="text-align:right">{cell}</{tag}>' for cell in rest)
                + "</tr>"
            )

        body = "".join(line(row, "td") for row in self.rows)
        return f"<table>{line(self.head, 'th')}{body}</table>"


_talk = talk_results()


def talk_accuracy(source, part="valid"):
    return float(_talk.loc[(source, part), "accuracy"])


talk = [("", "accuracy, training", "accuracy, validation", "MSE, training", "MSE, validation")] + [
    (
        source,
        f"{talk_accuracy(source, 'train'):.3f}",
        f"{talk_accuracy(source):.3f}",
        f"{_talk.loc[(source, 'train'), 'mse']:.3f}",
        f"{_talk.loc[(source, 'valid'), 'mse']:.3f}",
    )
    for source in ORDER
]

_songs = training_songs()
_whole = [magnitude(one.mixture) for one in _songs]
_stems = {s: [magnitude(one.sources[s]) for one in _songs] for s in SOURCES}


def _share(source, threshold):
    passed = [binary_mask(s, m, threshold) for s, m in zip(_stems[source], _whole, strict=True)]
    return sum(int(p.sum()) for p in passed) / sum(p.size for p in passed)


_places = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
_shares = {s: [_share(s, t) for t in _places] for s in SOURCES}
ones = {s: _shares[s][_places.index(0.5)] for s in SOURCES}
guessing = panels.curves(
    {s: (_places, [100 * max(v, 1 - v) for v in _shares[s]]) for s in SOURCES},
    "Threshold T",
    "Accuracy of guessing (%)",
    "Accuracy of the best constant answer against the threshold: bass is always high, the others "
    "dip towards 50 percent and rise with T.",
)
_average = {
    s: average_mask([binary_mask(a, b, 0.5) for a, b in zip(_stems[s], _whole, strict=True)])
    for s in SOURCES
}


homes = panels.curves(
    {s: (stft.frequencies[1:] / 1000, 100 * panels.smooth(_average[s][:, 0])) for s in SOURCES},
    "Frequency (kHz)",
    "Frames in which it passes (%)",
    "Share of ones over frequency: bass only at the bottom, vocals and other in the middle, drums "
    "at the top.",
    log=True,
)
shapes = panels.masks(
    {name: true[name] for name in ORDER},
    "The four true masks of a song: vocals ribbons, drums vertical stripes, bass a thin line at "
    "the bottom, other scattered.",
    top=6,
)


@lru_cache
def soft_mask(source):
    return predict_mask(network(source), mixture)


@lru_cache
def estimates():
    return {
        source: stft.inverse(apply_mask(soft_mask(source), spectrum), len(part.mixture))
        for source in ORDER
    }


def estimate_pictures():
    return panels.spectra(
        {name: magnitude(sound) for name, sound in estimates().items()},
        "Spectrograms of the four estimates.",
        columns=4,
        size=(11.7, 3.6),
        top=6,
        bar=False,
    )


@lru_cache
def _measured():
    """Predictions and true masks of two test songs, by source."""
    found = {source: [] for source in SOURCES}
    for name in ("Pop - Morning Train", "Funk - Hot Pavement"):
        one = song(name)
        seen = magnitude(one.mixture)
        for source in SOURCES:
            truth = binary_mask(magnitude(one.sources[source]), seen, 0.5)
            found[source].append((predict_mask(network(source), seen) > 0.5, truth))
    return {
        s: tuple(np.concatenate(x, axis=1) for x in zip(*v, strict=True)) for s, v in found.items()
    }


def two_kinds():
    figure, axes = plt.subplots(figsize=panels.WIDE)
    place = np.arange(len(ORDER))
    scores = {"precision": [], "recall": []}
    for source in ORDER:
        said, truth = _measured()[source]
        hits = float((said & truth).sum())
        scores["precision"].append(hits / max(1, said.sum()))
        scores["recall"].append(hits / max(1, truth.sum()))
    for offset, (name, colour) in zip(
        (-0.2, 0.2), (("precision", "#0072b2"), ("recall", "#d55e00")), strict=True
    ):
        bars = axes.barh(place + offset, scores[name], 0.38, color=colour, label=name)
        axes.bar_label(bars, fmt="%.2f", padding=6)
    axes.set(yticks=place, yticklabels=ORDER, xlim=(0, 1.12), xlabel="Precision and recall")
    axes.invert_yaxis()
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return describe(figure, "Bars of precision and recall for the four networks.")


def by_frequency():
    lines = {}
    for source in ORDER:
        said, truth = _measured()[source]
        right = (said == truth).mean(1)
        share = truth.mean(1)
        lines[source] = (
            stft.frequencies[1:] / 1000,
            100 * panels.smooth(right - np.maximum(share, 1 - share)),
        )
    figure = panels.curves(
        lines,
        "Frequency (kHz)",
        "Accuracy above guessing (points)",
        "Accuracy above the best constant answer over frequency, for the four networks.",
        log=True,
    )
    figure.axes[0].axhline(0, color="#555555", linewidth=1.2)
    return figure


def totals():
    total = sum(soft_mask(source) for source in ORDER)
    figure, axes = plt.subplots(figsize=(11.7, 3.6))
    axes.hist(
        total.ravel(),
        np.linspace(0, 2.5, 51),
        color="#0072b2",
        weights=np.full(total.size, 100 / total.size),
    )
    axes.axvline(1, color="#d55e00", linestyle="--")
    axes.set(xlabel="Sum of the four masks in a cell", ylabel="Cells (%)", xlim=(0, 2.5))
    return describe(
        figure, f"Histogram of the sum of the four masks: a hill around {np.median(total):.1f}."
    )


def beside():
    rows = [("", "talk", "ours", "majority class", "gain")]
    for source in ORDER:
        ours = measured(source, "network, binary")
        guess = measured(source, "majority class")
        rows.append(
            (
                source,
                f"{talk_accuracy(source):.3f}",
                f"{ours:.3f}",
                f"{guess:.3f}",
                f"{ours - guess:+.3f}".replace("-", "−"),
            )
        )
    return rows


def in_decibels():
    figure, axes = plt.subplots(figsize=panels.WIDE)
    methods = ("mixture", "network, soft", "ideal ratio mask")
    place = np.arange(len(ORDER))
    for offset, method, colour in zip(
        (-0.27, 0, 0.27), methods, ("#555555", "#0072b2", "#009e73"), strict=True
    ):
        values = [measured(source, method, "sdr") for source in ORDER]
        bars = axes.barh(place + offset, values, 0.26, color=colour, label=method)
        axes.bar_label(bars, [f"{v:.1f}".replace("-", "−") for v in values], padding=5, fontsize=15)
    axes.set(yticks=place, yticklabels=ORDER, xlabel="Median SDR, validation songs (dB)")
    axes.margins(x=0.13)
    axes.invert_yaxis()
    axes.axvline(0, color="#333333", linewidth=1.2)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return describe(figure, "Bars of median SDR by source: mixture, network, ideal ratio mask.")
