"""What the overview draws, plays and quotes."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np

from sepedu import apply_mask, average_mask, binary_mask, open_dataset, predict_mask
from sepedu.evaluation import sdr, talk_results
from sepedu.model import MaskCNN, summary
from sepedu.plots import describe, mask, spectrogram
from sepedu.stft import HALF_CONTEXT
from sepedu.windows import make_example
from tools.slides import panels
from tools.slides.material import magnitude, measured, network, song, stft, training_songs
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
ORDER = ("vocals", "drums", "bass", "other")
part = song("Pop - Morning Train").between(1.0, 8.0)
voice = part.sources["vocals"]
spectrum = stft.forward(part.mixture)
mixture = np.abs(spectrum)
target = binary_mask(magnitude(voice), mixture, 0.5)
count = len(open_dataset()) + len(open_dataset(subset="test"))
counts = [int(n) for n in summary(MaskCNN())["parameters"] if n]


def estimate(values):
    return stft.inverse(apply_mask(values, spectrum), len(voice))


ideal = estimate(target)
stems = panels.spectra(
    {name: magnitude(part.sources[name]) for name in ORDER},
    "Spectrograms of the four stems: vocals wavy stacks, drums vertical lines, bass at the bottom, "
    "other dense horizontal lines.",
    columns=4,
    size=(11.7, 3.9),
    top=6,
    bar=False,
)
one_picture = panels.spectra(
    {"": mixture}, "The spectrogram of the song.", columns=1, size=(11.7, 3.9), top=6
)
mask_of_voice = panels.masks(
    {f"Vocals, T = 0.5: {100 * target.mean():.0f} % of the cells are ones": target},
    "The binary mask of the voice: bright ribbons along its harmonics.",
    columns=1,
    size=(11.7, 4.5),
    top=6,
)
ideal_picture = panels.spectra(
    {"song": mixture, "ideal mask": target * mixture, "true vocals": magnitude(voice)},
    "Three spectrograms: the song, the song through the ideal mask, and the true vocals.",
    columns=3,
    size=(11.7, 3.9),
    top=6,
    bar=False,
)

_masks = [make_example(one, "vocals").target for one in training_songs()]
beforehand = panels.bars(
    {
        "song as it is": sdr(voice, part.mixture),
        "average mask of other songs": sdr(
            voice, estimate(np.broadcast_to(average_mask(_masks), mixture.shape))
        ),
        "ideal mask of another song": sdr(voice, estimate(np.resize(_masks[0], target.shape))),
        "ideal mask of this song": sdr(voice, ideal),
    },
    "SDR of the vocals (dB)",
    "Bars: masks of other songs are far below the ideal mask of this song.",
    colours=["#555555", "#d55e00", "#d55e00", "#009e73"],
)


def _example():
    at = 300
    figure, (left, right) = plt.subplots(1, 2, figsize=panels.WIDE, width_ratios=(2, 1))
    window = mixture[:, at - HALF_CONTEXT : at + HALF_CONTEXT + 1]
    spectrogram(window, None, "in: 513 × 25", left, colourbar=False)
    mask(target[:, at : at + 1], None, "out: 513", right, colourbar=False)
    right.set(xticks=[], xlabel="middle frame", ylabel="")
    return describe(
        figure, "A window of 25 frames of a spectrogram, and the mask of its middle frame."
    )


example = _example()
_talk = talk_results()["accuracy"]
bass = float(_talk[("bass", "valid")])
never = 1 - float(np.mean([make_example(one, "bass").target.mean() for one in training_songs()]))


def _pairs(rows, labels, text, xlabel="Accuracy"):
    """Horizontal bars side by side for each source."""
    figure, axes = plt.subplots(figsize=panels.WIDE)
    place = np.arange(len(ORDER))
    wide = 0.8 / len(rows)
    for n, ((name, colour), values) in enumerate(zip(labels, rows, strict=True)):
        bars = axes.barh(
            place + (n - (len(rows) - 1) / 2) * wide, values, wide * 0.94, color=colour, label=name
        )
        axes.bar_label(bars, fmt="%.3f", padding=6, fontsize=16)
    axes.set(yticks=place, yticklabels=ORDER, xlabel=xlabel, xlim=(0, 1.1))
    axes.invert_yaxis()
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=3)
    return describe(figure, text)


talk = _pairs(
    [[float(_talk[(s, p)]) for s in ORDER] for p in ("train", "valid")],
    [("training", "#555555"), ("validation", "#0072b2")],
    "Bars of the talk's accuracies on training and validation: vocals, drums and other between "
    "0.68 and 0.78, bass at 0.94.",
)


@lru_cache
def soft_mask():
    return predict_mask(network("vocals"), mixture)


@lru_cache
def found():
    return estimate(soft_mask())


def predicted():
    return panels.masks(
        {"The network's mask": soft_mask(), "The true mask": target},
        "Two masks: the network's is blurred, the true one sharp.",
        columns=1,
        top=6,
    )


def ladder():
    return panels.bars(
        {
            "song as it is": sdr(voice, part.mixture),
            "silence": 0.0,
            "network": sdr(voice, found()),
            "ideal mask": sdr(voice, ideal),
        },
        "SDR of the vocals (dB)",
        "Bars of SDR: the song as it is below zero, silence zero, the network above, the ideal "
        "mask highest.",
        colours=["#555555", "#555555", "#0072b2", "#009e73"],
        size=(11.7, 3.9),
    )


def beside_guessing():
    return _pairs(
        [
            [measured(source, "majority class") for source in ORDER],
            [float(_talk[(source, "valid")]) for source in ORDER],
            [measured(source, "network, binary") for source in ORDER],
        ],
        [("guessing", "#555555"), ("talk", "#d55e00"), ("ours", "#0072b2")],
        "Bars of accuracy on validation songs: guessing, the talk, and this project, by source.",
    )
