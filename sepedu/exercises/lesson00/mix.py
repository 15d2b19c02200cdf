"""Lesson 00: add up the stems of a song."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake
from .recordings import recordings


def _examine_mix(answer: Any) -> None:
    every = np.stack(recordings(4))
    names = ("drums", "bass", "other", "vocals")
    value = as_array(call(answer, dict(zip(names, every, strict=True))), what="mixture")
    if value.size == every.size:
        raise Wrong("Your mixture still holds four recordings: add them, do not line them up.")
    total = every.sum(axis=0)
    compare(
        as_array(value, shape=total.shape, kind="real", what="mixture"),
        total,
        known=[
            (every.mean(axis=0), "You averaged: a mixture is the sum of its stems, not the mean."),
            (total / np.abs(total).max(), "You normalised the sum to a peak of 1: just add."),
            (every[:-1].sum(axis=0), "The last stem is missing from your sum."),
            (every[1:].sum(axis=0), "The first stem is missing from your sum."),
        ],
        otherwise="This is not the sum of the four stems, sample by sample.",
    )


mix = Exercise(
    name="mix",
    task="Add up the stems of a song.",
    stub='''
def mix(stems):
    """The mixture of stems, given as a dict of arrays of equal length."""
    raise NotImplementedError
''',
    reference='''
def mix(stems):
    """The mixture of stems, given as a dict of arrays of equal length."""
    return sum(stems.values())
''',
    hints=(
        "A microphone adds up what it hears, sample by sample.",
        "`stems.values()` gives the four arrays, and Python's `sum` adds arrays too.",
    ),
    examine=_examine_mix,
    mistakes=(
        Mistake(
            "Mean instead of sum",
            "def mix(stems):\n    return np.mean(list(stems.values()), axis=0)",
            "averaged",
        ),
        Mistake(
            "Stems lined up one after the other",
            "def mix(stems):\n    return np.concatenate(list(stems.values()))",
            "add them",
        ),
        Mistake(
            "Sum scaled to a peak of 1",
            "def mix(stems):\n    m = sum(stems.values())\n    return m / np.abs(m).max()",
            "normalised",
        ),
        Mistake(
            "return forgotten",
            "def mix(stems):\n    total = sum(stems.values())",
            "`return`",
        ),
    ),
    remark="Separation runs this sum backwards: one signal in, four out.",
)
