"""Balance, room for each other, and a master whose gain is common to all stems."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt

from .decode import SAMPLE_RATE
from .effects import compression_gain, cut, envelope, limit_gain

SOURCES = ("drums", "bass", "other", "vocals")
# Average levels of stems in decibels below full scale, and how far songs differ from them.
LEVELS = {"drums": -23.6, "bass": -24.0, "other": -24.0, "vocals": -21.9}
SPREAD = {"drums": 2.4, "bass": 2.6, "other": 2.0, "vocals": 1.8}
LOUDNESS = -16.9
WIDTH = 0.6  # Share of the difference of left and right that is kept: coding it costs bits.
BANDWIDTH = 11_300.0
MASTER_CEILING = 0.86
CEILING = 0.8  # Coding adds up to 2 dB to a peak.


def rms(audio: np.ndarray) -> float:
    """Root mean square of audio over all samples and channels."""
    return float(np.sqrt(np.mean(audio**2)))


def balance(
    stems: dict[str, np.ndarray], shifts: dict[str, float], generator: np.random.Generator
) -> dict[str, np.ndarray]:
    """Bring each stem to its average level, shifted by style and by chance (decibels).

    The level is measured where the stem sounds, so that rests do not make it loud elsewhere.
    """
    levelled = {}
    for name in SOURCES:
        audio = stems[name]
        sounding = audio[envelope(audio, 0.3) > 0.05 * np.abs(audio).max()]
        target = LEVELS[name] + shifts[name] + float(generator.normal(0, SPREAD[name]))
        levelled[name] = audio * 10 ** (target / 20) / rms(sounding)
    return levelled


def make_room(stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Duck the band by up to 2 dB in the region of the voice while the voice sings."""
    voice = stems["vocals"]
    level = envelope(cut(voice, low=300, high=5000), 0.15)
    amount = np.clip(level / (2 * rms(voice) + 1e-9), 0, 1)
    gain = 10 ** (-2.0 * amount / 20)
    other = stems["other"]
    region = cut(other, low=700, high=5000, order=1)
    return stems | {"other": other + (gain - 1)[:, None] * region}


def master(
    stems: dict[str, np.ndarray], loudness: float, fade: float = 0.35
) -> dict[str, np.ndarray]:
    """Compress, raise and limit the sum with one gain over time, the same for every stem.

    Since every stem is multiplied by the same gain, their sum is the mastered mixture.
    """
    middles = {name: audio.mean(axis=1, keepdims=True) for name, audio in stems.items()}
    stems = {name: middles[name] + WIDTH * (stems[name] - middles[name]) for name in stems}
    mixture = sum(stems.values())
    base = 20 * np.log10(rms(mixture))
    gain = compression_gain(mixture, base + 1.0, 2.0, 0.06)
    gain *= 10 ** ((loudness - 20 * np.log10(rms(mixture * gain[:, None]))) / 20)
    peaks = np.max(np.abs(np.stack([mixture, *stems.values()])), axis=(0, 2))
    # Two passes: the first brings peaks down, the second makes up for the level that cost.
    gain *= limit_gain(peaks * gain, MASTER_CEILING)
    gain *= 10 ** ((loudness - 20 * np.log10(rms(mixture * gain[:, None]))) / 20)
    gain *= limit_gain(peaks * gain, MASTER_CEILING)
    length = int(fade * SAMPLE_RATE)
    gain[-length:] *= np.linspace(1, 0, length) ** 2
    return {name: audio * gain[:, None] for name, audio in stems.items()}


def finish(stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cut every stem to the bandwidth that is coded, then limit the peaks that this raises.

    A coder that drops the top of a transient makes its peak higher; doing it before the limiter
    keeps decoded peaks under full scale. One gain serves all stems.
    """
    low_pass = butter(10, BANDWIDTH, "lowpass", fs=SAMPLE_RATE, output="sos")
    stems = {name: sosfiltfilt(low_pass, audio, axis=0) for name, audio in stems.items()}
    peaks = np.max(np.abs(np.stack([sum(stems.values()), *stems.values()])), axis=(0, 2))
    gain = limit_gain(peaks, CEILING)
    return {name: audio * gain[:, None] for name, audio in stems.items()}
