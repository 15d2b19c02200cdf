"""Comparing what a student's function returns with what is right, and with known mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .examine import Wrong, as_number, call, check_shape, copied

Reader = Callable[[Any], Any]
"""Takes what a function returned for something that can be compared, or raises `Wrong`."""


def judge(
    answer: Any,
    cases: Mapping[str, tuple] | Sequence[tuple],
    right: Callable,
    known: Sequence[tuple[Callable, str]] = (),
    otherwise: str = "The values differ from what is asked for.",
    read: Reader = as_number,
    what: str = "result",
    tolerance: float = 1e-5,
) -> None:
    """Call an answer on several cases, compare, and recognise known mistakes by their values.

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
    known : sequence of (callable, str)
        Wrong versions of `right`, and what to say of each.
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
    values, stopped, all_stop = [], None, True
    for case in cases.values():
        try:
            value = read(call(answer, *case))
        except Wrong as wrong:
            stopped = stopped or wrong
            continue
        all_stop = False
        if stopped is None:
            values.append(value)
    seen = list(zip(cases.items(), values, strict=False))

    def agrees(version: Callable, case: tuple, value: Any) -> bool:
        try:
            with np.errstate(all="ignore"):
                return _alike(value, version(*copied(case)), tolerance)
        except Exception:  # a wrong version need not work on each case
            return False

    def explains(version: Callable) -> bool:
        return bool(seen) and all(agrees(version, case, value) for (_, case), value in seen)

    if explains(right) or not seen:
        if stopped is None:
            return
        special = "" if all_stop else _of_case(list(cases)[len(seen)])
        raise Wrong(f"{stopped}{special}") from None
    for version, message in known:
        if explains(version):
            raise Wrong(message)
    if explains(lambda *case: _times_hundred(right(*case))):
        raise Wrong(f"Your {what} is in per cent: a share lies between 0 and 1.")
    if explains(lambda *case: _turned(right(*case))):
        raise Wrong(f"Your {what} is turned around: True stands where False should, and reverse.")
    wrong = [(case, value) for (_, case), value in seen if not agrees(right, case, value)]
    for version, message in known:  # together with another mistake, in some of the cases
        if sum(agrees(version, *pair) for pair in wrong) > max(1, len(wrong) / 2):
            raise Wrong(message)
    nowhere_right = len(wrong) == len(seen)  # then no case is special
    for (special, case), value in seen:
        expected = right(*copied(case))
        if not isinstance(expected, tuple):
            value, expected = (value,), (expected,)
        for name, part, wanted in zip(what.split(", "), value, expected, strict=True):
            if not _alike(part, wanted, tolerance):
                if isinstance(wanted, np.ndarray):
                    check_shape(np.asarray(part), wanted.shape, name)
                special = "" if nowhere_right else _of_case(special)
                raise Wrong(otherwise + _difference(case, part, wanted, name) + special)


def _of_case(special: str) -> str:
    return "" if special.isdigit() else f" This is the case of {special}."


def _times_hundred(expected: Any) -> Any:
    expected = np.asarray(expected)
    if expected.dtype.kind == "b" or expected.max(initial=0) > 1 or expected.min(initial=0) < 0:
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


def compare(
    value: np.ndarray | float,
    expected: np.ndarray | float,
    known: Sequence[tuple[np.ndarray | float, str]] = (),
    otherwise: str = "The values differ from what is asked for.",
    tolerance: float = 1e-5,
) -> None:
    """Compare an answer with the expected one; recognise known mistakes by their values.

    Raises
    ------
    Wrong
        With the message of the first known mistake that fits, else with `otherwise`.
    """
    if _alike(value, expected, tolerance):
        return
    for mistaken, message in known:
        if _alike(value, mistaken, tolerance):
            raise Wrong(message)
    raise Wrong(otherwise)


def _alike(value: Any, expected: Any, tolerance: float) -> bool:
    if expected is None:  # a known mistake may leave a part open
        return True
    if isinstance(expected, tuple) and isinstance(value, tuple):
        return len(value) == len(expected) and all(
            _alike(v, e, tolerance) for v, e in zip(value, expected, strict=True)
        )
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape or not np.isfinite(expected).all():
        return False
    if value.dtype.kind == "b" or expected.dtype.kind == "b":
        return bool((value == expected).all())
    scale = max(float(np.abs(expected).max(initial=0.0)), 1e-12)
    return bool(np.abs(value - expected).max(initial=0.0) <= tolerance * scale)
