"""What the deck of lesson 03 draws, plays and quotes."""

import html

import matplotlib.pyplot as plt
import numpy as np
import torch

from sepedu import open_dataset
from sepedu.plots import BASELINE, INK, OURS, SOURCE_COLOURS, describe, mask, spectrogram
from sepedu.songs import SOURCES
from sepedu.stft import CONTEXT, HALF_CONTEXT, Features
from sepedu.windows import as_table, make_example
from tools.slides import panels
from tools.slides.material import magnitude, song, stft, told, training_songs
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
DATA = told("Funk - Hot Pavement", 1, 5)
part = song("Funk - Hot Pavement").between(1.0, 5.0)
mixture = magnitude(part.mixture)
example = make_example(part, "vocals")
train = training_songs()
songs = len(open_dataset(split="train"))
magnitudes = [magnitude(one.mixture) for one in train]
examples = sum(m.shape[1] for m in magnitudes)
read_songs = len(train)
minutes = sum(len(one.mixture) for one in train) / RATE / 60
megabytes = sum(m.nbytes for m in magnitudes) / 1e6
features = Features().fit(magnitudes)
silence = float((-features.mean / features.deviation).mean())
FRAME = 200


class Table:
    """A table of arrays that shows their shapes."""

    def __init__(self, table):
        self.table = table.iloc[:3]

    def _repr_html_(self):
        first = self.table.iloc[0]
        rows = "".join(
            f"<tr><td><code>{html.escape(name)}</code></td><td>{WHAT[name.split('_', 1)[1]]}</td>"
            f"<td>{' × '.join(map(str, first[name].shape))}</td></tr>"
            for name in self.table.columns
            if "BASS" not in name and "OTHER" not in name
        )
        head = "<tr><th>column</th><th>what a row holds</th><th>shape</th></tr>"
        note = (
            "The same for BASS and OTHER. <strong>Magnitudes</strong> here; the talk's SPEC values "
        )
        note += "are negative, so they are something else."
        return f"<table class=layers>{head}{rows}</table><p>{note}</p>"


WHAT = {
    "STFT_SPEC_FRAME": "the window around the frame",
    "STFT_SPEC": "the values of the frame",
    "STFT_MASK": "its binary mask",
}


table = as_table(part, [0, 1, 200])


def _one_example():
    figure, (left, right) = plt.subplots(1, 2, figsize=panels.WIDE, width_ratios=(2, 1))
    window = mixture[:, FRAME - HALF_CONTEXT : FRAME + HALF_CONTEXT + 1]
    spectrogram(window, None, "513 × 25 values in", left, colourbar=False)
    step = stft.hop_length / RATE
    left.axvspan(11.5 * step, 12.5 * step, facecolor="none", edgecolor="white", linewidth=3)
    mask(example.target[:, FRAME : FRAME + 1], None, "513 answers out", right, colourbar=False)
    right.set(xticks=[], xlabel="middle frame", ylabel="")
    return describe(
        figure,
        "Left: a window of 25 frames of a spectrogram, its middle frame "
        "marked. Right: the mask of that frame, a column of white and dark cells.",
    )


FIRST = FRAME - HALF_CONTEXT
HEARD = told("Funk - Hot Pavement", round(1 + FIRST * stft.hop_length / RATE, 2), 5)


def heard():
    """The sound of one window, and the song from there on."""
    after = part.mixture[FIRST * stft.hop_length :]
    samples = CONTEXT * stft.hop_length
    gate = np.clip((samples - np.arange(len(after))) / 200, 0, 1)
    return {f"{CONTEXT} frames": after * gate, "the song goes on": after}


def window_in_song():
    figure, axes = plt.subplots(figsize=(11.3, 2.5))
    spectrogram(mixture[:, FIRST:], None, "", axes, colourbar=False)
    width = CONTEXT * stft.hop_length / RATE
    look = {"fill": False, "edgecolor": "white", "linewidth": 4}
    axes.add_patch(plt.Rectangle((0.006, 0.15), width, RATE / 2000 - 0.3, **look))
    axes.text(width + 0.03, RATE / 2200, f"{CONTEXT} frames", color="white", fontsize=20, va="top")
    return describe(
        figure,
        "A spectrogram of nearly two seconds; a frame marks the 25 columns of one window at its "
        "beginning, about a sixth of the picture.",
    )


def _steps():
    figure, axes = plt.subplots(figsize=(11.7, 5.2))
    spectrogram(mixture[:, 150:230], None, "", axes, colourbar=False)
    step = stft.hop_length / RATE
    for number in range(4):
        low, high = 0.1 + 0.12 * number, 10.95 - 0.12 * number
        start = (10 + number) * step
        axes.add_patch(
            plt.Rectangle(
                (start, low),
                CONTEXT * step,
                high - low,
                fill=False,
                edgecolor="white",
                linewidth=3,
                alpha=1 - 0.2 * number,
            )
        )
    axes.annotate("+1 frame each", ((36 + 2) * step, 6.0), color="white", fontsize=20)
    axes.set_ylim(0, RATE / 2000)
    return describe(figure, "Four windows over a spectrogram, each one frame further right.")


def _compression():
    values = np.concatenate([m.ravel()[::97] for m in magnitudes])
    figure, (left, right) = plt.subplots(1, 2, figsize=panels.WIDE)
    left.hist(values, 60, color=BASELINE, weights=np.full(values.size, 100 / values.size))
    left.set(xlabel="Magnitude |X|", ylabel="Cells (%)")
    right.hist(np.log1p(values), 60, color=OURS, weights=np.full(values.size, 100 / values.size))
    right.set(xlabel="log(1 + |X|)")
    return describe(
        figure,
        "Two histograms. Magnitudes: one tall bar at zero and a tail that "
        "cannot be seen. Compressed: a broad shape.",
    )


