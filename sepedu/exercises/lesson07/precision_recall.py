"""Lesson 07: find precision and recall of a predicted mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_number, call, compare
from ..framework import Exercise, Mistake


def _masks() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(71)
    target = generator.random((12, 12)) < 0.2
    prediction = np.clip(0.5 * target + 0.7 * generator.random((12, 12)), 0, 1)
    return prediction, target


def _examine_precision_recall(answer: Any) -> None:
    p, t = _masks()
    passed = p > 0.5
    hits = (passed & t).sum()
    precision, recall = hits / passed.sum(), hits / t.sum()
    value = call(answer, p, t)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise Wrong("Return two numbers: precision, recall.")
    value = np.array([as_number(value[0], "precision"), as_number(value[1], "recall")])
    soft = p[t].sum()
    compare(
        value,
        np.array([precision, recall]),
        known=[
            (np.array([recall, precision]), "Precision and recall have changed places."),
            (np.array([hits, hits]) / t.size, "Divide by the bins passed, and by the bins of 1."),
            (
                np.array([(passed == t)[passed].mean(), (passed == t).mean()]),
                "Recall counts only the bins where the target is 1.",
            ),
            (
                np.array([soft / p.sum(), soft / t.sum()]),
                "The prediction is soft: make it binary first, with `> 0.5`.",
            ),
        ],
        otherwise="Count the hits, where prediction and target are both 1. Precision divides "
        "them by the bins that the prediction passes, recall by those of the target.",
    )
    nothing = call(answer, np.zeros((3, 3)), np.eye(3, dtype=bool))
    if not isinstance(nothing, (tuple, list)) or len(nothing) != 2:
        raise Wrong("Return two numbers for a prediction that passes nothing, too.")
    compare(
        as_number(nothing[1], "recall of a prediction that passes nothing"),
        0.0,
        otherwise="A prediction that passes nothing finds nothing: its recall is 0.",
    )


precision_recall = Exercise(
    name="precision_recall",
    task="Find precision and recall of a predicted mask.",
    stub='''
def precision_recall(prediction, target):
    """Share of hits among the bins passed, and share of hits among the bins that should pass.

    Where nothing is passed, let the precision be 0.
    """
    raise NotImplementedError
''',
    reference='''
def precision_recall(prediction, target):
    """Share of hits among the bins passed, and share of hits among the bins that should pass."""
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
            "Divided by all bins",
            "def precision_recall(p, t):\n    h = ((p > 0.5) & t).sum()\n"
            "    return h / t.size, h / t.size",
            "Divide by the bins",
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
            "    return (b == t)[b].mean(), (b == t).mean()",
            "only the bins",
        ),
    ),
    remark="The majority answer no has a recall of 0: it finds nothing, however accurate it is.",
)
