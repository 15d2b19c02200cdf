"""Lesson 07: find the thresholds at which guessing does not beat an accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise

_MISTAKES = (
    Mistake(
        "Ties ruled out",
        lambda ones, accuracy: np.maximum(ones, 1 - ones) < accuracy,
        "A network that equals guessing is possible: only a better guess rules a threshold out.",
    ),
    Mistake(
        "Only the answer yes",
        lambda ones, accuracy: ones <= accuracy,
        "The share of ones is what always saying yes reaches. Always saying no may reach more.",
    ),
    Mistake(
        "Only the answer no",
        lambda ones, accuracy: 1 - ones <= accuracy,
        "1 minus the share of ones is what always saying no reaches. With mostly ones, always "
        "saying yes reaches more.",
    ),
    Mistake(
        "The worse constant answer",
        lambda ones, accuracy: np.minimum(ones, 1 - ones) <= accuracy,
        "Guessing takes the better of the two constant answers, the larger share.",
    ),
    Mistake(
        "A coin",
        lambda ones, accuracy: np.full(len(ones), accuracy >= 0.5),
        "One half is the guess of a coin. The majority class guesses better, and depends on T.",
    ),
    Mistake(
        "One answer for all thresholds",
        lambda ones, accuracy: np.full(
            len(ones), bool((np.maximum(ones, 1 - ones) <= accuracy).all())
        ),
        "Answer for each threshold by itself: compare all shares with the accuracy, and keep the "
        "array.",
    ),
)


def _examine_not_ruled_out(answer: Any) -> None:
    compare(
        answer,
        cases={
            "0": (np.array([0.9, 0.6, 0.25, 0.1]), 0.8),
            "an accuracy equal to guessing": (np.array([0.375, 0.25, 0.125]), 0.75),
            "mostly ones": (np.array([0.95, 0.7, 0.5, 0.2, 0.04]), 0.85),
            "an accuracy below one half": (np.array([0.7, 0.5, 0.3]), 0.375),
            "an accuracy that no guess beats": (np.array([0.125, 0.5]), 0.96),
        },
        right=lambda ones, accuracy: np.maximum(ones, 1 - ones) <= accuracy,
        mistakes=_MISTAKES,
        otherwise="A threshold is possible if the better of the two constant answers does not "
        "beat the accuracy.",
        read=lambda value: as_array(value, kind="bool", what="answer"),
        what="answer",
    )


not_ruled_out = Exercise(
    name="not_ruled_out",
    task="Find the thresholds at which guessing does not beat an accuracy.",
    stub='''
def not_ruled_out(ones, accuracy):
    """True for each share of ones with which guessing is not better than this accuracy."""
    raise NotImplementedError
''',
    reference='''
def not_ruled_out(ones, accuracy):
    """True for each share of ones with which guessing is not better than this accuracy."""
    return np.maximum(ones, 1 - ones) <= accuracy
''',
    hints=(
        "What does the better of the two constant answers reach, for each share of ones?",
        "`np.maximum` compares two arrays element by element.",
    ),
    examine=_examine_not_ruled_out,
    mistakes=_MISTAKES,
    remark="A figure that guessing beats says that something else was measured.",
)
