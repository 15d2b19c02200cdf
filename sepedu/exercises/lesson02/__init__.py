"""Exercises of lesson 02: make masks, apply them, count them, and fix one beforehand."""

from .binary_mask import binary_mask
from .coverage import coverage
from .fixed_mask import fixed_mask
from .masked import masked

EXERCISES = (binary_mask, masked, coverage, fixed_mask)
