"""Exercises of lesson 00: sums, differences and levels of recordings."""

from .gain import gain
from .mix import mix
from .residual import residual

EXERCISES = (gain, mix, residual)
