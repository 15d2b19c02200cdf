"""Exercises of lesson 02: make masks, apply them, count them, and fix one beforehand."""

from .coverage import coverage
from .fixed_mask import fixed_mask
from .masked import masked
from .my_binary_mask import my_binary_mask

EXERCISES = (my_binary_mask, masked, coverage, fixed_mask)
