"""What the deck of lesson 02 draws, plays and quotes."""

import numpy as np

from sepedu import apply_mask, average_mask, binary_mask, ratio_mask
from sepedu.audio import resample
from sepedu.evaluation import sdr
from sepedu.plots import BASELINE, OURS
from sepedu.songs import SOURCES
from sepedu.widgets import ThresholdExplorer
from tools.slides import panels
from tools.slides.live import Live
from tools.slides.material import magnitude, song, stft, told, training_songs
from tools.slides.sounds import Sounds  # noqa: F401 (the slides play with it)

RATE = stft.sample_rate
DATA = told("Pop - Morning Train", 1.5, 7.5)
part = song("Pop - Morning Train").between(1.5, 7.5)
voice = part.sources["vocals"]
mixture, vocals = magnitude(part.mixture), magnitude(part.sources["vocals"])


def estimate(mask, recording=part.mixture):
    """The sound that a mask leaves."""
    return stft.inverse(apply_mask(mask, stft.forward(recording)), len(recording))


def masked(threshold):
    return estimate(binary_mask(vocals, mixture, threshold))


def quality(sound):
    return sdr(part.sources["vocals"], sound)


two_owners = panels.spectra(
    {"The song": mixture, "Its voice": vocals},
    "Two spectrograms: the song, full of vertical and horizontal lines, and its voice, a stack of "
    "wavy lines that can be found again in the song.",
)
mask = binary_mask(vocals, mixture, 0.5)
multiplied = panels.spectra(
    {"Mixture": mixture, "Mask times mixture": mask * mixture, "True vocals": vocals},
    "Three spectrograms: the mixture, the mixture with all cells outside of the mask cut to "
    "black, and the true vocals, which look alike but for ragged edges.",
    columns=3,
    size=(11.7, 3.2),
    bar=False,
)
ones = mask.mean()
one_mask = panels.masks(
    {"Vocals, T = 0.5": mask},
    "The binary mask of the vocals: ribbons of ones along the harmonics, zeros between them.",
    columns=1,
)
three_masks = panels.masks(
    {
        f"T = {t:g}: {100 * (binary_mask(vocals, mixture, t).mean()):.0f} % ones": binary_mask(
            vocals, mixture, t
        )
        for t in (0.1, 0.5, 1.5)
    },
    "Three masks of the same voice. At T = 0.1 most cells are ones, at 0.5 the harmonics, at 1.5 "
    "only thin remains.",
    columns=3,
)

thresholds = np.geomspace(0.02, 5, 33)
reached = [quality(masked(t)) for t in thresholds]
best_t, best_sdr = thresholds[int(np.argmax(reached))], max(reached)
mixture_sdr = quality(part.mixture)
magnitudes = np.stack([magnitude(part.sources[name]) for name in SOURCES])
soft = ratio_mask(magnitudes)[SOURCES.index("vocals")]
soft_estimate = estimate(soft)
ratio_sdr = quality(soft_estimate)

sdr_curve = panels.curves(
    {"": (thresholds, reached)},
    "Threshold T",
    "SDR of the vocals (dB)",
    "SDR of the masked vocals against the threshold: a broad hill between the mixture's SDR on the "
    "left and silence, 0 dB, on the right.",
    log=True,
)
_axes = sdr_curve.axes[0]
_axes.plot(best_t, best_sdr, "o", color=OURS, markersize=13)
_axes.annotate(
    f"best: T = {best_t:.2g}, {best_sdr:.1f} dB",
    (best_t, best_sdr),
    (0, 14),
    textcoords="offset points",
    ha="center",
    fontsize=19,
)
_axes.axhline(mixture_sdr, color=BASELINE, linestyle="--", linewidth=2)
_axes.text(
    5,
    mixture_sdr,
    f"mixture as it is, {mixture_sdr:.1f} dB".replace("-", "−"),
    va="bottom",
    ha="right",
)
_axes.margins(y=0.16)

_voice, _whole = stft.forward(voice), stft.forward(part.mixture)


