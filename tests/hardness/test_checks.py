"""Whatever a student gives to the check of an exercise, a verdict comes back."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes
from test_properties import FUZZ, tries

from sepedu.exercises import call_answer
from sepedu.exercises.framework import NOT_ATTEMPTED, RIGHT, WRONG, lessons

EXERCISES = [exercise for each in lessons().values() for exercise in each.values()]
values = st.deferred(
    lambda: (
        plain
        | st.lists(values, max_size=3)
        | st.tuples(values, values)
        | st.dictionaries(st.text(max_size=3), values, max_size=3)
    )
)
plain = st.one_of(
    st.none(),
    st.just(...),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.just(np.nan),
    st.just(NotImplemented),
    arrays(scalar_dtypes(), array_shapes(min_dims=0, max_dims=3, min_side=0)),
    st.builds(torch.zeros, st.lists(st.integers(0, 4), max_size=4)),
    st.just(np.broadcast_to(0.0, (10**6, 10**6))),
    st.just(np.ma.masked_all((3, 3))),
)


def wrap(value, how):
    if how == "value":
        return value
    if how == "raises":

        def answer(*_arguments, **_named):
            raise BaseException("not an Exception")

        return answer
    return lambda *_arguments, **_named: value


@tries(200)
@given(
    exercise=st.sampled_from(EXERCISES),
    value=values,
    how=st.sampled_from(["value", "returns", "returns", "raises"]),
)
def test_a_check_never_raises(exercise, value, how):
    verdict = exercise.check(wrap(value, how))
    assert verdict.outcome in (WRONG, NOT_ATTEMPTED, RIGHT)
    assert verdict._repr_html_() and repr(verdict)


CHANGES = {
    "transposed": lambda v: np.asarray(v).T,
    "as a list": lambda v: np.asarray(v).tolist(),
    "as a tensor with a gradient": lambda v: torch.tensor(np.asarray(v, float), requires_grad=True),
    "one NaN": lambda v: np.where(np.arange(np.size(v)).reshape(np.shape(v)) == 0, np.nan, v),
    "complex": lambda v: np.asarray(v) * 1j,
    "as text": lambda v: np.asarray(v).astype(str),
    "as objects": lambda v: np.asarray(v).astype(object),
    "cut short": lambda v: v[:-1],
    "flat": lambda v: np.ravel(v),
    "huge": lambda v: np.asarray(v) * 1e300,
    "in a dict": lambda v: {"answer": v},
    "twice": lambda v: (v, v),
    "endless": lambda v: iter(lambda: v, object()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_right_answer_in_a_wrong_shape_gets_a_verdict(change):
    for exercise in EXERCISES[:: max(1, 4 // FUZZ)]:
        right = exercise.run(exercise.reference)
        answer = (lambda *a, _f=right, **k: change(_f(*a, **k))) if callable(right) else right
        verdict = exercise.check(answer)
        assert verdict.outcome in (WRONG, NOT_ATTEMPTED, RIGHT), exercise


ENDLESS = {
    "sleeps": "import time\ndef answer(*a, **k):\n    time.sleep(99)",
    "catches everything": "def answer(*a, **k):\n    while True:\n        try:\n"
    "            1 / 0\n        except:\n            pass",
    "waits": "import threading\ndef answer(*a, **k):\n    threading.Event().wait()",
}


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_ended(source, monkeypatch):
    monkeypatch.setattr(call_answer, "SECONDS", 0.2)
    space = {}
    exec(source, space)
    verdict = lessons()["02"]["my_binary_mask"].check(space["answer"])
    assert verdict.outcome == WRONG and "does a loop never end" in verdict.message


class Refusing:
    """Nothing can be asked of it."""

    def __getattribute__(self, name):
        raise BaseException("not an Exception")


class EndlessList(list):
    """Counts for ever where its items are asked for, in a loop that hears no interruption."""

    def __iter__(self):
        return itertools.count()


class Claiming:
    """Looks like an array, and is none."""

    shape, dtype, size, ndim = (513, 25), np.dtype(float), 3, 2
    __hash__ = None

    def __array__(self, *_arguments, **_named):
        return "an array"

    def __len__(self):
        return 10**18

    def __getitem__(self, index):
        return self

    def __eq__(self, other):
        return np.array([True, False])


INSIDE = []
INSIDE.append(INSIDE)
STRANGE = {
    "refusing": Refusing(),
    "endless": EndlessList([1.0]),
    "claiming": Claiming(),
    "in itself": INSIDE,
    "no values": torch.empty(3, device="meta"),
    "sparse": torch.eye(3).to_sparse(),
    "brain floats": torch.zeros(3, dtype=torch.bfloat16),
    "dates": np.array(["2020"], "M8[D]"),
    "records": np.zeros(3, [("a", float)]),
    "a class": EndlessList,
    "a module": np,
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_objects_get_a_verdict(name):
    value = STRANGE[name]
    for exercise in EXERCISES:
        for answer in (value, lambda *_arguments, **_named: value):
            verdict = exercise.check(answer)
            assert verdict.outcome in (WRONG, NOT_ATTEMPTED), exercise
            assert verdict._repr_html_() and repr(verdict)


def empty(*arguments):
    """Take all out of what it is given."""
    for argument in arguments:
        if isinstance(argument, (list, dict)):
            argument.clear()
        elif isinstance(argument, np.ndarray):
            argument.fill(0)
    return arguments[0]


def test_an_answer_cannot_spoil_the_next_check():
    for exercise in EXERCISES:
        exercise.check(empty)
        assert exercise.check(exercise.run(exercise.reference)).outcome == RIGHT
