"""Lesson 07: find precision and recall of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_number, as_pair
from ..compare import Mistake, compare
from ..framework import Exercise


def _over(hits: float, count: float) -> float:
    return hits / count if count else 0.0


def _both(passed: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    hits = (passed & target).sum()
    return _over(hits, passed.sum()), _over(hits, target.sum())


_MISTAKES = (
    Mistake(
        "Changed places",
        lambda p, t: _both(p > 0.5, t)[::-1],
        "Precision and recall have changed places.",
    ),
    Mistake(
        "Divided by all points",
        lambda p, t: (((p > 0.5) & t).mean(),) * 2,
        "Divide by the points passed, and by the points that are 1 in the target.",
    ),
    Mistake(
        "Accuracy for recall",
        lambda p, t: (_both(p > 0.5, t)[0], ((p > 0.5) == t).mean()),
        "Recall counts only the points where the target is 1.",
    ),
    Mistake(
        "Accuracy for precision",
        lambda p, t: (((p > 0.5) == t).mean(), _both(p > 0.5, t)[1]),
        "This is the accuracy. Precision counts only the points that are passed.",
    ),
    Mistake(
        "Soft values counted",
        lambda p, t: (p[t].sum() / p.sum(), p[t].sum() / t.sum()),
        "The prediction is soft: make it binary first, with `> 0.5`.",
    ),
    Mistake(
        "Soft values counted",
        lambda p, t: _both(p > 0, t),
        "The prediction is soft: make it binary first, with `> 0.5`.",
    ),
    Mistake(
        "Greater or equal",
        lambda p, t: _both(p >= 0.5, t),
        "A prediction of exactly 0.5 does not pass: use `>`, not `>=`.",
    ),
    Mistake(
        "In per cent",
        lambda p, t: tuple(100 * part for part in _both(p > 0.5, t)),
        "This is in per cent.",
    ),
    Mistake(
        "0 divided by 0",
        lambda p, t: ((p[t] > 0.5).sum() / (p > 0.5).sum(), (p[t] > 0.5).sum() / t.sum()),
    ),
    Mistake(
        "Soft prediction with &", lambda p, t: ((p & t).sum() / p.sum(), (p & t).sum() / t.sum())
    ),
)


def _examine_precision_recall(answer: Any) -> None:
    generator = np.random.default_rng(71)
    target = generator.random((12, 12)) < 0.2
    prediction = np.clip(0.5 * target + 0.7 * generator.random((12, 12)), 0, 1)
    prediction[0] = 0.5  # exactly on the threshold, and so not passed
    compare(
        answer,
        cases={
            "0": (prediction, target),
            "another shape": (prediction[:4, :7], ~target[:4, :7]),
            "a prediction that passes nothing: both are 0": (0.4 * prediction, target),
            "a target without ones: both are 0": (prediction, target & False),
            "a single point passed": (0.6 * np.eye(3, 4)[:1], np.ones((1, 4)) > 0),
            "a single point that should pass": (np.ones((2, 3)), np.arange(6).reshape(2, 3) == 4),
            "a prediction that is all wrong": (1.0 - target, target),
        },
        right=lambda p, t: _both(p > 0.5, t),
        mistakes=_MISTAKES,
        otherwise="Count the hits, where prediction and target are both 1. Precision divides "
        "them by the points that the prediction passes, recall by those of the target.",
        read=lambda value: as_pair(
            value,
            lambda part: as_number(part, "precision"),
            lambda part: as_number(part, "recall"),
            what="precision, recall",
        ),
        what="precision, recall",
    )


precision_recall = Exercise(
    name="precision_recall",
    task="Find precision and recall of a predicted mask.",
    stub='''
def precision_recall(prediction, target):
    """Share of hits among the points passed, and among the points that should pass.

    Where there are no such points, let the share be 0.
    """
    raise NotImplementedError
''',
    reference='''
def precision_recall(prediction, target):
    """Share of hits among the points passed, and among the points that should pass."""
    passed = prediction > 0.5
    hits = (passed & target).sum()
    return hits / max(passed.sum(), 1), hits / max(target.sum(), 1)
''',
    hints=(
        "First `passed = prediction > 0.5`, then the hits: `passed & target`.",
        "Hits over `passed.sum()`, hits over `target.sum()`; `max(..., 1)` avoids 0 / 0.",
    ),
    examine=_examine_precision_recall,
    mistakes=_MISTAKES,
    remark="The majority answer no has a recall of 0: it finds nothing, however accurate it is.",
)
