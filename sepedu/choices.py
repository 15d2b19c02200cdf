"""How four networks are trained: as those that come with the course were, or in minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .checkpoints import load_checkpoint, weights_path
from .datasets import SOURCES
from .excerpts import Augmentation
from .recipe import Recipe


@dataclass(frozen=True)
class Choices:
    """How the networks of a reproduction are trained.

    Attributes
    ----------
    recipes : mapping of str to Recipe
        By source.
    augmentation : Augmentation
        Without any, the songs are prepared and read from a store; otherwise their sound is held
        in memory, since the magnitude of a sum is not the sum of magnitudes.
    batch, stretch : int
        See `train_source`.
    """

    recipes: Mapping[str, Recipe]
    augmentation: Augmentation
    batch: int
    stretch: int

    @property
    def stored(self) -> bool:
        """Whether the songs are read from a store."""
        return self.augmentation == Augmentation()

    def plain(self) -> Choices:
        """The same without augmentation."""
        return replace(self, augmentation=Augmentation())


def as_published() -> Choices:
    """The choices that the networks which come with the course tell of."""
    told = {source: load_checkpoint(weights_path(source))[1] for source in SOURCES}
    first = told[SOURCES[0]]
    recipes = {source: Recipe(**about["recipe"]) for source, about in told.items()}
    return Choices(recipes, Augmentation(**first["augmentation"]), first["batch"], first["stretch"])


def quick() -> Choices:
    """One epoch of long stretches: enough to see that the chain works, and for nothing else."""
    recipe = Recipe(epochs=1, loss="bce", average=0.9, autocast=True)
    return Choices(dict.fromkeys(SOURCES, recipe), Augmentation(), batch=2, stretch=256)
