"""Comparing what a student's function returns with what is right, and with known mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from .call_answer import Wrong, as_number, call, check_shape, copied

Reader = Callable[[Any], Any]
"""Takes what a function returned for something that can be compared, or raises `Wrong`."""


@dataclass(frozen=True)
class Mistake:
    """An answer that is known to be wrong.

    Attributes
    ----------
    title : str
        What went wrong, in words, for instructors; answers that get the same words share it.
    answer : Any
        The wrong answer. If it returns a pair and the message is about one part, the other part
        is right: then `compare` recognises the mistake whatever the other part is.
    message : str
        What `compare` says to whoever gives the same values; "" if the check says enough already,
        for example of an answer that stops with an error or has the wrong shape.
    """

    title: str
    answer: Any
    message: str = ""


def compare(
    answer: Any,
    cases: Mapping[str, tuple] | Sequence[tuple],
    right: Callable,
    mistakes: Sequence[Mistake] = (),
    otherwise: str = "The values differ from what is asked for.",
    read: Reader = as_number,
    what: str = "result",
    tolerance: float = 1e-5,
) -> None:
    """Run an answer on several cases, compare, and recognise known mistakes by their values.

    A known mistake is named if it explains all that the answer returned, else if it explains
    most of what is wrong: on a single case it may agree with another one by chance.

    Parameters
    ----------
    answer : Any
        What the student defined.
    cases : sequence or mapping of tuple
        Arguments of each call; the key of a mapping says what is special about them.
    right : callable
        Gives the right value for the arguments.
    mistakes : sequence of Mistake
        Those without a message are passed over.
    otherwise : str
        What to say if none fits.
    read : callable
        Checks the kind of what came back: `as_number`, or `as_array` with its options.
    what : str
        What to call the result in a message; for a pair, both names with ", " between.
    tolerance : float
        Relative to the largest value asked for.

    Raises
    ------
    Wrong
        If a value is not right.
    """
    if not isinstance(cases, Mapping):
        cases = {f"{number}": case for number, case in enumerate(cases)}

    def outcome(answer: Any, case: tuple) -> Any:
        """What an answer makes of a case, or the `Wrong` that it gets."""
        try:
            return read(call(answer, *case))
        except Wrong as wrong:
            return wrong

    def same(value: Any, expected: Any) -> bool:
        return alike(value, expected, tolerance)

    given = [outcome(answer, case) for case in cases.values()]
    stops = [number for number, one in enumerate(given) if isinstance(one, Wrong)]
    seen = list(cases.items())[: stops[0] if stops else len(given)]
    values = given[: len(seen)]
    with np.errstate(all="ignore"):
        rights = [right(*copied(case)) for _, case in seen]
    wrong = [n for n in range(len(seen)) if not same(values[n], rights[n])]
    if not wrong:
        if not stops:
            return
        special = "" if len(stops) == len(given) else _of_case(list(cases)[stops[0]])
        raise given[stops[0]].with_more(special) from None
    likeness = []
    for mistake in mistakes:
        if mistake.message:
            theirs = [outcome(mistake.answer, case) for _, case in seen]
            likeness.append((mistake, _likeness(values, theirs, rights, same)))
            if all(likeness[-1][1]):
                raise Wrong(mistake.message, mistake=mistake.title)
    for derived, message in (
        (_times_hundred, f"Your {what} is in per cent: a share lies between 0 and 1."),
        (_turned, f"Your {what} is turned around: True stands where False should, and reverse."),
    ):
        with suppress(ValueError):
            if all(map(same, values, [derived(expected) for expected in rights])):
                raise Wrong(message)
    for mistake, likely in likeness:  # together with another mistake, in some of the cases
        if sum(likely[n] for n in wrong) > max(1, len(wrong) / 2):
            raise Wrong(mistake.message, mistake=mistake.title)
    for (special, case), value, expected in zip(seen, values, rights, strict=True):
        for name, part, wanted in zip(
            what.split(", "), _parts(value), _parts(expected), strict=True
        ):
            if not same(part, wanted):
                if isinstance(wanted, np.ndarray):
                    check_shape(np.asarray(part), wanted.shape, name)
                # Where no case is right, none is special.
                special = "" if len(wrong) == len(seen) else _of_case(special)
                raise Wrong(otherwise + _difference(case, part, wanted, name) + special)


def _likeness(values: list, theirs: list, rights: list, same: Callable) -> list[bool]:
    """For each case, whether a value is a mistake's in the parts in which that one is wrong."""
    stops = [isinstance(one, Wrong) for one in theirs]
    about = {
        part
        for one, expected, stop in zip(theirs, rights, stops, strict=True)
        if not stop
        for part, pair in enumerate(zip(_parts(one), _parts(expected), strict=True))
        if not same(*pair)
    }
    return [
        bool(about)
        and not stop
        and all(same(_parts(value)[part], _parts(one)[part]) for part in about)
        for value, one, stop in zip(values, theirs, stops, strict=True)
    ]


def _parts(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _of_case(special: str) -> str:
    return "" if special.isdigit() else f" This is the case of {special}."


def _times_hundred(expected: Any) -> Any:
    expected = np.asarray(expected)
    if expected.dtype.kind not in "iuf" or expected.max(initial=0) > 1:
        raise ValueError
    if expected.min(initial=0) < 0:
        raise ValueError
    return 100 * expected


def _turned(expected: Any) -> np.ndarray:
    expected = np.asarray(expected)
    if expected.dtype.kind != "b":
        raise ValueError
    return ~expected


def _difference(case: tuple, value: Any, expected: Any, what: str) -> str:
    """An example of what is asked for and what came back instead."""
    value, expected = np.asarray(value), np.asarray(expected)
    if expected.ndim == 0 and value.ndim == 0:
        small = all(isinstance(part, (int, float, list, tuple)) for part in case)
        given = f"For {', '.join(map(repr, case))}" if small and len(repr(case)) < 90 else "Once"
        return f" {given} your {what} is {_short(value)}, and {_short(expected)} is right."
    if expected.size == 0 or value.shape != expected.shape:
        return ""
    apart = value != expected if expected.dtype.kind == "b" else np.abs(value - expected)
    place = np.unravel_index(np.argmax(apart), expected.shape)
    at = ", ".join(map(str, place))
    return f" At [{at}] yours is {_short(value[place])}, and {_short(expected[place])} is right."


def _short(number: Any) -> str:
    number = np.asarray(number)
    return f"{number.item():.4g}" if number.dtype.kind in "iufc" else str(number.item())


def alike(value: Any, expected: Any, tolerance: float = 1e-5) -> bool:
    """Whether numbers, arrays or pairs of them are equal, but for a share of the largest value."""
    if isinstance(expected, tuple) and isinstance(value, tuple):
        return len(value) == len(expected) and all(
            alike(v, e, tolerance) for v, e in zip(value, expected, strict=True)
        )
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape or not np.isfinite(expected).all():
        return False
    if value.dtype.kind == "b" or expected.dtype.kind == "b":
        return bool((value == expected).all())
    scale = max(float(np.abs(expected).max(initial=0.0)), 1e-12)
    return bool(np.abs(value - expected).max(initial=0.0) <= tolerance * scale)
