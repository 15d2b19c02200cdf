"""From the sung line to a vocal stem: takes, doubles, harmonies, breaths, and the vocal chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyworld
from scipy.signal import resample_poly

from .decode import SAMPLE_RATE
from .effects import bell, compress, cut, distort, echo, envelope, pan, shelf, wobble
from .intonation import FRAME_SECONDS, Habits, Sung, pitch_curve
from .room import impulse, reverberate
from .singer import Voice

USUAL = Habits()


@dataclass(frozen=True)
class Singer:
    """A singer: where the voice comes from, its register, formants and habits.

    `centre` is the MIDI pitch around which melodies lie; `formants` scales the vocal tract
    (below 1 is larger, as in men); `breath` is the least share of noise in a vowel.
    """

    source: str
    centre: int
    formants: float
    breath: float
    accent: str = ""
    habits: Habits = USUAL


SINGERS = {
    "high": Singer("sinsy", 69, 1.0, 0.03),
    "bright": Singer("sinsy", 71, 1.07, 0.06, habits=Habits(6.0, 25.0, 0.025, 60.0)),
    "alto": Singer("sinsy", 64, 0.94, 0.05, habits=Habits(5.2, 40.0, 0.045)),
    "tenor": Singer("sinsy", 59, 0.85, 0.05, habits=Habits(5.4, 38.0, 0.04, 110.0)),
    "baritone": Singer("sinsy", 54, 0.80, 0.04, habits=Habits(5.0, 30.0, 0.05, 120.0)),
    "rough": Singer("espeak", 57, 1.0, 0.10, "en-us+m3", Habits(5.3, 35.0, 0.04, 140.0, 14.0)),
    "deep": Singer("espeak", 52, 0.96, 0.08, "en-gb+m1", Habits(5.0, 30.0, 0.05, 120.0, 12.0)),
    "folk": Singer("espeak", 65, 1.06, 0.10, "en-us+f2", Habits(5.7, 30.0, 0.035, 90.0, 12.0)),
}


def take(
    voice: Voice, notes: list[Sung], singer: Singer, seconds: float, generator: np.random.Generator
) -> np.ndarray:
    """One take of a line [shape=(samples,)]: the voice's frames on a freshly drawn pitch curve."""
    frames = len(voice.voiced)
    curve = pitch_curve(notes, frames, singer.habits, generator)
    bins = voice.envelope.shape[1]
    formants = singer.formants * generator.uniform(0.985, 1.015)
    place = np.clip(np.arange(bins) / formants, 0, bins - 1)
    low = place.astype(int)
    high = np.minimum(low + 1, bins - 1)
    part = place - low
    log = np.log(voice.envelope)
    spectrum = np.exp(log[:, low] * (1 - part) + log[:, high] * part)
    # Noise grows with frequency, as breath does.
    slope = np.linspace(0.0, 1.0, bins) ** 0.5
    noise = np.clip(np.maximum(voice.noise, singer.breath * (1 + 9 * slope)), 0.001, 1.0)
    pitch = np.where(voice.voiced, curve, 0.0)
    audio = pyworld.synthesize(
        pitch,
        np.ascontiguousarray(spectrum),
        np.ascontiguousarray(noise),
        voice.rate,
        1000 * FRAME_SECONDS,
    )
    common = np.gcd(SAMPLE_RATE, voice.rate)
    audio = resample_poly(audio, SAMPLE_RATE // common, voice.rate // common)
    wanted = round(seconds * SAMPLE_RATE)
    return np.pad(audio, (0, max(0, wanted - len(audio))))[:wanted]


def breaths(notes: list[Sung], seconds: float, generator: np.random.Generator) -> np.ndarray:
    """Breaths before phrases [shape=(samples,)], a third of a second of shaped noise each."""
    audio = np.zeros(round(seconds * SAMPLE_RATE))
    end = -1.0
    for note in notes:
        length = min(0.32, note.start - end - 0.05)
        if length > 0.12 and note.start > 0.4:
            size = int(length * SAMPLE_RATE)
            start = int((note.start - 0.06) * SAMPLE_RATE) - size
            swell = np.hanning(2 * size)[:size] ** 1.5 * np.linspace(1, 0.6, size)
            audio[start : start + size] += swell * generator.normal(size=size)
        end = note.end
    return bell(cut(audio, low=900, high=9000, order=1), 2400, 6.0, 0.8)


def colour(audio: np.ndarray, generator: np.random.Generator, hard: float) -> np.ndarray:
    """The vocal chain on stereo audio: less mud, level riding, presence, a little saturation."""
    audio = cut(audio, low=generator.uniform(95, 140))
    audio = bell(audio, generator.uniform(250, 400), -2.5, 0.9)
    audio = compress(audio, -4.0, 3.0 + 3.0 * hard, 0.05)
    audio = compress(audio, -2.0, 4.0, 0.01)
    audio = bell(audio, generator.uniform(2500, 4500), generator.uniform(1.0, 4.5), 0.7)
    audio = shelf(audio, 7500, generator.uniform(2.0, 6.0))
    level = np.sqrt(np.mean(audio**2)) + 1e-9
    driven = distort(audio, 1.0 + 2.0 * hard)
    driven *= level / (np.sqrt(np.mean(driven**2)) + 1e-9)
    return (1 - 0.5 * hard) * audio + 0.5 * hard * driven


def vocal_stem(
    lead: tuple[Voice, list[Sung]],
    harmonies: list[tuple[list[Sung], float]],
    singer: Singer,
    seconds: float,
    tempo: float,
    room: float,
    hard: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """The finished vocal stem [shape=(samples, 2)], not yet at its level in the mix.

    `harmonies` are further lines with their places between left and right; `hard` from 0 to 1
    says how strongly the chain compresses and saturates.
    """
    voice, notes = lead

    def stereo(audio: np.ndarray) -> np.ndarray:
        return np.column_stack([audio, audio])

    main = take(voice, notes, singer, seconds, generator)
    level = np.sqrt(np.mean(main[envelope(main, 0.2) > 1e-4] ** 2)) if main.any() else 1.0
    main = main + breaths(notes, seconds, generator) * level * generator.uniform(0.1, 0.3)
    dry = colour(stereo(main), generator, hard)
    backing = np.zeros_like(dry)
    doubled = generator.random() < 0.6
    for side in (-0.7, 0.7) if doubled else ():
        double = take(voice, notes, singer, seconds, generator)
        late = int(generator.uniform(0.008, 0.024) * SAMPLE_RATE)
        double = np.concatenate([np.zeros(late), double])[: len(main)]
        backing += 0.32 * pan(stereo(double), side)
    for line, place in harmonies:
        backing += 0.42 * pan(stereo(take(voice, line, singer, seconds, generator)), place)
    if backing.any():
        dry += colour(backing, generator, hard)
    if not doubled:
        dry += 0.25 * wobble(dry, 0.7, 0.006)
    dry = echo(
        dry,
        60.0 / tempo * float(generator.choice([0.5, 0.75, 1.0])),
        0.35,
        float(generator.uniform(0.04, 0.16)),
    )
    wet = reverberate(cut(dry, low=180), impulse(room, generator, 1.5), 0.02)
    return dry + generator.uniform(0.25, 0.5) * wet
