"""What the deck of lesson 08 draws, plays and quotes."""

import time
from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from sepedu import apply_mask, binary_mask, predict_mask, ratio_mask, separate
from sepedu.checkpoints import load_unet
from sepedu.dense import dense_scores, pad_frames
from sepedu.evaluation import sdr
from sepedu.model import MaskCNN
from sepedu.plots import BASELINE, INK, OURS, TALK, describe
from sepedu.separation import predict_soft_mask
from sepedu.songs import SOURCES
from sepedu.stft import CONTEXT
from sepedu.unet import predict_masks
from tools.slides import panels
from tools.slides.material import magnitude, network, song, stft, told, unet_frames
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
DATA = told("Rock - Last Tram", 2, 8)
part = song("Rock - Last Tram").between(2.0, 8.0)
voice = part.sources["vocals"]
spectrum = stft.forward(part.mixture)
mixture = np.abs(spectrum)
stems = np.stack([magnitude(part.sources[name]) for name in SOURCES])


def estimate(mask):
    return stft.inverse(apply_mask(np.asarray(mask, np.float32), spectrum), len(part.mixture))


def quality(masks):
    return {
        name: sdr(part.sources[name], estimate(mask))
        for name, mask in zip(SOURCES, masks, strict=True)
    }


_heard = stems[SOURCES.index("vocals")] > 1e-3 * stems[SOURCES.index("vocals")].max()
quieter = float(np.mean((stems[SOURCES.index("vocals")] > mixture)[_heard]))


def ideals():
    """The source "other" by ideal masks."""
    at = SOURCES.index("other")
    return {
        "mixture": part.mixture,
        "binary": estimate(binary_mask(stems[at], mixture, 0.5)),
        "soft": estimate(ratio_mask(stems, 2.0)[at]),
        "truth": part.sources["other"],
    }


def _price():
    # Erdogan et al., "Phase-sensitive and recognition-boosted speech separation", ICASSP 2015.
    best = [
        (stft.forward(part.sources[name]) * spectrum.conj()).real / np.maximum(mixture, 1e-6) ** 2
        for name in SOURCES
    ]
    rows = {
        "binary, T = 0.5": (quality([binary_mask(s, mixture, 0.5) for s in stems]), BASELINE),
        "soft, p = 2": (quality(ratio_mask(stems, 2.0)), OURS),
        "best real factor": (quality(best), INK),
    }
    figure, axes = plt.subplots(figsize=panels.WIDE)
    place = np.arange(4)
    for offset, (name, (values, colour)) in zip((-0.27, 0, 0.27), rows.items(), strict=True):
        look = {"facecolor": "none", "edgecolor": colour, "linewidth": 2} if colour == INK else {}
        look = look or {"color": colour}
        bars = axes.barh(place + offset, list(values.values()), 0.26, label=name, **look)
        axes.bar_label(bars, fmt="%.1f", padding=5, fontsize=15)
    axes.set(yticks=place, yticklabels=SOURCES, xlabel="SDR (dB)")
    axes.margins(x=0.1)
    axes.invert_yaxis()
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=3, columnspacing=1.2)
    return describe(
        figure,
        "Bars of SDR by source for ideal binary masks, ideal soft masks, and "
        "the best real factor for each cell.",
    )


def _powers():
    p = np.array([0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8])
    reached = [quality(ratio_mask(stems, float(power))) for power in p]
    best = [p[int(np.argmax([r[name] for r in reached]))] for name in SOURCES]
    best_powers = ", ".join(f"{power:g} for {s}" for power, s in zip(best, SOURCES, strict=True))
    figure = panels.curves(
        {name: (p, [r[name] for r in reached]) for name in SOURCES},
        "Power p",
        "SDR of the ideal soft mask (dB)",
        f"SDR against the power p for four sources, best at {best_powers}.",
        log=True,
    )
    return figure, best_powers


talk_sees = CONTEXT / stft.frames_per_second
unet_sees = unet_frames()[1] / stft.frames_per_second
multiplications = (
    (9 * 32 + 9 * 32 * 16) * 513 * 25 + 2 * 9 * 16 * 64 * 171 * 8 + 1824 * 128 + 128 * 513
)


def _with_sharing(frames=400):
    """Multiplications a frame where windows share their columns, counted while it is done."""
    model = MaskCNN().eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        dense_scores(model, pad_frames(model, torch.zeros(1, 513, frames)))
    return counter.get_total_flops() / 2 / frames  # a product and a sum count as two


with_sharing = _with_sharing()


@lru_cache
def _apart():
    return np.stack([predict_mask(network(name), mixture) for name in SOURCES])


@lru_cache
def left():
    """Energy of the song minus the sum of its estimates, in decibels against the song."""
    apart = _apart()
    sums = {
        "apart": sum(map(estimate, apart)),
        "shared": sum(map(estimate, apart / np.maximum(apart.sum(0), 1e-6))),
        "unet": sum(separate(part.mixture, RATE).values()),
    }
    energy = np.sum(part.mixture.astype(float) ** 2)
    return {
        name: 10 * np.log10(max(np.sum((part.mixture - made) ** 2.0), 1e-20) / energy)
        for name, made in sums.items()
    }


