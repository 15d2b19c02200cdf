"""The pitch that a singer draws over the written notes: glides, scoops, vibrato and drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

FRAME_SECONDS = 0.005


@dataclass(frozen=True)
class Sung:
    """A note in seconds, with its pitch as MIDI number and its syllable."""

    start: float
    end: float
    pitch: float
    syllable: str


@dataclass(frozen=True)
class Habits:
    """What a singer does with pitch: rate in hertz, depths in cents, glide in seconds."""

    vibrato_rate: float = 5.6
    vibrato_depth: float = 35.0
    glide: float = 0.035
    scoop: float = 80.0
    drift: float = 9.0


def pitch_curve(
    notes: list[Sung], frames: int, habits: Habits, generator: np.random.Generator
) -> np.ndarray:
    """Fundamental frequency in hertz [shape=(frames,)], one value every 5 ms, never zero."""
    cents = np.full(frames, 100.0 * notes[0].pitch)
    vibrato = np.zeros(frames)
    scoops = np.zeros(frames)
    time = np.arange(frames) * FRAME_SECONDS
    previous_end = -10.0
    for note in notes:
        cents[time >= note.start] = 100.0 * note.pitch
        length = note.end - note.start
        if length > 0.4:
            inside = (time > note.start + 0.2) & (time < note.end + 0.05)
            grow = np.clip((time - note.start - 0.2) / 0.3, 0, 1)
            rate = habits.vibrato_rate * generator.uniform(0.93, 1.07)
            wave = np.sin(2 * np.pi * rate * (time - note.start))
            vibrato[inside] = (habits.vibrato_depth * grow * wave)[inside]
        if note.start - previous_end > 0.15:
            inside = (time >= note.start - 0.05) & (time < note.start + 0.3)
            fall = np.exp(-np.maximum(time - note.start, 0) / 0.05)
            scoops[inside] = -(habits.scoop * generator.uniform(0.3, 1.3) * fall)[inside]
        previous_end = note.end
    cents = gaussian_filter1d(cents, habits.glide / FRAME_SECONDS)
    drift = gaussian_filter1d(generator.normal(size=frames), 0.25 / FRAME_SECONDS)
    drift *= habits.drift / (np.std(drift) + 1e-9)
    flutter = gaussian_filter1d(generator.normal(size=frames), 2.0)
    flutter *= 4.0 / (np.std(flutter) + 1e-9)
    total = cents + vibrato + scoops + drift + flutter
    return 440.0 * 2 ** ((total / 100 - 69) / 12)