def _statistics():
    figure, axes = plt.subplots(figsize=(11.7, 3.5))
    frequencies = stft.frequencies / 1000
    mean, deviation = features.mean.numpy(), features.deviation.numpy()
    axes.plot(frequencies, mean, color=OURS, label="mean $\\mu$")
    axes.plot(frequencies, deviation, color=INK, linestyle="--", label="deviation $\\sigma$")
    axes.set(xlabel="Frequency (kHz)", ylabel="log(1 + |X|)", xlim=(0, RATE / 2000))
    axes.legend()
    return describe(
        figure,
        "Mean and deviation of the compressed magnitudes over frequency: both "
        "fall from the low to the high frequencies.",
    )


def _alike():
    with torch.no_grad():
        read = [features(torch.from_numpy(m)).numpy() for m in magnitudes]
    random = np.random.default_rng(0)

    def correlation(pairs):
        return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]))

    near, second, far, other = [], [], [], []
    for number, frames in enumerate(read):
        for at in random.integers(60, frames.shape[1] - 200, 30):
            near.append((frames[:, at], frames[:, at + 1]))
            second.append((frames[:, at], frames[:, at + 12]))
            far.append((frames[:, at], frames[:, random.integers(frames.shape[1])]))
            stranger = read[(number + 1 + random.integers(len(read) - 1)) % len(read)]
            other.append((frames[:, at], stranger[:, random.integers(stranger.shape[1])]))
    return panels.bars(
        {
            "next frame": correlation(near),
            "0.14 s later": correlation(second),
            "same song, anywhere": correlation(far),
            "another song": correlation(other),
        },
        "Mean correlation of two frames",
        "Bars: the next frame is very much alike, a later one less, one of another song least.",
        form="{:.2f}",
        colours=[BASELINE, BASELINE, BASELINE, OURS],
        size=(11.7, 3.5),
    )


def _same_frame():
    second = round(stft.frames_per_second)
    whose = {
        "training songs": features,
        "own stretch": Features().fit([mixture]),
        "own second": Features().fit([mixture[:, FRAME - second // 2 : FRAME + second // 2]]),
    }
    frame = torch.from_numpy(mixture[:, FRAME : FRAME + 1])
    with torch.no_grad():
        seen = {name: panels.smooth(one(frame).numpy()[:, 0]) for name, one in whose.items()}
    return panels.curves(
        {name: (stft.frequencies[1:] / 1000, values) for name, values in seen.items()},
        "Frequency (kHz)",
        "What the network reads",
        "One frame over frequency, normalised with three statistics: three different curves.",
        size=(11.7, 3.4),
        colours={"training songs": OURS, "own stretch": INK, "own second": BASELINE},
        log=True,
    )


def _copied():
    """Accuracy of copying the mask of the most similar frame, by how the songs are split."""
    with torch.no_grad():
        read = [features(torch.from_numpy(m)).numpy()[:, ::2].T for m in magnitudes]
    answers = [make_example(one, "vocals").target[:, ::2].T for one in train]
    song = np.concatenate([np.full(len(frames), n) for n, frames in enumerate(read)])
    frames, masks = np.concatenate(read), np.concatenate(answers) > 0.5
    frames -= frames.mean(1, keepdims=True)
    frames /= np.maximum(np.linalg.norm(frames, axis=1, keepdims=True), 1e-9)

    def reached(valid):
        nearest = np.argmax(frames[valid] @ frames[~valid].T, axis=1)
        return 100 * np.mean(masks[~valid][nearest] == masks[valid])

    at_random = np.random.default_rng(0).random(len(song)) < 1 / 3
    by_song = song % 3 == 0
    ones_there = masks[by_song].mean()
    return panels.bars(
        {
            "split by frames": reached(at_random),
            "split by song": reached(by_song),
            "guessing: majority class": 100 * max(ones_there, 1 - ones_there),
        },
        "Accuracy (%)",
        "Bars of accuracy: copying reaches much more when split by frames than when split by song, "
        "where it is near the majority class.",
        form="{:.0f} %",
        colours=[BASELINE, OURS, BASELINE],
        size=(11.7, 2.9),
    )


def _heaps():
    valid = len(open_dataset(split="valid"))
    test = len(open_dataset(subset="test"))
    figure = panels.bars(
        {"train: learn": songs, "valid: choose": valid, "test: report": test},
        "Songs",
        f"Bars: {songs} training songs, {valid} validation songs, {test} test songs.",
        form="{:.0f}",
        colours=[OURS, OURS, OURS],
        size=(11.7, 4.6),
    )
    return figure


def _balance():
    sums = {}
    for source in SOURCES:
        targets = [make_example(one, source).target for one in train]
        sums[source] = float(sum(t.sum() for t in targets) / sum(t.size for t in targets))
    figure = panels.bars(
        {name: 100 * value for name, value in sums.items()},
        "Ones in the mask at T = 0.5 (%)",
        "Bars of the share of ones: bass far below the other three, all at or below about half.",
        form="{:.0f} %",
        colours=[SOURCE_COLOURS[name] for name in SOURCES],
    )
    return sums, figure


one_example, steps, compression, statistics = (
    _one_example(),
    _steps(),
    _compression(),
    _statistics(),
)
alike, heaps = _alike(), _heaps()
ones, balance = _balance()
same_frame, copied = _same_frame(), _copied()

_cut = slice(2 * RATE, 8 * RATE)
original = train[0].mixture[_cut]
_from = dict(zip(SOURCES, (0, 2, 4, 6), strict=True))
remixed = "; ".join(f"{source}: {train[n].name}" for source, n in _from.items())
remix = sum(train[n].sources[name][_cut] for name, n in _from.items())
