"""Where networks are right: by frequency, against T, and by how sure they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from .datasets import Song
from .gates import predict_gate
from .masks import binary_mask
from .model import MaskCNN
from .stft import STFT

THRESHOLDS = (0.1, 0.25, 0.5, 0.75, 1.0)
BAND_EDGES = (0, 125, 250, 500, 1000, 2000, 4000, 8000, 11025)
"""In hertz: octaves, but for the first and the last."""
DIGITS = 4
TENTHS = 10


def measure_details(
    songs: Iterable[Song], models: Mapping[str, MaskCNN]
) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Measure, over all bins of all songs, where each network is right.

    Songs are heard one after the other, and only counts are kept.

    Parameters
    ----------
    songs : iterable of Song
        Mono, at 22,050 Hz.
    models : mapping of str to MaskCNN
        By source.

    Returns
    -------
    details : dict
        By source: `bands` (accuracy at T = 0.5 by frequency), `thresholds` (against the masks of
        several T), each with the share of ones and the majority class, and `calibration` (for
        each tenth of what the network says: its mean, the share of ones, and the share of bins).
        Rounded to four digits.
    """
    stft = STFT()
    counts = {source: _Counts(stft.bins) for source in models}
    for song in songs:
        mixture = np.abs(stft.forward(song.mixture))
        for source, model in models.items():
            wanted = np.abs(stft.forward(song.sources[source]))
            counts[source].add(predict_gate(model, mixture), wanted, mixture)
    return {source: count.told(stft.frequencies) for source, count in counts.items()}


class _Counts:
    """What is summed of one source's network, song by song."""

    def __init__(self, bins: int) -> None:
        self.frames = 0
        self.right, self.ones = np.zeros((2, len(THRESHOLDS), bins), np.int64)
        self.said, self.true, self.share = np.zeros((3, TENTHS))

    def add(self, gate: np.ndarray, wanted: np.ndarray, mixture: np.ndarray) -> None:
        """Count a song [each shape=(513, frames)]: soft gate, and two magnitudes."""
        self.frames += gate.shape[1]
        for row, threshold in enumerate(THRESHOLDS):
            target = binary_mask(wanted, mixture, threshold)
            self.right[row] += ((gate > 0.5) == target).sum(axis=1)
            self.ones[row] += target.sum(axis=1)
            if threshold == 0.5:
                tenth = np.minimum((gate * TENTHS).astype(int), TENTHS - 1).ravel()
                self.said += np.bincount(tenth, gate.ravel(), TENTHS)
                self.true += np.bincount(tenth, target.ravel(), TENTHS)
                self.share += np.bincount(tenth, minlength=TENTHS)

    def told(self, frequencies: np.ndarray) -> dict[str, list[dict[str, float]]]:
        """The sums as shares."""
        half = THRESHOLDS.index(0.5)
        bands = []
        for low, high in pairwise(BAND_EDGES):
            inside = (frequencies >= low) & (frequencies < high + (high == BAND_EDGES[-1]))
            bands.append({"low": low, "high": high, **self._beside(half, inside)})
        everywhere = np.ones(len(frequencies), bool)
        against = [
            {"threshold": threshold, **self._beside(row, everywhere)}
            for row, threshold in enumerate(THRESHOLDS)
        ]
        calibration = [
            {
                "said": round(float(self.said[k] / self.share[k]), DIGITS),
                "true": round(float(self.true[k] / self.share[k]), DIGITS),
                "share": round(float(self.share[k] / self.share.sum()), DIGITS),
            }
            for k in range(TENTHS)
            if self.share[k]
        ]
        return {"bands": bands, "thresholds": against, "calibration": calibration}

    def _beside(self, row: int, inside: np.ndarray) -> dict[str, float]:
        bins = self.frames * int(inside.sum())
        ones = int(self.ones[row, inside].sum()) / bins
        return {
            "ones": round(ones, DIGITS),
            "majority": round(max(ones, 1 - ones), DIGITS),
            "accuracy": round(int(self.right[row, inside].sum()) / bins, DIGITS),
        }
