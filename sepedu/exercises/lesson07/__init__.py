"""Exercises of lesson 07: class balance, what an accuracy is worth, and where a network fails."""

from .accuracy_by_frequency import accuracy_by_frequency
from .beyond_majority import beyond_majority
from .not_ruled_out import not_ruled_out
from .precision_recall import precision_recall
from .share_of_ones import share_of_ones

EXERCISES = (beyond_majority, share_of_ones, precision_recall, not_ruled_out, accuracy_by_frequency)
