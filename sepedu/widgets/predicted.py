"""Look at a network's mask: probability, gate, right and wrong, and what it sees of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..datasets import Song
from ..dense import pad_frames
from ..errors import SepeduError
from ..evaluation import accuracy
from ..masks import binary_mask
from ..model import MaskCNN
from ..separation import predict_gate
from .base import LessonWidget, bundle, caption
from .material import (
    Material,
    in_decibels,
    in_percent,
    level_bytes,
    picture_bytes,
    share_bytes,
)

GATES = np.linspace(0, 1, 101).round(2)


class PredictedMaskExplorer(LessonWidget):
    """The network's probabilities, a slider for the gate, and the truth beside them.

    Where a probability exceeds the gate, the mask is one. Each bin is coloured as a hit, a miss,
    a false alarm, or a right no. For the chosen frame it shows the 513 x 25 features that the
    network reads, and its 513 answers.

    Parameters
    ----------
    song : Song
        At 22,050 Hz; a stereo one is averaged.
    model : MaskCNN
        Used without dropout. Of one that predicts magnitudes, the share of the mixture is shown.
    source : str
        The source that the network was trained for.
    threshold : float
        T of the true mask, B = (S > T * M).
    start, seconds : float
        The stretch to show.

    Raises
    ------
    SepeduError
        If the song has no such source or stretch, or another sample rate.

    Lesson: 06
    """

    _esm = bundle("predicted.js")
    axes = traitlets.Dict().tag(sync=True)
    mixture_levels = traitlets.Bytes().tag(sync=True)
    probability = traitlets.Bytes().tag(sync=True)
    passes = traitlets.Bytes().tag(sync=True)
    truth = traitlets.Bytes().tag(sync=True)
    features = traitlets.Bytes().tag(sync=True)
    colours = traitlets.Dict(plots.AGREEMENT_COLOURS).tag(sync=True)
    gates = traitlets.List(GATES.tolist()).tag(sync=True)
    counts = traitlets.List().tag(sync=True)
    lines = traitlets.Dict().tag(sync=True)
    curve = traitlets.List().tag(sync=True)
    position = traitlets.Int(50).tag(sync=True)
    frame = traitlets.Int().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        song: Song,
        model: MaskCNN,
        source: str = "vocals",
        *,
        threshold: float = 0.5,
        start: float = 0.0,
        seconds: float = 8.0,
    ) -> None:
        self.material = material = Material.of(song, source, start, seconds)
        self.target = binary_mask(material.magnitude, material.mixture, threshold)
        self.prediction = predict_gate(model, material.mixture)
        passed = np.zeros(material.shape, np.uint8)
        counts = []
        for gate in GATES:
            mask = self.prediction > gate
            passed += mask
            counts.append(agreement_counts(mask, self.target))
        self._sdr = {place: self._measure(place) for place in range(0, len(GATES), 10)}
        self._sounds = material.sounds()
        ones = float(self.target.mean())
        super().__init__(
            title=f"What the network says: {source} in “{song.name}”",
            axes=material.axes,
            mixture_levels=level_bytes(material.mixture, material.loudest),
            probability=share_bytes(self.prediction),
            passes=picture_bytes(passed),
            truth=picture_bytes(self.target),
            features=feature_bytes(model, material.mixture),
            counts=counts,
            frame=material.shape[1] // 2,
            lines={
                "majority": max(ones, 1 - ones),
                "soft": material.sdr(material.estimate(self.prediction)),
                "ideal": material.sdr(material.estimate(self.target)),
                "mixture": material.sdr(material.song.mixture),
            },
        )
        self.observe(self._update, "position")
        self._update()

    @property
    def gate(self) -> float:
        """The probability above which the gate is open; when set, rounded to hundredths."""
        return float(GATES[self.position])

    @gate.setter
    def gate(self, value: float) -> None:
        if not 0 <= value <= 1:
            raise SepeduError(f"Gate {value!r} is not a probability", "Use 0 to 1, such as 0.5")
        self.position = int(np.argmin(np.abs(GATES - value)))

    @property
    def mask(self) -> np.ndarray:
        """The predicted mask at this gate [shape=(513, frames)], bool."""
        return self.prediction > GATES[self.position]

    def _measure(self, position: int) -> float | None:
        estimate = self.material.estimate(self.prediction > GATES[position])
        return self.material.sdr(estimate)

    def _update(self, _change: Any = None) -> None:
        """Measure and encode the mask at this gate, and tell the browser all at once."""
        estimate = self.material.estimate(self.mask)
        if self.position not in self._sdr:
            self._sdr[self.position] = self.material.sdr(estimate)
        heard = self._sounds.with_(estimate=estimate)
        with self.hold_sync():
            self.curve = [[float(GATES[place]), v] for place, v in sorted(self._sdr.items())]
            self.result = {
                "position": self.position,
                "sdr": self._sdr[self.position],
                **heard,
            }
            self.reading = self._words()

    def _words(self) -> str:
        right = accuracy(self.mask, self.target)
        count = self.counts[self.position]
        words = (
            f"Gate {self.gate:.2f}: {in_percent(right)} of the bins are right, where always "
            f"giving the commoner answer has {in_percent(self.lines['majority'])}. Hits "
            f"{in_percent(count['hit'])}, misses {in_percent(count['miss'])}, false alarms "
            f"{in_percent(count['false alarm'])}. "
        )
        if not self.material.reference.any():
            return words + "The source is silent here, so that no SDR is defined."
        return words + (
            f"SDR {in_decibels(self.result['sdr'])}; with the probabilities themselves "
            f"{in_decibels(self.lines['soft'])}, ideal {in_decibels(self.lines['ideal'])}, "
            f"mixture {in_decibels(self.lines['mixture'])}."
        )

    def figure(self) -> Figure:
        """Mixture, probability, mask and agreement."""
        figure = Figure(figsize=(9, 5.4), layout="constrained")
        rows = figure.subplots(2, 2, sharex=True, sharey=True)
        material, stft = self.material, self.material.stft
        plots.spectrogram(material.mixture, stft, "Mixture", rows[0, 0], colourbar=False)
        plots.mask(self.prediction, stft, "Probability", rows[0, 1], colourbar=False)
        plots.mask(self.mask, stft, f"Probability > {self.gate:.2f}", rows[1, 0], colourbar=False)
        plots.agreement(self.mask, self.target, stft, "Right and wrong", rows[1, 1])
        for axes in rows.flat:
            axes.label_outer()
        return plots.describe(caption(figure, self.reading), f"{self.title}. {self.reading}")


def agreement_counts(mask: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Shares of hits, misses, false alarms and right answers, of boolean masks."""
    return {
        "hit": float((mask & target).mean()),
        "miss": float((~mask & target).mean()),
        "false alarm": float((mask & ~target).mean()),
        "right": accuracy(mask, target),
    }


def feature_bytes(model: MaskCNN, mixture: np.ndarray) -> bytes:
    """What the network reads, with 12 frames of silence at both ends, from -3 to 3 deviations.

    [shape=(513, frames) -> (513, frames + 24)]
    """
    weight = model.linear2.weight
    with torch.inference_mode():
        magnitude = torch.as_tensor(mixture, dtype=weight.dtype, device=weight.device)
        features = pad_frames(model, magnitude[None])[0].float().cpu().numpy()
    return share_bytes((features + 3) / 6)
