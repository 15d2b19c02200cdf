"""Paint a mask over a spectrogram, hear what it leaves, compare it with the ideal one."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..datasets import Song
from ..errors import SepeduError
from ..evaluation import accuracy
from ..masks import binary_mask
from .base import LessonWidget, bundle, caption
from .material import Material, in_decibels, in_percent, level_bytes, picture_bytes


class MaskPainter(LessonWidget):
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
    axes = traitlets.Dict().tag(sync=True)
    mixture_levels = traitlets.Bytes().tag(sync=True)
    ideal_bytes = traitlets.Bytes().tag(sync=True)
    colours = traitlets.Dict(plots.AGREEMENT_COLOURS).tag(sync=True)
    # The browser's bytes arrive as a view of memory, which CBytes copies into bytes.
    painted = traitlets.CBytes().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        song: Song,
        source: str = "vocals",
        *,
        threshold: float = 0.5,
        start: float = 0.0,
        seconds: float = 8.0,
    ) -> None:
        self.material = material = Material.of(song, source, start, seconds)
        self.ideal = binary_mask(material.magnitude, material.mixture, threshold)
        self._sounds = material.sounds()
        self._lines = {
            "ideal": material.sdr(material.estimate(self.ideal)),
            "mixture": material.sdr(material.song.mixture),
        }
        super().__init__(
            title=f"Paint a mask: {source} in “{song.name}”",
            axes=material.axes,
            mixture_levels=level_bytes(material.mixture, material.loudest),
            ideal_bytes=picture_bytes(self.ideal),
            painted=bytes(self.ideal.size),
        )
        self.observe(self._update, "painted")
        self._update()

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

    def _update(self, _change: Any = None) -> None:
        """Measure and encode what the painted mask leaves, and tell the browser all at once."""
        material, mask = self.material, self.mask
        estimate = material.estimate(mask)
        value = material.sdr(estimate)
        agreed = accuracy(mask, self.ideal)
        with self.hold_sync():
            self.result = {"sdr": value, "agreed": agreed, **self._sounds.with_(estimate=estimate)}
            words = f"{in_percent(mask.mean())} of the bins are painted. "
            if material.reference.any():
                words += (
                    f"SDR {in_decibels(value)}, where the ideal binary mask has "
                    f"{in_decibels(self._lines['ideal'])} and the mixture as it is "
                    f"{in_decibels(self._lines['mixture'])}. "
                )
            else:
                words += "The source is silent here, so that no SDR is defined. "
            self.reading = words + f"{in_percent(agreed)} of the bins agree with the ideal mask."

    def figure(self) -> Figure:
        """Mixture, painted mask, and where it agrees with the ideal one."""
        figure = Figure(figsize=(9, 5.4), layout="constrained")
        rows = figure.subplots(2, 2, sharex=True, sharey=True)
        material, stft = self.material, self.material.stft
        plots.spectrogram(material.mixture, stft, "Mixture", rows[0, 0], colourbar=False)
        plots.mask(self.ideal, stft, "Ideal mask", rows[0, 1], colourbar=False)
        plots.mask(self.mask, stft, "Painted mask", rows[1, 0], colourbar=False)
        plots.agreement(self.mask, self.ideal, stft, "Painted beside ideal", rows[1, 1])
        for axes in rows.flat:
            axes.label_outer()
        return plots.describe(caption(figure, self.reading), f"{self.title}. {self.reading}")
