"""Lesson 03: cut a window of 25 columns around each frame of a spectrogram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge


def _cut(magnitude: np.ndarray, before: int = 12, after: int = 12, mode: str = "constant") -> Any:
    padded = np.pad(magnitude, ((0, 0), (before, after)), mode)
    return np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1).transpose(1, 0, 2)


def _padded_with(mode: str) -> Callable:
    return lambda magnitude: _cut(magnitude, mode=mode)


def _examine_cut_windows(answer: Any) -> None:
    magnitude = np.random.default_rng(0).random((6, 60)) + 0.1
    ends = "Beyond the song's ends there is silence: pad with zeros, not with its own frames."
    middle = "Frame m must stand in the middle of window m, in column 12: pad both ends."
    order = "The axes are in another order: windows come first, then bins, then columns."
    outside = (
        "The first and the last 12 frames have no window. Put 12 frames of silence before and "
        "after the song first."
    )
    judge(
        answer,
        cases={
            "0": (magnitude[:, :40],),
            "a song of another length, with 4 bins": (magnitude[2:],),
            "a song of 7 frames, shorter than a window": (magnitude[:, :7],),
            "a single frame": (magnitude[:, :1],),
        },
        right=_cut,
        known=[
            (lambda x: _cut(x, 0, 0), outside),
            (lambda x: _cut(x, 0, 0).transpose(1, 0, 2), outside),
            (lambda x: _cut(x).transpose(1, 0, 2), order),
            (lambda x: _cut(x).transpose(0, 2, 1), order),
            (
                lambda x: _cut(x, 0, 0)[::25],
                "Your windows do not overlap. The step is one frame: each frame has its own.",
            ),
            (
                lambda x: _cut(x)[::25],
                "Your windows do not overlap. The step is one frame: each frame has its own.",
            ),
            (_padded_with("edge"), ends),
            (_padded_with("reflect"), ends),
            (_padded_with("wrap"), ends),
            (lambda x: _cut(x, 0, 24), middle),
            (lambda x: _cut(x, 24, 0), middle),
        ],
        otherwise="Window m must hold frames m - 12 to m + 12.",
        read=lambda value: as_array(value, kind="real", what="array of windows"),
        what="array of windows",
    )


cut_windows = Exercise(
    name="cut_windows",
    task="Cut a window of 25 columns around each frame of a spectrogram.",
    stub='''
def cut_windows(magnitude):
    """A window around each frame [shape=(bins, frames) -> (frames, bins, 25)].

    Frame m stands in the middle column; before and after the song there is silence.
    """
    raise NotImplementedError
''',
    reference='''
def cut_windows(magnitude):
    """A window around each frame [shape=(bins, frames) -> (frames, bins, 25)].

    Frame m stands in the middle column; before and after the song there is silence.
    """
    padded = np.pad(magnitude, ((0, 0), (12, 12)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1)
    return windows.transpose(1, 0, 2)
''',
    hints=(
        "Pad 12 frames of zeros at both ends of the axis of time, and of no other.",
        "`np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1)` has the shape "
        "(bins, frames, 25). One transpose is left to do. A loop and `np.stack` will do as well.",
    ),
    examine=_examine_cut_windows,
    mistakes=(
        Mistake(
            "Ends without windows",
            "def cut_windows(x):\n"
            "    return np.stack([x[:, s : s + 25] for s in range(x.shape[1] - 24)])",
            "no window",
        ),
        Mistake(
            "Axes in another order",
            "def cut_windows(x):\n    x = np.pad(x, ((0, 0), (12, 12)))\n"
            "    return np.lib.stride_tricks.sliding_window_view(x, 25, axis=1)",
            "another order",
        ),
        Mistake(
            "Ends padded with the song itself",
            'def cut_windows(x):\n    x = np.pad(x, ((0, 0), (12, 12)), "edge")\n'
            "    return np.stack([x[:, s : s + 25] for s in range(x.shape[1] - 24)])",
            "silence",
        ),
        Mistake(
            "A step of 25",
            "def cut_windows(x):\n"
            "    return np.stack([x[:, s : s + 25] for s in range(0, x.shape[1] - 24, 25)])",
            "do not overlap",
        ),
        Mistake(
            "Frame at the border instead of the middle",
            "def cut_windows(x):\n    x = np.pad(x, ((0, 0), (0, 24)))\n"
            "    return np.stack([x[:, s : s + 25] for s in range(x.shape[1] - 24)])",
            "in the middle",
        ),
        Mistake(
            "Number of bins written out",
            "def cut_windows(x):\n"
            "    x = np.pad(x, ((0, 0), (12, 12)))\n"
            "    windows = np.zeros((x.shape[1] - 24, 513, 25))\n"
            "    for m in range(len(windows)):\n"
            "        windows[m] = x[:, m : m + 25]\n"
            "    return windows",
            "such as 513",
        ),
    ),
    remark="With a sliding view nothing is copied: 25 columns cost as much memory as one.",
)
