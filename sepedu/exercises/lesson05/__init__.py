"""Exercises of lesson 05: two losses, a step of training, a fair baseline, and when to stop."""

from .cross_entropy import cross_entropy
from .majority_accuracy import majority_accuracy
from .mse import mse
from .should_stop import should_stop
from .training_step import training_step

EXERCISES = (mse, cross_entropy, training_step, majority_accuracy, should_stop)
