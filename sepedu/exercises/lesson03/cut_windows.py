"""Lesson 03: cut a window of 25 columns around each frame of a spectrogram."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _cut(magnitude: np.ndarray, before: int = 12, after: int = 12, mode: str = "constant") -> Any:
    padded = np.pad(magnitude, ((0, 0), (before, after)), mode)
    return np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1).transpose(1, 0, 2)


_MISTAKES = (
    *(
        Mistake(
            "Ends without windows",
            answer,
            "The first and the last 12 frames have no window. Put 12 frames of silence before and "
            "after the song first.",
        )
        for answer in (lambda x: _cut(x, 0, 0), lambda x: _cut(x, 0, 0).transpose(1, 0, 2))
    ),
    *(
        Mistake(
            "Axes in another order",
            answer,
            "The axes are in another order: windows come first, then bins, then columns.",
        )
        for answer in (lambda x: _cut(x).transpose(1, 0, 2), lambda x: _cut(x).transpose(0, 2, 1))
    ),
    *(
        Mistake(
            "A step of 25",
            answer,
            "Your windows do not overlap. The step is one frame: each frame has its own.",
        )
        for answer in (lambda x: _cut(x, 0, 0)[::25], lambda x: _cut(x)[::25])
    ),
    *(
        Mistake(
            "Ends padded with the song itself",
            partial(_cut, mode=mode),
            "Beyond the song's ends there is silence: pad with zeros, not with its own frames.",
        )
        for mode in ("edge", "reflect", "wrap")
    ),
    *(
        Mistake(
            "Frame at the border instead of the middle",
            answer,
            "Frame m must stand in the middle of window m, in column 12: pad both ends.",
        )
        for answer in (lambda x: _cut(x, 0, 24), lambda x: _cut(x, 24, 0))
    ),
    Mistake("Number of bins written out", lambda x: np.zeros((x.shape[1], 513, 25)) + _cut(x)),
)


def _examine_cut_windows(answer: Any) -> None:
    magnitude = np.random.default_rng(0).random((6, 60)) + 0.1
    compare(
        answer,
        cases={
            "0": (magnitude[:, :40],),
            "a song of another length, with 4 bins": (magnitude[2:],),
            "a song of 7 frames, shorter than a window": (magnitude[:, :7],),
            "a single frame": (magnitude[:, :1],),
        },
        right=_cut,
        mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="With a sliding view nothing is copied: 25 columns cost as much memory as one.",
)
