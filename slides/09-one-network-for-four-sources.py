"""What the deck of lesson 09 draws, plays and quotes."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np

from sepedu import binary_mask, predict_mask, separate
from sepedu.checkpoints import load_unet
from sepedu.evaluation import sdr
from sepedu.plots import describe
from sepedu.songs import SOURCES
from sepedu.unet import MaskUNet, predict_masks
from tools.slides import panels
from tools.slides.material import magnitude, measured, network, song, stft
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
TITLE = "Rock - Last Tram"
part = song(TITLE).between(2.0, 8.0)
mixture = magnitude(part.mixture)
voice = SOURCES.index("vocals")
shape = MaskUNet()
parameters = sum(values.numel() for values in shape.parameters())
reach = shape.receptive_field / stft.frames_per_second


def data(figure, words):
    """Say below a figure what it was made of."""
    figure.text(0.995, -0.005, words, ha="right", va="top", fontsize=13, color="#777777")
    return figure


def seen():
    figure = panels.spectra({"": mixture}, "", columns=1, size=(11.7, 3.4), bar=False)
    axes = figure.axes[0]
    middle = 3.0
    narrow = 25 / stft.frames_per_second
    for width, colour, words in (
        (narrow, "#d55e00", "the talk's network"),
        (2 * reach, "#0072b2", "the U-Net"),
    ):
        left, right = max(middle - width / 2, 0), min(middle + width / 2, 5.95)
        axes.add_patch(
            plt.Rectangle((left, 0.06), right - left, 7.8, fill=False, edgecolor="white", lw=7)
        )
        axes.add_patch(
            plt.Rectangle((left, 0.06), right - left, 7.8, fill=False, edgecolor=colour, lw=4)
        )
        axes.text(left + 0.05, 8.15, words, color=colour, fontsize=17)
    data(figure, f"{TITLE}, embedded set, seconds 2 to 8")
    return describe(
        figure,
        "A spectrogram of six seconds. A frame of a third of a second marks what the talk's "
        "network sees, a much wider one what the U-Net sees.",
    )


def drawn():
    """The U-Net with the shapes of its levels, read from the network itself."""
    figure, axes = plt.subplots(figsize=panels.WIDE)
    levels = len(shape.channels)
    for level, channels in enumerate(shape.channels):
        height, down = 2.0 * 0.8**level, -1.35 * level
        for side in (-1, 1):
            if level == levels - 1 and side == 1:
                continue
            place = side * (levels - 1 - level) * 1.55
            axes.add_patch(
                plt.Rectangle(
                    (place - 0.5, down), 1.0, 0.82 * height / 2, color="#0072b2", alpha=0.85
                )
            )
            words = f"{channels} × {512 >> level} × " + (f"n/{1 << level}" if level else "n")
            beside = place - 0.62 if side < 0 or level == levels - 1 else place + 0.62
            axes.text(
                beside,
                down + 0.3,
                words,
                ha="right" if side < 0 or level == levels - 1 else "left",
                va="center",
                fontsize=15,
            )
        if level < levels - 1:
            place = (levels - 1 - level) * 1.55
            axes.annotate(
                "",
                (place - 0.55, down + 0.35),
                (-place + 0.55, down + 0.35),
                arrowprops={"arrowstyle": "-|>", "color": "#009e73", "lw": 3},
            )
            for start, end in (((-place, down), (-place + 1.55, down - 0.55)),):
                axes.annotate(
                    "", end, start, arrowprops={"arrowstyle": "-|>", "color": "#555555", "lw": 2.5}
                )
            axes.annotate(
                "",
                (place, down),
                (place - 1.55, down - 0.55),
                arrowprops={"arrowstyle": "-|>", "color": "#555555", "lw": 2.5},
            )
    axes.text(0, 0.5, "skip connections", ha="center", color="#009e73", fontsize=17)
    axes.set(xlim=(-9.4, 9.4), ylim=(-1.35 * (levels - 1) - 0.3, 1.0))
    axes.axis("off")
    return describe(
        figure,
        f"A U of {levels} levels. On the left the picture halves from 512 bins to "
        f"{512 >> (levels - 1)} while channels grow from {shape.channels[0]} to "
        f"{shape.channels[-1]}; on the right it grows back. Arrows across are skip connections.",
    )


@lru_cache
def shares():
    return predict_masks(load_unet(), mixture[None])[:, 0]


def lost():
    pictures = {
        "Mixture": np.log10(mixture + 1e-2),
        "True mask": binary_mask(magnitude(part.sources["vocals"]), mixture),
        "The talk's network": predict_mask(network("vocals"), mixture),
        "The U-Net": shares()[voice],
    }
    text = (
        "A second and a half up to 3 kHz: the mixture with its narrow lines, the true mask of the "
        "voice along them, the blurred mask of the talk's network, and the U-Net's mask."
    )
    figure = panels.close_up(pictures, 86, 215, 140, text)
    return data(figure, f"vocals in {TITLE}, embedded set, seconds 3 to 4.5, T = 0.5")


def _shelf():
    songs = 80
    figure = panels.bars(
        {"songs": 1.0, "sets of four stems": 4.0},
        "Different mixtures (powers of 80)",
        f"Two bars: {songs} songs as they are, and {songs} to the power of four, or "
        f"{songs**4:,}, sets of four stems.",
        form=f"{songs}" + r"$^{{{:.0f}}}$",
        size=(11.7, 2.9),
    )
    return data(figure, "MUSDB18 excerpts of 7 s, 80 training songs")


@lru_cache
def estimates():
    return separate(part.mixture, RATE)


def heard():
    ratios = {name: sdr(part.sources[name], audio) for name, audio in estimates().items()}
    told = ", ".join(f"{name} {value:.1f} dB" for name, value in ratios.items())
    return f"SDR of these sounds: {told} ({TITLE}, embedded set; U-Net, soft)."


def ladder():
    rungs = {
        "mixture": "#999999",
        "average mask": "#777777",
        "network, soft": "#555555",
        "U-Net, soft": "#0072b2",
        "ideal ratio mask": "#cccccc",
    }
    figure, axes = plt.subplots(figsize=panels.WIDE)
    width = 0.8 / len(rungs)
    for number, (method, colour) in enumerate(rungs.items()):
        values = [measured(source, method, "sdr") for source in SOURCES]
        place = np.arange(len(SOURCES)) + (number - 2) * width
        bars = axes.bar(place, values, width * 0.94, color=colour, label=method)
        axes.bar_label(bars, [f"{v:.1f}".replace("-", "−") for v in values], fontsize=13)
    axes.axhline(0, color="#333333", linewidth=1.2)
    axes.set(xticks=np.arange(len(SOURCES)), xticklabels=SOURCES, ylabel="SDR (dB)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=5, columnspacing=1.0)
    data(figure, "MUSDB18 excerpts of 7 s, 14 validation songs, median")
    return describe(
        figure,
        "Bars of median SDR by source: mixture, average mask, the talk's network, the U-Net, and "
        "the ideal ratio mask.",
    )


shelf = _shelf()
