"""Lesson 07: find precision and recall of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import as_number, as_pair
from ..framework import Exercise, Mistake
from ..judge import judge


def _over(hits: float, count: float) -> float:
    return hits / count if count else 0.0


def _both(passed: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    hits = (passed & target).sum()
    return _over(hits, passed.sum()), _over(hits, target.sum())


def _examine_precision_recall(answer: Any) -> None:
    generator = np.random.default_rng(71)
    target = generator.random((12, 12)) < 0.2
    prediction = np.clip(0.5 * target + 0.7 * generator.random((12, 12)), 0, 1)
    prediction[0] = 0.5  # exactly on the threshold, and so not passed
    soft = "The prediction is soft: make it binary first, with `> 0.5`."
    judge(
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
        known=[
            (lambda p, t: _both(p > 0.5, t)[::-1], "Precision and recall have changed places."),
            (
                lambda p, t: (((p > 0.5) & t).mean(),) * 2,
                "Divide by the points passed, and by the points that are 1 in the target.",
            ),
            (
                lambda p, t: (None, ((p > 0.5) == t).mean()),
                "Recall counts only the points where the target is 1.",
            ),
            (
                lambda p, t: (((p > 0.5) == t).mean(), None),
                "This is the accuracy. Precision counts only the points that are passed.",
            ),
            (lambda p, t: (p[t].sum() / p.sum(), p[t].sum() / t.sum()), soft),
            (lambda p, t: _both(p > 0, t), soft),
            (
                lambda p, t: _both(p >= 0.5, t),
                "A prediction of exactly 0.5 does not pass: use `>`, not `>=`.",
            ),
            (lambda p, t: tuple(100 * part for part in _both(p > 0.5, t)), "This is in per cent."),
        ],
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
    mistakes=(
        Mistake(
            "Changed places",
            "def precision_recall(p, t):\n    b = p > 0.5\n    h = (b & t).sum()\n"
            "    return h / max(t.sum(), 1), h / max(b.sum(), 1)",
            "changed places",
        ),
        Mistake(
            "Divided by all points",
            "def precision_recall(p, t):\n    h = ((p > 0.5) & t).sum()\n"
            "    return h / t.size, h / t.size",
            "Divide by the points",
        ),
        Mistake(
            "Soft values counted",
            "def precision_recall(p, t):\n    h = p[t].sum()\n    return h / p.sum(), h / t.sum()",
            "soft",
        ),
        Mistake(
            "0 divided by 0",
            "def precision_recall(p, t):\n    b = p > 0.5\n    h = (b & t).sum()\n"
            "    return h / b.sum(), (h / t.sum() if b.any() else np.nan)",
            "NaN",
        ),
        Mistake(
            "Accuracy for recall",
            "def precision_recall(p, t):\n    b = p > 0.5\n"
            "    return (b & t).sum() / max(b.sum(), 1), (b == t).mean()",
            "only the points",
        ),
        Mistake(
            "Soft prediction with &",
            "def precision_recall(p, t):\n"
            "    h = (p & t).sum()\n"
            "    return h / p.sum(), h / t.sum()",
            "compare first",
        ),
        Mistake(
            "Accuracy for precision",
            "def precision_recall(p, t):\n"
            "    b = p > 0.5\n"
            "    return (b == t).mean(), (b & t).sum() / max(t.sum(), 1)",
            "This is the accuracy",
        ),
    ),
    remark="The majority answer no has a recall of 0: it finds nothing, however accurate it is.",
)
