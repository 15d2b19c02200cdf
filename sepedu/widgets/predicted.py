"""Look at a network's mask: probability, gate, right and wrong, and what it sees of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..dense import pad_frames
from ..errors import SepeduError
from ..evaluation import accuracy
from ..masks import binary_mask
from ..model import MaskCNN
from ..separation import predict_soft_mask
from ..songs import Song
from .base import bundle
from .masked import NO_SDR, MaskWidget
from .material import Material, in_decibels, in_percent, picture_bytes, share_bytes

GATES = np.linspace(0, 1, 101).round(2)


class PredictedMaskExplorer(MaskWidget):
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
        material = Material.of(song, source, start, seconds)
        self.target = binary_mask(material.magnitude, material.mixture, threshold)
        self.prediction = predict_soft_mask(model, material.mixture)
        passed = np.zeros(material.shape, np.uint8)
        counts = []
        for gate in GATES:
            mask = self.prediction > gate
            passed += mask
            counts.append(agreement_counts(mask, self.target))
        ones = float(self.target.mean())
        super().__init__(
            material,
            "What the network says",
            probability=share_bytes(self.prediction),
            passes=picture_bytes(passed),
            truth=picture_bytes(self.target),
            features=feature_bytes(model, material.mixture),
            counts=counts,
            frame=material.shape[1] // 2,
            lines={
                "majority": max(ones, 1 - ones),
                "soft": material.sdr_of(self.prediction),
                "ideal": material.sdr_of(self.target),
                "mixture": material.sdr(material.song.mixture),
            },
        )
        self._sdr = {
            place: material.sdr_of(self.prediction > GATES[place])
            for place in range(0, len(GATES), 10)
        }
        self.measure_on("position")

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

    def measured(self, estimate: np.ndarray) -> dict[str, Any]:
        """SDR at this gate, and with it the curve."""
        if self.position not in self._sdr:
            self._sdr[self.position] = self.material.sdr(estimate)
        self.curve = [[float(GATES[place]), v] for place, v in sorted(self._sdr.items())]
        return {"sdr": self._sdr[self.position], "position": self.position}

    def words(self) -> str:
        """The gate, right and wrong, and SDR beside that of other masks."""
        right = accuracy(self.mask, self.target)
        count = self.counts[self.position]
        words = (
            f"Gate {self.gate:.2f}: {in_percent(right)} of the bins are right, where always "
            f"giving the commoner answer has {in_percent(self.lines['majority'])}. Hits "
            f"{in_percent(count['hit'])}, misses {in_percent(count['miss'])}, false alarms "
            f"{in_percent(count['false alarm'])}. "
        )
        if self.material.silent:
            return words + NO_SDR
        return words + (
            f"SDR {in_decibels(self.result['sdr'])}; with the probabilities themselves "
            f"{in_decibels(self.lines['soft'])}, ideal {in_decibels(self.lines['ideal'])}, "
            f"mixture {in_decibels(self.lines['mixture'])}."
        )

    def figure(self) -> Figure:
        """Mixture, probability, mask and agreement."""
        titles = ("Probability", f"Probability > {self.gate:.2f}", "Right and wrong")
        return self.compared(self.prediction, self.target, titles)


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