def _loss_and_leak():
    places = np.geomspace(0.05, 1.2, 25)
    energy = np.sum(np.abs(_voice) ** 2)
    lost, leaked = [], []
    for threshold in places:
        open_ = binary_mask(vocals, mixture, threshold)
        lost.append(np.sum(np.abs(_voice[~open_]) ** 2) / energy)
        leaked.append(np.sum(np.abs((_whole - _voice)[open_]) ** 2) / energy)
    return panels.curves(
        {"loss": (places, 10 * np.log10(lost)), "leak": (places, 10 * np.log10(leaked))},
        "Threshold T",
        "Energy against the voice's (dB)",
        "Two curves over the threshold: loss rises, leak falls, and they cross below T = 1.",
        size=(11.7, 3.7),
        colours={"loss": OURS, "leak": BASELINE},
        log=True,
    )


loss_and_leak = _loss_and_leak()

explorer = Live(ThresholdExplorer(part, "vocals", seconds=6.0))

train = training_songs()
songs = len(train)
TRAINED = f"{songs} training songs of the embedded set"
_pairs = {s: [(magnitude(t.sources[s]), magnitude(t.mixture)) for t in train] for s in SOURCES}


def share(source, threshold):
    """Share of ones over all frames of the training songs."""
    passed = [binary_mask(s, m, threshold) for s, m in _pairs[source]]
    return sum(p.sum() for p in passed) / sum(p.size for p in passed)


_places = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5)
shares = panels.curves(
    {s: (_places, [100 * share(s, t) for t in _places]) for s in SOURCES},
    "Threshold T",
    "Ones in the mask (%)",
    "Share of ones against the threshold, for the four sources: all fall, and bass lies far below "
    "the other three.",
)
_masks = {s: [binary_mask(a, b, 0.5) for a, b in _pairs[s]] for s in SOURCES}
_count = np.concatenate(
    [np.sum(quartet, axis=0).ravel() for quartet in zip(*_masks.values(), strict=True)]
)
_claims = np.bincount(_count, minlength=5) / _count.size
claims = panels.bars(
    {f"{n} sources" if n != 1 else "1 source": 100 * v for n, v in enumerate(_claims)},
    "Cells claimed at T = 0.5 (%)",
    "Bars: how many of the four sources claim a cell at T = 0.5. One source claims most cells, "
    "some are claimed by none or by two.",
    size=(11.7, 3.6),
)

average = {s: average_mask(_masks[s]) for s in SOURCES}
beforehand = panels.curves(
    {s: (stft.frequencies[1:] / 1000, 100 * panels.smooth(average[s][:, 0])) for s in SOURCES},
    "Frequency (kHz)",
    "Frames in which it passes (%)",
    "Average masks over frequency: bass passes at the bottom only, vocals and other in the middle, "
    "drums at the top.",
    log=True,
)
_other = train[0]
_other_mask = binary_mask(magnitude(_other.sources["vocals"]), magnitude(_other.mixture), 0.5)
_frames = mixture.shape[1]
how_far = panels.ladder(
    {
        "mixture as it is": mixture_sdr,
        "average of other songs": quality(estimate(average["vocals"])),
        "mask of another song": quality(estimate(np.resize(_other_mask, mask.shape))),
        "ideal mask of this song": quality(masked(0.5)),
    },
    "SDR of the vocals (dB)",
)


def stale(change):
    """SDR when the recording is changed after its ideal mask was made."""
    voice, whole = change(part.sources["vocals"]), change(part.mixture)
    return sdr(voice, estimate(mask, whole))


def faster(percent):
    """Play it faster, which also raises its pitch; the end is filled with silence."""

    def change(audio):
        short = resample(audio, RATE, round(RATE / (1 + percent / 100)))
        return np.pad(short, (0, len(audio) - len(short)))

    return change


broken = panels.bars(
    {
        "unchanged": stale(lambda audio: audio),
        "half as loud": stale(lambda audio: 0.5 * audio),
        "shifted by 0.05 s": stale(lambda audio: np.roll(audio, round(0.05 * RATE))),
        "shifted by 0.25 s": stale(lambda audio: np.roll(audio, round(0.25 * RATE))),
        "2 % faster": stale(faster(2)),
        "6 % faster (a semitone)": stale(faster(6)),
    },
    "SDR of the vocals (dB)",
    "Bars of SDR with the old mask: unchanged and half as loud are equal, a shift in time or a "
    "faster recording ruins it.",
    colours=[OURS, OURS, BASELINE, BASELINE, BASELINE, BASELINE],
)
