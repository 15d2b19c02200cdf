"""What a network is trained for: its loss on a batch, its loss and accuracy on a whole song."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .dense import predict_mask
from .errors import SepeduError
from .masks import accuracy, binary_mask
from .model import MaskCNN
from .songs import SOURCES, Song
from .stft import HALF_CONTEXT
from .unet import UNET_BLOCK, MaskUNet, binary_loss, measure_level, share_loss
from .windows import Example

LEVEL_CHANGE = 4.0
"""Largest random change of the level that a segment is compared with, up or down, in decibels."""


class Objective(nn.Module):
    """What a network is trained for: it says how wrong the network is on a batch, or on a song.

    Attributes
    ----------
    model : torch.nn.Module
        The network.
    """

    model: nn.Module

    def forward(self, *batch: Tensor) -> tuple[Tensor, Tensor]:
        """Loss, with gradients, and accuracy of a batch as `Excerpts` or `Segments` yield it."""
        raise NotImplementedError

    def measure(self, song: Any) -> tuple[float, float, int]:
        """Loss and accuracy of a whole validation song, and its frames."""
        raise NotImplementedError

    def metadata(self) -> dict[str, Any]:
        """What a checkpoint is to say of it."""
        return {}


class MaskObjective(Objective):
    """Trains `MaskCNN` on windows: squared error or cross-entropy, and the accuracy of the mask.

    Accuracy is the share of bins where the prediction, read as a binary mask, is right. A
    predicted mask passes above 0.5; a predicted magnitude log(1 + S) where S > T * M.

    Parameters
    ----------
    model : MaskCNN
    loss : {"mse", "bce"}
    threshold : float
        T of the binary mask.

    Raises
    ------
    SepeduError
        If the loss is unknown, or does not suit the network's output.

    Lesson: 05
    """

    def __init__(self, model: MaskCNN, loss: str = "mse", threshold: float = 0.5) -> None:
        super().__init__()
        check_loss(loss, model.output)
        self.model, self.loss, self.threshold = model, loss, threshold

    def metadata(self) -> dict[str, Any]:
        """The shares that dropout removes."""
        model = self.model
        return {"dropout": [layer.p for layer in (model.dropout1, model.dropout2, model.dropout3)]}

    def forward(self, mixture: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """[shape=(batch, 513, 25), (batch, 513) -> two numbers]"""
        windows = self.model.features(mixture).unsqueeze(1)  # (batch, 1, 513, 25)
        scores = self.model.scores(windows).float()  # (batch, 513)
        middle = mixture[..., HALF_CONTEXT]
        return self._compare(self.model.finish(scores), scores, target, middle)

    def measure(self, song: Example) -> tuple[float, float, int]:
        """All windows of the song at once."""
        mixture, target = torch.from_numpy(song.mixture), torch.from_numpy(song.target)
        prediction = torch.from_numpy(predict_mask(self.model, song.mixture))
        scores = torch.logit(prediction, eps=1e-7)  # only cross-entropy needs them
        loss, accuracy = self._compare(prediction, scores, target, mixture)
        return loss.item(), accuracy.item(), target.shape[-1]

    def _compare(
        self, prediction: Tensor, scores: Tensor, target: Tensor, mixture: Tensor
    ) -> tuple[Tensor, Tensor]:
        if self.loss == "mse":
            loss = F.mse_loss(prediction, target.float())
        else:
            loss = binary_loss(scores, target)
        predicted = self._as_mask(prediction.detach(), mixture)
        return loss, accuracy(predicted, self._as_mask(target, mixture))

    def _as_mask(self, values: Tensor, mixture: Tensor) -> Tensor:
        if self.model.output == "magnitude":
            return values.expm1() > self.threshold * mixture
        return values > 0.5


class UNetObjective(Objective):
    """Trains `MaskUNet` on segments: the loss of the sound, and cross-entropy of the binary masks.

    Accuracy is the share of bins where the binary masks are right, over all four sources.

    Parameters
    ----------
    model : MaskUNet
    loss : str
        As `share_loss` takes it.

    Lesson: 09
    """

    def __init__(self, model: MaskUNet, loss: str = "log L2") -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, spectra: Tensor) -> tuple[Tensor, Tensor]:
        """[shape=(batch, 4, 2, 513, frames), complex -> two numbers]"""
        mixture = spectra.sum(1, keepdim=True)
        level = measure_level(mixture[:, 0].abs())
        # A whole song's level is another than that of its segment.
        change = torch.empty_like(level).uniform_(-LEVEL_CHANGE, LEVEL_CHANGE)
        return self._compare(spectra, mixture, level * 10 ** (change / 20))

    @torch.inference_mode()
    def measure(self, song: Song) -> tuple[float, float, int]:
        """A block of frames after the other, each heard by itself, in bounded memory."""
        stft, device = self.model.stft, self.model.mean.device
        stems = np.stack([np.atleast_2d(song.sources[name]) for name in SOURCES])
        mixture = stft.forward(torch.from_numpy(np.atleast_2d(song.mixture))[None, None]).to(device)
        level = measure_level(mixture[:, 0].abs())
        rows, lengths = [], []
        for start in range(0, mixture.shape[-1], UNET_BLOCK):
            first = max(start - 2, 0)  # samples under the block, and two frames on each side
            audio = stems[..., first * stft.hop_length : (start + UNET_BLOCK + 2) * stft.hop_length]
            piece = mixture[..., start : start + UNET_BLOCK]
            spectra = stft.forward(torch.from_numpy(audio))[None, ..., start - first :]
            spectra = spectra[..., : piece.shape[-1]].to(device)
            rows.append([value.item() for value in self._compare(spectra, piece, level)])
            lengths.append(piece.shape[-1])
        loss, right = np.average(rows, axis=0, weights=lengths)
        return float(loss), float(right), sum(lengths)

    def _compare(self, spectra: Tensor, mixture: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        shares, binary = self.model.scores(mixture[:, 0].abs(), level)
        target = binary_mask(spectra.abs(), mixture.abs().expand_as(binary))
        loss = share_loss(shares.softmax(1), spectra, mixture, self.loss)
        return loss + binary_loss(binary, target), accuracy(binary.detach() > 0, target)


def check_loss(loss: str, output: str) -> None:
    """Raise SepeduError if a network with this output cannot be trained with this loss."""
    if loss not in ("mse", "bce") or (loss == "bce" and output != "mask"):
        raise SepeduError(
            f"Loss {loss!r} does not suit a network with output {output!r}",
            'Use "mse", or "bce" for a mask',
        )
