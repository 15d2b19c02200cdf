"""Lesson 03: divide windows into training and validation, without a song on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, as_pair, call
from ..framework import Exercise, Mistake

_CASES = {
    "0": (["a"] * 4 + ["b"] * 3 + ["c"] * 5 + ["a"] * 2, {"b", "c"}),
    "a single validation song": (["x", "y", "x", "z", "y"], {"x"}),
    "a validation song without windows": (["x", "y", "y"], {"x", "w"}),
    "no validation song": (["x", "y"], set()),
}


def _numbers(part: Any, what: str) -> list[int]:
    """Numbers of windows, also where an answer marks them with True and False."""
    part = as_array(part, kind="real", what=what)
    if part.dtype.kind == "b":
        part = np.flatnonzero(part)
    if part.size and not np.array_equal(part, part.astype(int)):
        raise Wrong(f"Your {what} part holds {part.ravel()[0]}, which is no number of a window.")
    return part.ravel().astype(int).tolist()


def _examine_split(answer: Any) -> None:
    for special, (songs, held_out) in _CASES.items():
        value = call(answer, np.array(songs), held_out)
        training, validation = as_pair(
            value,
            lambda part: _numbers(part, "training"),
            lambda part: _numbers(part, "validation"),
            what="training, validation",
        )
        expected = [number for number, song in enumerate(songs) if song in held_out]
        case = "" if special == "0" else f" This is the case of {special}."
        if len({*training}) < len(training) or len({*validation}) < len(validation):
            raise Wrong("A window stands twice in one of your parts." + case)
        if both := {*training} & {*validation}:
            raise Wrong(f"Window {min(both)} is in both parts: that is a leak." + case)
        if {*training} | {*validation} != set(range(len(songs))):
            raise Wrong("Each window of the song must be in one of the two parts." + case)
        if set(validation) == set(expected):
            continue
        if set(training) == set(expected):
            raise Wrong("The two parts are swapped: training comes first." + case)
        shared = {songs[i] for i in training} & {songs[i] for i in validation}
        if shared:
            raise Wrong(
                f"Song {min(shared)!r} is in both parts. All windows of a song go to one side."
                + case
            )
        raise Wrong(
            "The validation songs are those that were named. `np.isin` takes a list, not a set: "
            "`list(validation_songs)`." + case
        )


split_by_song = Exercise(
    name="split_by_song",
    task="Divide windows into training and validation, without a song on both sides.",
    stub='''
def split_by_song(song_of_window, validation_songs):
    """Numbers of the training windows, and of the validation windows.

    song_of_window: an array with the song's name for each window.
    validation_songs: a set of names.
    """
    raise NotImplementedError
''',
    reference='''
def split_by_song(song_of_window, validation_songs):
    """Numbers of the training windows, and of the validation windows.

    song_of_window: an array with the song's name for each window.
    validation_songs: a set of names.
    """
    held_out = np.isin(song_of_window, list(validation_songs))
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
''',
    hints=(
        "For each window: is its song among the validation songs?",
        "`np.isin(array, list(names))` answers with True and False, `np.flatnonzero` with numbers.",
    ),
    examine=_examine_split,
    mistakes=(
        Mistake(
            "Windows split at random",
            "def split_by_song(s, v):\n    order = np.random.default_rng(0).permutation(len(s))\n"
            "    return order[:6], order[6:]",
            "both parts",
        ),
        Mistake(
            "Split at a window's number",
            "def split_by_song(s, v):\n    return np.arange(2), np.arange(2, len(s))",
            "one side",
        ),
        Mistake(
            "Parts swapped",
            "def split_by_song(s, v):\n    held_out = np.isin(s, list(v))\n"
            "    return np.flatnonzero(held_out), np.flatnonzero(~held_out)",
            "swapped",
        ),
        Mistake(
            "All windows used for training",
            "def split_by_song(s, v):\n    held_out = np.isin(s, list(v))\n"
            "    return np.arange(len(s)), np.flatnonzero(held_out)",
            "leak",
        ),
        Mistake(
            "A set inside isin",
            "def split_by_song(s, v):\n    held_out = np.isin(s, v)\n"
            "    return np.flatnonzero(~held_out), np.flatnonzero(held_out)",
            "validation songs",
        ),
    ),
    remark="The package musdb names 14 validation songs of MUSDB18, so that everyone splits alike.",
)
