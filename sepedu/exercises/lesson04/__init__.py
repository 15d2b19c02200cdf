"""Exercises of lesson 04: count parameters, trace shapes, measure reach, build a block."""

from .block import block
from .conv_parameters import conv_parameters
from .parameters import parameters
from .reach import reach
from .values_after import values_after

EXERCISES = (conv_parameters, values_after, block, parameters, reach)
