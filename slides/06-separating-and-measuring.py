"""What the deck of lesson 06 draws, plays and quotes."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np

from sepedu import (
    apply_mask,
    average_mask,
    binary_mask,
    evaluate,
    predict_mask,
    ratio_mask,
    separate,
)
from sepedu.checkpoints import load_unet
from sepedu.evaluation import sdr, si_sdr, summarise
from sepedu.plots import AGREEMENT_COLOURS, BASELINE, INK, OURS, agreement, describe
from sepedu.songs import SOURCES
from sepedu.windows import make_example
from tools.slides import panels
from tools.slides.material import (
    MIDDLE,  # noqa: F401 (a slide says it)
    magnitude,
    middle_song,
    network,
    song,
    stft,
    test_songs,
    told,
    training_songs,
)
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
TITLE = middle_song(1, 7)
whole = song(TITLE)
DATA = told(TITLE, 1, 7)
OTHER = "Pop - Morning Train"
part = whole.between(1.0, 7.0)
AVERAGED = len(training_songs())
voice = part.sources["vocals"]
spectrum = stft.forward(part.mixture)
mixture = np.abs(spectrum)
target = binary_mask(magnitude(voice), mixture, 0.5)
ones = target.mean()
FLIPPED = 0.1


def estimate(mask):
    return stft.inverse(apply_mask(mask, spectrum), len(voice))


def _flip(loudest):
    """Turn a tenth of the mask's cells, the loudest or the softest of the mixture."""
    order = np.argsort(mixture, axis=None)
    count = round(FLIPPED * order.size)
    places = order[-count:] if loudest else order[:count]
    mask = target.copy()
    mask.flat[places] = ~mask.flat[places]
    return estimate(mask)


right, quiet_wrong, loud_wrong = estimate(target), _flip(False), _flip(True)


@lru_cache
def soft_mask():
    return predict_mask(network("vocals"), mixture)


def predicted():
    return panels.masks(
        {"What the network says": soft_mask(), "The true mask, T = 0.5": target},
        "Two masks one above the other: the network's, soft and blurred, and the true one, sharp.",
        columns=1,
    )


def agreement_figure():
    figure, axes = plt.subplots(figsize=panels.WIDE)
    agreement(soft_mask(), target, axes=axes)
    axes.set_ylim(0, 8)
    axes.get_legend().remove()
    # One step beside the colours of the theme, which a dark slide turns: the picture's stay.
    colours = [
        "#f0f0f1" if c == "#F0F0F0" else "#1b2a42" if c == INK else c
        for c in AGREEMENT_COLOURS.values()
    ]
    look = {"edgecolor": "#767676"}
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=c, **look) for c in colours]
    axes.legend(handles, AGREEMENT_COLOURS, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4)
    return describe(
        figure, "Cells of the spectrogram coloured by hit, miss, false alarm, and rightly left out."
    )


def _windows():
    one = song(OTHER)
    spectrum, vocals = stft.forward(one.mixture), one.sources["vocals"]
    mask = binary_mask(magnitude(vocals), np.abs(spectrum), 0.5)
    sound = stft.inverse(apply_mask(mask, spectrum), len(vocals))
    seconds = len(vocals) // RATE
    values = []
    for n in range(seconds):
        at = slice(n * RATE, (n + 1) * RATE)
        rests = np.mean(vocals[at] ** 2) < 1e-6
        values.append(np.nan if rests else sdr(vocals[at], sound[at]))
    figure, axes = plt.subplots(figsize=panels.WIDE)
    axes.bar(
        np.arange(seconds) + 0.5,
        np.nan_to_num(values),
        0.85,
        facecolor="none",
        edgecolor=INK,
        linewidth=2.5,
    )
    for n, value in enumerate(values):
        if np.isnan(value):
            axes.text(n + 0.5, 0.3, "rests", ha="center", fontsize=17, color="#555555")
    median = float(np.nanmedian(values))
    axes.axhline(median, color=OURS, linestyle="--")
    axes.text(
        seconds + 0.1, median, f"median\n{median:.1f} dB", va="center", color=OURS, fontsize=19
    )
    axes.set(xlabel="Time (s)", ylabel="SDR of the window (dB)", xlim=(0, seconds))
    return describe(
        figure,
        f"Bars of the SDR of each second, with the median of {median:.1f} "
        "decibels as a line; windows in which the voice rests have no bar.",
    )


