"""Lesson 06: turn a predicted mask and the mixture's audio into the audio of an estimate."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...stft import STFT
from ..call_answer import Wrong, as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _masked(mask: np.ndarray, audio: np.ndarray, stft: STFT) -> np.ndarray:
    return stft.inverse(mask * stft.forward(audio), len(audio))


def _read(value: Any) -> np.ndarray:
    value = as_array(value, what="estimate")
    if value.ndim == 2:
        raise Wrong("Your estimate is still a spectrum: bring it back with `stft.inverse`.")
    return as_array(value, kind="real", what="estimate")


def _the_argument_stft_ignored(mask, audio, stft):
    own = STFT()
    return own.inverse(mask * own.forward(audio), len(audio))


_MISTAKES = (
    Mistake(
        "Phase lost",
        lambda mask, audio, stft: stft.inverse(mask * np.abs(stft.forward(audio)) + 0j, len(audio)),
        "The phase is lost: multiply the complex spectrum, not its magnitude.",
    ),
    Mistake(
        "Mask not applied",
        lambda mask, audio, stft: audio,
        "This is the mixture itself: the mask is not applied yet.",
    ),
    Mistake(
        "Mask made binary",
        lambda mask, audio, stft: _masked(mask > 0.5, audio, stft),
        "You made the mask binary: multiply by the values themselves.",
    ),
    Mistake(
        "What the mask takes away",
        lambda mask, audio, stft: _masked(1 - mask, audio, stft),
        "This is what the mask takes away: multiply by the mask, not by 1 - mask.",
    ),
    Mistake(
        "Scaled to full level",
        lambda mask, audio, stft: (
            _masked(mask, audio, stft) / np.abs(_masked(mask, audio, stft)).max()
        ),
        "You scaled the estimate to full level: leave it as it is.",
    ),
    Mistake(
        "Length of whole hops",
        lambda mask, audio, stft: stft.inverse(
            mask * stft.forward(audio), (mask.shape[1] - 1) * stft.hop_length
        ),
        "Your estimate has another length than the mixture: pass `len(audio)` to `stft.inverse`.",
    ),
    Mistake("Not transformed back", lambda mask, audio, stft: mask * stft.forward(audio)),
    Mistake("The argument stft ignored", _the_argument_stft_ignored),
)


def _examine_reconstruct(answer: Any) -> None:
    generator = np.random.default_rng(6)
    cases = {}
    for special, stft, samples in (
        ("0", STFT(), 5000),
        ("an STFT with other settings: use the argument `stft`", STFT(8000, 256, 100), 1111),
    ):
        audio = generator.normal(size=samples) / 4
        cases[special] = (generator.random(stft.forward(audio).shape), audio, stft)
    cases["a mask that is 0 everywhere"] = (0 * cases["0"][0], *cases["0"][1:])
    compare(
        answer,
        cases=cases,
        right=_masked,
        mistakes=_MISTAKES,
        otherwise="Transform, multiply by the mask, transform back: nothing else.",
        read=_read,
        what="estimate",
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
    mistakes=_MISTAKES,
    remark="`separate` does the same for each channel, in blocks, at any sample rate.",
    setup="import numpy as np\n\nfrom sepedu import STFT",
)
