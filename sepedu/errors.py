"""One exception class for everything that a user can put right, and what words it with."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from numbers import Integral, Real

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class SepeduError(ValueError):
    """Bad input, told in one line: what is wrong, and what to do about it.

    Parameters
    ----------
    problem : str
        What is wrong, naming the file or the value, and what was expected instead.
    remedy : str
        What the reader can do now.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem.rstrip('.')}. {remedy.rstrip('.')}.")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple:
        return type(self), (self.problem, self.remedy)


def check_number(
    name: str,
    value: object,
    least: float,
    most: float = math.inf,
    *,
    whole: bool = False,
    above: bool = False,
    usual: object,
) -> None:
    """Raise SepeduError unless a setting is a finite number from `least` to `most`.

    With `above`, `least` itself is too little.
    """
    wanted, kind = ("a whole number", Integral) if whole else ("a number", Real)
    wrong = whole and isinstance(value, bool)
    if wrong or not isinstance(value, kind) or not abs(value) < math.inf:
        raise SepeduError(f"{name} must be {wanted}, got {shown(value)}", f"Use {usual}")
    if not least <= value <= most or (above and value == least):
        bound = f"{'above' if above else 'at least'} {least}"
        bound = bound if most == math.inf else f"between {least} and {most}"
        raise SepeduError(f"{name} must be {bound}, got {value}", f"Use {usual}")


def check_kind(name: str, value: object, kind: type | tuple, wanted: str, usual: str) -> None:
    """Raise SepeduError unless a value is of this kind, or one of these; `wanted` names it."""
    if not isinstance(value, kind):
        raise SepeduError(f"{name} must be {wanted}, got {shown(value)}", f"Use {usual}")


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Raise SepeduError unless a value is one of the names to choose from."""
    if not isinstance(value, str) or value not in choices:
        raise SepeduError(f"{name} {shown(value)} is unknown", f"Use {', '.join(choices)}")


def shown(value: object) -> str:
    """A value as an error shows it: in one short line, of an array only its kind and shape."""
    shape = getattr(value, "shape", ())
    if isinstance(shape, tuple) and shape:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def printable(text: str) -> str:
    r"""Escape what a terminal obeys or a file in UTF-8 cannot hold, such as `\x1b` and `\udcf6`."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
