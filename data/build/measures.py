"""Numbers that tell how a song's stems look to a separator: levels, masks, spectra, ceilings."""

from __future__ import annotations

import librosa
import numpy as np

from .decode import SAMPLE_RATE, STREAMS

SOURCES = STREAMS[1:]
ANALYSIS_RATE = 22_050
N_FFT = 1024
HOP_LENGTH = 256
THRESHOLD = 0.5
SILENCE_DB = -60.0


def decibels(ratio: float) -> float:
    """Amplitude ratio in decibels; minus infinity becomes NaN, so that means can skip it."""
    return float(20 * np.log10(ratio)) if ratio > 0 else float("nan")


def signal_to_distortion(reference: np.ndarray, estimate: np.ndarray) -> float:
    r"""Ratio of a source to its error in decibels, :math:`10\log_{10}(|s|^2 / |s-\hat s|^2)`."""
    error = np.sum((reference - estimate) ** 2)
    return float(10 * np.log10(np.sum(reference**2) / max(error, 1e-12)))


def harmonic_to_noise(audio: np.ndarray, rate: int = ANALYSIS_RATE) -> float:
    """Median harmonic-to-noise ratio in decibels of the frames that sound, by autocorrelation.

    A frame of 40 ms is compared with itself one period later (80 to 1000 Hz); the best
    correlation r gives r / (1 - r) (Boersma 1993).
    """
    length = int(0.04 * rate)
    frames = librosa.util.frame(audio, frame_length=length, hop_length=length).T
    level = np.sqrt(np.mean(frames**2, axis=1))
    frames = frames[level > max(level.max() * 0.05, 1e-4)]
    if not len(frames):
        return float("nan")
    window = np.hanning(length)
    size = 4096

    def correlate(values: np.ndarray) -> np.ndarray:
        power = np.abs(np.fft.rfft(values, size)) ** 2
        return np.fft.irfft(power)[..., :length]

    own = correlate(window)
    correlation = correlate((frames - frames.mean(axis=1, keepdims=True)) * window)
    normalised = correlation / np.maximum(correlation[:, :1], 1e-12) / (own / own[0] + 1e-9)
    shortest, longest = int(rate / 1000), int(rate / 80)
    best = np.clip(normalised[:, shortest:longest].max(axis=1), 1e-4, 0.9999)
    return float(np.median(10 * np.log10(best / (1 - best))))


def song_measures(streams: np.ndarray) -> dict[str, dict[str, float]]:
    """All measures of one song, keyed by stream, then by measure.

    `streams` [shape=(5, samples, 2)] is the mixture and the four sources at 44.1 kHz. A source
    that is silent has NaN for everything that it does not define.
    """
    stereo = np.asarray(streams, dtype=np.float64)
    mono = librosa.resample(
        stereo.mean(axis=2), orig_sr=SAMPLE_RATE, target_sr=ANALYSIS_RATE, res_type="soxr_hq"
    )
    spectra = librosa.stft(mono, n_fft=N_FFT, hop_length=HOP_LENGTH)
    magnitudes = np.abs(spectra)
    total = np.maximum(magnitudes[1:].sum(axis=0), 1e-9)
    rows: dict[str, dict[str, float]] = {}
    for index, name in enumerate(STREAMS):
        level = decibels(float(np.sqrt(np.mean(stereo[index] ** 2))))
        row = {"RMS": level, "peak": float(np.abs(stereo[index]).max())}
        rows[name] = row
        if not level > SILENCE_DB:
            continue
        average = np.mean(magnitudes[index] ** 2, axis=1)
        frequencies = librosa.fft_frequencies(sr=ANALYSIS_RATE, n_fft=N_FFT)
        row["centroid"] = float(np.sum(frequencies * np.sqrt(average)) / np.sum(np.sqrt(average)))
        share = np.cumsum(average) / np.sum(average)
        row["rolloff"] = float(frequencies[np.searchsorted(share, 0.99)])
        if index == 0:
            continue
        binary = magnitudes[index] > THRESHOLD * magnitudes[0]
        ratio = magnitudes[index] / total
        row["ones"] = float(binary.mean())
        row["SDR mixture"] = signal_to_distortion(mono[index], mono[0])
        for title, mask in (("SDR binary", binary), ("SDR ratio", ratio)):
            estimate = librosa.istft(
                mask * spectra[0], hop_length=HOP_LENGTH, n_fft=N_FFT, length=mono.shape[1]
            )
            row[title] = signal_to_distortion(mono[index], estimate)
        if name == "vocals":
            row["HNR"] = harmonic_to_noise(mono[index])
    return rows
