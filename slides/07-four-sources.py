"""What the deck of lesson 07 draws, plays and quotes."""

import json
from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np

from sepedu import apply_mask, average_mask, binary_mask, predict_mask, separate
from sepedu.evaluation import results_path, talk_results
from sepedu.model import MaskCNN
from sepedu.plots import BASELINE, OURS, TALK, describe
from sepedu.songs import SOURCES
from sepedu.widgets import PredictedMaskExplorer
from tools.slides import panels
from tools.slides.live import Live
from tools.slides.material import (
    MIDDLE,  # noqa: F401 (a slide says it)
    magnitude,
    measured,
    middle_song,
    network,
    rungs,
    song,
    stft,
    told,
    training_songs,
)
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
TITLE = middle_song(1, 7)
DATA = told(TITLE, 1, 7)
VALIDATION = "MUSDB18 excerpts of 7 s, 14 validation songs"
part = song(TITLE).between(1.0, 7.0)
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

lost = {s: talk_accuracy(s, "train") - talk_accuracy(s) for s in ORDER}
most_lost = max(lost, key=lost.__getitem__)
losses = [("", "training", "validation", "points lost")] + [
    (s, f"{talk_accuracy(s, 'train'):.3f}", f"{talk_accuracy(s):.3f}", f"{100 * lost[s]:.1f}")
    for s in ORDER
]

_songs = training_songs()
_whole = [magnitude(one.mixture) for one in _songs]
_stems = {s: [magnitude(one.sources[s]) for one in _songs] for s in SOURCES}


def ones(source):
    """Share of ones in the true masks of the validation songs."""
    return measured(source, "majority class", "ones")


def _by_threshold():
    details = json.loads(results_path().read_text(encoding="utf-8"))["details"]
    return {s: details[s]["thresholds"] for s in SOURCES}


def bass_around():
    """The two thresholds of the published table between which guessing passes the talk's bass."""
    rows = [(row["threshold"], row["majority"]) for row in _by_threshold()["bass"]]
    above = next(n for n, (_, right) in enumerate(rows) if right > talk_accuracy("bass"))
    return rows[above - 1 : above + 1]


def bass_crossing():
    (low, before), (high, after) = bass_around()
    return low + (high - low) * (talk_accuracy("bass") - before) / (after - before)


def guessing():
    rows = _by_threshold()
    return panels.curves(
        {
            s: ([row["threshold"] for row in rows[s]], [100 * row["majority"] for row in rows[s]])
            for s in SOURCES
        },
        "Threshold T",
        "Accuracy of guessing (%)",
        "Accuracy of the best constant answer against the threshold: bass is always high, the "
        "others dip towards 50 percent and rise with T.",
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
    """Of the talk's four networks with their soft masks, and of `separate` as it is by default."""
    talk = {s: stft.inverse(apply_mask(soft_mask(s), spectrum), len(part.mixture)) for s in ORDER}
    return talk, separate(part.mixture, RATE)


ROWS = ("talk's network", "U-Net", "true stem")


def heard():
    talk, unet = estimates()
    rows = dict(zip(ROWS, (talk, unet, part.sources), strict=True))
    named = {f"{s}, {row}": audio[s] for row, audio in rows.items() for s in ORDER}
    return {"mixture": part.mixture} | named


def truths():
    return {name: part.sources[s] for name in heard() for s in ORDER if name.startswith(s)}


def right_at(source, decision):
    """Share of right cells at a decision threshold, on the seconds of the explorer."""
    frames = stft.frames(4 * RATE)
    return np.mean((soft_mask(source)[:, :frames] > decision) == true[source][:, :frames])


def explorer():
    """What the talk's four networks say, with a decision threshold to turn; four seconds."""
    return Live({s: PredictedMaskExplorer(part, network(s), s, seconds=4.0) for s in ORDER})


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
    place, named = np.arange(len(ORDER)), []
    scores = {"precision": [], "recall": []}
    for source in ORDER:
        said, truth = _measured()[source]
        hits = float((said & truth).sum())
        scores["precision"].append(hits / max(1, said.sum()))
        scores["recall"].append(hits / max(1, truth.sum()))
        named.append(f"{source}\naccuracy {(said == truth).mean():.2f}")
    for offset, (name, colour) in zip(
        (-0.2, 0.2), (("precision", BASELINE), ("recall", OURS)), strict=True
    ):
        bars = axes.barh(place + offset, scores[name], 0.38, color=colour, label=name)
        axes.bar_label(bars, fmt="%.2f", padding=6)
    axes.set(yticks=place, yticklabels=named, xlim=(0, 1.12), xlabel="Precision and recall")
    axes.invert_yaxis()
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return describe(
        figure, "Bars of precision and recall for the four networks, each with its accuracy."
    )


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
        color=TALK,
        weights=np.full(total.size, 100 / total.size),
    )
    axes.axvline(1, color=OURS, linestyle="--")
    axes.text(0.98, axes.get_ylim()[1] * 0.9, "1: the song", ha="right", fontsize=15, color=OURS)
    axes.set(xlabel="Sum of the four masks in a cell", ylabel="Cells (%)", xlim=(0, 2.5))
    return describe(
        figure, f"Histogram of the sum of the four masks: a hill around {np.median(total):.1f}."
    )


def gain(accuracy, majority):
    """Which share of guessing's errors is gone, as in lesson 07."""
    return (accuracy - majority) / (1 - majority)


def beside():
    names = ("the talk", "its network", "U‑Net", "majority m", "gain, network", "gain, U‑Net")
    rows = [("accuracy", *names)]
    for source in ORDER:
        methods = ("network, binary", "U-Net, binary", "majority class")
        network_, unet, guess = (round(measured(source, method), 3) for method in methods)
        gains = [f"{100 * gain(a, guess):.0f} %".replace("-", "−") for a in (network_, unet)]
        talk = f"{talk_accuracy(source):.3f}"
        rows.append((source, talk, f"{network_:.3f}", f"{unet:.3f}", f"{guess:.3f}", *gains))
    return rows


def in_decibels():
    return panels.ladders(rungs(ORDER), "Median SDR (dB)")