def shared():
    alone = _apart()
    together = alone / np.maximum(alone.sum(0), 1e-6)
    before, after = quality(alone), quality(together)
    figure, axes = plt.subplots(figsize=panels.WIDE)
    place = np.arange(4)
    for offset, values, colour, label in (
        (-0.2, before, TALK, "each for itself"),
        (0.2, after, OURS, "divided by their sum"),
    ):
        bars = axes.barh(place + offset, list(values.values()), 0.38, color=colour, label=label)
        axes.bar_label(bars, [f"{v:.1f}".replace("-", "−") for v in values.values()], padding=6)
    axes.set(yticks=place, yticklabels=SOURCES, xlabel="SDR (dB)")
    axes.axvline(0, color="#333333", linewidth=1.2)
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=2)
    return describe(
        figure,
        "Bars of SDR by source: networks each for itself, and with masks that share each cell.",
    )


def lost():
    voice = SOURCES.index("vocals")
    pictures = {
        "Mixture": np.log10(mixture + 1e-2),
        "True mask": binary_mask(stems[voice], mixture),
        "The talk's network": predict_soft_mask(network("vocals"), mixture),
        "U-Net": predict_masks(load_unet(), mixture[None], "binary")[voice, 0],
    }
    text = (
        "A second and a half up to 3 kHz: the mixture with its narrow lines, the true mask of the "
        "voice along them, the mask of the talk's network, a blur without lines, and that of the "
        "U-Net, which has lines again."
    )
    return panels.close_up(pictures, 86, 215, 140, text)


def _columns():
    layers = (
        ("input", 25, ()),
        ("conv 1", 25, (0, 24)),
        ("conv 2", 25, (0, 1, 23, 24)),
        ("pool", 8, (0, 7)),
        ("conv 3", 8, (0, 1, 6, 7)),
        ("conv 4", 8, (0, 1, 2, 5, 6, 7)),
        ("pool", 2, (0, 1)),
    )
    unused = {("conv 2", 24), ("conv 3", 7), ("conv 4", 6), ("conv 4", 7)}
    figure, axes = plt.subplots(figsize=(11.7, 5.4))
    for row, (name, count, own) in enumerate(layers):
        step = 25 / count if count != 8 else 3
        for column in range(count):
            colour = OURS if column in own else BASELINE
            if (name, column) in unused:
                colour = "#f0f0f0"
            width = 1 if count == 25 else 3 if count == 8 else 9
            left = column * (step if count != 2 else 9)
            axes.add_patch(plt.Rectangle((left + 0.06, -row), width - 0.12, 0.72, color=colour))
        axes.text(-0.6, -row + 0.36, name, ha="right", va="center", fontsize=19)
    for n, (colour, words) in enumerate(
        (
            (BASELINE, "shared by all windows"),
            (OURS, "this window's own"),
            ("#f0f0f0", "never used"),
        )
    ):
        axes.add_patch(plt.Rectangle((5 + 7.5 * n - 5, 1.05), 0.7, 0.5, color=colour))
        axes.text(5 + 7.5 * n - 4, 1.3, words, va="center", fontsize=18)
    axes.set(xlim=(-4, 25.2), ylim=(-6.2, 1.8))
    axes.axis("off")
    return describe(
        figure,
        "The columns of a window layer by layer. At first nearly all are "
        "shared; the window's own columns grow from both ends inwards, until after "
        "the second pooling both columns are its own.",
    )


def _timing():
    """Windows against the whole spectrogram, medians of three alternating runs."""
    torch.manual_seed(0)
    model = MaskCNN().eval()
    seen = mixture[:, :172]
    took = {"windows": [], "dense": []}
    answers = {}
    for _ in range(3):
        for method, times in took.items():
            begun = time.process_time()
            answers[method] = predict_mask(model, seen, method)
            times.append(time.process_time() - begun)
    seconds = seen.shape[1] / stft.frames_per_second
    figure = panels.bars(
        {
            "a window for each frame": float(np.median(took["windows"])) / seconds,
            "the whole spectrogram": float(np.median(took["dense"])) / seconds,
        },
        "Processor seconds per second of sound",
        "Two bars of computing time: a window for each frame takes several times as long as the "
        "whole spectrogram at once.",
        form="{:.3f}",
        colours=[BASELINE, OURS],
        size=(11.7, 4.2),
    )
    gap = float(np.abs(answers["windows"] - answers["dense"]).max())
    digits, power = f"{gap:.0e}".split("e")
    return figure, rf"${digits} \cdot 10^{{{int(power)}}}$"


price, columns = _price(), _columns()
powers, best_powers = _powers()
timing, difference = _timing()
truths = {"mixture": voice, "vocals": voice, "residual": part.mixture - voice}


@lru_cache
def command():
    """What `sepedu separate SONG --residual --sources vocals` writes, beside the mixture."""
    vocals = separate(part.mixture, RATE, ["vocals"])["vocals"]
    return {"mixture": part.mixture, "vocals": vocals, "residual": part.mixture - vocals}


def came():
    words = (
        "a sound",
        "became\na picture,",
        "a comparison\na mask,",
        "and errors\nslopes;",
        "ears had\nthe last word",
    )
    return panels.way(part.mixture, voice, command()["vocals"], words)


def by_ear():
    """The voice by what the course built, from the mixture to the truth."""
    return {
        "mixture": part.mixture,
        "talk's": estimate(_apart()[SOURCES.index("vocals")]),
        "U-Net": command()["vocals"],
        "truth": voice,
    }
