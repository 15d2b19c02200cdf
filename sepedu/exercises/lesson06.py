"""Exercises of lesson 06: from a mask to sound, and what SDR, SI-SDR and accuracy count."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..stft import STFT
from .examine import Wrong, as_array, as_number, call, compare
from .framework import Exercise, Mistake


def _examine_reconstruct(answer: Any) -> None:
    generator = np.random.default_rng(6)
    stft = STFT()
    audio = generator.normal(size=5000) / 4
    spectrum = stft.forward(audio)
    mask = generator.random(spectrum.shape)
    value = as_array(call(answer, mask, audio, stft), what="estimate")
    if value.shape == spectrum.shape:
        raise Wrong("Your estimate is still a spectrum: bring it back with `stft.inverse`.")
    if value.ndim == 1 and value.size != audio.size:
        raise Wrong(
            f"Your estimate has {value.size} samples and the mixture {audio.size}: pass "
            "`len(audio)` to `stft.inverse`."
        )
    flat = stft.inverse(mask * np.abs(spectrum) + 0j, len(audio))
    right = stft.inverse(mask * spectrum, len(audio))
    compare(
        as_array(value, audio.shape, "real", "estimate"),
        right,
        known=[
            (flat, "The phase is lost: multiply the complex spectrum, not its magnitude."),
            (audio, "This is the mixture itself: the mask is not applied yet."),
            (
                stft.inverse((mask > 0.5) * spectrum, len(audio)),
                "You made the mask binary: multiply by the values themselves.",
            ),
            (right / np.abs(right).max(), "You scaled the estimate to full level: leave it as is."),
        ],
        otherwise="Transform, multiply by the mask, transform back: nothing else.",
    )


reconstruct = Exercise(
    name="reconstruct",
    task="Turn a predicted mask and the mixture's audio into the audio of an estimate.",
    stub='''
def reconstruct(mask, audio, stft):
    """Audio of the estimate, with the mixture's phase and length."""
    raise NotImplementedError
''',
    reference='''
def reconstruct(mask, audio, stft):
    """Audio of the estimate, with the mixture's phase and length."""
    spectrum = stft.forward(audio)
    return stft.inverse(mask * spectrum, len(audio))
''',
    hints=(
        "Lesson 01 gave the way there and back, lesson 02 the product between.",
        "`stft.forward(audio)` is complex. A real mask times it keeps its phase.",
    ),
    examine=_examine_reconstruct,
    mistakes=(
        Mistake(
            "Phase lost",
            "def reconstruct(mask, audio, stft):\n"
            "    return stft.inverse(mask * np.abs(stft.forward(audio)) + 0j, len(audio))",
            "phase",
        ),
        Mistake(
            "Mask made binary",
            "def reconstruct(mask, audio, stft):\n"
            "    return stft.inverse((mask > 0.5) * stft.forward(audio), len(audio))",
            "binary",
        ),
        Mistake(
            "Length of whole hops",
            "def reconstruct(mask, audio, stft):\n"
            "    s = stft.forward(audio)\n"
            "    return stft.inverse(mask * s, (s.shape[1] - 1) * stft.hop_length)",
            "len(audio)",
        ),
        Mistake(
            "Not transformed back",
            "def reconstruct(mask, audio, stft):\n    return mask * stft.forward(audio)",
            "still a spectrum",
        ),
        Mistake(
            "Scaled to full level",
            "def reconstruct(mask, audio, stft):\n"
            "    x = stft.inverse(mask * stft.forward(audio), len(audio))\n"
            "    return x / np.abs(x).max()",
            "full level",
        ),
    ),
    remark="`separate` does the same for each channel, in blocks, at any sample rate.",
)


def _recordings() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(7)
    reference = generator.normal(size=400)
    return reference, 0.6 * reference + 0.3 * generator.normal(size=400)


def _examine_sdr(answer: Any) -> None:
    s, e = _recordings()
    energy, error = (s**2).sum(), ((s - e) ** 2).sum()
    compare(
        as_number(call(answer, s, e), "SDR"),
        10 * np.log10(energy / error),
        known=[
            (10 * np.log10(error / energy), "The fraction is upside down: a good SDR is high."),
            (
                20 * np.log10(energy / error),
                "Energies are squares already: the factor before the logarithm is 10.",
            ),
            (
                10 * np.log(energy / error),
                "Decibels are made with the logarithm to base 10, `np.log10`.",
            ),
            (
                10 * np.log10((e**2).sum() / error),
                "Above the line stands the energy of the reference, not of the estimate.",
            ),
            (
                10 * np.log10(np.abs(s).sum() / np.abs(s - e).sum()),
                "Energy is the sum of squares, not of sizes.",
            ),
            (energy / error, "This is the ratio itself: put it into decibels."),
        ],
        otherwise="Energy of the reference over energy of the difference, in decibels.",
    )


sdr = Exercise(
    name="sdr",
    task="Write the signal-to-distortion ratio of an estimate in decibels.",
    stub='''
