"""Paint a mask over a spectrogram, hear what it leaves, compare it with the ideal one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..errors import SepeduError
from ..evaluation import accuracy
from ..masks import binary_mask
from .base import bundle
from .masked import NO_SDR, MaskWidget
from .material import Material, in_decibels, in_percent, picture_bytes

if TYPE_CHECKING:
    from ..songs import Song


class MaskPainter(MaskWidget):
    """A spectrogram to paint on: what is painted passes, the rest is silenced.

    Parameters
    ----------
    song : Song
        At 22,050 Hz; a stereo one is averaged.
    source : str
        The source to look for.
    threshold : float
        T of the ideal mask that the painted one is compared with.
    start, seconds : float
        The segment to show.
    mask : np.ndarray [shape=(513, frames)] or path, optional
        What is painted already, or a NumPy file that keeps the mask: read if it is there, and
        written after each stroke.

    Raises
    ------
    SepeduError
        If the song has no such source or segment, or another sample rate, or the mask another
        shape.

    Lesson: 02
    """

    _esm = bundle("painter.js")
    ideal_bytes = traitlets.Bytes().tag(sync=True)
    colours = traitlets.Dict(plots.AGREEMENT_COLOURS).tag(sync=True)
    # The browser's bytes arrive as a view of memory, which CBytes copies into bytes.
    aim = traitlets.Unicode().tag(sync=True)
    lines = traitlets.Dict().tag(sync=True)
    painted = traitlets.CBytes().tag(sync=True)

    def __init__(
        self,
        song: Song,
        source: str = "vocals",
        *,
        threshold: float = 0.5,
        start: float = 0.0,
        seconds: float = 8.0,
        mask: np.ndarray | str | Path | None = None,
    ) -> None:
        material = Material.of(song, source, start, seconds)
        self.ideal = binary_mask(material.magnitude, material.mixture, threshold)
        self.aims, aim = aims(material)
        super().__init__(
            material,
            "Paint a mask",
            aim=aim,
            ideal_bytes=picture_bytes(self.ideal),
            painted=bytes(self.ideal.size),
            lines={
                "ideal": material.sdr_of(self.ideal),
                "mixture": material.sdr(material.song.mixture),
                "aims": self.aims,
            },
        )
        self.file = Path(mask) if isinstance(mask, str | Path) else None
        if self.file:
            mask = np.load(self.file) if self.file.exists() else None
        if mask is not None:
            self.mask = mask
        self.measure_on("painted")
        if self.file:
            self.observe(lambda _change: self.save(self.file), ["painted"])

    def save(self, path: str | Path) -> Path:
        """Write the painted mask as a NumPy file, for `MaskPainter(..., mask=path)`."""
        with Path(path).open("wb") as file:
            np.save(file, self.mask)
        return Path(path)

    @property
    def mask(self) -> np.ndarray:
        """The painted mask [shape=(513, frames)], bool; may be set."""
        rows = np.frombuffer(self.painted, np.uint8).reshape(self.material.shape)
        return rows[::-1] > 0

    @mask.setter
    def mask(self, mask: np.ndarray) -> None:
        mask = np.asarray(mask)
        if mask.shape != self.material.shape:
            raise SepeduError(
                f"A mask of shape {mask.shape} does not fit a picture of {self.material.shape}",
                "Give one value for each point of the segment on show",
            )
        self.painted = picture_bytes(mask > 0.5)

    @traitlets.validate("painted")
    def _whole(self, proposal: dict[str, Any]) -> bytes:
        if len(proposal["value"]) != self.ideal.size:
            raise SepeduError(
                f"{len(proposal['value'])} painted values do not fit {self.ideal.size} points",
                "Run the cell again",
            )
        return proposal["value"]

    def measured(self, estimate: np.ndarray) -> dict[str, Any]:
        """SDR of the painted mask, and the share of points where it agrees with the ideal one."""
        return {"sdr": self.material.sdr(estimate), "agreed": accuracy(self.mask, self.ideal)}

    def words(self) -> str:
        """The share of points painted, SDR beside the ideal mask's and the mixture's, agreement."""
        words = NO_SDR
        if not self.material.silent:
            words = (
                f"SDR {in_decibels(self.result['sdr'])}, where the ideal binary mask has "
                f"{in_decibels(self.lines['ideal'])} and the mixture as it is "
                f"{in_decibels(self.lines['mixture'])}. {self._reached()}"
            )
        return (
            f"{in_percent(self.mask.mean())} of the points are painted. {words} "
            f"{in_percent(self.result['agreed'])} of the points agree with the ideal mask."
        )

    def _reached(self) -> str:
        first, second = self.aims
        value = self.result["sdr"]
        if value is None or value <= first:
            return "The first aim is an SDR above 0 dB."
        if value <= second:
            return f"That is above 0 dB; the second aim is {second:g} dB."
        return "Both aims are reached."

    def again(self) -> str:
        """Where the mask is kept, or how it can be."""
        if self.file:
            return f"The mask is kept in {self.file.name}."
        return 'With mask="my-mask.npy" the mask is kept in that file, and taken up from it.'

    def figure(self) -> Figure:
        """Mixture, painted mask, and where it agrees with the ideal one."""
        titles = ("Ideal mask", "Painted mask", "Painted beside ideal")
        return self.compared(self.ideal, self.ideal, titles)


OCTAVES = [0, 250, 500, 1000, 2000, 4000, 11025]
HALF_OCTAVES = [0, 180, 250, 350, 500, 710, 1000, 1400, 2000, 2800, 4000, 5700, 11025]
"""Hertz between the blocks that a brush paints."""


def aims(material: Material) -> tuple[tuple[float, float], str]:
    r"""Two aims in decibels that a brush can reach, and where to begin, in words.

    Painting a point changes the squared error of the estimate by :math:`|M - S|^2 - |S|^2`. The
    octave and half second in which it falls most are where to begin. The second aim is what
    painting whole half octaves of a quarter of a second reaches, where that pays; at most 3 dB.
    """
    source, stft = material.stft.forward(material.reference), material.stft
    gains = np.abs(source) ** 2 - np.abs(material.spectrum - source) ** 2

    def blocks(hertz: list[int], seconds: float) -> tuple[np.ndarray, np.ndarray, int]:
        bins = np.searchsorted(stft.frequencies, hertz[:-1])
        columns = round(seconds * stft.frames_per_second)
        starts = np.arange(0, gains.shape[1], columns)
        return np.add.reduceat(np.add.reduceat(gains, bins, 0), starts, 1), bins, columns

    fine, bins, columns = blocks(HALF_OCTAVES, 0.25)
    painted = np.repeat(np.repeat(fine > 0, np.diff([*bins, len(gains)]), 0), columns, 1)
    reached = material.sdr_of(painted[:, : gains.shape[1]])
    if not reached:  # the source is silent, or never stands out
        return (0.0, 0.0), ""
    second = min(3.0, float(np.floor(2 * reached) / 2))
    coarse, _, _ = blocks(OCTAVES, 0.5)
    band, half_second = np.unravel_index(coarse.argmax(), coarse.shape)
    return (0.0, second), (
        f"An empty canvas has 0 dB. Aims: an SDR above 0 dB, then above {second:g} dB. Try first "
        f"{half_second / 2:.1f} to {half_second / 2 + 0.5:.1f} s between {OCTAVES[band]} and "
        f"{OCTAVES[band + 1]} Hz: there the {material.source} stand out most."
    )
