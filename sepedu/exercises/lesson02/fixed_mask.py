"""Lesson 02: make a mask beforehand, from the masks of several songs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _joined(masks: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(masks, axis=1)


_MISTAKES = (
    Mistake(
        "Axis of time dropped",
        lambda masks: _joined(masks).mean(axis=1),
        "The values are right, but a mask must fit any song: keep the axis of time, with "
        "one frame, so that the shape is (bins, 1). `keepdims=True` does it.",
    ),
    Mistake(
        "Averaged over frequency",
        lambda masks: _joined(masks).mean(axis=0, keepdims=True),
        "You averaged over frequency. Average over time: one value per frequency.",
    ),
    Mistake(
        "Averaged over frequency",
        lambda masks: _joined(masks).mean(axis=0),
        "You averaged over frequency. Average over time: one value per frequency.",
    ),
    Mistake(
        "Mean of means",
        lambda masks: np.mean([mask.mean(axis=1, keepdims=True) for mask in masks], axis=0),
        "You took the mean of the songs' means. A short song then weighs as much as a "
        "long one: each frame should count once.",
    ),
    Mistake(
        "Rounded to 0 and 1",
        lambda masks: _joined(masks).mean(axis=1, keepdims=True) > 0.5,
        "You rounded to 0 and 1. Keep the shares: how often did the frequency pass?",
    ),
    Mistake(
        "Sum instead of share",
        lambda masks: _joined(masks).sum(axis=1, keepdims=True),
        "This is a sum. Divide by the number of frames.",
    ),
    Mistake(
        "Divided by the number of songs",
        lambda masks: _joined(masks).sum(axis=1, keepdims=True) / len(masks),
        "You divided by the number of songs: divide by the number of all frames.",
    ),
    Mistake(
        "Joined along frequency", lambda masks: np.concatenate(masks).mean(axis=1, keepdims=True)
    ),
)


def _examine_fixed_mask(answer: Any) -> None:
    random = np.random.default_rng(3)
    masks = [random.random((6, frames)) > level for frames, level in ((4, 0.2), (20, 0.8))]
    others = [random.random((9, 5)) > level for level in (0.1, 0.5, 0.9)]
    compare(
        answer,
        cases={
            "0": (masks,),
            "three songs of 9 frequencies": (others,),
            "a single song": (masks[:1],),
            "songs without the source": ([mask & False for mask in masks],),
        },
        right=lambda masks: _joined(masks).mean(axis=1, keepdims=True),
        mistakes=_MISTAKES,
        otherwise="For each frequency: in which share of all frames of all songs did it pass?",
        read=lambda value: as_array(value, kind="real", what="mask"),
        what="mask",
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
    mistakes=_MISTAKES,
    remark="It is an equalizer: the same for every song, and for every moment.",
)
