"""Lesson 03: divide windows into training and validation, without a song on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call
from ..framework import Exercise, Mistake


def _examine_split(answer: Any) -> None:
    song_of_window = np.array(["a"] * 4 + ["b"] * 3 + ["c"] * 5 + ["a"] * 2)
    value = call(answer, song_of_window, {"b", "c"})
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise Wrong("Return two lists of numbers: `return training, validation`.")
    parts = [
        as_array(part, what=name)
        for part, name in zip(value, ("training", "validation"), strict=True)
    ]
    if any(part.dtype.kind == "b" for part in parts):
        parts = [np.flatnonzero(part) for part in parts]
    training, validation = (set(part.ravel().tolist()) for part in parts)
    if training & validation:
        raise Wrong(f"Window {min(training & validation)} is in both parts: that is a leak.")
    if len(training | validation) != len(song_of_window):
        raise Wrong("Each window must be in one of the two parts, and some are in none.")
    expected = set(range(4, 12))
    if training == expected:
        raise Wrong("The two parts are swapped: training comes first.")
    if validation != expected:
        shared = {song_of_window[i] for i in training} & {song_of_window[i] for i in validation}
        if shared:
            raise Wrong(
                f"Song {min(shared)!r} is in both parts. All windows of a song go to one side."
            )
        raise Wrong("The validation songs are those that were named.")


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
