"""Exercises of lesson 01: bins, frames, phase, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examine import Wrong, as_array, as_number, call, compare
from .framework import Exercise, Mistake


def _examine_bin_of(answer: Any) -> None:
    asked = [(440.0, 22050, 1024), (450.0, 22050, 1024), (1000.0, 44100, 2048), (8000.0, 16000, 64)]
    value = np.array([as_number(call(answer, *case), "bin") for case in asked])
    exact = np.array([frequency * n_fft / rate for frequency, rate, n_fft in asked])
    compare(
        value,
        np.round(exact),
        known=[
            (exact, "A bin has a whole number: round to the nearest one."),
            (np.floor(exact), "You cut the decimals off. Round instead: 450 Hz is nearer to 21."),
            (
                np.round(2 * exact),
                "Twice too high. Bin n_fft stands for the sample rate itself, so the bins of a "
                "real signal end at n_fft / 2, half the sample rate.",
            ),
            (
                np.round([f * rate / n_fft for f, rate, n_fft in asked]),
                "You multiplied by the width of a bin: divide by it.",
            ),
            (
                np.ceil(exact),
                "You rounded up. Round to the nearest: 440 Hz is nearer to bin 20.",
            ),
        ],
        otherwise="Bins are sample_rate / n_fft hertz apart, and bin 0 stands for 0 Hz.",
    )


bin_of = Exercise(
    name="bin_of",
    task="Find the bin of a Fourier transform that is nearest to a frequency.",
    stub='''
def bin_of(frequency, sample_rate, n_fft):
    """Number of the bin nearest to a frequency in hertz."""
    raise NotImplementedError
''',
    reference='''
def bin_of(frequency, sample_rate, n_fft):
    """Number of the bin nearest to a frequency in hertz."""
    return round(frequency * n_fft / sample_rate)
''',
    hints=(
        "How far apart are two bins, in hertz?",
        "Bin k stands for k * sample_rate / n_fft hertz. Solve for k, then round.",
    ),
    examine=_examine_bin_of,
    mistakes=(
        Mistake(
            "Not rounded",
            "def bin_of(f, rate, n_fft):\n    return f * n_fft / rate",
            "whole number",
        ),
        Mistake(
            "Decimals cut off", "def bin_of(f, rate, n_fft):\n    return f * n_fft // rate", "Round"
        ),
        Mistake(
            "Half the sample rate taken for all of it",
            "def bin_of(f, rate, n_fft):\n    return round(f * n_fft / (rate / 2))",
            "half the sample rate",
        ),
        Mistake(
            "Multiplied by the width of a bin",
            "def bin_of(f, rate, n_fft):\n    return round(f * rate / n_fft)",
            "divide",
        ),
    ),
    remark="A tone seldom falls on a bin exactly; its energy then spreads over the neighbours.",
)


def _examine_cut_frames(answer: Any) -> None:
    audio = np.arange(1.0, 22.0)[:20]
    n_fft, hop = 8, 3
    starts = range(0, len(audio) - n_fft + 1, hop)
    expected = np.stack([audio[s : s + n_fft] for s in starts], axis=1)
    value = as_array(call(answer, audio, n_fft, hop), kind="real", what="array of frames")
    if value.shape == (8, 4) and np.array_equal(value, expected[:, :4]):
        raise Wrong(
            "The last frame is missing: 20 samples hold 5 whole windows of 8 with a hop of 3. "
            "Look at where your range ends."
        )
    if value.shape == (8, 2):
        raise Wrong("Your frames start n_fft samples apart. The hop is smaller: they overlap.")
    if value.ndim == 2 and value.shape[0] == 8 and value.shape[1] > 5:
        raise Wrong("You have too many frames: each must hold n_fft samples of the recording.")
    compare(
        as_array(value, shape=expected.shape, what="array of frames"),
        expected,
        otherwise="Column m must hold the n_fft samples from number m * hop on.",
    )


cut_frames = Exercise(
    name="cut_frames",
    task="Cut a recording into overlapping frames, one per column.",
    stub='''
def cut_frames(audio, n_fft, hop):
    """Every whole window of n_fft samples [shape=(n_fft, frames)], hop samples apart."""
    raise NotImplementedError
''',
    reference='''
def cut_frames(audio, n_fft, hop):
    """Every whole window of n_fft samples [shape=(n_fft, frames)], hop samples apart."""
    starts = range(0, len(audio) - n_fft + 1, hop)
    return np.stack([audio[start : start + n_fft] for start in starts], axis=1)
''',
    hints=(
        "Frame m starts at sample m * hop. At which sample may the last one start?",
        "`np.stack(list_of_frames, axis=1)` makes each frame a column.",
    ),
    examine=_examine_cut_frames,
    mistakes=(
        Mistake(
            "A frame per row",
            "def cut_frames(audio, n_fft, hop):\n"
            "    starts = range(0, len(audio) - n_fft + 1, hop)\n"
            "    return np.stack([audio[s : s + n_fft] for s in starts])",
            "axes are swapped",
        ),
        Mistake(
            "Frames without overlap",
            "def cut_frames(audio, n_fft, hop):\n"
            "    starts = range(0, len(audio) - n_fft + 1, n_fft)\n"
            "    return np.stack([audio[s : s + n_fft] for s in starts], axis=1)",
            "overlap",
        ),
        Mistake(
            "Last frame missing",
            "def cut_frames(audio, n_fft, hop):\n"
            "    starts = range(0, len(audio) - n_fft, hop)\n"
            "    return np.stack([audio[s : s + n_fft] for s in starts], axis=1)",
            "last frame is missing",
        ),
        Mistake(
            "Frames beyond the end",
            "def cut_frames(audio, n_fft, hop):\n"
            "    starts = range(0, len(audio), hop)\n"
            "    padded = np.pad(audio, (0, n_fft))\n"
            "    return np.stack([padded[s : s + n_fft] for s in starts], axis=1)",
            "too many frames",
        ),
    ),
    remark="The library pads both ends with silence, so that the first sample counts fully.",
)


def _examine_join(answer: Any) -> None:
    random = np.random.default_rng(1)
    magnitude = random.random((5, 4)) + 0.1
    phase = random.uniform(-3, 3, (5, 4))
    expected = magnitude * np.exp(1j * phase)
    value = as_array(call(answer, magnitude, phase), (5, 4), "complex", "spectrum")
    compare(
        value,
        expected,
        known=[
            (expected.conj(), "The sign of the phase is turned: the sound would run backwards."),
            (
                magnitude + 1j * phase,
                "Magnitude and phase are length and angle of a complex number, not its real and "
                "imaginary part.",
            ),
            (np.exp(1j * phase), "The magnitude is lost: every bin has the size 1."),
            (magnitude * np.exp(1j * np.deg2rad(phase)), "The phase is in radians already."),
        ],
        otherwise="Each bin must have the given magnitude and the given angle.",
    )


join = Exercise(
    name="join",
    task="Join a magnitude and a phase to a complex spectrum.",
    stub='''
def join(magnitude, phase):
    """The complex spectrum with this magnitude and this phase in radians."""
    raise NotImplementedError
''',
    reference='''
def join(magnitude, phase):
    """The complex spectrum with this magnitude and this phase in radians."""
    return magnitude * np.exp(1j * phase)
''',
    hints=(
        "A complex number of size r and angle φ is r times e to the power of iφ.",
        "NumPy writes the imaginary unit as `1j`.",
    ),
    examine=_examine_join,
    mistakes=(
        Mistake("Phase dropped", "def join(m, p):\n    return m", "phase is lost"),
        Mistake(
            "Imaginary unit forgotten", "def join(m, p):\n    return m * np.exp(p)", "phase is lost"
        ),
        Mistake("Sign turned", "def join(m, p):\n    return m * np.exp(-1j * p)", "sign"),
        Mistake(
            "Taken for real and imaginary part",
            "def join(m, p):\n    return m + 1j * p",
            "length and angle",
        ),
        Mistake("Magnitude dropped", "def join(m, p):\n    return np.exp(1j * p)", "magnitude"),
    ),
    remark="A mask changes the magnitude and keeps the phase of the mixture: you join them again.",
)


def _examine_overlap_add(answer: Any) -> None:
    frames = np.random.default_rng(2).normal(size=(8, 5))
    hop = 3
    expected = np.zeros(8 + 4 * hop)
    last_wins = expected.copy()
    for m in range(5):
        expected[m * hop : m * hop + 8] += frames[:, m]
        last_wins[m * hop : m * hop + 8] = frames[:, m]
    value = as_array(call(answer, frames, hop), kind="real", what="recording")
    if value.shape == (40,):
        raise Wrong("You lined the frames up without overlap. They start only `hop` samples apart.")
    compare(
        as_array(value, shape=expected.shape, what="recording"),
        expected,
        known=[
            (last_wins, "Later frames overwrite earlier ones: add with `+=`."),
            (expected / 5, "You divided by the number of frames: only add."),
        ],
        otherwise="Frame m must be added to the samples from number m * hop on.",
    )


overlap_add = Exercise(
    name="overlap_add",
    task="Add overlapping frames up to a recording.",
    stub='''
def overlap_add(frames, hop):
    """The sum of frames [shape=(n_fft, count)], each hop samples after the one before."""
    raise NotImplementedError
''',
    reference='''
def overlap_add(frames, hop):
    """The sum of frames [shape=(n_fft, count)], each hop samples after the one before."""
    n_fft, count = frames.shape
    audio = np.zeros(n_fft + (count - 1) * hop)
    for m in range(count):
        audio[m * hop : m * hop + n_fft] += frames[:, m]
    return audio
''',
    hints=(
        "How long is the result? The last frame starts at (count - 1) * hop.",
        "Start from zeros, and add each frame at its place with `+=`.",
    ),
    examine=_examine_overlap_add,
    mistakes=(
        Mistake(
            "Overwritten instead of added",
            "def overlap_add(frames, hop):\n"
            "    n_fft, count = frames.shape\n"
            "    audio = np.zeros(n_fft + (count - 1) * hop)\n"
            "    for m in range(count):\n"
            "        audio[m * hop : m * hop + n_fft] = frames[:, m]\n"
            "    return audio",
            "overwrite",
        ),
        Mistake(
            "Lined up without overlap",
            "def overlap_add(frames, hop):\n    return frames.T.reshape(-1)",
            "without overlap",
        ),
        Mistake(
            "Divided by the number of frames",
            "def overlap_add(frames, hop):\n"
            "    n_fft, count = frames.shape\n"
            "    audio = np.zeros(n_fft + (count - 1) * hop)\n"
            "    for m in range(count):\n"
            "        audio[m * hop : m * hop + n_fft] += frames[:, m] / count\n"
            "    return audio",
            "only add",
        ),
        Mistake(
            "Last frame cut off",
            "def overlap_add(frames, hop):\n"
            "    n_fft, count = frames.shape\n"
            "    audio = np.zeros(n_fft + count * hop)\n"
            "    for m in range(count):\n"
            "        audio[m * hop : m * hop + n_fft] += frames[:, m]\n"
            "    return audio[: count * hop]",
            "shape",
        ),
    ),
    remark="Divide by the sum of squared windows, and this is the whole inverse transform.",
)
