"""Which part of each batch a process computes, and in how many portions one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor


class Portion(NamedTuple):
    """Some stretches of a batch, and their weight in the mean over the whole batch."""

    mixture: Tensor
    target: Tensor
    weight: float
    last: bool


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

    def portions(self, batch: tuple[Tensor, Tensor], size: int, count: int) -> list[Portion]:
        """Cut this process's part of a batch, so that its gradients can be accumulated.

        Parameters
        ----------
        batch : tuple of torch.Tensor
            Mixture and target as `Excerpts.epoch` draws them for this share.
        size : int
            Stretches of the whole batch, of all processes.
        count : int
            Portions, or one for each stretch where that is less.

        Returns
        -------
        portions : list of Portion
            The weights of all processes' portions sum to 1; a process without a part has one
            portion of weight 0.
        """
        own = len(self.of(size))
        pairs = list(zip(*(part.chunk(count) for part in batch), strict=True))
        return [
            Portion(mixture, target, len(mixture) / size if own else 0.0, number == len(pairs))
            for number, (mixture, target) in enumerate(pairs, 1)
        ]


WHOLE = Share()
"""All of it: the share of a process that trains alone."""
