"""Exercises of lesson 07: class balance, what an accuracy is worth, and where a network fails."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examine import Wrong, as_array, as_number, call, compare
from .framework import Exercise, Mistake


def _magnitudes() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(70)
    mixture = generator.random((11, 17)) + 0.1
    source = mixture * generator.random((11, 17)) * 1.3
    source[:, :3] = mixture[:, :3] = 0.0  # silence at the start
    source[0, 3:] = 0.5 * mixture[0, 3:]  # exactly on a threshold
    return source, mixture


def _examine_share_of_ones(answer: Any) -> None:
    source, mixture = _magnitudes()
    thresholds = [0.1, 0.5, 1.0]

    def shares(mask: Any) -> np.ndarray:
        return np.array([mask(t).mean() for t in thresholds])

    compare(
        as_array(call(answer, source, mixture, list(thresholds)), (3,), "real", "shares"),
        shares(lambda t: source > t * mixture),
        known=[
            (
                shares(lambda t: source >= t * mixture),
                "Use `>`, not `>=`: a bin where both are silent does not belong to the source.",
            ),
            (shares(lambda t: source <= t * mixture), "This is the share of zeros: 1 minus it."),
            (
                shares(lambda t: source > t),
                "T is a share of the mixture: compare with T times the mixture, not with T.",
            ),
            (
                shares(lambda t: t * source > mixture),
                "T belongs to the mixture: S > T M.",
            ),
            (shares(lambda t: source > t * mixture) * source.size, "Divide by the number of bins."),
        ],
        otherwise="For each T, make the mask of lesson 02 and take its mean.",
    )


share_of_ones = Exercise(
    name="share_of_ones",
    task="Find what share of a mask is 1, for several thresholds.",
    stub='''
def share_of_ones(source, mixture, thresholds):
    """Share of bins where the source exceeds T times the mixture, a number for each T."""
    raise NotImplementedError
''',
    reference='''
def share_of_ones(source, mixture, thresholds):
    """Share of bins where the source exceeds T times the mixture, a number for each T."""
    return [(source > threshold * mixture).mean() for threshold in thresholds]
''',
    hints=(
        "The mean of a boolean array is its share of True.",
        "A list over the thresholds is enough.",
    ),
    examine=_examine_share_of_ones,
    mistakes=(
        Mistake(
            "Equal counts as louder",
            "def share_of_ones(s, m, ts):\n    return [(s >= t * m).mean() for t in ts]",
            "`>=`",
        ),
        Mistake(
            "Share of zeros",
            "def share_of_ones(s, m, ts):\n    return [1 - (s > t * m).mean() for t in ts]",
            "zeros",
        ),
        Mistake(
            "Compared with T alone",
            "def share_of_ones(s, m, ts):\n    return [(s > t).mean() for t in ts]",
            "T times the mixture",
        ),
        Mistake(
            "A count",
            "def share_of_ones(s, m, ts):\n    return [(s > t * m).sum() for t in ts]",
            "number of bins",
        ),
    ),
    remark="The larger of this share and 1 minus it is the accuracy that guessing reaches.",
)


def _examine_beyond_majority(answer: Any) -> None:
    for accuracy, ones in ((0.75, 0.4), (0.9, 0.8), (0.939, 0.041)):
        majority = max(ones, 1 - ones)
        known = [
            (accuracy - majority, "Now divide by what was left to gain: 1 minus the majority."),
            (
                (accuracy - majority) / majority,
                "Divide by what was left to gain, 1 minus the majority, not by the majority.",
            ),
            ((accuracy - ones) / (1 - ones), "The majority is the larger of ones and 1 - ones."),
            (accuracy / majority, "Start from the majority: it must get 0, and perfection 1."),
            (
                (accuracy - 0.5) / 0.5,
                "One half is the guess of a coin. The majority class guesses better.",
            ),
        ]
        if ones < 0.5:
            known.append(((accuracy - (1 - ones)) / (1 - ones), "Divide by what was left to gain."))
        else:
            known.append(
                ((accuracy - (1 - ones)) / ones, "With mostly ones, the majority answer is yes.")
            )
        compare(
            as_number(call(answer, accuracy, ones), "value"),
            (accuracy - majority) / (1 - majority),
            known=known,
            otherwise="The majority class must get 0, a perfect mask 1, and worse than the "
            "majority a negative number.",
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


def _examine_accuracy_by_frequency(answer: Any) -> None:
    generator = np.random.default_rng(72)
    target = generator.random((10, 16)) < 0.4
    prediction = generator.random((10, 16))
    agree = (prediction > 0.5) == target
    value = as_array(call(answer, prediction, target), kind="real", what="accuracies")
    if value.shape == (16,):
        raise Wrong("You averaged over frequencies: average over frames, the last axis.")
    if value.size == 1:
        raise Wrong("One number is left: keep the frequencies, with `axis=1`.")
    compare(
        as_array(value, (10,), what="accuracies"),
        agree.mean(axis=1),
        known=[
            ((~agree).mean(axis=1), "This is the share of errors: 1 minus it."),
            (
                (prediction == target).mean(axis=1),
                "The prediction is soft: make it binary first, with `> 0.5`.",
            ),
            (
                ((prediction > 0.5) & target).mean(axis=1),
                "You counted hits only: a right no counts too.",
            ),
            (
                1 - np.abs(prediction - target).mean(axis=1),
                "The prediction is soft: make it binary first, with `> 0.5`.",
            ),
        ],
        otherwise="For each frequency, the share of frames where both masks agree.",
    )


accuracy_by_frequency = Exercise(
    name="accuracy_by_frequency",
    task="Find the accuracy of a predicted mask at each frequency.",
    stub='''
def accuracy_by_frequency(prediction, target):
    """Share of frames where the prediction above 0.5 agrees with the target, per frequency."""
    raise NotImplementedError
''',
    reference='''
def accuracy_by_frequency(prediction, target):
    """Share of frames where the prediction above 0.5 agrees with the target, per frequency."""
    return ((prediction > 0.5) == target).mean(axis=1)
''',
    hints=(
        "Both arrays have the shape (frequencies, frames). Which axis has to go?",
        "`(...).mean(axis=1)` averages over the frames.",
    ),
    examine=_examine_accuracy_by_frequency,
    mistakes=(
        Mistake(
            "Averaged over frequencies",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) == t).mean(axis=0)",
            "over frames",
        ),
        Mistake(
            "Share of errors",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) != t).mean(axis=1)",
            "errors",
        ),
        Mistake(
            "Hits only",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) & t).mean(axis=1)",
            "right no counts",
        ),
        Mistake(
            "Soft values compared",
            "def accuracy_by_frequency(p, t):\n    return (p == t).mean(axis=1)",
            "soft",
        ),
        Mistake(
            "One number",
            "def accuracy_by_frequency(p, t):\n    return ((p > 0.5) == t).mean()",
            "One number",
        ),
    ),
    remark="One number for all frequencies hides that most of them are easy.",
)
