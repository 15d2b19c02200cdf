"""Lesson 02: say what a mask takes away from a source, and what it lets through of the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import as_number, as_pair
from ..compare import Mistake, compare
from ..framework import Exercise


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(np.sum(np.abs(part) ** 2) / np.sum(np.abs(whole) ** 2))


def _loss_and_leak(mask: np.ndarray, source: np.ndarray, rest: np.ndarray) -> tuple[float, float]:
    return _share(source[~mask], source), _share(rest[mask], rest)


def _size(part: np.ndarray, whole: np.ndarray) -> float:
    return float(np.abs(part).sum() / np.abs(whole).sum())


_MISTAKES = (
    Mistake(
        "Changed places",
        lambda b, s, r: _loss_and_leak(b, s, r)[::-1],
        "Loss and leak have changed places: the loss comes first.",
    ),
    Mistake(
        "Mask turned around",
        lambda b, s, r: _loss_and_leak(~b, s, r),
        "The mask is turned around: the source loses what lies where the mask is 0.",
    ),
    Mistake(
        "Magnitudes instead of energies",
        lambda b, s, r: (_size(s[~b], s), _size(r[b], r)),
        "You added magnitudes: energy is the magnitude squared.",
    ),
    Mistake(
        "What is kept instead of the loss",
        lambda b, s, r: (_share(s[b], s), _share(r[b], r)),
        "Your first value is what the mask keeps of the source: the loss is the rest.",
    ),
    Mistake(
        "What is removed instead of the leak",
        lambda b, s, r: (_share(s[~b], s), _share(r[~b], r)),
        "Your second value is what the mask removes: the leak is what it lets through.",
    ),
    Mistake(
        "Points counted",
        lambda b, s, r: (1 - b.mean(), b.mean()),
        "You counted points: add up the energies that lie in them.",
    ),
    Mistake(
        "Energies instead of shares",
        lambda b, s, r: (
            np.sum(np.abs(s[~b]) ** 2),
            np.sum(np.abs(r[b]) ** 2),
        ),
        "These are energies: divide each by the energy of all its points.",
    ),
    Mistake(
        "Share of the mixture",
        lambda b, s, r: (_share(s[~b], s + r), _share(r[b], s + r)),
        "You divided by the energy of the mixture: the loss is a share of the source, the "
        "leak a share of the rest.",
    ),
    Mistake(
        "In per cent",
        lambda b, s, r: tuple(100 * part for part in _loss_and_leak(b, s, r)),
        "These are in per cent: a share lies between 0 and 1.",
    ),
    Mistake(
        "Complex squares",
        lambda b, s, r: ((s[~b] ** 2).sum() / (s**2).sum(), (r[b] ** 2).sum() / (r**2).sum()),
    ),
)


def _examine_loss_and_leak(answer: Any) -> None:
    random = np.random.default_rng(20)
    source, rest = random.normal(size=(2, 6, 8)) + 1j * random.normal(size=(2, 6, 8))
    source[:2] *= 5
    mask = np.abs(source) > 0.8 * np.abs(source + rest)
    compare(
        answer,
        cases={
            "0": (mask, source, rest),
            "another shape": (mask[:3, :5], source[:3, :5], 3 * rest[:3, :5]),
            "a mask that is 1 everywhere: nothing is lost, and all leaks": (
                mask | True,
                source,
                rest,
            ),
            "a mask that is 0 everywhere: all is lost, and nothing leaks": (
                mask & False,
                source,
                rest,
            ),
        },
        right=_loss_and_leak,
        mistakes=_MISTAKES,
        otherwise="Loss: energy of the source where the mask is 0, over all of its energy. Leak: "
        "energy of the rest where the mask is 1, over all of its energy.",
        read=lambda value: as_pair(
            value,
            lambda part: as_number(part, "loss"),
            lambda part: as_number(part, "leak"),
            what="loss, leak",
        ),
        what="loss, leak",
    )


loss_and_leak = Exercise(
    name="loss_and_leak",
    task="Say what a mask takes away from a source, and what it lets through of the rest.",
    stub='''
def loss_and_leak(mask, source, rest):
    """Share of the source's energy that is removed, and of the rest's that passes.

    mask: bool; source, rest: complex spectra of the same shape. Returns two numbers.
    """
    raise NotImplementedError
''',
    reference='''
def loss_and_leak(mask, source, rest):
    """Share of the source's energy that is removed, and of the rest's that passes."""
    wanted, unwanted = np.abs(source) ** 2, np.abs(rest) ** 2
    return wanted[~mask].sum() / wanted.sum(), unwanted[mask].sum() / unwanted.sum()
''',
    hints=(
        "The energy of a point is `np.abs(spectrum) ** 2`.",
        "`energy[mask]` picks the points where the mask is 1, `energy[~mask]` the others.",
        "Loss: the source's energy in `~mask` over all of it. Leak: the rest's energy in `mask` "
        "over all of it.",
    ),
    examine=_examine_loss_and_leak,
    mistakes=_MISTAKES,
    remark="A threshold moves along both: what loses less leaks more.",
)
