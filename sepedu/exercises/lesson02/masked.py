"""Lesson 02: apply a mask to the complex spectrum of a mixture."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _spectrum_overwritten(mask, spectrum):
    spectrum[~mask] = 0
    return spectrum


_MISTAKES = (
    Mistake(
        "Points picked out",
        lambda mask, spectrum: spectrum[mask],
        "`spectrum[mask]` lists the chosen points and forgets where they were. Multiply, "
        "so that the others become 0.",
    ),
    Mistake(
        "Mask turned round",
        lambda mask, spectrum: spectrum * ~mask,
        "You kept what the mask rejects.",
    ),
    Mistake(
        "Phase of 0",
        lambda mask, spectrum: np.abs(spectrum) * mask + 0j,
        "The phase is lost: multiply the complex spectrum.",
    ),
    Mistake("Mask unused", lambda mask, spectrum: spectrum, "The mask has had no effect."),
    Mistake(
        "Mask added", lambda mask, spectrum: mask + spectrum, "You added the mask: multiply by it."
    ),
    Mistake("Magnitude only", lambda m, s: m * np.abs(s)),
    Mistake("Spectrum overwritten", _spectrum_overwritten),
)


def _examine_masked(answer: Any) -> None:
    random = np.random.default_rng(1)
    spectrum = random.normal(size=(6, 4)) + 1j * random.normal(size=(6, 4))
    mask = random.random((6, 4)) > 0.4
    compare(
        answer,
        cases={
            "0": (mask, spectrum),
            "two channels": (mask.reshape(2, 3, 4), spectrum.reshape(2, 3, 4)),
            "a mask that is 0 everywhere": (mask & False, spectrum),
            "a mask that is 1 everywhere": (mask | True, spectrum),
        },
        right=lambda mask, spectrum: mask * spectrum,
        mistakes=_MISTAKES,
        otherwise="Where the mask is 1 the mixture must stay as it is, elsewhere be 0.",
        read=lambda value: as_array(value, kind="complex", what="estimate"),
        what="estimate",
    )


masked = Exercise(
    name="masked",
    task="Apply a mask to the complex spectrum of a mixture.",
    stub='''
def masked(mask, spectrum):
    """The spectrum of the mixture where the mask is 1, and 0 elsewhere."""
    raise NotImplementedError
''',
    reference='''
def masked(mask, spectrum):
    """The spectrum of the mixture where the mask is 1, and 0 elsewhere."""
    return mask * spectrum
''',
    hints=(
        "In a product True counts as 1 and False as 0.",
        "What must stay complex, so that the result can be heard?",
    ),
    examine=_examine_masked,
    mistakes=_MISTAKES,
    remark="The estimate borrows the phase of the mixture.",
)
