"""What the deck of lesson 09 draws, plays and quotes."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np

from sepedu import binary_mask, predict_mask, separate
from sepedu.checkpoints import load_unet
from sepedu.evaluation import sdr
from sepedu.model import MaskCNN
from sepedu.plots import INK, OURS, TALK, describe
from sepedu.songs import SOURCES
from sepedu.stft import CONTEXT
from sepedu.unet import MaskUNet, predict_masks
from sepedu.widgets import PredictedMaskExplorer
from tools.slides import panels
from tools.slides.live import Live
from tools.slides.material import magnitude, measured, network, rungs, song, stft, told, unet_frames
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
TITLE = "Rock - Last Tram"
DATA = told(TITLE, 2, 8)
part = song(TITLE).between(2.0, 8.0)
mixture = magnitude(part.mixture)
voice = SOURCES.index("vocals")
shape = MaskUNet()
parameters = sum(values.numel() for values in shape.parameters())
talk_parameters = sum(values.numel() for values in MaskCNN().parameters())
least, most = unet_frames()
reach = most / stft.frames_per_second  # from one end to the other


def seen():
    figure = panels.spectra({"": mixture}, "", columns=1, size=(11.7, 3.4), bar=False)
    axes = figure.axes[0]
    middle = 3.0
    narrow = CONTEXT / stft.frames_per_second
    for width, colour, words in (
        (narrow, TALK, "the talk's network"),
        (reach, OURS, "the U-Net"),
    ):
        left, right = max(middle - width / 2, 0), min(middle + width / 2, 5.95)
        axes.add_patch(
            plt.Rectangle((left, 0.06), right - left, 7.8, fill=False, edgecolor="white", lw=7)
        )
        axes.add_patch(
            plt.Rectangle((left, 0.06), right - left, 7.8, fill=False, edgecolor=colour, lw=4)
        )
        axes.text(left + 0.05, 8.15, words, color=colour, fontsize=17)
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
                plt.Rectangle((place - 0.5, down), 1.0, 0.82 * height / 2, color=OURS, alpha=0.85)
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
            lower = -1.35 * (level + 1) + 0.82 * 0.8 ** (level + 1) + 0.05  # top of the next
            axes.annotate(
                "",
                (place - 0.55, down + 0.35),
                (-place + 0.55, down + 0.35),
                arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 3},
            )
            for start, end in (((-place, down), (-place + 1.55, lower)),):
                axes.annotate(
                    "", end, start, arrowprops={"arrowstyle": "-|>", "color": "#555555", "lw": 2.5}
                )
            axes.annotate(
                "",
                (place, down),
                (place - 1.55, lower),
                arrowprops={"arrowstyle": "-|>", "color": "#555555", "lw": 2.5},
            )
    axes.text(0, 0.5, "skip connections", ha="center", color=INK, fontsize=17)
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
        "A second and a half up to 3 kHz: the mixture with its narrow lines; the true mask of the "
        "voice, which fills a block from about 0.6 to 1.3 kHz and has a few lines besides; the "
        "blurred mask of the talk's network; and the U-Net's mask, dark lines with grey between "
        "them, one of them near 0.4 kHz, where the true mask has none."
    )
    return panels.close_up(pictures, 86, 215, 140, text)


def _shelf():
    songs = 80
    return panels.bars(
        {"songs": 1.0, "sets of four stems": 4.0},
        "Different mixtures (powers of 80)",
        f"Two bars: {songs} songs as they are, and {songs} to the power of four, or "
        f"{songs**4:,}, sets of four stems.",
        form=f"{songs}" + r"$^{{{:.0f}}}$",
        size=(11.7, 2.9),
    )


@lru_cache
def estimates():
    return separate(part.mixture, RATE)


def mean_sdr(part, method="U-Net, soft"):
    """Mean over songs and sources."""
    return np.mean([measured(s, method, "sdr_mean", part) for s in SOURCES])


PLACES = {"drums": 0.5, "bass": 0.5, "other": 0.85, "vocals": 0.25}
"""From left, 0, to right, 1, at equal power."""


@lru_cache
def _ears():
    """SDR of each source with the balance of the channels, and without it."""
    stems = {}
    for source, place in PLACES.items():
        turn = np.array([[np.cos(place * np.pi / 2)], [np.sin(place * np.pi / 2)]])
        stems[source] = np.float32(np.sqrt(2) * turn * part.sources[source])
    both = sum(stems.values())
    middle = np.repeat(both.mean(0, keepdims=True), 2, axis=0)
    made = [separate(audio, RATE) for audio in (both, middle)]
    return {s: [sdr(stems[s].mean(0), one[s].mean(0)) for one in made] for s in stems}


def ears(source, place):
    return f"{_ears()[source][place]:.1f} dB"


def by_balance():
    """What the balance is worth to each source, in dB."""
    return {source: beside - without for source, (beside, without) in _ears().items()}


def needs_it_most():
    gains = by_balance()
    return max(gains, key=gains.__getitem__)


def does_without():
    """The sources that the balance does not help, in words."""
    names = [source for source, gain in by_balance().items() if gain <= 0]
    return " and ".join(names) or "none"


def explorer():
    """What the U-Net says of T = 0.5 for each source; four seconds."""
    unet = load_unet()
    order = ("vocals", "drums", "bass", "other")
    return Live({s: PredictedMaskExplorer(part, unet, s, seconds=4.0) for s in order})


def pictures():
    return panels.spectra(
        {name: magnitude(audio) for name, audio in estimates().items()},
        "Spectrograms of the U-Net's four estimates.",
        columns=4,
        size=(11.7, 3.6),
        bar=False,
    )


def ladder():
    return panels.ladders(rungs(SOURCES), "Median SDR (dB)")


shelf = _shelf()
