"""What the deck of lesson 00 draws, plays and quotes."""

import matplotlib.pyplot as plt
import numpy as np

from sepedu.evaluation import sdr
from sepedu.plots import BASELINE, OURS, SOURCE_COLOURS, describe
from sepedu.songs import SOURCES
from tools.slides import panels
from tools.slides.material import lacking, magnitude, song, stft, told
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
TITLE = "Rock - Last Tram"
DATA = told(TITLE, 0.5, 8.5)
part = song(TITLE).between(0.5, 8.5)
voice = part.sources["vocals"]
short = part.between(2.0, 6.0)
SHORT = told(TITLE, 2.5, 6.5)
magnitudes = {name: magnitude(part.sources[name]) for name in SOURCES}


def _stems():
    figure, rows = plt.subplots(4, 1, figsize=(11.7, 4.3), sharex=True, sharey=True)
    times = np.arange(len(part.mixture)) / RATE
    for axes, name in zip(rows, SOURCES, strict=True):
        panels.envelope(axes, part.sources[name], RATE, SOURCE_COLOURS[name])
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=19)
        axes.set(yticks=[], xlim=(0, times[-1]))
        axes.spines["left"].set_visible(False)
    rows[-1].set_xlabel("Time (s)")
    return describe(
        figure,
        "Waveforms of the four stems over eight seconds, drums in sharp bursts, bass "
        "steady, other dense, vocals in phrases.",
    )


def _sum_of_waves():
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(11.7, 3.9), sharex=True)
    loudest = int(np.argmax(np.convolve(np.abs(voice), np.ones(RATE // 5), "same")))
    at = slice(loudest, loudest + RATE // 50)
    times = 1000 * np.arange(RATE // 50) / RATE
    for name in SOURCES:
        top.plot(times, part.sources[name][at], color=SOURCE_COLOURS[name], label=name)
    top.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    bottom.plot(times, part.sum_of_sources[at], color=SOURCE_COLOURS["mixture"], label="sum")
    bottom.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    bottom.set(xlabel="Time (ms)", xlim=(0, times[-1]))
    return describe(figure, "Four waves of different shape, and below them the wave of their sum.")


def _wave():
    figure, axes = plt.subplots(figsize=(11.7, 2.8))
    panels.envelope(axes, part.mixture, RATE, SOURCE_COLOURS["mixture"])
    axes.set(xlabel="Time (s)", yticks=[], xlim=(0, len(part.mixture) / RATE))
    axes.spines["left"].set_visible(False)
    return describe(figure, "The waveform of the song: a dense band with spikes at drum hits.")


levels = {
    name: short.sources["vocals"] * 10 ** (d / 20)
    for name, d in (("0 dB", 0), ("−6 dB", -6), ("−20 dB", -20))
}
accompaniment = short.mixture - short.sources["vocals"]
uses = {
    "song": part.mixture,
    "karaoke": part.mixture - voice,
    "no bass": part.mixture - part.sources["bass"],
    "voice up": part.mixture + (10 ** (10 / 20) - 1) * voice,
}
wave = _wave()
stems = _stems()
sum_of_waves = _sum_of_waves()

_spectrum = stft.forward(part.mixture)
_band = (stft.frequencies >= 200) & (stft.frequencies <= 4000)
filtered = stft.inverse(_spectrum * _band[:, None], len(part.mixture))
filter_sdr, mixture_sdr = sdr(voice, filtered), sdr(voice, part.mixture)

picture = panels.spectra(
    magnitudes,
    "Four spectrograms. Drums: vertical lines. Bass: horizontal lines at the bottom. Other: dense "
    "horizontal lines. Vocals: stacks of wavy lines.",
    top=6,
)


def _shares():
    energies = np.stack(list(magnitudes.values())) ** 2
    share = energies.max(0) / np.maximum(energies.sum(0), 1e-12)
    heard = np.abs(_spectrum) > 1e-3 * np.abs(_spectrum).max()
    return share[heard]


_shares_heard = _shares()
alone = float(np.mean(_shares_heard > 0.9))


def _owned():
    figure, axes = plt.subplots(figsize=panels.WIDE)
    edges = np.linspace(0.2, 1, 33)
    heights, _ = np.histogram(_shares_heard, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    colours = np.where(middles > 0.9, OURS, BASELINE)
    axes.bar(100 * middles, 100 * heights / heights.sum(), 2.1, color=colours)
    axes.set(xlabel="Energy held by the strongest stem (%)", ylabel="Points of the picture (%)")
    axes.text(
        88,
        axes.get_ylim()[1] * 0.8,
        f"{100 * alone:.0f} % of the points: one stem\nholds over 90 % of the energy",
        ha="right",
        fontsize=24,
    )
    return describe(
        figure,
        "Histogram of the strongest stem's share of the energy: it rises "
        f"steeply towards 100 percent, and {100 * alone:.0f} % of the points lie above 90.",
    )


owned = _owned()

if lacking("vocals") is None:
    from sepedu import separate

    estimated = separate(part.mixture, RATE, ["vocals"])["vocals"]
    brief = estimated[2 * RATE : 6 * RATE]

    def way():
        """The five parts of the course, each as a small picture of this song."""
        lessons = ("00", "01", "02, 08", "03–05, 09", "06, 07")
        return panels.way(part.mixture, voice, estimated, lessons)

    machine = panels.spectra(
        {
            "Song": np.abs(_spectrum),
            "Vocals, U-Net, soft mask": magnitude(estimated),
            "True vocals": magnitudes["vocals"],
        },
        "Three spectrograms: the song, the estimated vocals with remains of drums and chords, and "
        "the true vocals.",
        columns=3,
        size=(11.7, 3.6),
        top=6,
        bar=False,
    )

if lacking("networks") is None:
    quartet = separate(part.mixture, RATE)
    hardest = min(quartet, key=lambda name: sdr(part.sources[name], quartet[name]))
