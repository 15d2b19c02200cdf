"""A kernel to slide over a picture of numbers, and over a song, without Python behind it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps

from sepedu.plots import FLOOR, decibels
from sepedu.widgets.base import colour_table

from .page import as_script


class SlidingKernel:
    """A 3 x 3 kernel whose weights can be written and whose place can be moved.

    Parameters
    ----------
    numbers : sequence of sequences of int
        The picture that it slides over.
    presets : mapping of str to sequence of sequences of int
        Kernels of 3 x 3 by their names; the first is there at the beginning.
    magnitude : np.ndarray [shape=(bins, frames)], real, >= 0
        A song's magnitudes, whose levels the same kernel goes over; the lowest bin first.
    song : str
        Title of their picture.
    at : int
        The place to begin with, counted row by row.
    """

    def __init__(
        self,
        numbers: Sequence[Sequence[int]],
        presets: Mapping[str, Sequence[Sequence[int]]],
        magnitude: np.ndarray,
        song: str,
        at: int = 0,
    ) -> None:
        levels = ((decibels(magnitude) - FLOOR) * (255 / -FLOOR)).round().astype(np.uint8)
        self.data = {
            "numbers": [list(line) for line in numbers],
            "presets": {name: [list(line) for line in lines] for name, lines in presets.items()},
            "levels": base64.b64encode(levels.tobytes()).decode(),
            "rows": levels.shape[0],
            "columns": levels.shape[1],
            "colours": base64.b64encode(colour_table(colormaps["magma"])).decode(),
            "song": song,
            "at": at,
        }

    def _repr_html_(self) -> str:
        script = Path(__file__).with_name("kernel.js").read_text(encoding="utf-8").rstrip()
        place = "document.currentScript.parentElement"
        return (
            '<div class="live kernel" data-widget="A kernel slides" data-prevent-swipe>'
            f"{as_script(f'{script}({place}, {json.dumps(self.data)});')}</div>"
        )
