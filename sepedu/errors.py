"""One exception class for everything that a user can put right, and what words it with."""

from __future__ import annotations

import math
import re
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
    usual: object,
) -> None:
    """Raise SepeduError unless a setting is a finite number from `least` to `most`."""
    kind, known = ("a whole number", Integral) if whole else ("a number", Real)
    wrong = whole and isinstance(value, bool)
    if wrong or not isinstance(value, known) or not abs(value) < math.inf:
        raise SepeduError(f"{name} must be {kind}, got {value!r}", f"Use {usual}")
    if not least <= value <= most:
        bound = f"at least {least}" if most == math.inf else f"between {least} and {most}"
        raise SepeduError(f"{name} must be {bound}, got {value}", f"Use {usual}")


def printable(text: str) -> str:
    r"""Escape what a terminal obeys or a file in UTF-8 cannot hold, such as `\x1b` and `\udcf6`."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
