"""Exercises of lesson 03: windows, statistics, splits, and the majority class."""

from .cut_windows import cut_windows
from .majority import majority
from .split_by_song import split_by_song
from .statistics import statistics

EXERCISES = (cut_windows, statistics, split_by_song, majority)