def sdr(reference, estimate):
    """Energy of the reference over energy of the difference, in decibels."""
    raise NotImplementedError
''',
    reference='''
def sdr(reference, estimate):
    """Energy of the reference over energy of the difference, in decibels."""
    energy = (reference**2).sum()
    error = ((reference - estimate) ** 2).sum()
    return 10 * np.log10(energy / error)
''',
    hints=(
        "Two sums of squares, one fraction, one logarithm.",
        "An estimate of silence must have 0 dB: then the difference is the reference itself.",
    ),
    examine=_examine_sdr,
    mistakes=(
        Mistake(
            "Upside down",
            "def sdr(s, e):\n    return 10 * np.log10(((s - e) ** 2).sum() / (s**2).sum())",
            "upside down",
        ),
        Mistake(
            "Factor for amplitudes",
            "def sdr(s, e):\n    return 20 * np.log10((s**2).sum() / ((s - e) ** 2).sum())",
            "factor before",
        ),
        Mistake(
            "Natural logarithm",
            "def sdr(s, e):\n    return 10 * np.log((s**2).sum() / ((s - e) ** 2).sum())",
            "base 10",
        ),
        Mistake(
            "Energy of the estimate",
            "def sdr(s, e):\n    return 10 * np.log10((e**2).sum() / ((s - e) ** 2).sum())",
            "not of the estimate",
        ),
        Mistake(
            "Not in decibels",
            "def sdr(s, e):\n    return (s**2).sum() / ((s - e) ** 2).sum()",
            "into decibels",
        ),
    ),
    remark="Silence gets 0 dB, so a negative SDR is worse than saying nothing.",
)


def _examine_si_sdr(answer: Any) -> None:
    s, e = _recordings()

    def ratio(target: np.ndarray, estimate: np.ndarray) -> float:
        return 10 * np.log10((target**2).sum() / ((target - estimate) ** 2).sum())

    alpha = (s * e).sum() / (s**2).sum()
    beta = (s * e).sum() / (e**2).sum()
    compare(
        as_number(call(answer, s, e), "SI-SDR"),
        ratio(alpha * s, e),
        known=[
            (ratio(s, e), "This is the SDR: scale the reference by alpha first."),
            (
                ratio(beta * s, e),
                "Your alpha divides by the energy of the estimate: divide by the reference's.",
            ),
            (
                10 * np.log10((s**2).sum() / ((alpha * s - e) ** 2).sum()),
                "Above the line stands the scaled reference too: alpha counts in both places.",
            ),
            (
                10 * np.log10(((alpha * s) ** 2).sum() / ((s - e) ** 2).sum()),
                "The difference is taken from the scaled reference: alpha counts in both places.",
            ),
            (
                ratio(s / np.abs(s).max(), e / np.abs(e).max()),
                "Equal peaks are not equal levels: use alpha, which makes the error smallest.",
            ),
        ],
        otherwise="Find alpha first, then take the SDR of the estimate against alpha times s.",
        tolerance=1e-6,
    )


si_sdr = Exercise(
    name="si_sdr",
    task="Write the scale-invariant signal-to-distortion ratio.",
    stub='''
