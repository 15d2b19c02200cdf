"""Exercises of lesson 06: from a mask to sound, and what SDR, SI-SDR and accuracy count."""

from .condense import condense
from .flip import flip
from .reconstruct import reconstruct
from .sdr import sdr
from .si_sdr import si_sdr

EXERCISES = (reconstruct, sdr, si_sdr, flip, condense)
