"""Lesson 00: add up the stems of a song."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_array
from ..framework import Exercise, Mistake
from ..judge import judge
from .recordings import recordings


def _stacked(stems: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack(list(stems.values()))


def _normalised(audio: np.ndarray) -> np.ndarray:
    return audio / np.abs(audio).max()


def _examine_mix(answer: Any) -> None:
    names = ("drums", "bass", "other", "vocals")
    stereo = [audio.reshape(-1, 2) for audio in recordings(3, samples=38)]
    together = "Your mixture still holds several recordings: add them, do not line them up."
    judge(
        answer,
        cases={
            "0": (dict(zip(names, recordings(4), strict=True)),),
            "three stereo stems with other names": (dict(zip("abc", stereo, strict=True)),),
        },
        right=lambda stems: _stacked(stems).sum(axis=0),
        known=[
            (_stacked, together),
            (lambda stems: np.concatenate(list(stems.values())), together),
            (
                lambda stems: _stacked(stems).mean(axis=0),
                "You averaged: a mixture is the sum of its stems, not the mean.",
            ),
            (
                lambda stems: _normalised(_stacked(stems).sum(axis=0)),
                "You normalised the sum to a peak of 1: just add.",
            ),
            (lambda stems: _stacked(stems)[:-1].sum(axis=0), "The last stem is missing."),
            (lambda stems: _stacked(stems)[1:].sum(axis=0), "The first stem is missing."),
        ],
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
        Mistake(
            "First stem overwritten with the sum",
            "def mix(stems):\n"
            "    total = stems['drums']\n"
            "    for name in ('bass', 'other', 'vocals'):\n"
            "        total += stems[name]\n"
            "    return total",
            "changes its argument `stems`",
        ),
        Mistake(
            "Names written out",
            "def mix(stems):\n"
            "    return sum(stems[n] for n in ('drums', 'bass', 'other', 'vocals'))",
            "other names",
        ),
    ),
    remark="Separation runs this sum backwards: one signal in, four out.",
)
