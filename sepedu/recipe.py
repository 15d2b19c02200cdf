"""The choices of a training."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import SepeduError


@dataclass(frozen=True)
class Recipe:
    """The choices of a training.

    Attributes
    ----------
    epochs : int
        The learning rate falls to zero over them, along half a cosine.
    learning_rate : float
        Of AdamW, at the start.
    weight_decay : float
    loss : {"mse", "bce"}
        Mean squared error, as in the original, or binary cross-entropy, for a mask only.
    average : float
        Decay of the running average of the weights that is validated and kept; 0 for none.
    patience : int, optional
        Stop after so many epochs without a better validation loss.
    autocast : bool
        Compute in bfloat16 where that is faster; weights and loss stay in float32.
    seed : int

    Lesson: 05
    """

    epochs: int = 20
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    loss: str = "mse"
    average: float = 0.99
    patience: int | None = None
    autocast: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.seed < 0:
            raise SepeduError(
                f"A training of {self.epochs} epochs with seed {self.seed} cannot be",
                "Use at least 1 epoch, and a seed of at least 0",
            )


def check_loss(recipe: Recipe, output: str) -> None:
    """Raise SepeduError if a network with this output cannot be trained with the recipe's loss."""
    if recipe.loss not in ("mse", "bce") or (recipe.loss == "bce" and output != "mask"):
        raise SepeduError(
            f"Loss {recipe.loss!r} does not suit a network with output {output!r}",
            'Use "mse", or "bce" for a mask',
        )
