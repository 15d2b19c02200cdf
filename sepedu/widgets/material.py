"""The segment of a song that a widget shows, as spectra, bytes for the browser, and sound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..audio import common_gain, sound_address
from ..masks import apply_mask, ratio_mask
from ..plots import FLOOR, decibels
from ..stft import STFT

if TYPE_CHECKING:
    from ..songs import Song


@dataclass(frozen=True)
class Material:
    """A segment of a song and one of its sources, ready for masks.

    Parameters
    ----------
    song : Song
        Mono, at the transform's sample rate.
    source : str
        Which of its sources.
    stft : STFT
    """

    song: Song
    source: str
    stft: STFT

    def __post_init__(self) -> None:
        self.song.check(self.stft.sample_rate, [self.source])

    @classmethod
    def of(cls, song: Song, source: str, start: float, seconds: float) -> Material:
        """Take a segment of a song with the course's transform."""
        return cls(song.between(start, start + seconds).to_mono(), source, STFT())

    @cached_property
    def spectrum(self) -> np.ndarray:
        """The mixture's spectrum [shape=(513, frames)], complex64."""
        return self.stft.forward(self.song.mixture)

    @cached_property
    def mixture(self) -> np.ndarray:
        """The mixture's magnitudes [shape=(513, frames)], float32."""
        return np.abs(self.spectrum)

    @cached_property
    def magnitude(self) -> np.ndarray:
        """The source's magnitudes [shape=(513, frames)], float32."""
        return np.abs(self.stft.forward(self.reference))

    @cached_property
    def ratio(self) -> np.ndarray:
        """The source's ratio mask [shape=(513, frames)], in [0, 1]."""
        magnitudes = [np.abs(self.stft.forward(audio)) for audio in self.song.sources.values()]
        return ratio_mask(np.stack(magnitudes))[list(self.song.sources).index(self.source)]

    @property
    def name(self) -> str:
        """The source and the song, as a title says them."""
        return f"{self.source} in “{self.song.name}”"

    @property
    def silent(self) -> bool:
        """Whether the source is silent in this segment."""
        return not self.reference.any()

    @property
    def reference(self) -> np.ndarray:
        """The source's sound [shape=(samples,)]."""
        return self.song.sources[self.source]

    @property
    def shape(self) -> tuple[int, int]:
        """Bins and frames."""
        return self.spectrum.shape

    @property
    def axes(self) -> dict[str, float]:
        """Size of the pictures, and where their axes end: seconds and hertz."""
        bins, frames = self.shape
        return {
            "rows": bins,
            "columns": frames,
            "seconds": frames / self.stft.frames_per_second,
            "hertz": self.stft.sample_rate / 2,
        }

    @property
    def loudest(self) -> float:
        """The mixture's largest magnitude, which all spectrograms show as 0 dB."""
        return float(self.mixture.max())

    def estimate(self, mask: np.ndarray) -> np.ndarray:
        """The sound that a mask leaves of the mixture [shape=(samples,)]."""
        return self.stft.inverse(apply_mask(mask, self.spectrum), len(self.song.mixture))

    def sdr(self, estimate: np.ndarray) -> float | None:
        """SDR of an estimate of the source in decibels, or None where it has no finite value."""
        from ..evaluation import sdr  # which loads the networks, too

        return finite(sdr(self.reference, estimate))

    def sdr_of(self, mask: np.ndarray) -> float | None:
        """SDR of what a mask leaves of the mixture, as `sdr` says it."""
        return self.sdr(self.estimate(mask))

    def sounds(self) -> dict[str, object]:
        """Mixture and source for the browser, see `encode`."""
        recordings = {"mixture": self.song.mixture, "source": self.reference}
        return encode(recordings, self.stft.sample_rate)


def finite(value: float) -> float | None:
    """A number that JSON can hold: None for NaN and infinity."""
    return float(value) if np.isfinite(value) else None


def level_bytes(magnitude: np.ndarray, loudest: float) -> bytes:
    """Levels from -80 dB (0) to 0 dB (255), top frequency first [shape=(bins, frames)]."""
    scaled = (decibels(magnitude, loudest) - FLOOR) * (255 / -FLOOR)
    return picture_bytes(np.clip(scaled, 0, 255).round())


def share_bytes(share: np.ndarray) -> bytes:
    """Values from 0 to 1 as 0 to 255, top frequency first [shape=(bins, frames)]."""
    return picture_bytes((np.clip(share, 0, 1) * 255).round())


def picture_bytes(values: np.ndarray) -> bytes:
    """Whole numbers from 0 to 255 as the browser draws them: top frequency first."""
    return np.ascontiguousarray(values[::-1], np.uint8).tobytes()


def encode(recordings: dict[str, np.ndarray], sample_rate: int) -> dict[str, object]:
    """Recordings for the players: their addresses by name, and the one gain of them all.

    They are FLAC of 16 bits, which the browser also computes with: it then has each sample to
    within 0.00002.
    """
    gain = common_gain(*recordings.values())
    sounds = {
        name: sound_address(audio * gain, sample_rate, exact=True)
        for name, audio in recordings.items()
    }
    return {"sounds": sounds, "gain": gain}


def in_decibels(value: float | None) -> str:
    """An SDR in words: "9.8 dB", with a proper minus sign, or that it is not defined."""
    return "not defined" if value is None else f"{round(value, 1) + 0.0:.1f} dB".replace("-", "−")


def in_percent(share: float) -> str:
    """A share in words: "44.8 %"."""
    return f"{100 * share:.1f} %"
