"""Lesson 01: cut a recording into overlapping frames, one per column."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _frames(audio: np.ndarray, n_fft: int, hop: int, end: int | None = None) -> np.ndarray:
    starts = range(0, len(audio) - n_fft + 1 if end is None else end, hop)
    padded = np.pad(audio, (0, n_fft))
    return np.stack([padded[start : start + n_fft] for start in starts], axis=1)


def _unequal_frames(audio, n_fft, hop):
    return np.stack([audio[s : s + n_fft] for s in range(0, len(audio), hop)], axis=1)


_MISTAKES = (
    Mistake(
        "Last frame missing",
        lambda audio, n_fft, hop: _frames(audio, n_fft, hop, len(audio) - n_fft),
        "The last frame is missing: 20 samples hold 5 whole windows of 8 with a hop of 3. "
        "Look at where your range ends.",
    ),
    Mistake(
        "Frames without overlap",
        lambda audio, n_fft, hop: _frames(audio, n_fft, n_fft),
        "Your frames start n_fft samples apart. The hop is smaller: they overlap.",
    ),
    Mistake(
        "Frames beyond the end",
        lambda audio, n_fft, hop: _frames(audio, n_fft, hop, len(audio)),
        "You have too many frames: each must hold n_fft samples of the recording.",
    ),
    Mistake(
        "Whole numbers",
        lambda audio, n_fft, hop: _frames(audio, n_fft, hop).astype(int),
        "Your frames hold whole numbers: the samples lost their decimals. `np.zeros` with "
        "`dtype=int` or `.astype(int)` does that.",
    ),
    Mistake(
        "n_fft and hop swapped",
        lambda audio, n_fft, hop: _frames(audio, hop, n_fft),
        "n_fft is the length of a frame, and hop the distance: you swapped them.",
    ),
    Mistake("A frame per row", lambda audio, n_fft, hop: _frames(audio, n_fft, hop).T),
    Mistake("Last frames too short", _unequal_frames),
)


def _examine_cut_frames(answer: Any) -> None:
    audio = np.random.default_rng(1).normal(size=33)
    compare(
        answer,
        cases={
            "0": (audio[:20], 8, 3),
            "another length, where the last samples fill no frame": (audio, 10, 4),
            "a recording of exactly one frame": (audio[:8], 8, 3),
            "a hop longer than the frame": (audio[:30], 4, 7),
        },
        right=_frames,
        mistakes=_MISTAKES,
        otherwise="Column m must hold the n_fft samples from number m * hop on.",
        read=lambda value: as_array(value, kind="real", what="array of frames"),
        what="array of frames",
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
    mistakes=_MISTAKES,
    remark="The library pads both ends with silence, so that the first sample counts fully.",
)