def si_sdr(reference, estimate):
    """SDR of the estimate against the reference scaled by the best factor alpha."""
    raise NotImplementedError
''',
    reference='''
def si_sdr(reference, estimate):
    """SDR of the estimate against the reference scaled by the best factor alpha."""
    alpha = (reference * estimate).sum() / (reference**2).sum()
    target = alpha * reference
    return 10 * np.log10((target**2).sum() / ((target - estimate) ** 2).sum())
''',
    hints=(
        "alpha is the sum of products of both, over the energy of the reference.",
        "Call alpha times the reference the target, and write the SDR with it.",
    ),
    examine=_examine_si_sdr,
    mistakes=(
        Mistake(
            "Not scaled",
            "def si_sdr(s, e):\n    return 10 * np.log10((s**2).sum() / ((s - e) ** 2).sum())",
            "This is the SDR",
        ),
        Mistake(
            "Energy of the estimate below alpha",
            "def si_sdr(s, e):\n    t = (s * e).sum() / (e**2).sum() * s\n"
            "    return 10 * np.log10((t**2).sum() / ((t - e) ** 2).sum())",
            "energy of the estimate",
        ),
        Mistake(
            "alpha forgotten above the line",
            "def si_sdr(s, e):\n    t = (s * e).sum() / (s**2).sum() * s\n"
            "    return 10 * np.log10((s**2).sum() / ((t - e) ** 2).sum())",
            "both places",
        ),
        Mistake(
            "Peaks made equal",
            "def si_sdr(s, e):\n    s, e = s / np.abs(s).max(), e / np.abs(e).max()\n"
            "    return 10 * np.log10((s**2).sum() / ((s - e) ** 2).sum())",
            "Equal peaks",
        ),
    ),
    remark="Turning an estimate up or down changes its SDR and leaves its SI-SDR.",
)


def _examine_flip(answer: Any) -> None:
    generator = np.random.default_rng(8)
    mixture = generator.random((9, 14))
    mask = generator.random((9, 14)) < 0.4
    order = np.argsort(mixture, axis=None)

    def turned(places: np.ndarray, value: bool | None = None) -> np.ndarray:
        result = mask.copy().ravel()
        result[places] = ~result[places] if value is None else value
        return result.reshape(mask.shape)

    for loudest in (False, True):
        chosen, others = (order[-20:], order[:20]) if loudest else (order[:20], order[-20:])
        value = as_array(call(answer, mask, mixture, 20, loudest), mask.shape, "bool", "mask")
        value = value.astype(bool)
        changed = int((value != mask).sum())
        known = [
            (turned(others), "You turned the bins of the other end: compare loud with faint."),
            (turned(chosen, False), "You set the bins to 0: turn 0 into 1 as well."),
            (turned(chosen, True), "You set the bins to 1: turn 1 into 0 as well."),
        ]
        compare(
            value,
            turned(chosen),
            known=known,
            otherwise=f"{changed} bins were turned. Turn exactly 20, those where the mixture is "
            f"{'loudest' if loudest else 'faintest'} over all frequencies and frames.",
        )


flip = Exercise(
    name="flip",
    task="Turn a given number of a mask's bins around, where the mixture is loudest or faintest.",
    stub='''
def flip(mask, mixture, count, loudest):
    """The mask with `count` bins turned around, where the mixture is loudest, or faintest."""
    raise NotImplementedError
''',
    reference='''
def flip(mask, mixture, count, loudest):
    """The mask with `count` bins turned around, where the mixture is loudest, or faintest."""
    order = np.argsort(mixture, axis=None)  # faintest first, over all bins
    places = np.unravel_index(order[-count:] if loudest else order[:count], mask.shape)
    wrong = mask.copy()
    wrong[places] = ~wrong[places]
    return wrong
