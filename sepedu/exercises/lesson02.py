"""Exercises of lesson 02: make masks, apply them, count them, and fix one beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examine import Wrong, as_array, call, compare
from .framework import Exercise, Mistake


def _examine_binary_mask(answer: Any) -> None:
    random = np.random.default_rng(0)
    mixture = 10 * random.random((6, 5)) + 1
    source = mixture * random.choice([0.2, 0.4, 0.6, 0.8, 1.2], (6, 5))
    source[0, 0] = mixture[0, 0] = 0.0  # silence in both
    source[0, 1], mixture[0, 1] = 2.0, 4.0  # exactly on the threshold of 0.5
    for threshold in (0.5, 1.0):
        value = call(answer, source, mixture, threshold)
        value = as_array(value, mixture.shape, what="mask")
        loud = 20 * np.log10(source + 1e-12), 20 * np.log10(mixture + 1e-12)
        if value.dtype.kind == "f" and np.allclose(
            value, np.where(source > threshold * mixture, source, 0)
        ):
            raise Wrong("You returned the source's magnitudes: a mask holds only True and False.")
        compare(
            as_array(value, kind="bool", what="mask"),
            source > threshold * mixture,
            known=[
                (
                    source >= threshold * mixture,
                    "Use `>` and not `>=`: a point where both are silent does not belong to the "
                    "source.",
                ),
                (
                    loud[0] > threshold * loud[1],
                    "You compared in decibels. Half of a level in decibels is not half of a "
                    "magnitude: compare the magnitudes themselves.",
                ),
                (source > threshold, "The mixture is missing: the threshold is a share of it."),
                (
                    threshold * source > mixture,
                    "The threshold stands on the wrong side: it multiplies the mixture.",
                ),
                (mixture > threshold * source, "Source and mixture are swapped."),
                (source <= threshold * mixture, "The comparison is turned round."),
            ],
            otherwise="Point by point, compare the source with threshold times the mixture.",
        )


binary_mask = Exercise(
    name="binary_mask",
    task="Write B = (S > T M) for magnitudes of equal shape.",
    stub='''
def binary_mask(source, mixture, threshold):
    """True where the source exceeds threshold times the mixture."""
    raise NotImplementedError
''',
    reference='''
def binary_mask(source, mixture, threshold):
    """True where the source exceeds threshold times the mixture."""
    return source > threshold * mixture
''',
    hints=(
        "NumPy compares arrays point by point. No loop is needed.",
        "`a > b` gives an array of True and False. What are a and b here?",
    ),
    examine=_examine_binary_mask,
    mistakes=(
        Mistake(
            "Compared in decibels",
            "def binary_mask(s, m, t):\n"
            "    return 20 * np.log10(s + 1e-12) > t * 20 * np.log10(m + 1e-12)",
            "decibels",
        ),
        Mistake("Greater or equal", "def binary_mask(s, m, t):\n    return s >= t * m", "not `>=`"),
        Mistake("Mixture forgotten", "def binary_mask(s, m, t):\n    return s > t", "missing"),
        Mistake(
            "Source and mixture swapped",
            "def binary_mask(s, m, t):\n    return m > t * s",
            "swapped",
        ),
        Mistake(
            "Magnitudes instead of True and False",
            "def binary_mask(s, m, t):\n    return np.where(s > t * m, s, 0)",
            "True and False",
        ),
    ),
    remark="One comparison. All the rest of the course is about guessing its left-hand side.",
)


def _examine_masked(answer: Any) -> None:
    random = np.random.default_rng(1)
    spectrum = random.normal(size=(6, 4)) + 1j * random.normal(size=(6, 4))
    mask = random.random((6, 4)) > 0.4
    value = call(answer, mask, spectrum)
    if np.ndim(value) == 1:
        raise Wrong(
            "`spectrum[mask]` lists the chosen points and forgets where they were. Multiply, so "
            "that the others become 0."
        )
    compare(
        as_array(value, spectrum.shape, "complex", "estimate"),
        spectrum * mask,
        known=[
            (spectrum * ~mask, "You kept what the mask rejects."),
            (np.abs(spectrum) * mask + 0j, "The phase is lost: multiply the complex spectrum."),
            (spectrum, "The mask has had no effect."),
        ],
        otherwise="Where the mask is 1 the mixture must stay as it is, elsewhere be 0.",
    )


masked = Exercise(
    name="masked",
    task="Apply a mask to the complex spectrum of a mixture.",
    stub='''
def masked(mask, spectrum):
    """The spectrum of the mixture where the mask is 1, and 0 elsewhere."""
    raise NotImplementedError
''',
    reference='''
def masked(mask, spectrum):
    """The spectrum of the mixture where the mask is 1, and 0 elsewhere."""
    return mask * spectrum
''',
    hints=(
        "In a product True counts as 1 and False as 0.",
        "What must stay complex, so that the result can be heard?",
    ),
    examine=_examine_masked,
    mistakes=(
        Mistake("Magnitude only", "def masked(m, s):\n    return m * np.abs(s)", "phase is lost"),
        Mistake("Points picked out", "def masked(m, s):\n    return s[m]", "forgets where"),
        Mistake("Mask turned round", "def masked(m, s):\n    return ~m * s", "rejects"),
        Mistake("Mask unused", "def masked(m, s):\n    return s", "no effect"),
    ),
    remark="The estimate borrows the phase of the mixture.",
)


def _examine_coverage(answer: Any) -> None:
    masks = np.random.default_rng(2).random((3, 8, 10)) > 0.6
    counts = np.bincount(masks.sum(axis=0).ravel(), minlength=4)
    value = as_array(call(answer, masks), kind="real", what="list of shares")
    if value.shape == (3,):
        raise Wrong(
            "Three masks allow four counts: 0, 1, 2 and 3. The points that no mask claims count "
            "too."
            if not np.allclose(value, masks.mean(axis=(1, 2)))
            else "This is the share of ones in each mask. Add the masks first, then count."
        )
    compare(
        as_array(value, (4,), what="list of shares"),
        counts / counts.sum(),
        known=[
            (counts, "These are counts. Divide by the number of points to get shares."),
            (
                np.cumsum(counts) / counts.sum(),
                "These shares run up: each entry must be for its own count only.",
            ),
        ],
        otherwise="Entry c must be the share of points that exactly c masks claim.",
    )


coverage = Exercise(
    name="coverage",
    task="Find which share of the points is claimed by no mask, by one, by two, and so on.",
    stub='''
def coverage(masks):
    """Share of points claimed by 0, 1, ... of the masks [shape=(sources, bins, frames), bool]."""
    raise NotImplementedError
''',
    reference='''
def coverage(masks):
    """Share of points claimed by 0, 1, ... of the masks [shape=(sources, bins, frames), bool]."""
    claims = masks.sum(axis=0)
    return np.array([np.mean(claims == count) for count in range(len(masks) + 1)])
''',
    hints=(
        "Add the masks along the axis of the sources: each point then holds its number of claims.",
        "`np.mean(claims == 2)` is the share of points with two claims.",
    ),
    examine=_examine_coverage,
    mistakes=(
        Mistake(
            "Counts instead of shares",
            "def coverage(masks):\n"
            "    return np.bincount(masks.sum(axis=0).ravel(), minlength=len(masks) + 1)",
            "Divide",
        ),
        Mistake(
            "Share of ones per mask",
            "def coverage(masks):\n    return masks.mean(axis=(1, 2))",
            "Add the masks first",
        ),
        Mistake(
            "Points without a claim left out",
            "def coverage(masks):\n    claims = masks.sum(axis=0)\n"
            "    return [np.mean(claims == count) for count in range(1, len(masks) + 1)]",
            "that no mask claims",
        ),
        Mistake(
            "Summed along time",
            "def coverage(masks):\n    claims = masks.sum(axis=-1)\n"
            "    return [np.mean(claims == count) for count in range(len(masks) + 1)]",
            "exactly c masks",
        ),
    ),
    remark="The shares sum to one. The masks do not.",
)


def _examine_fixed_mask(answer: Any) -> None:
    random = np.random.default_rng(3)
    masks = [random.random((6, frames)) > level for frames, level in ((4, 0.2), (20, 0.8))]
    every = np.concatenate(masks, axis=1)
    value = as_array(call(answer, [mask.copy() for mask in masks]), kind="real", what="mask")
    if value.shape == (6,):
        raise Wrong(
            "The values may be right, but a mask must fit any song: keep the axis of time, with "
            "one frame, so that the shape is (bins, 1). `keepdims=True` does it."
        )
    if value.shape in ((1, 24), (24,), (1, 4), (1, 20)):
        raise Wrong("You averaged over frequency. Average over time: one value per frequency.")
    compare(
        as_array(value, (6, 1), what="mask"),
        every.mean(axis=1, keepdims=True),
        known=[
            (
                np.mean([mask.mean(axis=1, keepdims=True) for mask in masks], axis=0),
                "You took the mean of the songs' means. A short song then weighs as much as a "
                "long one: each frame should count once.",
            ),
            (
                every.mean(axis=1, keepdims=True) > 0.5,
                "You rounded to 0 and 1. Keep the shares: how often did the frequency pass?",
            ),
            (every.sum(axis=1, keepdims=True), "This is a sum. Divide by the number of frames."),
        ],
        otherwise="For each frequency: in which share of all frames of all songs did it pass?",
    )


fixed_mask = Exercise(
    name="fixed_mask",
    task="Make a mask beforehand, from the masks of several songs.",
    stub='''
def fixed_mask(masks):
    """Share of all frames in which each frequency passed [shape=(bins, 1)].

    masks: a list of arrays of shape (bins, frames), bool; songs differ in length.
    """
    raise NotImplementedError
''',
    reference='''
def fixed_mask(masks):
    """Share of all frames in which each frequency passed [shape=(bins, 1)].

    masks: a list of arrays of shape (bins, frames), bool; songs differ in length.
    """
    return np.concatenate(masks, axis=1).mean(axis=1, keepdims=True)
''',
    hints=(
        "Put the songs' masks one after the other in time, with `np.concatenate`.",
        "`mean(axis=1, keepdims=True)` averages over time and keeps the axis.",
    ),
    examine=_examine_fixed_mask,
    mistakes=(
        Mistake(
            "Mean of means",
            "def fixed_mask(masks):\n"
            "    return np.mean([m.mean(axis=1, keepdims=True) for m in masks], axis=0)",
            "each frame should count once",
        ),
        Mistake(
            "Averaged over frequency",
            "def fixed_mask(masks):\n"
            "    return np.concatenate(masks, axis=1).mean(axis=0, keepdims=True)",
            "over frequency",
        ),
        Mistake(
            "Axis of time dropped",
            "def fixed_mask(masks):\n    return np.concatenate(masks, axis=1).mean(axis=1)",
            "keepdims",
        ),
        Mistake(
            "Rounded to 0 and 1",
            "def fixed_mask(masks):\n"
            "    return np.concatenate(masks, axis=1).mean(axis=1, keepdims=True) > 0.5",
            "rounded",
        ),
    ),
    remark="It is an equalizer: the same for every song, and for every moment.",
)
