"""Lesson 07: say how far an accuracy stands between the majority class and perfection."""

from __future__ import annotations

from typing import Any

from ..framework import Exercise, Mistake
from ..judge import judge


def _skill(accuracy: float, guess: float) -> float:
    return (accuracy - guess) / (1 - guess)


def _examine_beyond_majority(answer: Any) -> None:
    judge(
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
        known=[
            (
                lambda accuracy, ones: accuracy - max(ones, 1 - ones),
                "Now divide by what was left to gain: 1 minus the majority.",
            ),
            (
                lambda accuracy, ones: accuracy / max(ones, 1 - ones) - 1,
                "Divide by what was left to gain, 1 minus the majority, not by the majority.",
            ),
            (_skill, "The majority is the larger of ones and 1 - ones."),
            (
                lambda accuracy, ones: _skill(accuracy, 1 - ones),
                "With mostly ones, the majority answer is yes: take the larger of ones and "
                "1 - ones.",
            ),
            (
                lambda accuracy, ones: _skill(accuracy, min(ones, 1 - ones)),
                "The majority is the larger of the two shares, not the smaller.",
            ),
            (
                lambda accuracy, ones: accuracy / max(ones, 1 - ones),
                "Start from the majority: it must get 0, and perfection 1.",
            ),
            (
                lambda accuracy, ones: _skill(accuracy, 0.5),
                "One half is the guess of a coin. The majority class guesses better.",
            ),
            (
                lambda accuracy, ones: 100 * _skill(accuracy, max(ones, 1 - ones)),
                "This is in per cent: a perfect mask must get 1.",
            ),
        ],
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
    mistakes=(
        Mistake(
            "Only the difference",
            "def beyond_majority(accuracy, ones):\n    return accuracy - max(ones, 1 - ones)",
            "left to gain",
        ),
        Mistake(
            "Divided by the majority",
            "def beyond_majority(accuracy, ones):\n"
            "    m = max(ones, 1 - ones)\n    return (accuracy - m) / m",
            "not by the majority",
        ),
        Mistake(
            "Share of ones taken for the majority",
            "def beyond_majority(accuracy, ones):\n    return (accuracy - ones) / (1 - ones)",
            "larger of",
        ),
        Mistake(
            "Always no",
            "def beyond_majority(accuracy, ones):\n    return (accuracy - (1 - ones)) / ones",
            "majority answer is yes",
        ),
        Mistake(
            "Measured from a coin",
            "def beyond_majority(accuracy, ones):\n    return (accuracy - 0.5) / 0.5",
            "coin",
        ),
    ),
    remark="Statisticians know it as a skill score: what was gained over what could be gained.",
)