windows = _windows()


@lru_cache
def beforehand():
    return average_mask([make_example(one, "vocals").target for one in training_songs()])


def ladder():
    table = evaluate(
        [whole, song(OTHER)],
        {"vocals": network("vocals")},
        {"vocals": beforehand()},
        sources=["vocals"],
        unet=load_unet(),
    )
    values = summarise(table).loc["vocals", "sdr"].drop(["majority class", "silence"])
    rungs = {name.replace("network", "talk's network"): float(v) for name, v in values.items()}
    return panels.ladder(rungs, "Median SDR of the vocals (dB)")


@lru_cache
def estimates():
    quartet = ratio_mask(np.stack([magnitude(part.sources[name]) for name in SOURCES]))
    return {
        "average": estimate(np.broadcast_to(beforehand(), mixture.shape)),
        "binary": estimate(soft_mask() > 0.5),
        "soft": estimate(soft_mask()),
        "U-Net": separate(part.mixture, RATE, ["vocals"])["vocals"],
        "ideal": estimate(quartet[SOURCES.index("vocals")]),
    }


def by_level():
    levels = np.linspace(-14, 8, 45)
    made = estimates()["U-Net"]
    scaled = [10 ** (d / 20) * made for d in levels]
    figure = panels.curves(
        {
            "SDR": (levels, [sdr(voice, audio) for audio in scaled]),
            "SI-SDR": (levels, [si_sdr(voice, audio) for audio in scaled]),
        },
        "Level of the estimate (dB)",
        "Measure (dB)",
        "Two measures against the level of an estimate: SI-SDR is a level line, SDR has a top near "
        "0 dB and falls to both sides.",
        size=(11.7, 3.6),
        colours={"SDR": OURS, "SI-SDR": INK},
    )
    figure.axes[0].axvline(0, color=BASELINE, linestyle=":")
    return figure


gains = test_songs(1, 7)


def over_songs():
    reached = {name: unet for name, (_talk, unet) in gains.items()}
    names = sorted(reached, key=reached.__getitem__)
    figure, axes = plt.subplots(figsize=(11.7, 3.8))
    bars = axes.barh(names, [reached[name] for name in names], color=OURS)
    axes.bar_label(bars, fmt="%.1f", label_type="center", color=panels.PAPER, fontsize=15)
    axes.invert_yaxis()
    axes.set_xlabel("SDR of the vocals (dB)")
    for value, name, style in (
        (np.mean(list(reached.values())), "mean", ":"),
        (np.median(list(reached.values())), "median", "--"),
    ):
        axes.axvline(value, color=INK, linestyle=style, label=f"{name} {value:.1f} dB")
    axes.legend(loc="upper right")
    return describe(figure, "Bars of SDR by song, with lines for mean and median.")


def rungs():
    made = estimates()
    return {
        "mixture": part.mixture,
        "average": made["average"],
        "talk's, binary": made["binary"],
        "talk's, soft": made["soft"],
        "U-Net, soft": made["U-Net"],
        "ideal ratio": made["ideal"],
        "truth": voice,
    }


def rung_pictures():
    made = estimates()
    return panels.spectra(
        {
            "talk's network, soft": magnitude(made["soft"]),
            "U-Net, soft": magnitude(made["U-Net"]),
            "ideal ratio mask": magnitude(made["ideal"]),
        },
        "Three spectrograms of estimated vocals, the first full of other instruments, the second "
        "less, the third clean.",
        columns=3,
        size=(11.7, 2.9),
        bar=False,
    )
