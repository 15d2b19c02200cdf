"""Lesson 07: find the accuracy of a predicted mask at each frequency."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_accuracy_by_frequency(answer: Any) -> None:
    generator = np.random.default_rng(72)
    target = generator.random((10, 16)) < 0.4
    prediction = generator.random((10, 16))
    agree = (prediction > 0.5) == target
    value = as_array(call(answer, prediction, target), kind="real", what="accuracies")
    if value.shape == (16,):
        raise Wrong("You averaged over frequencies: average over frames, the last axis.")
    if value.size == 1:
        raise Wrong("One number is left: keep the frequencies, with `axis=1`.")
    compare(
        as_array(value, (10,), what="accuracies"),
        agree.mean(axis=1),
        known=[
            ((~agree).mean(axis=1), "This is the share of errors: 1 minus it."),
            (
                (prediction == target).mean(axis=1),
                "The prediction is soft: make it binary first, with `> 0.5`.",
            ),
            (
                ((prediction > 0.5) & target).mean(axis=1),
                "You counted hits only: a right no counts too.",
            ),
            (
                1 - np.abs(prediction - target).mean(axis=1),
                "The prediction is soft: make it binary first, with `> 0.5`.",
            ),
        ],
        otherwise="For each frequency, the share of frames where both masks agree.",
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
    mistakes=(
        Mistake(
            "Averaged over frequencies",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) == t).mean(axis=0)",
            "over frames",
        ),
        Mistake(
            "Share of errors",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) != t).mean(axis=1)",
            "errors",
        ),
        Mistake(
            "Hits only",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) & t).mean(axis=1)",
            "right no counts",
        ),
        Mistake(
            "Soft values compared",
            "def accuracy_by_frequency(p, t):\n    return (p == t).mean(axis=1)",
            "soft",
        ),
        Mistake(
            "One number",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) == t).mean()",
            "One number",
        ),
    ),
    remark="One number for all frequencies hides that most of them are easy.",
)
