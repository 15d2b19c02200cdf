"""Lesson 06: turn a predicted mask and the mixture's audio into the audio of an estimate."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...stft import STFT
from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_reconstruct(answer: Any) -> None:
    generator = np.random.default_rng(6)
    stft = STFT()
    audio = generator.normal(size=5000) / 4
    spectrum = stft.forward(audio)
    mask = generator.random(spectrum.shape)
    value = as_array(call(answer, mask, audio, stft), what="estimate")
    if value.shape == spectrum.shape:
        raise Wrong("Your estimate is still a spectrum: bring it back with `stft.inverse`.")
    if value.ndim == 1 and value.size != audio.size:
        raise Wrong(
            f"Your estimate has {value.size} samples and the mixture {audio.size}: pass "
            "`len(audio)` to `stft.inverse`."
        )
    flat = stft.inverse(mask * np.abs(spectrum) + 0j, len(audio))
    right = stft.inverse(mask * spectrum, len(audio))
    compare(
        as_array(value, audio.shape, "real", "estimate"),
        right,
        known=[
            (flat, "The phase is lost: multiply the complex spectrum, not its magnitude."),
            (audio, "This is the mixture itself: the mask is not applied yet."),
            (
                stft.inverse((mask > 0.5) * spectrum, len(audio)),
                "You made the mask binary: multiply by the values themselves.",
            ),
            (right / np.abs(right).max(), "You scaled the estimate to full level: leave it as is."),
        ],
        otherwise="Transform, multiply by the mask, transform back: nothing else.",
    )


reconstruct = Exercise(
    name="reconstruct",
    task="Turn a predicted mask and the mixture's audio into the audio of an estimate.",
    stub='''
def reconstruct(mask, audio, stft):
    """Audio of the estimate, with the mixture's phase and length."""
    raise NotImplementedError
''',
    reference='''
def reconstruct(mask, audio, stft):
    """Audio of the estimate, with the mixture's phase and length."""
    spectrum = stft.forward(audio)
    return stft.inverse(mask * spectrum, len(audio))
''',
    hints=(
        "Lesson 01 gave the way there and back, lesson 02 the product between.",
        "`stft.forward(audio)` is complex. A real mask times it keeps its phase.",
    ),
    examine=_examine_reconstruct,
    mistakes=(
        Mistake(
            "Phase lost",
            "def reconstruct(mask, audio, stft):\n"
            "    return stft.inverse(mask * np.abs(stft.forward(audio)) + 0j, len(audio))",
            "phase",
        ),
        Mistake(
            "Mask made binary",
            "def reconstruct(mask, audio, stft):\n"
            "    return stft.inverse((mask > 0.5) * stft.forward(audio), len(audio))",
            "binary",
        ),
        Mistake(
            "Length of whole hops",
            "def reconstruct(mask, audio, stft):\n"
            "    s = stft.forward(audio)\n"
            "    return stft.inverse(mask * s, (s.shape[1] - 1) * stft.hop_length)",
            "len(audio)",
        ),
        Mistake(
            "Not transformed back",
            "def reconstruct(mask, audio, stft):\n    return mask * stft.forward(audio)",
            "still a spectrum",
        ),
        Mistake(
            "Scaled to full level",
            "def reconstruct(mask, audio, stft):\n"
            "    x = stft.inverse(mask * stft.forward(audio), len(audio))\n"
            "    return x / np.abs(x).max()",
            "full level",
        ),
    ),
    remark="`separate` does the same for each channel, in blocks, at any sample rate.",
)
