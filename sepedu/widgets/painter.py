"""Paint a mask over a spectrogram, hear what it leaves, compare it with the ideal one."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..errors import SepeduError
from ..evaluation import accuracy
from ..masks import binary_mask
from ..songs import Song
from .base import bundle
from .masked import NO_SDR, MaskWidget
from .material import Material, in_decibels, in_percent, picture_bytes


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
        The stretch to show.

    Raises
    ------
    SepeduError
        If the song has no such source or stretch, or another sample rate.

    Lesson: 02
    """

    _esm = bundle("painter.js")
    ideal_bytes = traitlets.Bytes().tag(sync=True)
    colours = traitlets.Dict(plots.AGREEMENT_COLOURS).tag(sync=True)
    # The browser's bytes arrive as a view of memory, which CBytes copies into bytes.
    painted = traitlets.CBytes().tag(sync=True)

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
        self.ideal = binary_mask(material.magnitude, material.mixture, threshold)
        self._lines = {
            "ideal": material.sdr_of(self.ideal),
            "mixture": material.sdr(material.song.mixture),
        }
        super().__init__(
            material,
            "Paint a mask",
            ideal_bytes=picture_bytes(self.ideal),
            painted=bytes(self.ideal.size),
        )
        self.measure_on("painted")

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
                "Give one value for each bin and frame of the stretch on show",
            )
        self.painted = picture_bytes(mask > 0.5)

    @traitlets.validate("painted")
    def _whole(self, proposal: dict[str, Any]) -> bytes:
        if len(proposal["value"]) != self.ideal.size:
            raise SepeduError(
                f"{len(proposal['value'])} painted values do not fit {self.ideal.size} bins",
                "Run the cell again",
            )
        return proposal["value"]

    def measured(self, estimate: np.ndarray) -> dict[str, Any]:
        """SDR of the painted mask, and the share of bins where it agrees with the ideal one."""
        return {"sdr": self.material.sdr(estimate), "agreed": accuracy(self.mask, self.ideal)}

    def words(self) -> str:
        """The share of bins painted, SDR beside the ideal mask's and the mixture's, agreement."""
        words = NO_SDR
        if not self.material.silent:
            words = (
                f"SDR {in_decibels(self.result['sdr'])}, where the ideal binary mask has "
                f"{in_decibels(self._lines['ideal'])} and the mixture as it is "
                f"{in_decibels(self._lines['mixture'])}."
            )
        return (
            f"{in_percent(self.mask.mean())} of the bins are painted. {words} "
            f"{in_percent(self.result['agreed'])} of the bins agree with the ideal mask."
        )

    def figure(self) -> Figure:
        """Mixture, painted mask, and where it agrees with the ideal one."""
        titles = ("Ideal mask", "Painted mask", "Painted beside ideal")
        return self.compared(self.ideal, self.ideal, titles)
