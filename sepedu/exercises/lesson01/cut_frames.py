"""Lesson 01: cut a recording into overlapping frames, one per column."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


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
