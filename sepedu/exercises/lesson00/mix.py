"""Lesson 00: add up the stems of a song."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise
from .recordings import recordings


def _stacked(stems: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack(list(stems.values()))


def _normalised(audio: np.ndarray) -> np.ndarray:
    return audio / np.abs(audio).max()


def _return_forgotten(stems):
    _stacked(stems).sum(axis=0)


def _first_stem_overwritten_with_the_sum(stems):
    total = stems["drums"]
    for name in ("bass", "other", "vocals"):
        total += stems[name]
    return total


_MISTAKES = (
    Mistake(
        "Stems lined up one after the other",
        _stacked,
        "Your mixture still holds several recordings: add them, do not line them up.",
    ),
    Mistake(
        "Stems lined up one after the other",
        lambda stems: np.concatenate(list(stems.values())),
        "Your mixture still holds several recordings: add them, do not line them up.",
    ),
    Mistake(
        "Mean instead of sum",
        lambda stems: _stacked(stems).mean(axis=0),
        "You averaged: a mixture is the sum of its stems, not the mean.",
    ),
    Mistake(
        "Sum scaled to a peak of 1",
        lambda stems: _normalised(_stacked(stems).sum(axis=0)),
        "You normalised the sum to a peak of 1: just add.",
    ),
    Mistake(
        "Last stem missing",
        lambda stems: _stacked(stems)[:-1].sum(axis=0),
        "The last stem is missing.",
    ),
    Mistake(
        "First stem missing",
        lambda stems: _stacked(stems)[1:].sum(axis=0),
        "The first stem is missing.",
    ),
    Mistake("return forgotten", _return_forgotten),
    Mistake("First stem overwritten with the sum", _first_stem_overwritten_with_the_sum),
    Mistake(
        "Names written out",
        lambda stems: sum(stems[n] for n in ("drums", "bass", "other", "vocals")),
    ),
)


def _examine_mix(answer: Any) -> None:
    names = ("drums", "bass", "other", "vocals")
    stereo = [audio.reshape(-1, 2) for audio in recordings(3, samples=38)]
    compare(
        answer,
        cases={
            "0": (dict(zip(names, recordings(4), strict=True)),),
            "three stereo stems with other names": (dict(zip("abc", stereo, strict=True)),),
        },
        right=lambda stems: _stacked(stems).sum(axis=0),
        mistakes=_MISTAKES,
        otherwise="This is not the sum of the stems, sample by sample.",
        read=lambda value: as_array(value, kind="real", what="mixture"),
        what="mixture",
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
    mistakes=_MISTAKES,
    remark="Separation runs this sum backwards: one signal in, four out.",
)
