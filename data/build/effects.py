"""Equaliser, compressor, distortion, echo and chorus, on audio [shape=(samples, channels)]."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, lfilter, resample_poly, sosfilt

from .decode import SAMPLE_RATE


def cut(audio: np.ndarray, low: float = 0.0, high: float = 0.0, order: int = 2) -> np.ndarray:
    """Remove what lies below `low` and above `high` hertz (0 leaves that side alone)."""
    if low:
        audio = sosfilt(butter(order, low, "highpass", fs=SAMPLE_RATE, output="sos"), audio, axis=0)
    if high:
        audio = sosfilt(butter(order, high, "lowpass", fs=SAMPLE_RATE, output="sos"), audio, axis=0)
    return audio


def bell(audio: np.ndarray, frequency: float, gain_db: float, width: float = 1.0) -> np.ndarray:
    """Raise or lower a region around a frequency; `width` is the quality factor of the bell."""
    amplitude = 10 ** (gain_db / 40)
    omega = 2 * np.pi * frequency / SAMPLE_RATE
    alpha = np.sin(omega) / (2 * width)
    b = np.array([1 + alpha * amplitude, -2 * np.cos(omega), 1 - alpha * amplitude])
    a = np.array([1 + alpha / amplitude, -2 * np.cos(omega), 1 - alpha / amplitude])
    return lfilter(b / a[0], a / a[0], audio, axis=0)


def shelf(audio: np.ndarray, frequency: float, gain_db: float) -> np.ndarray:
    """Raise or lower everything above a frequency."""
    return audio + (10 ** (gain_db / 20) - 1) * cut(audio, low=frequency, order=1)


def envelope(audio: np.ndarray, seconds: float) -> np.ndarray:
    """Running level of the loudest channel [shape=(samples,)] over a window in seconds."""
    size = max(1, int(seconds * SAMPLE_RATE))
    power = np.max(audio**2, axis=1) if audio.ndim == 2 else audio**2
    return np.sqrt(np.maximum(uniform_filter1d(power, size), 1e-12))


def compression_gain(
    audio: np.ndarray, threshold_db: float, ratio: float, seconds: float = 0.03
) -> np.ndarray:
    """The gain over time [shape=(samples,)] of a compressor; multiply any stem with it."""
    level_db = 20 * np.log10(envelope(audio, seconds))
    over = np.maximum(level_db - threshold_db, 0.0)
    gain_db = uniform_filter1d(-over * (1 - 1 / ratio), int(0.02 * SAMPLE_RATE))
    return 10 ** (gain_db / 20)


def compress(
    audio: np.ndarray, over_rms_db: float, ratio: float, seconds: float = 0.03
) -> np.ndarray:
    """Compress what exceeds the part's own average level by `over_rms_db` decibels."""
    loud = audio[envelope(audio, 0.4) > 1e-4]
    if not len(loud):
        return audio
    threshold = 20 * np.log10(np.sqrt(np.mean(loud**2))) + over_rms_db
    return audio * compression_gain(audio, threshold, ratio, seconds)[:, None]


def limit_gain(peaks: np.ndarray, ceiling: float, seconds: float = 0.005) -> np.ndarray:
    """The gain over time that keeps `peaks` [shape=(samples,)] under a ceiling."""
    size = int(seconds * SAMPLE_RATE) | 1
    needed = np.minimum(1.0, ceiling / np.maximum(maximum_filter1d(peaks, 2 * size), 1e-9))
    # The minimum before the average keeps every peak covered.
    return uniform_filter1d(needed, size)


def distort(audio: np.ndarray, drive: float) -> np.ndarray:
    """Overdrive: soft clipping at twice the sample rate, so that aliasing stays low."""
    level = np.sqrt(np.mean(audio**2)) + 1e-9
    fast = resample_poly(audio / level * 0.25 * drive, 2, 1, axis=0)
    # An offset makes the clipping lopsided, which adds even harmonics as a valve does.
    shaped = np.tanh(fast + 0.15) - np.tanh(0.15)
    return resample_poly(shaped, 1, 2, axis=0)[: len(audio)]


def cabinet(audio: np.ndarray) -> np.ndarray:
    """The loudspeaker of a guitar amplifier: no deep bass, a bite at 2.5 kHz, little above 6."""
    audio = cut(audio, low=85, high=5600, order=3)
    return bell(bell(audio, 2600, 5.0, 0.9), 420, -3.0, 0.8)


def echo(audio: np.ndarray, seconds: float, feedback: float, level: float) -> np.ndarray:
    """Repeats that get darker, from side to side."""
    delay = int(seconds * SAMPLE_RATE)
    wet = np.zeros_like(audio)
    tap = audio
    for _ in range(5):
        tap = cut(np.vstack([np.zeros((delay, 2)), tap[:-delay]]), high=4500, order=1)[:, ::-1]
        tap = tap * feedback
        wet += tap
    return audio + level / max(feedback, 1e-3) * wet


def densify(audio: np.ndarray, generator: np.random.Generator, share: float) -> np.ndarray:
    """Mix in noise that follows the audio band by band, as many more partials would sound.

    Sampled cymbals are short and looped; struck ones have hundreds of partials.
    """
    result = (1 - share) * audio
    for low, high in ((600, 1500), (1500, 3000), (3000, 5000), (5000, 8000), (8000, 14000)):
        band = cut(audio, low=low, high=high)
        noise = cut(generator.normal(size=audio.shape), low=low, high=high)
        noise /= np.sqrt(np.mean(noise**2))
        result += share * noise * envelope(band, 0.012)[:, None]
    return result


def wobble(audio: np.ndarray, rate: float, depth: float, phase: float = 0.0) -> np.ndarray:
    """Delay that swings `depth` seconds at `rate` hertz, opposite in the two channels."""
    time = np.arange(len(audio))
    shifted = np.empty_like(audio)
    for channel in range(2):
        swing = np.sin(2 * np.pi * rate * time / SAMPLE_RATE + phase + np.pi * channel)
        position = np.clip(time - (1.2 + swing) * depth * SAMPLE_RATE, 0, len(audio) - 1)
        shifted[:, channel] = np.interp(position, time, audio[:, channel])
    return shifted


def pan(audio: np.ndarray, place: float) -> np.ndarray:
    """Move stereo audio to a place from -1 (left) to 1 (right) at constant power."""
    angle = (place + 1) * np.pi / 4
    middle = audio.mean(axis=1, keepdims=True)
    narrow = 1.0 - 0.7 * abs(place)
    spread = middle + narrow * (audio - middle)
    return spread * np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])
