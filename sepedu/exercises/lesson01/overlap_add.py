"""Lesson 01: add overlapping frames up to a recording."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _added(frames: np.ndarray, hop: int, keep: float = 1.0) -> np.ndarray:
    n_fft, count = frames.shape
    audio = np.zeros(n_fft + (count - 1) * hop)
    for m in range(count):
        place = slice(m * hop, m * hop + n_fft)
        audio[place] = keep * audio[place] + frames[:, m]
    return audio


_MISTAKES = (
    Mistake(
        "Overwritten instead of added",
        lambda frames, hop: _added(frames, hop, keep=0.0),
        "Later frames overwrite earlier ones: add with `+=`.",
    ),
    Mistake(
        "Lined up without overlap",
        lambda frames, hop: frames.T.reshape(-1),
        "You lined the frames up without overlap. They start only `hop` samples apart.",
    ),
    Mistake(
        "Divided by the number of frames",
        lambda frames, hop: _added(frames, hop) / frames.shape[1],
        "You divided by the number of frames: only add.",
    ),
    Mistake(
        "Rows taken for frames",
        lambda frames, hop: _added(frames.T, hop),
        "You took rows for frames: each column is a frame.",
    ),
    Mistake(
        "Whole numbers",
        lambda frames, hop: _added(np.trunc(frames), hop),
        "Your recording holds whole numbers: the samples lost their decimals.",
    ),
    Mistake("Last frame cut off", lambda frames, hop: _added(frames, hop)[: frames.shape[1] * hop]),
)


def _examine_overlap_add(answer: Any) -> None:
    frames = np.random.default_rng(2).normal(size=(8, 5))
    compare(
        answer,
        cases={
            "0": (frames, 3),
            "frames that touch without overlap": (frames[:6, :4], 6),
            "a single frame": (frames[:, :1], 3),
            "a hop longer than the frame": (frames[:4, :3], 5),
        },
        right=_added,
        mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="Divide by the sum of squared windows, and this is the whole inverse transform.",
)
