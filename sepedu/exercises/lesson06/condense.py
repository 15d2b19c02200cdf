"""Lesson 06: condense the SDR of many songs, some of them without the source, to two numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import Wrong, as_number, as_pair
from ..compare import Mistake, compare
from ..framework import Exercise


def _median(value: Any) -> float:
    if isinstance(value, (float, np.floating)) and np.isnan(value):
        raise Wrong(
            "One NaN makes `np.median` NaN: leave the silent songs out first. `values == np.nan` "
            "finds none, since NaN equals nothing, not even itself: use `np.isnan(values)`."
        )
    return as_number(value, "median")


def _heard(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]


def _silent(values: np.ndarray) -> int:
    return int(np.isnan(values).sum())


_MISTAKES = (
    Mistake(
        "Mean",
        lambda values: (_heard(values).mean(), _silent(values)),
        "This is the mean: one outlier moves it, so take the median.",
    ),
    Mistake(
        "NaN counted as 0",
        lambda values: (np.median(np.nan_to_num(values)), _silent(values)),
        "NaN counts as 0 dB here: leave out a song that does not have the source.",
    ),
    Mistake(
        "Counted the others",
        lambda values: (np.median(_heard(values)), len(_heard(values))),
        "You counted the songs that have an SDR: count the others.",
    ),
    Mistake(
        "Compared with NaN",
        lambda values: (np.median(_heard(values)), 0),
        "You count no song. `values == np.nan` is never true, not even for NaN: use "
        "`np.isnan(values)`, and count before you leave the silent songs out.",
    ),
    Mistake(
        "Counted all",
        lambda values: (np.median(_heard(values)), len(values)),
        "You counted all songs: count those whose SDR is NaN.",
    ),
    Mistake(
        "Share of silent songs",
        lambda values: (np.median(_heard(values)), np.isnan(values).mean()),
        "The second value is a share: a number of songs is asked for.",
    ),
    Mistake(
        "Changed places",
        lambda values: (_silent(values), np.median(_heard(values))),
        "The median comes first, then the number of silent songs.",
    ),
    Mistake("NaN in the median", lambda values: (np.median(values), np.isnan(values).sum())),
    Mistake("Silent songs not reported", lambda values: np.nanmedian(values)),
    Mistake("NaN in the median", lambda values: (np.median(values), np.sum(values == np.nan))),
)


def _examine_condense(answer: Any) -> None:
    compare(
        answer,
        cases={
            "0": (np.array([3.0, np.nan, -1.0, 7.0, 20.0, np.nan]),),
            "songs that all have the source": (np.array([1.0, 4.0, 2.0]),),
            "a single song that has the source": (np.array([np.nan, -3.0, np.nan]),),
        },
        right=lambda values: (np.median(_heard(values)), _silent(values)),
        mistakes=_MISTAKES,
        otherwise="The median of the songs that have an SDR, and the number of the others.",
        read=lambda value: as_pair(
            value, _median, lambda part: as_number(part, "count"), what="median, count"
        ),
        what="median, count",
    )


condense = Exercise(
    name="condense",
    task="Condense the SDR of many songs, some of them without the source, to two numbers.",
    stub='''
def condense(values):
    """Median over the songs that have an SDR, and the number of songs whose SDR is NaN."""
    raise NotImplementedError
''',
    reference='''
def condense(values):
    """Median over the songs that have an SDR, and the number of songs whose SDR is NaN."""
    silent = np.isnan(values)
    return np.median(values[~silent]), silent.sum()
''',
    hints=(
        "`np.isnan(values)` marks the silent songs.",
        "Leave them out of the median, and report how many they were.",
    ),
    examine=_examine_condense,
    mistakes=_MISTAKES,
    remark="A report that hides how many songs were left out can be made to say anything.",
)
