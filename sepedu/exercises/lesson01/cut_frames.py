"""Lesson 01: cut a recording into overlapping frames, one per column."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge


def _frames(audio: np.ndarray, n_fft: int, hop: int, end: int | None = None) -> np.ndarray:
    starts = range(0, len(audio) - n_fft + 1 if end is None else end, hop)
    padded = np.pad(audio, (0, n_fft))
    return np.stack([padded[start : start + n_fft] for start in starts], axis=1)


def _examine_cut_frames(answer: Any) -> None:
    audio = np.random.default_rng(1).normal(size=33)
    beyond = "You have too many frames: each must hold n_fft samples of the recording."
    judge(
        answer,
        cases={
            "0": (audio[:20], 8, 3),
            "another length, where the last samples fill no frame": (audio, 10, 4),
            "a recording of exactly one frame": (audio[:8], 8, 3),
            "a hop longer than the frame": (audio[:30], 4, 7),
        },
        right=_frames,
        known=[
            (
                lambda audio, n_fft, hop: _frames(audio, n_fft, hop, len(audio) - n_fft),
                "The last frame is missing: 20 samples hold 5 whole windows of 8 with a hop of 3. "
                "Look at where your range ends.",
            ),
            (
                lambda audio, n_fft, hop: _frames(audio, n_fft, n_fft),
                "Your frames start n_fft samples apart. The hop is smaller: they overlap.",
            ),
            (lambda audio, n_fft, hop: _frames(audio, n_fft, hop, len(audio)), beyond),
            (
                lambda audio, n_fft, hop: _frames(audio, n_fft, hop).astype(int),
                "Your frames hold whole numbers: the samples lost their decimals. `np.zeros` with "
                "`dtype=int` or `.astype(int)` does that.",
            ),
            (
                lambda audio, n_fft, hop: _frames(audio, hop, n_fft),
                "n_fft is the length of a frame, and hop the distance: you swapped them.",
            ),
        ],
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
        Mistake(
            "Whole numbers",
            "def cut_frames(audio, n_fft, hop):\n"
            "    count = (len(audio) - n_fft) // hop + 1\n"
            "    frames = np.zeros((n_fft, count), dtype=int)\n"
            "    for m in range(count):\n"
            "        frames[:, m] = audio[m * hop : m * hop + n_fft]\n"
            "    return frames",
            "whole numbers",
        ),
        Mistake(
            "Last frames too short",
            "def cut_frames(audio, n_fft, hop):\n"
            "    starts = range(0, len(audio), hop)\n"
            "    return np.stack([audio[s : s + n_fft] for s in starts], axis=1)",
            "run over the end",
        ),
    ),
    remark="The library pads both ends with silence, so that the first sample counts fully.",
)
