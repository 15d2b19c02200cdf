"""Broad equalising of a stem towards the long-term spectrum that its role has on records."""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from .decode import SAMPLE_RATE

# Edges in hertz, and the share of a stem's energy in each band in decibels. The rows are medians
# over the training songs of the MUSDB18 7-second excerpts with the deviation between songs.
EDGES = np.array([40, 80, 160, 315, 630, 1250, 2500, 5000, 8000, 11000], dtype=float)
RECORDS = {
    "drums": (-4.3, -5.8, -8.8, -15.0, -19.2, -20.0, -17.5, -19.5, -23.2),
    "bass": (-6.7, -2.7, -10.3, -23.5, -32.2, -39.6, -47.0, -57.1, -61.4),
    "other": (-31.1, -11.2, -5.9, -6.6, -8.3, -10.3, -13.9, -27.7, -39.3),
    "vocals": (-42.2, -34.7, -9.8, -5.3, -5.2, -9.9, -14.5, -21.7, -24.7),
}
DEVIATION = {
    "drums": (3.6, 3.0, 3.7, 4.6, 4.5, 4.2, 5.0, 5.7, 7.0),
    "bass": (5.9, 3.1, 4.8, 6.3, 8.3, 10.7, 11.4, 8.4, 7.2),
    "other": (9.5, 7.9, 3.8, 2.9, 3.5, 4.1, 6.2, 8.5, 10.5),
    "vocals": (8.5, 12.3, 7.6, 2.7, 3.7, 4.4, 4.5, 5.9, 6.5),
}
# What a first rendering lacked beside the excerpts: the same average energy covered less of the
# mask where a sampled cymbal rings evenly, and where a synthetic voice has few consonants.
CORRECTION = {
    "drums": (0, 0, 0, 0, -2.0, -2.0, -2.0, -1.5, -1.5),
    "bass": (0, 0, 0, 0, 0, 0, 1.0, 3.0, 4.0),
    "other": (0, 4.0, 0, -1.0, 0, 0, 0, 1.0, 2.0),
    "vocals": (0, 0, 0, -0.5, -0.5, 2.0, 2.5, 4.0, 5.0),
}
STRONGEST_DB = 18.0
TAPS = 4097


def band_shares(audio: np.ndarray) -> np.ndarray:
    """Energy of stereo audio in each band [shape=(9,)], decibels relative to all of it."""
    mono = audio.mean(axis=1)
    power = np.abs(np.fft.rfft(mono)) ** 2
    places = np.searchsorted(np.fft.rfftfreq(len(mono), 1 / SAMPLE_RATE), EDGES)
    sums = np.add.reduceat(power, places)[:-1]
    return 10 * np.log10((sums + 1e-12) / (power.sum() + 1e-12))


def towards_records(
    audio: np.ndarray, source: str, generator: np.random.Generator, strength: float = 0.95
) -> np.ndarray:
    """Equalise a stem [shape=(samples, 2)] towards its role's spectrum, tilted by chance.

    Songs differ, so the goal itself is drawn: two random slopes of the size of the deviation
    between records. Voices sung high or low keep their lowest bands (no boost below 160 Hz).
    """
    deviation = np.array(DEVIATION[source])
    position = np.linspace(-1, 1, len(deviation))
    chance = generator.normal(0, 0.7) * position + generator.normal(0, 0.6) * (position**2 - 0.4)
    chance += generator.normal(0, 0.3, len(deviation))
    goal = np.array(RECORDS[source]) + np.array(CORRECTION[source])
    goal = goal + deviation * np.clip(chance, -1.4, 1.4)
    gain = np.clip(strength * (goal - band_shares(audio)), -STRONGEST_DB, STRONGEST_DB)
    if source in ("vocals", "other"):
        gain[:2] = np.minimum(gain[:2], 0.0)
    centres = np.sqrt(EDGES[:-1] * EDGES[1:])
    frequencies = np.linspace(0, SAMPLE_RATE / 2, TAPS // 2 + 1)
    curve = np.interp(np.log2(np.maximum(frequencies, 20.0)), np.log2(centres), gain)
    response = np.fft.irfft(10 ** (curve / 20), TAPS - 1)
    kernel = np.roll(response, TAPS // 2) * np.hanning(TAPS - 1)
    return fftconvolve(audio, kernel[:, None], mode="same", axes=0)
