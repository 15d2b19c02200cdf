"""Exercises of lesson 01: bins, frames, phase, and the way back."""

from .bin_of import bin_of
from .cut_frames import cut_frames
from .join import join
from .overlap_add import overlap_add

EXERCISES = (bin_of, cut_frames, join, overlap_add)
