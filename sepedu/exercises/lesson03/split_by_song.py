"""Lesson 03: divide windows into training and validation, without a song on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import Wrong, as_array, as_pair, call
from ..compare import Mistake
from ..framework import Exercise

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
        if wrong := _refusal(training, validation, songs, held_out):
            raise wrong.with_more("" if special == "0" else f" This is the case of {special}.")


def _refusal(
    training: list[int], validation: list[int], songs: list[str], held_out: set[str]
) -> Wrong | None:
    expected = {number for number, song in enumerate(songs) if song in held_out}
    if len({*training}) < len(training) or len({*validation}) < len(validation):
        return Wrong("A window stands twice in one of your parts.")
    if both := {*training} & {*validation}:
        return Wrong(f"Window {min(both)} is in both parts: that is a leak.", "window in both")
    if {*training} | {*validation} != set(range(len(songs))):
        return Wrong("Each window of the song must be in one of the two parts.")
    if set(validation) == expected:
        return None
    if set(training) == expected:
        return Wrong("The two parts are swapped: training comes first.")
    if shared := {songs[i] for i in training} & {songs[i] for i in validation}:
        return Wrong(
            f"Song {min(shared)!r} is in both parts. All windows of a song go to one side.",
            "song in both",
        )
    return Wrong(
        "The validation songs are those that were named. `np.isin` takes a list, not a set: "
        "`list(validation_songs)`."
    )


def _parts(held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


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
        *(
            Mistake("A song on both sides", answer)
            for answer in (
                lambda s, v: np.split(np.random.default_rng(0).permutation(len(s)), [6]),
                lambda s, v: (np.arange(2), np.arange(2, len(s))),
            )
        ),
        Mistake("Parts swapped", lambda s, v: _parts(np.isin(s, list(v)))[::-1]),
        Mistake(
            "All windows used for training",
            lambda s, v: (np.arange(len(s)), _parts(np.isin(s, list(v)))[1]),
        ),
        Mistake("A set inside isin", lambda s, v: _parts(np.isin(s, v))),
    ),
    remark="The package musdb names 14 validation songs of MUSDB18, so that everyone splits alike.",
)
