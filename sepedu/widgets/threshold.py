"""Turn the threshold of a binary mask, see the mask follow, hear and measure what it leaves."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..errors import SepeduError
from ..masks import binary_mask
from .base import bundle
from .masked import NO_SDR, MaskWidget
from .material import Material, in_decibels, in_percent, level_bytes, picture_bytes, share_bytes

if TYPE_CHECKING:
    from ..songs import Song


def slider_thresholds() -> np.ndarray:
    """The 241 places of the slider, evenly spaced on a log scale between 1, 2, 5 and 10.

    So 0.01, 0.02, 0.05, 0.1, ... and 10 are exactly among them, 80 to a decade, and a place
    fits into one byte.
    """
    knots = [*np.outer([0.01, 0.1, 1.0], [1, 2, 5]).ravel().tolist(), 10.0]
    steps = [24, 32, 24] * 3
    pieces = [
        np.geomspace(low, high, count, endpoint=False)
        for (low, high), count in zip(pairwise(knots), steps, strict=True)
    ]
    return np.append(np.concatenate(pieces), 10.0).round(6)


THRESHOLDS = slider_thresholds()


class ThresholdExplorer(MaskWidget):
    """Mixture, source, mask B = (S > T * M) and masked mixture, with a slider for T.

    The browser gets for each point how many of the slider's thresholds it passes, and draws any
    mask from that at once; when the slider rests, it computes SDR and sound.

    Parameters
    ----------
    song : Song
        At 22,050 Hz; a stereo one is averaged.
    source : str
        Which of its sources.
    threshold : float
        T to begin with, from 0.01 to 10.
    start, seconds : float
        The segment to show.

    Raises
    ------
    SepeduError
        If the song has no such source or segment, or another sample rate, or the threshold is
        outside of the slider.

    Lesson: 02
    """

    _esm = bundle("threshold.js")
    source_levels = traitlets.Bytes().tag(sync=True)
    passes = traitlets.Bytes().tag(sync=True)
    ratio = traitlets.Bytes().tag(sync=True)
    thresholds = traitlets.List().tag(sync=True)
    shares = traitlets.List().tag(sync=True)
    position = traitlets.Int().tag(sync=True)
    kind = traitlets.Enum(["binary", "ratio"], "binary").tag(sync=True)
    curve = traitlets.List().tag(sync=True)
    lines = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        song: Song,
        source: str = "vocals",
        *,
        threshold: float = 0.5,
        start: float = 0.0,
        seconds: float = 8.0,
    ) -> None:
        material = Material.of(song, source, start, seconds)
        passed = np.zeros(material.shape, np.uint8)
        shares = []
        for place in THRESHOLDS:
            mask = binary_mask(material.magnitude, material.mixture, float(place))
            passed += mask
            shares.append(float(mask.mean()))
        # In the 256 steps that the browser has, too: both hear the same.
        self._ratio = (material.ratio * 255).round() / np.float32(255)
        super().__init__(
            material,
            "Threshold explorer",
            source_levels=level_bytes(material.magnitude, material.loudest),
            passes=picture_bytes(passed),
            ratio=share_bytes(self._ratio),
            thresholds=THRESHOLDS.tolist(),
            shares=shares,
            position=nearest(threshold),
            lines={
                "ratio": material.sdr_of(self._ratio),
                "mixture": material.sdr(material.song.mixture),
            },
        )
        self._sdr: dict[int, float | None] = {}
        self._measure_curve()
        self.measure_on("position", "kind")

    @property
    def threshold(self) -> float:
        """T on the slider; when set, the nearest of its places is taken."""
        return float(THRESHOLDS[self.position])

    @threshold.setter
    def threshold(self, value: float) -> None:
        self.position = nearest(value)

    @property
    def mask(self) -> np.ndarray:
        """The mask on show [shape=(513, frames)], bool, or float32 for the ratio mask."""
        return self._ratio if self.kind == "ratio" else self._binary(self.position)

    def _binary(self, position: int) -> np.ndarray:
        threshold = float(THRESHOLDS[position])
        return binary_mask(self.material.magnitude, self.material.mixture, threshold)

    def _sdr_at(self, position: int) -> float | None:
        if position not in self._sdr:
            self._sdr[position] = self.material.sdr_of(self._binary(position))
        return self._sdr[position]

    def _measure_curve(self) -> None:
        """Measure every eighth place, then each place around the best of them."""
        for position in range(0, len(THRESHOLDS), 8):
            self._sdr_at(position)
        middle = self._best()
        if middle is not None:
            for position in range(max(middle - 7, 0), min(middle + 8, len(THRESHOLDS))):
                self._sdr_at(position)

    def _best(self) -> int | None:
        known = {place: value for place, value in self._sdr.items() if value is not None}
        return max(known, key=known.__getitem__) if known else None

    def measured(self, estimate: np.ndarray) -> dict[str, Any]:
        """SDR at the slider's place, and with it the curve and the best place so far."""
        if self.kind == "binary" and self.position not in self._sdr:
            self._sdr[self.position] = self.material.sdr(estimate)
        self.curve = [[float(THRESHOLDS[p]), v] for p, v in sorted(self._sdr.items())]
        best = self._best()
        if best is not None:
            self.lines = self.lines | {"best": [float(THRESHOLDS[best]), self._sdr[best]]}
        value = self.lines["ratio"] if self.kind == "ratio" else self._sdr[self.position]
        return {"sdr": value, "position": self.position, "kind": self.kind}

    def words(self) -> str:
        """T, the share of ones, and SDR beside the best, the ratio mask, and the mixture."""
        value = self.result["sdr"]
        if self.kind == "ratio":
            first = f"The ratio mask has no threshold: SDR {in_decibels(value)}. "
        else:
            first = (
                f"T = {self.threshold:.3g}: {in_percent(self.shares[self.position])} of the points "
                f"are ones, SDR {in_decibels(value)}. "
            )
        if self.material.silent:
            return first + NO_SDR
        best = self.lines.get("best")
        return first + (
            (f"Best binary mask {in_decibels(best[1])} at T = {best[0]:.3g}, " if best else "")
            + f"ratio mask {in_decibels(self.lines['ratio'])}, "
            f"mixture as it is {in_decibels(self.lines['mixture'])}."
        )

    def again(self) -> str:
        """Where T was left."""
        return f"To come back to this T, give it threshold={self.threshold:.3g}."

    def figure(self) -> Figure:
        """Mixture, source, mask, masked mixture and the curve of SDR against T."""
        figure = Figure(figsize=(9, 6), layout="constrained")
        rows = figure.subplots(3, 2, height_ratios=[1, 1, 0.9])
        grid = rows[2, 0].get_gridspec()
        material = self.material
        loudest = material.loudest
        panels = [
            ("Mixture M", material.mixture),
            (f"Source S ({material.source})", material.magnitude),
            ("Masked mixture", self.mask * material.mixture),
        ]
        for axes, (name, magnitude) in zip(rows.flat[[0, 1, 3]], panels, strict=True):
            plots.spectrogram(magnitude, material.stft, name, axes, loudest, colourbar=False)
        name = "Ratio mask" if self.kind == "ratio" else f"Mask S > {self.threshold:.3g} M"
        plots.mask(self.mask, material.stft, name, rows[1, 0], colourbar=False)
        for axes in rows[2]:
            axes.remove()
        axes = figure.add_subplot(grid[2, :])
        known = [(t, v) for t, v in self.curve if v is not None]
        axes.plot([t for t, _ in known], [v for _, v in known], color=plots.OURS, label="binary")
        for key, colour, style in (("ratio", plots.INK, "--"), ("mixture", plots.BASELINE, ":")):
            if self.lines[key] is not None:
                axes.axhline(self.lines[key], color=colour, linestyle=style, label=key)
        if self.kind == "binary" and self.result["sdr"] is not None:
            axes.plot(self.threshold, self.result["sdr"], "o", color=plots.OURS, label="now")
        axes.set(xscale="log", xlim=(0.01, 10), xlabel="Threshold T", ylabel="SDR (dB)")
        if known:
            axes.legend(fontsize="small")
        return figure


def nearest(threshold: float) -> int:
    """The slider's place that is nearest to a threshold, on the log scale."""
    if not THRESHOLDS[0] <= threshold <= THRESHOLDS[-1]:
        raise SepeduError(
            f"Threshold {threshold!r} is not on the slider",
            "Use 0.01 to 10; at T = 0 every point passes in which the source sounds at all, and "
            "below 0 every point",
        )
    return int(np.argmin(np.abs(np.log(THRESHOLDS / threshold))))
