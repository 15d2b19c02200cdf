"""What the widgets on a mask share: a song's segment, what the mask leaves of it, and a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from .. import plots
from .base import LessonWidget
from .material import Material, level_bytes

NO_SDR = "The source is silent here, so that no SDR is defined."


class MaskWidget(LessonWidget):
    """A widget with a mask over a segment of a song, whose estimate is measured and played.

    The browser computes the estimate's sound and its SDR itself, from the mixture and the source;
    Python hears of the mask, and measures it likewise.

    Parameters
    ----------
    material : Material
        The segment, and the source to look for.
    title : str
        What the widget shows; source and song are added.
    **traits
        What else the browser gets.
    """

    axes = traitlets.Dict().tag(sync=True)
    mixture_levels = traitlets.Bytes().tag(sync=True)
    heard = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)

    def __init__(self, material: Material, title: str, **traits: Any) -> None:
        self.material = material
        super().__init__(
            title=f"{title}: {material.name}",
            axes=material.axes,
            mixture_levels=level_bytes(material.mixture, material.loudest),
            heard=material.sounds(),
            **traits,
        )

    @property
    def mask(self) -> np.ndarray:
        """The mask on show [shape=(513, frames)], bool, or float32 for a soft one."""
        raise NotImplementedError

    def measured(self, estimate: np.ndarray) -> dict[str, Any]:
        """What to tell the browser of the mask's estimate [shape=(samples,)], its SDR first."""
        raise NotImplementedError

    def words(self) -> str:
        """The reading of what is on show."""
        raise NotImplementedError

    def measure_on(self, *names: str) -> None:
        """Measure now, and whenever one of these traits changes."""
        self.observe(self._update, names)
        self._update()

    def _update(self, _change: Any = None) -> None:
        """Measure what the mask leaves, and tell the browser all at once."""
        with self.hold_sync():
            self.result = self.measured(self.material.estimate(self.mask))
            self.reading = self.words()

    def compared(self, beside: np.ndarray, target: np.ndarray, titles: tuple[str, ...]) -> Figure:
        """Four pictures: the mixture, a mask beside, the mask, and where it agrees with a target.

        Parameters
        ----------
        beside, target : np.ndarray [shape=(513, frames)]
        titles : tuple of str
            Of the last three pictures.
        """
        figure = Figure(figsize=(9, 5.4), layout="constrained")
        rows = figure.subplots(2, 2, sharex=True, sharey=True)
        material, stft = self.material, self.material.stft
        plots.spectrogram(material.mixture, stft, "Mixture", rows[0, 0], colourbar=False)
        plots.mask(beside, stft, titles[0], rows[0, 1], colourbar=False)
        plots.mask(self.mask, stft, titles[1], rows[1, 0], colourbar=False)
        plots.agreement(self.mask, target, stft, titles[2], rows[1, 1])
        for axes in rows.flat:
            axes.label_outer()
        return figure
