"""Exercises of lesson 06: from a mask to sound, and what SDR, SI-SDR and accuracy count."""

from .condense import condense
from .flip import flip
from .my_rungs import my_rungs
from .my_sdr import my_sdr
from .my_si_sdr import my_si_sdr
from .reconstruct import reconstruct

EXERCISES = (reconstruct, flip, my_sdr, my_si_sdr, condense, my_rungs)
