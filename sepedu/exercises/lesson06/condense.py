"""Lesson 06: condense the SDR of many songs, some of them without the source, to two numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_number, call, compare
from ..framework import Exercise, Mistake


def _examine_condense(answer: Any) -> None:
    for values, silent in (([3.0, np.nan, -1.0, 7.0, 20.0, np.nan], 2), ([1.0, 4.0, 2.0], 0)):
        heard = np.array([v for v in values if v == v])
        value = call(answer, np.array(values))
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise Wrong("Return two things: the median, and how many values were NaN.")
        if isinstance(value[0], (float, np.floating)) and np.isnan(value[0]):
            raise Wrong("One NaN makes `np.median` NaN: leave the silent songs out first.")
        compare(
            as_number(value[0], "median"),
            np.median(heard),
            known=[
                (heard.mean(), "This is the mean: one outlier moves it, so take the median."),
                (
                    np.median(np.nan_to_num(values)),
                    "NaN counts as 0 dB here: leave out a song that does not have the source.",
                ),
            ],
            otherwise="The first value is not the median of the songs that have an SDR.",
        )
        compare(
            as_number(value[1], "count"),
            silent,
            known=[(len(heard), "You counted the songs that have an SDR: count the others.")],
            otherwise=f"{silent} songs are NaN here, and you report {value[1]}.",
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
    mistakes=(
        Mistake(
            "NaN counted as 0",
            "def condense(values):\n"
            "    return np.median(np.nan_to_num(values)), int(np.isnan(values).sum())",
            "0 dB",
        ),
        Mistake(
            "Median of everything",
            "def condense(values):\n    return np.median(values), np.isnan(values).sum()",
            "leave the silent songs out",
        ),
        Mistake(
            "Mean",
            "def condense(values):\n    return np.nanmean(values), np.isnan(values).sum()",
            "This is the mean",
        ),
        Mistake(
            "Silent songs not reported",
            "def condense(values):\n    return np.nanmedian(values)",
            "two things",
        ),
        Mistake(
            "Counted the others",
            "def condense(values):\n    return np.nanmedian(values), (~np.isnan(values)).sum()",
            "count the others",
        ),
    ),
    remark="A report that hides how many songs were left out can be made to say anything.",
)
