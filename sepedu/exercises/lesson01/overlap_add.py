"""Lesson 01: add overlapping frames up to a recording."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge


def _added(frames: np.ndarray, hop: int, keep: float = 1.0) -> np.ndarray:
    n_fft, count = frames.shape
    audio = np.zeros(n_fft + (count - 1) * hop)
    for m in range(count):
        place = slice(m * hop, m * hop + n_fft)
        audio[place] = keep * audio[place] + frames[:, m]
    return audio


def _examine_overlap_add(answer: Any) -> None:
    frames = np.random.default_rng(2).normal(size=(8, 5))
    judge(
        answer,
        cases={
            "0": (frames, 3),
            "frames that touch without overlap": (frames[:6, :4], 6),
            "a single frame": (frames[:, :1], 3),
            "a hop longer than the frame": (frames[:4, :3], 5),
        },
        right=_added,
        known=[
            (
                lambda frames, hop: _added(frames, hop, keep=0.0),
                "Later frames overwrite earlier ones: add with `+=`.",
            ),
            (
                lambda frames, hop: frames.T.reshape(-1),
                "You lined the frames up without overlap. They start only `hop` samples apart.",
            ),
            (
                lambda frames, hop: _added(frames, hop) / frames.shape[1],
                "You divided by the number of frames: only add.",
            ),
            (
                lambda frames, hop: _added(frames.T, hop),
                "You took rows for frames: each column is a frame.",
            ),
            (
                lambda frames, hop: _added(np.trunc(frames), hop),
                "Your recording holds whole numbers: the samples lost their decimals.",
            ),
        ],
        otherwise="Frame m must be added to the samples from number m * hop on.",
        read=lambda value: as_array(value, kind="real", what="recording"),
        what="recording",
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
            "15 values, and 20",
        ),
        Mistake(
            "Rows taken for frames",
            "def overlap_add(frames, hop):\n"
            "    count, n_fft = frames.shape\n"
            "    audio = np.zeros(n_fft + (count - 1) * hop)\n"
            "    for m in range(count):\n"
            "        audio[m * hop : m * hop + n_fft] += frames[m]\n"
            "    return audio",
            "rows for frames",
        ),
    ),
    remark="Divide by the sum of squared windows, and this is the whole inverse transform.",
)
