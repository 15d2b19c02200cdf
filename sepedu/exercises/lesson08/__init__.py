"""Exercises of lesson 08: soft masks that share out each point, and what windows have in common."""

from .own_after_convolution import own_after_convolution
from .own_after_pooling import own_after_pooling
from .sum_to_one import sum_to_one
from .wiener_masks import wiener_masks

EXERCISES = (wiener_masks, sum_to_one, own_after_convolution, own_after_pooling)
