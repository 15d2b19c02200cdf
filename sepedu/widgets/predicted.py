"""Look at a network's mask: probability, decision, right and wrong, and what it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch.nn import functional as F

from .. import plots
from ..dense import pad_frames
from ..errors import SepeduError
from ..evaluation import accuracy
from ..masks import binary_mask
from ..model import MaskCNN
from ..separation import predict_soft_mask
from ..songs import SOURCES
from ..unet import MaskUNet, measure_level, predict_masks
from .base import bundle
from .masked import NO_SDR, MaskWidget
from .material import Material, in_decibels, in_percent, picture_bytes, share_bytes

if TYPE_CHECKING:
    from ..songs import Song

DECISIONS = np.linspace(0, 1, 101).round(2)


class PredictedMaskExplorer(MaskWidget):
    """A network's probabilities, a slider for the decision threshold, and the truth beside them.

    Where a probability exceeds the threshold, the mask is one. Each point is coloured as a hit, a
    miss, a false alarm, or a right no. For the chosen frame it shows what the network reads
    around it, and its 513 answers.

    Parameters
    ----------
    song : Song
        At 22,050 Hz; a stereo one is averaged.
    model : MaskCNN or MaskUNet
        Used without dropout. Of a MaskCNN that predicts magnitudes, the share of the mixture is
        shown; of a MaskUNet, the probability that the binary mask is 1.
    source : str
        The source that the network was trained for.
    threshold : float
        T of the true mask, B = (S > T * M).
    start, seconds : float
        The segment to show.

    Raises
    ------
    SepeduError
        If the song has no such source or segment, or another sample rate.

    Lesson: 06, 09
    """

    _esm = bundle("predicted.js")
    probability = traitlets.Bytes().tag(sync=True)
    passes = traitlets.Bytes().tag(sync=True)
    truth = traitlets.Bytes().tag(sync=True)
    features = traitlets.Bytes().tag(sync=True)
    colours = traitlets.Dict(plots.AGREEMENT_COLOURS).tag(sync=True)
    decisions = traitlets.List(DECISIONS.tolist()).tag(sync=True)
    context = traitlets.Int().tag(sync=True)
    counts = traitlets.List().tag(sync=True)
    lines = traitlets.Dict().tag(sync=True)
    curve = traitlets.List().tag(sync=True)
    position = traitlets.Int(50).tag(sync=True)
    frame = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        song: Song,
        model: MaskCNN | MaskUNet,
        source: str = "vocals",
        *,
        threshold: float = 0.5,
        start: float = 0.0,
        seconds: float = 8.0,
    ) -> None:
        material = Material.of(song, source, start, seconds)
        self.target = binary_mask(material.magnitude, material.mixture, threshold)
        self.prediction, soft, features = inspect_network(model, material)
        passed = np.zeros(material.shape, np.uint8)
        counts = []
        for decision in DECISIONS:
            mask = self.prediction > decision
            passed += mask
            counts.append(agreement_counts(mask, self.target))
        ones = float(self.target.mean())
        super().__init__(
            material,
            "What the network says",
            probability=share_bytes(self.prediction),
            passes=picture_bytes(passed),
            truth=picture_bytes(self.target),
            features=share_bytes(features),
            context=features.shape[1] - material.shape[1] + 1,
            counts=counts,
            frame=material.shape[1] // 2,
            lines={
                "majority": max(ones, 1 - ones),
                "soft": material.sdr_of(soft),
                "ideal": material.sdr_of(self.target),
                "mixture": material.sdr(material.song.mixture),
            },
        )
        self._sdr = {
            place: material.sdr_of(self.prediction > DECISIONS[place])
            for place in range(0, len(DECISIONS), 10)
        }
        self.measure_on("position")

    @property
    def decision(self) -> float:
        """The probability above which the mask is one; when set, rounded to hundredths."""
        return float(DECISIONS[self.position])

    @decision.setter
    def decision(self, value: float) -> None:
        if not 0 <= value <= 1:
            raise SepeduError(
                f"Decision threshold {value!r} is not a probability", "Use 0 to 1, such as 0.5"
            )
        self.position = int(np.argmin(np.abs(DECISIONS - value)))

    @property
    def mask(self) -> np.ndarray:
        """The predicted mask at this decision threshold [shape=(513, frames)], bool."""
        return self.prediction > DECISIONS[self.position]

    def measured(self, estimate: np.ndarray) -> dict[str, Any]:
        """SDR at this decision threshold, and with it the curve."""
        if self.position not in self._sdr:
            self._sdr[self.position] = self.material.sdr(estimate)
        self.curve = [[float(DECISIONS[place]), v] for place, v in sorted(self._sdr.items())]
        return {"sdr": self._sdr[self.position], "position": self.position}

    def words(self) -> str:
        """The decision threshold, right and wrong, and SDR beside that of other masks."""
        right = accuracy(self.mask, self.target)
        count = self.counts[self.position]
        words = (
            f"Decision threshold {self.decision:.2f}: {in_percent(right)} of the points are right, "
            f"where always giving the commoner answer has "
            f"{in_percent(self.lines['majority'])}. Hits "
            f"{in_percent(count['hit'])}, misses {in_percent(count['miss'])}, false alarms "
            f"{in_percent(count['false alarm'])}. "
        )
        if self.material.silent:
            return words + NO_SDR
        return words + (
            f"SDR {in_decibels(self.result['sdr'])}; with the soft mask "
            f"{in_decibels(self.lines['soft'])}, ideal {in_decibels(self.lines['ideal'])}, "
            f"mixture {in_decibels(self.lines['mixture'])}."
        )

    def figure(self) -> Figure:
        """Mixture, probability, mask and agreement."""
        titles = ("Probability", f"Probability > {self.decision:.2f}", "Right and wrong")
        return self.compared(self.prediction, self.target, titles)


def agreement_counts(mask: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Shares of hits, misses, false alarms and right answers, of boolean masks."""
    return {
        "hit": float((mask & target).mean()),
        "miss": float((~mask & target).mean()),
        "false alarm": float((mask & ~target).mean()),
        "right": accuracy(mask, target),
    }


def inspect_network(
    model: MaskCNN | MaskUNet, material: Material
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a network answers about the mixture as it is, at its own level, and what it reads.

    Returns
    -------
    probability, soft : np.ndarray [shape=(513, frames)]
        That the binary mask is one; and the mask that is best for the sound.
    features : np.ndarray [shape=(513, frames + context - 1)]
        What it reads of the mixture, with the silence at both ends that it reads there, from -3
        (as 0) to 3 (as 1) standard deviations.
    """
    magnitude = torch.as_tensor(material.mixture)
    with torch.inference_mode():
        if isinstance(model, MaskCNN):
            probability = soft = predict_soft_mask(model, material.mixture)
            weight = model.linear2.weight
            magnitude = magnitude.to(weight.device, weight.dtype)
            features = pad_frames(model, magnitude[None])[0].float().cpu().numpy()
        else:
            place = SOURCES.index(material.source)
            soft, probability = (
                predict_masks(model, material.mixture[None], question)[place, 0]
                for question in ("share", "binary")
            )
            silence = model.receptive_field
            padded = F.pad(magnitude.to(model.mean.device), (silence, silence))[None, None]
            level = measure_level(magnitude[None])
            features = model.features(padded, level)[0, 0].cpu().numpy()
    return probability, soft, (features + 3) / 6
