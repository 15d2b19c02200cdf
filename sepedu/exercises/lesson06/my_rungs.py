"""Lesson 06: place masks, one's own among them, on the ladder of a song."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...evaluation import sdr
from ...stft import STFT
from ..call_answer import Wrong, as_mapping, as_number, call
from ..compare import Mistake
from ..framework import Exercise


def _levels(masks: dict[str, np.ndarray], audio: np.ndarray, truth: np.ndarray, stft: STFT) -> dict:
    spectrum = stft.forward(audio)
    return {
        name: sdr(truth, stft.inverse(mask * spectrum, len(audio))) for name, mask in masks.items()
    }


def _agree(value: dict[str, float], expected: dict[str, float]) -> bool:
    return all(abs(value[name] - expected[name]) < 1e-3 for name in expected)


def _examine_my_rungs(answer: Any) -> None:
    generator = np.random.default_rng(60)
    for stft, samples in ((STFT(), 3000), (STFT(8000, 256, 100), 1700)):
        truth, rest = generator.normal(size=(2, samples)) / 4
        audio = truth + rest
        ideal = np.abs(stft.forward(truth)) > np.abs(stft.forward(rest))
        masks = {
            "mine": 0.3 + 0.4 * ideal,
            "ideal": ideal.astype(float),
            "mixture": np.ones(ideal.shape),
            "silence": np.zeros(ideal.shape),
            "broken": 1.0 - ideal,
        }
        right = _levels(masks, audio, truth, stft)
        value = call(answer, masks, audio, truth, stft)
        if isinstance(value, (list, tuple)):
            raise Wrong(
                "Your ladder is a list, and a dict is asked for: `dict(...)` makes one of pairs "
                "of name and SDR, and keeps their order."
            )
        value = as_mapping(value, tuple(masks), "ladder")
        if set(value) != set(masks):
            raise Wrong("Your ladder has an entry that is none of the masks.")
        if isinstance(value["silence"], float) and np.isnan(value["silence"]):
            raise Wrong("The SDR of silence is NaN: the truth is the first argument of `sdr`.")
        levels = {name: as_number(level, f"SDR of {name!r}") for name, level in value.items()}
        if not _agree(levels, right):
            if _agree(levels, _levels(masks, audio, audio, stft)):
                raise Wrong("You measured against the mixture: the truth is the reference.")
            spectra = {name: 1 - mask for name, mask in masks.items()}
            if _agree(levels, _levels(spectra, audio, truth, stft)):
                raise Wrong("You listened to what each mask takes away: multiply by the mask.")
            worst = max(right, key=lambda name: abs(levels[name] - right[name]))
            raise Wrong(
                f"The SDR of {worst!r} should be {right[worst]:.2f} dB, and yours is "
                f"{levels[worst]:.2f}: transform, multiply by the mask, transform back, and "
                "measure against the truth."
            )
        heights = list(levels.values())
        if heights == sorted(heights, reverse=True):
            raise Wrong("Your ladder stands on its head: the lowest SDR comes first.")
        if heights != sorted(heights):
            raise Wrong(f"The rungs are not in order: {', '.join(levels)}. Sort them by SDR.")


def _sorted(levels: dict[str, float], reverse: bool = False) -> dict[str, float]:
    return dict(sorted(levels.items(), key=lambda rung: rung[1], reverse=reverse))


def _truth_for_estimate(
    masks: dict[str, np.ndarray], audio: np.ndarray, truth: np.ndarray, stft: STFT
) -> dict[str, float]:
    spectrum = stft.forward(audio)
    return {
        name: sdr(stft.inverse(mask * spectrum, len(audio)), truth) for name, mask in masks.items()
    }


my_rungs = Exercise(
    name="my_rungs",
    task="Place masks, one of your own among them, on the ladder of a song.",
    stub='''
def my_rungs(masks, audio, truth, stft):
    """SDR in decibels of the estimate that each mask gives, the lowest first, as a dict.

    masks: a dict of masks by name; audio: the mixture; truth: the source, both of equal length.
    """
    raise NotImplementedError
''',
    reference='''
def my_rungs(masks, audio, truth, stft):
    """SDR in decibels of the estimate that each mask gives, the lowest first, as a dict."""
    levels = {}
    for name, mask in masks.items():
        estimate = stft.inverse(mask * stft.forward(audio), len(audio))
        levels[name] = sdr(truth, estimate)
    return dict(sorted(levels.items(), key=lambda rung: rung[1]))
''',
    hints=(
        "For each mask: the estimate as in exercise 1, then `sdr(truth, estimate)`.",
        "A dict keeps the order in which it was filled. `sorted(levels, key=levels.get)` gives the "
        "names from the lowest value to the highest.",
    ),
    examine=_examine_my_rungs,
    mistakes=(
        Mistake("Not sorted", _levels),
        Mistake("Highest first", lambda *case: _sorted(_levels(*case), reverse=True)),
        Mistake(
            "Measured against the mixture",
            lambda masks, audio, truth, stft: _sorted(_levels(masks, audio, audio, stft)),
        ),
        Mistake(
            "Masks turned around",
            lambda masks, audio, truth, stft: _sorted(
                _levels({name: 1 - mask for name, mask in masks.items()}, audio, truth, stft)
            ),
        ),
        Mistake("Truth and estimate changed", _truth_for_estimate),
        Mistake("Names without their SDR", lambda *case: list(_sorted(_levels(*case)))),
        Mistake("Sorted by name", lambda *case: dict(sorted(_levels(*case).items()))),
    ),
    remark="A figure in decibels says little alone: its place between two rungs says what it is.",
    setup="import numpy as np\n\nfrom sepedu import STFT\nfrom sepedu.evaluation import sdr",
)
