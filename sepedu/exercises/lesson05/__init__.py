"""Exercises of lesson 05: two losses, a fair baseline, the training loop, and when to stop."""

from .cross_entropy import cross_entropy
from .majority_accuracy import majority_accuracy
from .mse import mse
from .should_stop import should_stop
from .train_epochs import train_epochs
from .training_step import training_step

EXERCISES = (
    mse,
    cross_entropy,
    majority_accuracy,
    training_step,
    train_epochs,
    should_stop,
)
