"""Exercises of lesson 02: make masks, apply them, weigh and count them, and fix one beforehand."""

from .coverage import coverage
from .fixed_mask import fixed_mask
from .loss_and_leak import loss_and_leak
from .masked import masked
from .my_binary_mask import my_binary_mask

EXERCISES = (my_binary_mask, masked, loss_and_leak, coverage, fixed_mask)