''',
    hints=(
        "`np.argsort(mixture, axis=None)` numbers all bins from the faintest to the loudest.",
        "`~` turns a bool around. `np.unravel_index` makes places in two dimensions of numbers.",
    ),
    examine=_examine_flip,
    mistakes=(
        Mistake(
            "Set to 0 instead of turned",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n    m = mask.copy().ravel()\n"
            "    m[order[-count:] if loudest else order[:count]] = False\n"
            "    return m.reshape(mask.shape)",
            "set the bins to 0",
        ),
        Mistake(
            "Ends mixed up",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n    m = mask.copy().ravel()\n"
            "    p = order[:count] if loudest else order[-count:]\n    m[p] = ~m[p]\n"
            "    return m.reshape(mask.shape)",
            "other end",
        ),
        Mistake(
            "One bin too many",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=None)\n    m = mask.copy().ravel()\n"
            "    p = order[-count - 1:] if loudest else order[:count + 1]\n    m[p] = ~m[p]\n"
            "    return m.reshape(mask.shape)",
            "21 bins",
        ),
        Mistake(
            "Sorted within each frequency",
            "def flip(mask, mixture, count, loudest):\n"
            "    order = np.argsort(mixture, axis=1)\n    m = mask.copy()\n"
            "    m.ravel()[order.ravel()[-count:]] ^= True\n    return m",
            "over all frequencies",
        ),
    ),
    remark="Both masks then have the same accuracy, to the last bin.",
)


def _examine_condense(answer: Any) -> None:
    for values, silent in (([3.0, np.nan, -1.0, 7.0, 20.0, np.nan], 2), ([1.0, 4.0, 2.0], 0)):
        heard = np.array([v for v in values if v == v])
        value = call(answer, np.array(values))
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise Wrong("Return two things: the median, and how many values were NaN.")
        if isinstance(value[0], (float, np.floating)) and np.isnan(value[0]):
            raise Wrong("One NaN makes `np.median` NaN: leave the silent songs out first.")
        compare(
            as_number(value[0], "median"),
            np.median(heard),
            known=[
                (heard.mean(), "This is the mean: one outlier moves it, so take the median."),
                (
                    np.median(np.nan_to_num(values)),
                    "NaN counts as 0 dB here: leave out a song that does not have the source.",
                ),
            ],
            otherwise="The first value is not the median of the songs that have an SDR.",
        )
        compare(
            as_number(value[1], "count"),
            silent,
            known=[(len(heard), "You counted the songs that have an SDR: count the others.")],
            otherwise=f"{silent} songs are NaN here, and you report {value[1]}.",
        )


condense = Exercise(
    name="condense",
    task="Condense the SDR of many songs, some of them without the source, to two numbers.",
    stub='''
def condense(values):
    """Median over the songs that have an SDR, and the number of songs whose SDR is NaN."""
    raise NotImplementedError
''',
    reference='''
def condense(values):
    """Median over the songs that have an SDR, and the number of songs whose SDR is NaN."""
    silent = np.isnan(values)
    return np.median(values[~silent]), silent.sum()
''',
    hints=(
        "`np.isnan(values)` marks the silent songs.",
        "Leave them out of the median, and report how many they were.",
    ),
    examine=_examine_condense,
    mistakes=(
        Mistake(
            "NaN counted as 0",
            "def condense(values):\n"
            "    return np.median(np.nan_to_num(values)), int(np.isnan(values).sum())",
            "0 dB",
        ),
        Mistake(
            "Median of everything",
            "def condense(values):\n    return np.median(values), np.isnan(values).sum()",
            "leave the silent songs out",
        ),
        Mistake(
            "Mean",
            "def condense(values):\n    return np.nanmean(values), np.isnan(values).sum()",
            "This is the mean",
        ),
        Mistake(
            "Silent songs not reported",
            "def condense(values):\n    return np.nanmedian(values)",
            "two things",
        ),
        Mistake(
            "Counted the others",
            "def condense(values):\n    return np.nanmedian(values), (~np.isnan(values)).sum()",
            "count the others",
        ),
    ),
    remark="A report that hides how many songs were left out can be made to say anything.",
)
