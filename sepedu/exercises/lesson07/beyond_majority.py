"""Lesson 07: say how far an accuracy stands between the majority class and perfection."""

from __future__ import annotations

from typing import Any

from ..compare import Mistake, compare
from ..framework import Exercise


def _skill(accuracy: float, guess: float) -> float:
    return (accuracy - guess) / (1 - guess)


_MISTAKES = (
    Mistake(
        "Only the difference",
        lambda accuracy, ones: accuracy - max(ones, 1 - ones),
        "Now divide by what was left to gain: 1 minus the majority.",
    ),
    Mistake(
        "Divided by the majority",
        lambda accuracy, ones: accuracy / max(ones, 1 - ones) - 1,
        "Divide by what was left to gain, 1 minus the majority, not by the majority.",
    ),
    Mistake(
        "Share of ones taken for the majority",
        _skill,
        "The majority is the larger of ones and 1 - ones.",
    ),
    Mistake(
        "Always no",
        lambda accuracy, ones: _skill(accuracy, 1 - ones),
        "With mostly ones, the majority answer is yes: take the larger of ones and 1 - ones.",
    ),
    Mistake(
        "The smaller share taken for the majority",
        lambda accuracy, ones: _skill(accuracy, min(ones, 1 - ones)),
        "The majority is the larger of the two shares, not the smaller.",
    ),
    Mistake(
        "Ratio to the majority",
        lambda accuracy, ones: accuracy / max(ones, 1 - ones),
        "Start from the majority: it must get 0, and perfection 1.",
    ),
    Mistake(
        "Measured from a coin",
        lambda accuracy, ones: _skill(accuracy, 0.5),
        "One half is the guess of a coin. The majority class guesses better.",
    ),
    Mistake(
        "In per cent",
        lambda accuracy, ones: 100 * _skill(accuracy, max(ones, 1 - ones)),
        "This is in per cent: a perfect mask must get 1.",
    ),
)


def _examine_beyond_majority(answer: Any) -> None:
    compare(
        answer,
        cases={
            "0": (0.75, 0.4),
            "mostly ones": (0.9, 0.8),
            "very few ones": (0.939, 0.041),
            "the majority class itself": (0.7, 0.3),
            "a perfect mask": (1.0, 0.6),
            "as many ones as zeros": (0.4, 0.5),
        },
        right=lambda accuracy, ones: _skill(accuracy, max(ones, 1 - ones)),
        mistakes=_MISTAKES,
        otherwise="The majority class must get 0, a perfect mask 1, and worse than the "
        "majority a negative number.",
        what="value",
    )


beyond_majority = Exercise(
    name="beyond_majority",
    task="Say how far an accuracy stands between the majority class and perfection.",
    stub='''
def beyond_majority(accuracy, ones):
    """0 for the majority class, 1 for a perfect mask; ones is the share of ones in the target."""
    raise NotImplementedError
''',
    reference='''
def beyond_majority(accuracy, ones):
    """0 for the majority class, 1 for a perfect mask; ones is the share of ones in the target."""
    majority = max(ones, 1 - ones)
    return (accuracy - majority) / (1 - majority)
''',
    hints=(
        "What accuracy does the majority class reach, given the share of ones?",
        "How much was there to gain above it, and how much of that was gained?",
    ),
    examine=_examine_beyond_majority,
    mistakes=_MISTAKES,
    remark="Statisticians know it as a skill score: what was gained over what could be gained.",
)
