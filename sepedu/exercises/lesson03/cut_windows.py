"""Lesson 03: cut a window of 25 columns around each frame of a spectrogram."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_cut_windows(answer: Any) -> None:
    magnitude = np.random.default_rng(0).random((6, 40)) + 0.1
    padded = np.pad(magnitude, ((0, 0), (12, 12)))
    expected = np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1).transpose(1, 0, 2)
    value = as_array(call(answer, magnitude), kind="real", what="array of windows")
    if value.shape in ((16, 6, 25), (6, 16, 25)):
        raise Wrong(
            "The first and the last 12 frames have no window. Put 12 frames of silence before and "
            "after the song first."
        )
    if value.shape == (6, 40, 25):
        raise Wrong("The axes are in another order: windows come first, then bins, then columns.")
    if value.ndim == 3 and value.shape[0] < 6:
        raise Wrong("Your windows do not overlap. The step is one frame: each frame has its own.")
    compare(
        as_array(value, expected.shape, what="array of windows"),
        expected,
        known=[
            (
                np.lib.stride_tricks.sliding_window_view(
                    np.pad(magnitude, ((0, 0), (12, 12)), mode), 25, axis=1
                ).transpose(1, 0, 2),
                "Beyond the song's ends there is silence: pad with zeros, not with its own frames.",
            )
            for mode in ("edge", "reflect", "wrap")
        ]
        + [
            (
                np.lib.stride_tricks.sliding_window_view(
                    np.pad(magnitude, ((0, 0), pad)), 25, axis=1
                ).transpose(1, 0, 2),
                "Frame m must stand in the middle of window m, in column 12: pad both ends.",
            )
            for pad in ((0, 24), (24, 0))
        ],
        otherwise="Window m must hold frames m - 12 to m + 12.",
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
    ),
    remark="With a sliding view nothing is copied: 25 columns cost as much memory as one.",
)
