"""Each small change of each reference answer that changes its values is refused by its check."""

import pprint

import numpy as np
import pytest
import torch
from mutants import mutants

from sepedu.exercises import call_answer
from sepedu.exercises.framework import RIGHT, Exercise, lessons

EQUIVALENT: dict[str, set[str]] = {
    "04-parameters": {"1 * 9 → 9"},
    "05-training_step": {"optimizer → model"},  # model.zero_grad() does the same
    "05-train_epochs": {"optimizer → model"},
    "06-flip": {"mask → mixture", "mask → mixture (again) (again)"},  # of equal size and shape
    "06-my_rungs": {"audio → truth"},  # len(audio), and both are equally long
    "07-not_ruled_out": {"np.maximum(ones, 1 - ones) → np.maximum(1 - ones, ones)"},  # the same
    "08-own_after_convolution": {"range(columns) → range(columns - 1)"},  # the last is own anyway
    "08-own_after_pooling": {
        "column // 3 → column / 3 (again)",  # less than a whole number, rounded down or not
        "column // 3 < groups → column // 3 != groups",  # never more
    },
    "08-sum_to_one": {
        "total == 0 → total <= 0",  # masks are not negative
        "total + silent → total - silent",  # 0 / -1 instead of 0 / 1, and 0.25 replaces both
        "total + silent → total",  # 0 / 0, which 0.25 replaces
    },
}
"""Changes that change no value, by exercise."""


def survivors(exercise: Exercise) -> tuple[int, set[str]]:
    """How many changes an answer has, and the descriptions of those that its check accepts."""
    changes = mutants(exercise.reference)
    accepted = set()
    for description, source in changes.items():
        try:
            answer = exercise.run(source)
        except Exception:  # refused before any check
            continue
        if exercise.check(answer).outcome == RIGHT:
            accepted.add(description)
    return len(changes), accepted


def test_every_change_of_a_value_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(call_answer, "SECONDS", 5.0)
    rows, wrong = [], {}
    for number, exercises in lessons().items():
        for name, exercise in exercises.items():
            np.random.seed(0)
            torch.manual_seed(0)
            count, accepted = survivors(exercise)
            listed = EQUIVALENT.get(f"{number}-{name}", set())
            rows.append((number, name, count, count - len(accepted), len(listed)))
            if accepted != listed:
                wrong[f"{number}-{name}"] = accepted ^ listed
    with capsys.disabled():
        print("\n\n| lesson | exercise | mutants | refused | equivalent |\n|---|---|---|---|---|")
        for row in rows:
            print("| " + " | ".join(map(str, row)) + " |")
        print("| all |", *(f" | {sum(row[i] for row in rows)}" for i in (2, 3, 4)), " |", sep="")
    assert not wrong, "\n" + pprint.pformat(wrong, width=200)


def test_the_mutator_changes_what_students_get_wrong():
    found = mutants("def f(x, y):\n    return np.mean(x[1:] > y * 2, axis=0)").values()
    for change in ("x[1:] >= y * 2", "axis=1", "axis=None", "x[2:]", "np.sum(", "y / 2", "y * 3"):
        assert any(change in text for text in found), change
    assert any("x * 2" in text for text in found)


@pytest.mark.parametrize("key", EQUIVALENT)
def test_each_listed_change_is_one(key):
    number, _, name = key.partition("-")
    assert EQUIVALENT[key] <= set(mutants(lessons()[number][name].reference))
