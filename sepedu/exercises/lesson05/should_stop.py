"""Lesson 05: decide after an epoch whether to stop early."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..call_answer import Wrong, a_type, call
from ..compare import Mistake
from ..framework import Exercise

_LOSSES = (
    [0.9, 0.5, 0.6, 0.4, 0.45, 0.44, 0.43, 0.42],
    [0.9, 0.8, 0.7],
    [0.5, 0.6, 0.55, 0.52],
    [0.7],
    [0.9, 0.4, 0.5, 0.4, 0.4],  # the best loss comes again, and is no better
    [0.3, 0.3, 0.3, 0.3],
)


def _examine_should_stop(answer: Any) -> None:
    for losses in _LOSSES:
        for patience in (1, 2, 3):
            for epoch in range(len(losses)):
                seen = losses[: epoch + 1]
                try:
                    value = call(answer, list(seen), patience)
                except Wrong as wrong:
                    more = f" The losses were {seen}, patience {patience}."
                    raise wrong.with_more(more) from None
                if not isinstance(value, (bool, np.bool_)):
                    raise Wrong(f"Answer True or False, not {a_type(value)}.")
                waited = epoch - int(np.argmin(seen))
                if bool(value) == (waited >= patience):
                    continue
                if waited == 0 and value:
                    raise Wrong(
                        f"After {seen} you stop, though the last epoch is the best one.",
                        "stops at the best epoch",
                    )
                if waited >= patience and losses[epoch] == min(seen):
                    raise Wrong(
                        f"After {seen} with patience {patience}: the last loss equals the best "
                        "one, and equal is not better. Count from the first epoch that reached it.",
                        "equal is not better",
                    )
                if waited >= patience and losses[epoch] < losses[epoch - 1]:
                    raise Wrong(
                        f"After {seen} with patience {patience}: the last epoch is better than "
                        "the one before it, and still not better than the best. Count from the "
                        "best epoch.",
                        "not better than the best",
                    )
                raise Wrong(
                    f"After {seen} the best epoch lies {waited} epoch{'s' * (waited != 1)} back. "
                    f"With patience {patience} the answer is {waited >= patience}, and yours is "
                    f"{bool(value)}."
                )


def _compares_with_the_epoch_before(losses, patience):
    rises = 0
    for before, after in pairwise(losses):
        rises = rises + 1 if after >= before else 0
    return rises >= patience


def _an_equal_loss_taken_for_a_better_one(losses, patience):
    best, waited = losses[0], 0
    for loss in losses[1:]:
        waited = waited + 1 if loss > best else 0
        best = min(best, loss)
    return waited >= patience


should_stop = Exercise(
    name="should_stop",
    task="Decide after an epoch whether to stop early.",
    stub='''
def should_stop(losses, patience):
    """Whether the last `patience` epochs brought no better validation loss than before them.

    losses is a list with the validation loss of each epoch so far.
    """
    raise NotImplementedError
''',
    reference='''
def should_stop(losses, patience):
    """Whether the last `patience` epochs brought no better validation loss than before them."""
    best_epoch = losses.index(min(losses))
    return len(losses) - 1 - best_epoch >= patience
''',
    hints=(
        "Which epoch was the best? How many have passed since?",
        "`losses.index(min(losses))` is the number of the best epoch, counted from 0.",
    ),
    examine=_examine_should_stop,
    mistakes=(
        Mistake("Compares with the epoch before", _compares_with_the_epoch_before),
        Mistake(
            "One epoch too late",
            lambda losses, patience: len(losses) - 1 - losses.index(min(losses)) > patience,
        ),
        Mistake("Counts all epochs", lambda losses, patience: len(losses) > patience),
        Mistake(
            "Nothing before the patience has passed",
            lambda losses, patience: min(losses[-patience:]) >= min(losses[:-patience]),
        ),
        Mistake(
            "A number instead of yes or no",
            lambda losses, patience: len(losses) - 1 - losses.index(min(losses)),
        ),
        Mistake("An equal loss taken for a better one", _an_equal_loss_taken_for_a_better_one),
    ),
    remark="`fit` keeps the weights of the best epoch, so the waiting costs time and nothing else.",
)
