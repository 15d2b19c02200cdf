"""Lesson 09: share out each point among the sources with a softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import Wrong, as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _softmax(scores: np.ndarray, axis: int | None = 0) -> np.ndarray:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=axis, keepdims=True)


def _right(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0)


def _read(value: Any) -> np.ndarray:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and np.isnan(value).any():
        raise Wrong(
            "Some shares are NaN: `np.exp` of a large score is infinite, and of a very low one 0. "
            "Only differences count, so subtract each point's own largest score first: over the "
            "sources, `axis=0`."
        )
    return as_array(value, kind="real", what="array of shares")


_MISTAKES = (
    Mistake(
        "Four sigmoids",
        lambda scores: 1 / (1 + np.exp(-scores)),
        "These are sigmoids, which answer a question for each source, and may sum to "
        "anything: divide `np.exp(scores)` by its sum over the sources.",
    ),
    Mistake(
        "Sigmoids divided by their sum",
        lambda scores: 1 / (1 + np.exp(-scores)) / (1 / (1 + np.exp(-scores))).sum(axis=0),
        "You divided sigmoids by their sum: a softmax takes `np.exp` alone.",
    ),
    Mistake(
        "Not divided",
        lambda scores: np.exp(scores),
        "These do not sum to one yet: divide by their sum over the sources.",
    ),
    Mistake(
        "Scores divided by their sum",
        lambda scores: scores / scores.sum(axis=0),
        "Scores may be negative, and so would the shares be: take `np.exp` first.",
    ),
    Mistake(
        "Sizes divided by their sum",
        lambda scores: np.abs(scores) / np.abs(scores).sum(axis=0),
        "A low score must give a small share: take `np.exp`, not the size.",
    ),
    Mistake(
        "Winner takes all",
        lambda scores: (scores == scores.max(axis=0)).astype(float),
        "The highest score takes all here: a softmax shares.",
    ),
    Mistake(
        "Divided by the largest",
        lambda scores: np.exp(scores) / np.exp(scores).max(axis=0),
        "Divide by the sum, not by the largest.",
    ),
    Mistake(
        "Summed over everything",
        lambda scores: _softmax(scores, axis=None),
        "You summed over everything: share out each point among the sources, the first axis.",
    ),
    Mistake(
        "Summed over frequencies",
        lambda scores: _softmax(scores, axis=1),
        "You summed over frequencies: share out among the sources, the first axis.",
    ),
    Mistake(
        "Summed over frames",
        lambda scores: _softmax(scores, axis=2),
        "You summed over frames: share out among the sources, the first axis.",
    ),
    Mistake("Too large for exp", lambda scores: np.exp(scores) / np.exp(scores).sum(axis=0)),
)


def _examine_share_out(answer: Any) -> None:
    scores = np.random.default_rng(92).normal(size=(4, 5, 7))
    compare(
        answer,
        cases={
            "0": (scores,),
            "two sources": (3 * scores[:2, :3, :4],),
            "equal scores": (0 * scores,),
            "large scores, some of them negative": (1000 * scores,),
        },
        right=_right,
        mistakes=_MISTAKES,
        otherwise="The exponential of each score, over the sum of exponentials of all sources.",
        read=_read,
        what="array of shares",
    )


share_out = Exercise(
    name="share_out",
    task="Share out each point among the sources with a softmax.",
    stub='''
def share_out(scores):
    """Softmax over the first axis: positive shares that sum to one over the sources.

    scores: an array (sources, bins, frames) of any numbers, also large ones.
    """
    raise NotImplementedError
''',
    reference='''
def share_out(scores):
    """Softmax over the first axis: positive shares that sum to one over the sources."""
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0)
''',
    hints=(
        "`np.exp(scores)` is positive. Divide it by its sum over the sources, `axis=0`.",
        "`np.exp(1000)` is infinite. What is added to all scores of a point changes no share, so "
        "subtract the largest: `scores - scores.max(axis=0)`.",
    ),
    examine=_examine_share_out,
    mistakes=_MISTAKES,
    remark="Four shares of a point are no longer independent: that is how the sources compete.",
)
