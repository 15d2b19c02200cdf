"""Exercises of lesson 00: sums, differences and levels of recordings."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examine import Wrong, as_array, as_number, call, compare
from .framework import Exercise, Mistake


def _recordings(count: int, samples: int = 50) -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(count, samples)) / 4)


def _examine_mix(answer: Any) -> None:
    every = np.stack(_recordings(4))
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


def _examine_residual(answer: Any) -> None:
    mixture, estimate = _recordings(2)
    difference = mixture - estimate
    compare(
        as_array(call(answer, mixture, estimate), mixture.shape, "real", "residual"),
        difference,
        known=[
            (-difference, "The sign is turned: take the estimate away from the mixture."),
            (np.abs(difference), "Keep the sign of each sample: without it a sound is destroyed."),
            (np.abs(mixture) - np.abs(estimate), "Subtract the samples, not their sizes."),
            (mixture + estimate, "You added the estimate: it is to be taken away."),
        ],
        otherwise="Estimate and residual must add up to the mixture, sample by sample.",
    )


residual = Exercise(
    name="residual",
    task="Find what is left of a mixture when an estimate is taken away.",
    stub='''
def residual(mixture, estimate):
    """What is left of the mixture when the estimate is taken away."""
    raise NotImplementedError
''',
    reference='''
def residual(mixture, estimate):
    """What is left of the mixture when the estimate is taken away."""
    return mixture - estimate
''',
    hints=("Estimate and residual together must give the mixture back.",),
    examine=_examine_residual,
    mistakes=(
        Mistake(
            "Sign turned", "def residual(mixture, estimate):\n    return estimate - mixture", "sign"
        ),
        Mistake(
            "Sizes instead of samples",
            "def residual(mixture, estimate):\n    return np.abs(mixture - estimate)",
            "sign of each sample",
        ),
        Mistake(
            "Sum instead of difference",
            "def residual(mixture, estimate):\n    return mixture + estimate",
            "taken away",
        ),
        Mistake(
            "A number instead of a recording",
            "def residual(mixture, estimate):\n    return np.sum(mixture - estimate)",
            "shape",
        ),
    ),
    remark="With the vocals as the estimate, the residual is a karaoke version.",
)


def _examine_gain(answer: Any) -> None:
    asked = np.array([-6.0, 20.0, 0.0, -40.0])
    value = np.array([as_number(call(answer, float(level)), "gain") for level in asked])
    compare(
        value,
        10 ** (asked / 20),
        known=[
            (
                10 ** (asked / 10),
                "This is the ratio of powers. A gain multiplies amplitudes, and power goes with "
                "the square of the amplitude: divide by 20, not by 10.",
            ),
            (
                10 ** (-asked / 20),
                "The sign is turned: negative decibels must make a recording softer.",
            ),
            (
                np.exp(asked / 20),
                "Decibels are made with the logarithm to base 10, so the way back is `10 ** ...`.",
            ),
            (asked, "This returns the decibels themselves: the gain is a factor."),
        ],
        otherwise="At 0 dB the gain is 1, at 20 dB it is 10, at -40 dB it is 0.01.",
    )


gain = Exercise(
    name="gain",
    task="Turn a level in decibels into the factor that samples are multiplied by.",
    stub='''
def gain(decibels):
    """The factor for each sample that changes the level by so many decibels."""
    raise NotImplementedError
''',
    reference='''
def gain(decibels):
    """The factor for each sample that changes the level by so many decibels."""
    return 10 ** (decibels / 20)
''',
    hints=(
        "A level is 20 log10(a) decibels, where a is the factor. Solve it for a.",
        "At 20 dB the factor must be 10, and at 0 dB it must be 1.",
    ),
    examine=_examine_gain,
    mistakes=(
        Mistake(
            "Ratio of powers", "def gain(decibels):\n    return 10 ** (decibels / 10)", "powers"
        ),
        Mistake("Sign turned", "def gain(decibels):\n    return 10 ** (-decibels / 20)", "softer"),
        Mistake(
            "Natural logarithm", "def gain(decibels):\n    return np.exp(decibels / 20)", "base 10"
        ),
        Mistake(
            "Logarithm taken once more",
            "def gain(decibels):\n    return 20 * np.log10(decibels)",
            "NaN or infinity",
        ),
    ),
    remark="-6 dB is close to half the amplitude, and -20 dB is a tenth of it.",
)
