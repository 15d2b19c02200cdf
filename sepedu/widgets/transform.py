"""Turn window and hop of the transform, and see what a spectrogram gains and loses by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..stft import STFT
from .base import LessonWidget, bundle
from .material import encode

if TYPE_CHECKING:
    from ..songs import Song

WINDOWS = {
    "hann": torch.hann_window,
    "hamming": torch.hamming_window,
    "blackman": torch.blackman_window,
    "rectangle": torch.ones,
}
SIZES = (128, 256, 512, 1024, 2048, 4096, 8192)
OVERLAPS = (2, 4, 8)
RATE = 22050
PITCH = 1000.0
"""Hertz between the two tones."""
SECONDS = 1.5
"""Length of the signals that are made here."""
INPUTS = ["signal", "n_fft", "overlap", "window", "tones", "clicks"]
"""What the knobs set."""
DIP = 3.0
"""Decibels between two peaks from which on they count as apart."""


@dataclass(frozen=True)
class WindowedSTFT(STFT):
    """The course's transform with another window, to look at what a window does.

    Parameters
    ----------
    window : str
        "hann", "hamming", "blackman" or "rectangle".
    """

    window: str = "hann"

    def __post_init__(self) -> None:
        replace(STFT(), sample_rate=self.sample_rate, n_fft=self.n_fft, hop_length=self.hop_length)

    def _window(self, like: torch.Tensor) -> torch.Tensor:
        return WINDOWS[self.window](self.n_fft, dtype=like.dtype, device=like.device)


def two_tones(distance: float, seconds: float = SECONDS) -> np.ndarray:
    """Two equally loud tones around 1,000 Hz, `distance` hertz apart [shape=(samples,)]."""
    time = np.arange(round(seconds * RATE)) / RATE
    tones = [np.sin(2 * np.pi * (PITCH + sign * distance / 2) * time) for sign in (-1, 1)]
    # They fade in and out over a fifth of a second: a sudden start would itself be a click.
    fade = np.sin(np.pi / 2 * np.clip(5 * np.minimum(time, time[::-1]), 0, 1)) ** 2
    return (0.2 * fade * sum(tones)).astype(np.float32)


def two_clicks(distance: float, seconds: float = SECONDS) -> np.ndarray:
    """Two clicks of one sample, `distance` milliseconds apart, in the middle."""
    audio = np.zeros(round(seconds * RATE), np.float32)
    for sign in (-1, 1):
        audio[len(audio) // 2 + round(sign * distance / 2000 * RATE)] = 0.9
    return audio


def dip(values: np.ndarray, first: int, last: int) -> float:
    """How far the values fall between two places, below the lower of the peaks there.

    In the values' unit; 0 where nothing lies between. The peaks are sought at the places and
    their next neighbours.
    """
    if last - first < 2:
        return 0.0
    peaks = [values[max(place - 1, 0) : place + 2].max() for place in (first, last)]
    return float(max(min(peaks) - values[first : last + 1].min(), 0.0))


class STFTExplorer(LessonWidget):
    """Window length, hop and shape of the window on two tones, two clicks, or a song.

    The browser makes the signals and transforms them by itself; Python hears of the settings.

    Parameters
    ----------
    song : Song, optional
        A song to look at besides the signals made here.
    start, seconds : float
        The segment of the song to show.

    Raises
    ------
    SepeduError
        If the song has no such segment.

    Lesson: 01
    """

    _esm = bundle("transform.js")
    signals = traitlets.List().tag(sync=True)
    signal = traitlets.Unicode("both").tag(sync=True)
    n_fft = traitlets.Enum(SIZES, 1024).tag(sync=True)
    overlap = traitlets.Enum(OVERLAPS, 4).tag(sync=True)
    window = traitlets.Enum(list(WINDOWS), "hann").tag(sync=True)
    tones = traitlets.Float(60.0, min=5, max=400).tag(sync=True)
    clicks = traitlets.Float(30.0, min=1, max=200).tag(sync=True)
    sizes = traitlets.List(list(SIZES)).tag(sync=True)
    overlaps = traitlets.List(list(OVERLAPS)).tag(sync=True)
    windows = traitlets.List(list(WINDOWS)).tag(sync=True)
    heard = traitlets.Dict().tag(sync=True)

    def __init__(
        self, song: Song | None = None, *, start: float = 0.0, seconds: float = 4.0
    ) -> None:
        self.song = song.between(start, start + seconds).to_mono() if song else None
        signals = [["both", "two tones and two clicks"], ["tones", "two tones"]]
        signals += [["clicks", "two clicks"]] + ([["song", f"“{song.name}”"]] if song else [])
        heard = {}
        if self.song:
            heard = encode({"signal": self.song.mixture}, self.song.sample_rate)
            heard["rate"] = self.song.sample_rate
        title = "The short-time Fourier transform: window and hop"
        super().__init__(title=title, signals=signals, heard=heard)
        self.observe(self._update, INPUTS)
        self._update()

    @property
    def stft(self) -> WindowedSTFT:
        """The transform on show."""
        rate = self.song.sample_rate if self.signal == "song" else RATE
        return WindowedSTFT(rate, self.n_fft, self.n_fft // self.overlap, self.window)

    @property
    def audio(self) -> np.ndarray:
        """The signal on show [shape=(samples,)]."""
        if self.signal == "song":
            return self.song.mixture
        parts = {"tones": two_tones(self.tones), "clicks": two_clicks(self.clicks)}
        return sum(parts.values()) if self.signal == "both" else parts[self.signal]

    def _update(self, _change: Any = None) -> None:
        self.reading = self._words(np.abs(self.stft.forward(self.audio)))

    def _shown(self, magnitude: np.ndarray) -> np.ndarray:
        """The part on show: of the signals made here, what lies below 2,000 Hz."""
        if self.signal == "song":
            return magnitude
        return magnitude[: round(2 * PITCH * self.n_fft / RATE) + 1]

    def apart(self, magnitude: np.ndarray) -> dict[str, float]:
        """Dips in decibels between the two tones and between the two clicks of the signal.

        Parameters
        ----------
        magnitude : np.ndarray [shape=(bins, frames)]
            Of the signal on show, which is not a song.
        """
        stft, levels = self.stft, plots.decibels(magnitude)
        found = {}
        if self.signal in ("both", "tones"):
            places = [PITCH + sign * self.tones / 2 for sign in (-1, 1)]
            first, last = (round(place * stft.n_fft / RATE) for place in places)
            # A third into the signal there is no click.
            found["tones"] = dip(levels[:, levels.shape[1] // 3], first, last)
        if self.signal in ("both", "clicks"):
            middle = round(SECONDS * RATE) // 2 / stft.hop_length
            half = self.clicks / 2000 * stft.frames_per_second
            # At 5,000 Hz there is no tone.
            level = levels[round(5000 * stft.n_fft / RATE)]
            found["clicks"] = dip(level, round(middle - half), round(middle + half))
        return found

    def _name(self) -> str:
        """The window's name as it is written: three are called after people."""
        return self.window if self.window == "rectangle" else self.window.capitalize()

    def _words(self, magnitude: np.ndarray) -> str:
        stft = self.stft
        words = (
            f"A {self._name()} window of {self.n_fft} samples lasts "
            f"{1000 * stft.n_fft / stft.sample_rate:.1f} ms; bins lie "
            f"{stft.sample_rate / stft.n_fft:.1f} Hz apart, frames "
            f"{1000 / stft.frames_per_second:.1f} ms. "
        )
        if self.signal == "song":
            return words
        said = []
        units = {"tones": f"{self.tones:.0f} Hz", "clicks": f"{self.clicks:.0f} ms"}
        for name, depth in self.apart(magnitude).items():
            answer = f"stand apart, by {depth:.0f} dB" if depth >= DIP else "run together"
            said.append(f"The two {name}, {units[name]} apart, {answer}")
        return words + ". ".join(said) + "."

    def figure(self) -> Figure:
        """The spectrogram on show."""
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        shown = self._shown(np.abs(self.stft.forward(self.audio)))
        title = f"{self._name()} window of {self.n_fft}, hop {self.stft.hop_length}"
        axes = plots.spectrogram(shown, self.stft, title, figure.subplots())
        if self.signal in ("both", "tones"):
            reach = min(5 * self.tones, PITCH)  # near enough to see the tones apart
            axes.set_ylim((PITCH - reach) / 1000, (PITCH + reach) / 1000)
        return figure
