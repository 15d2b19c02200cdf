"""Lesson 01: add overlapping frames up to a recording."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


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
