"""Lesson 07: find the accuracy of a predicted mask at each frequency."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise

_MISTAKES = (
    Mistake(
        "Averaged over frequencies",
        lambda p, t: ((p > 0.5) == t).mean(axis=0),
        "You averaged over frequencies: average over frames, the last axis.",
    ),
    Mistake(
        "One number",
        lambda p, t: ((p > 0.5) == t).mean(),
        "One number is left: keep the frequencies, with `axis=1`.",
    ),
    Mistake(
        "Share of errors",
        lambda p, t: ((p > 0.5) != t).mean(axis=1),
        "This is the share of errors: 1 minus it.",
    ),
    Mistake(
        "Greater or equal",
        lambda p, t: ((p >= 0.5) == t).mean(axis=1),
        "A prediction of exactly 0.5 does not pass: use `>`, not `>=`.",
    ),
    Mistake(
        "Soft values compared",
        lambda p, t: (p == t).mean(axis=1),
        "The prediction is soft: make it binary first, with `> 0.5`.",
    ),
    Mistake(
        "Soft values compared",
        lambda p, t: 1 - np.abs(p - t).mean(axis=1),
        "The prediction is soft: make it binary first, with `> 0.5`.",
    ),
    Mistake(
        "Hits only",
        lambda p, t: ((p > 0.5) & t).mean(axis=1),
        "You counted hits only: a right no counts too.",
    ),
    Mistake(
        "Counts instead of shares",
        lambda p, t: ((p > 0.5) == t).sum(axis=1),
        "These are counts: divide by the number of frames.",
    ),
    Mistake(
        "Axis of time kept",
        lambda p, t: ((p > 0.5) == t).mean(axis=1, keepdims=True),
        "The axis of time is still there, with one frame: leave `keepdims` out.",
    ),
)


def _examine_accuracy_by_frequency(answer: Any) -> None:
    generator = np.random.default_rng(72)
    target = generator.random((10, 16)) < 0.4
    prediction = generator.random((10, 16))
    prediction[:, :2] = 0.5  # exactly on the threshold
    compare(
        answer,
        cases={
            "0": (prediction, target),
            "another shape": (prediction[:7, :3], target[:7, :3]),
            "a single frame": (prediction[:, 2:3], target[:, 2:3]),
            "a target without ones": (prediction, target & False),
        },
        right=lambda p, t: ((p > 0.5) == t).mean(axis=1),
        mistakes=_MISTAKES,
        otherwise="For each frequency, the share of frames where both masks agree.",
        read=lambda value: as_array(value, kind="real", what="list of accuracies"),
        what="list of accuracies",
    )


accuracy_by_frequency = Exercise(
    name="accuracy_by_frequency",
    task="Find the accuracy of a predicted mask at each frequency.",
    stub='''
def accuracy_by_frequency(prediction, target):
    """Share of frames where the prediction above 0.5 agrees with the target, per frequency."""
    raise NotImplementedError
''',
    reference='''
def accuracy_by_frequency(prediction, target):
    """Share of frames where the prediction above 0.5 agrees with the target, per frequency."""
    return ((prediction > 0.5) == target).mean(axis=1)
''',
    hints=(
        "Both arrays have the shape (frequencies, frames). Which axis has to go?",
        "`(...).mean(axis=1)` averages over the frames.",
    ),
    examine=_examine_accuracy_by_frequency,
    mistakes=_MISTAKES,
    remark="One number for all frequencies hides that most of them are easy.",
)
