"""Reverberation from a decaying, darkening tail of noise that the seed decides."""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from .decode import SAMPLE_RATE
from .effects import cut


def impulse(seconds: float, generator: np.random.Generator, brightness: float = 1.0) -> np.ndarray:
    """Impulse response of a room [shape=(samples, 2)] that falls by 60 dB in `seconds`.

    The tail is noise in four bands; the higher a band, the sooner it dies, as air and walls
    swallow it. A few early reflections stand before the tail.
    """
    length = int(seconds * 1.1 * SAMPLE_RATE)
    time = np.arange(length) / SAMPLE_RATE
    response = np.zeros((length, 2))
    edges = (90.0, 500.0, 2000.0, 6000.0, 16000.0)
    shares = (1.15, 1.0, 0.75, 0.5)
    for low, high, share in zip(edges[:-1], edges[1:], shares, strict=True):
        noise = cut(generator.normal(size=(length, 2)), low=low, high=high)
        decay = np.exp(-6.9 * time / (seconds * share))
        weight = brightness if low >= 2000 else 1.0
        response += weight * noise * decay[:, None]
    ramp = np.minimum(time / 0.012, 1.0)
    response *= ramp[:, None]
    for _ in range(8):
        place = int(generator.uniform(0.004, 0.045) * SAMPLE_RATE)
        if place < length:
            response[place, int(generator.integers(2))] += generator.uniform(1.0, 4.0)
    return response / np.sqrt(np.sum(response**2) / 2)


def reverberate(audio: np.ndarray, response: np.ndarray, predelay: float = 0.0) -> np.ndarray:
    """The wet sound alone [shape of audio], `predelay` seconds late."""
    wet = np.column_stack(
        [fftconvolve(audio[:, side], response[:, side])[: len(audio)] for side in range(2)]
    )
    late = int(predelay * SAMPLE_RATE)
    return np.vstack([np.zeros((late, 2)), wet[: len(wet) - late]]) if late else wet
