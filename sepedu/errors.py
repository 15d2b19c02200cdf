"""One exception class for everything that a user can put right."""

from __future__ import annotations


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
