"""Which part of each batch a process takes when several train one network together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """The part of every batch that one of several processes computes.

    Attributes
    ----------
    index : int
        The process, counted from 0.
    count : int
        How many processes there are.
    """

    index: int = 0
    count: int = 1

    def of(self, size: int) -> range:
        """The places of this process among `size` of them.

        The parts of all processes make up the whole, without overlap, and differ by one place
        at most. A part is empty where there are fewer places than processes.
        """
        return range(size * self.index // self.count, size * (self.index + 1) // self.count)


WHOLE = Share()
"""All of it: the share of a process that trains alone."""
