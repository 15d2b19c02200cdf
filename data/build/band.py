"""The sound of the band: drums, bass and the accompanying layers, each through its own chain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .decode import SAMPLE_RATE
from .effects import (
    bell,
    cabinet,
    compress,
    cut,
    densify,
    distort,
    echo,
    pan,
    shelf,
    wobble,
)
from .room import impulse, reverberate
from .sampler import DRUM_BANK, Sampler
from .score import Clock, Note, Part

METAL = frozenset({42, 44, 46, 49, 51, 53, 54, 55, 57, 59, 70, 82})
SHELLS_KICK = frozenset({35, 36})


def normalised(audio: np.ndarray) -> np.ndarray:
    """Audio at an average level of -20 dBFS while it sounds; silence stays silence."""
    loud = audio[np.max(np.abs(audio), axis=1) > 1e-4]
    return audio * 0.1 / np.sqrt(np.mean(loud**2)) if len(loud) else audio


def amplify(audio: np.ndarray, drive: float) -> np.ndarray:
    """A guitar through amplifier and loudspeaker; the input is one guitar, so it goes in mono."""
    mono = np.repeat(audio.mean(axis=1, keepdims=True), 2, axis=1)
    # Amplifiers cut the bass before they distort, else chords turn to mud.
    return cabinet(distort(bell(cut(mono, low=160), 900, 4.0, 0.6), drive))


def treat(audio: np.ndarray, treatment: str, clock: Clock) -> np.ndarray:
    """One layer through the treatment that its style names.

    Raises
    ------
    ValueError
        If the treatment is unknown.
    """
    beat = 60.0 / clock.tempo
    chains: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "plain": lambda x: compress(cut(x, low=90), 0.0, 2.0),
        "edge": lambda x: 0.6 * normalised(x) + 0.5 * normalised(amplify(x, 2.5)),
        "crunch": lambda x: amplify(x, 9.0),
        "high gain": lambda x: compress(amplify(x, 32.0), 0.0, 2.0),
        "lead": lambda x: echo(amplify(x, 20.0), beat * 0.75, 0.35, 0.25),
        "chorus": lambda x: x + 0.8 * wobble(x, 0.9, 0.005),
        "wide": lambda x: cut(x + 0.7 * wobble(x, 0.5, 0.008), low=160),
        "filtered": lambda x: distort(cut(x, low=120, high=5200, order=1), 1.5),
        "echo": lambda x: echo(cut(x, low=200), beat * 0.75, 0.45, 0.4),
        "spring": lambda x: echo(cut(bell(x, 1800, 4.0), low=220), beat * 0.5, 0.3, 0.12),
        "rotary": lambda x: distort(x + 0.6 * wobble(x, 6.2, 0.0007), 2.0),
    }
    if treatment not in chains:
        raise ValueError(f"Treatment {treatment!r} is unknown; known: {', '.join(chains)}")
    return chains[treatment](audio)


def kit_stem(
    sampler: Sampler,
    part: Part,
    clock: Clock,
    seconds: float,
    generator: np.random.Generator,
    hard: float,
) -> np.ndarray:
    """The drum stem [shape=(samples, 2)]: kick, shells and metal apart, then room and bus."""

    def group(test: Callable[[Note], bool]) -> np.ndarray:
        notes = [note for note in part.notes if test(note)]
        return sampler.play(notes, clock, seconds, DRUM_BANK, part.program)

    kick = group(lambda note: note.pitch in SHELLS_KICK)
    metal = group(lambda note: note.pitch in METAL)
    shells = group(lambda note: note.pitch not in METAL | SHELLS_KICK)
    kick = shelf(bell(bell(kick, 65, 4.0, 1.2), 380, -5.0, 0.8), 2500, 6.0)
    shells = shelf(bell(compress(shells, 2.0, 3.0, 0.02), 200, 2.0), 3500, 5.0)
    # Overheads are compressed hard on records, which keeps cymbals ringing.
    metal = densify(metal, generator, float(generator.uniform(0.3, 0.6)))
    metal = shelf(compress(cut(metal, low=350), -3.0, 4.0, 0.02), 5000, generator.uniform(2, 6))
    close = kick + generator.uniform(0.9, 1.3) * shells + generator.uniform(1.0, 1.9) * metal
    size = float(generator.uniform(0.35, 0.9))
    around = reverberate(0.3 * kick + shells + 0.8 * metal, impulse(size, generator, 1.3), 0.008)
    crushed = compress(around, -8.0, 6.0, 0.05)
    bus = close + generator.uniform(0.15, 0.4) * (1 + hard) * crushed
    level = np.sqrt(np.mean(bus**2)) + 1e-9
    driven = distort(bus, 1.0 + 3.0 * hard)
    driven *= level / (np.sqrt(np.mean(driven**2)) + 1e-9)
    return (1 - 0.5 * hard) * bus + 0.5 * hard * driven


def bass_stem(
    sampler: Sampler,
    part: Part,
    clock: Clock,
    seconds: float,
    generator: np.random.Generator,
    hard: float,
) -> np.ndarray:
    """The bass stem [shape=(samples, 2)]: level, dark tone, and grit as the style wants it."""
    audio = sampler.play(part.notes, clock, seconds, part.bank, part.program)
    audio = np.repeat(audio.mean(axis=1, keepdims=True), 2, axis=1)
    audio = compress(cut(audio, low=32), -3.0, 4.0, 0.05)
    audio = normalised(cut(audio, high=float(generator.uniform(700, 2600)), order=1))
    if hard > 0.2 or generator.random() < 0.3:
        grit = normalised(cut(distort(audio, 4.0 + 8.0 * hard), low=150, high=2200, order=1))
        audio = audio + generator.uniform(0.08, 0.22) * grit
    return bell(audio, 90, float(generator.uniform(0.0, 4.0)), 0.8)


def other_stem(
    sampler: Sampler,
    parts: list[Part],
    clock: Clock,
    seconds: float,
    generator: np.random.Generator,
    room: float,
) -> np.ndarray:
    """The stem of everything else [shape=(samples, 2)]: layers at their places, one room."""
    total = np.zeros((round(seconds * SAMPLE_RATE), 2))
    send = np.zeros_like(total)
    for part in parts:
        if not part.notes:
            continue
        audio = sampler.play(part.notes, clock, seconds, part.bank, part.program)
        audio = normalised(treat(audio, part.treatment, clock)) * 10 ** (part.gain_db / 20)
        # Two microphones hear the same amplifier a little apart in time.
        audio = pan(audio, part.pan)
        total += audio
        send += part.send * audio
    wet = reverberate(cut(send, low=200), impulse(room, generator), 0.015)
    return cut(total + 1.2 * wet, low=75)
