"""The refiner: a small second network that sees, bin by bin, what the bottleneck has lost.

The course's network squeezes a frame of 513 x 25 values through 128, and neighbouring bins come
out alike: it knows where a voice sings, not which of the lines beside each other is the voice's.
The mixture itself still shows the lines. The refiner looks at one bin at a time: at what the four
networks say of it, and at how far it stands out from its neighbours in time, as the stroke of a
drum does, and in frequency, as a harmonic does. Then it shares the bin out.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .datasets import SOURCES
from .errors import SepeduError
from .stft import STFT, Features

FRAMES_AROUND = (3, 9, 33, 101)
"""Widths, in frames, of the averages over time that a bin's level is compared with."""
BINS_AROUND = (3, 7, 15, 31)
"""Widths, in bins, of the averages over frequency."""
NEIGHBOURS = ((0, -2), (0, -1), (0, 1), (0, 2), (-1, 0), (1, 0))
"""Single bins to compare with: so many bins higher, so many frames later."""
REFINER = "refiner.safetensors"
"""Its file, beside those of the four networks that it belongs to."""
REACH = max(FRAMES_AROUND) // 2
"""Frames on either side that the refiner looks at."""
PIECE = 256
"""Frames refined at a time: memory stays bounded."""
LEAST = 1e-3
"""How sure a network may be that a bin is none, or all, of its source's."""


class Refiner(nn.Module):
    """A network of 1,860 parameters that shares out each bin among the four sources.

    Attributes
    ----------
    features : Features
        The normalisation of the mixture, that of the four networks.
    layers : nn.Sequential
        From the 20 values of a bin through twice 32 to the scores of the four sources.

    References
    ----------
    D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010: what stands
    out in time is percussive, what stands out in frequency is harmonic.

    Lesson: 08

    Examples
    --------
    >>> shares = Refiner()(torch.rand(4, 513, 30), torch.rand(513, 30))
    >>> shares.shape, bool((shares.sum(0) - 1).abs().max() < 1e-5)
    (torch.Size([4, 513, 30]), True)
    """

    def __init__(self) -> None:
        super().__init__()
        stft = STFT()
        self.features = Features(stft.bins)
        octaves = torch.log2(torch.arange(stft.bins) + 1.0) / torch.log2(torch.tensor(stft.bins))
        self.register_buffer("height", octaves, persistent=False)
        values = len(SOURCES) + 2 + len(FRAMES_AROUND) + len(BINS_AROUND) + len(NEIGHBOURS)
        self.layers = nn.Sequential(
            nn.Linear(values, 32),
            nn.LeakyReLU(0.1),
            nn.Linear(32, 32),
            nn.LeakyReLU(0.1),
            nn.Linear(32, len(SOURCES)),
        )

    def forward(self, gates: Tensor, magnitude: Tensor) -> Tensor:
        """Share out each bin [shape=(4, 513, frames), (513, frames) -> (4, 513, frames)].

        The gates are the soft ones, of drums, bass, other and vocals in this order; what comes
        back lies in [0, 1] and sums to one.
        """
        scores = self.layers(self.values(gates, magnitude))
        return scores.softmax(dim=-1).permute(2, 0, 1)

    def values(self, gates: Tensor, magnitude: Tensor) -> Tensor:
        """What the refiner sees of each bin [-> shape=(513, frames, 20)]."""
        said = torch.logit(gates * (1 - 2 * LEAST) + LEAST)
        level = torch.log1p(magnitude)
        height = self.height[:, None].expand_as(level)
        values = [*said, height, self.features(magnitude)]
        values += [level - _average(level, width) for width in FRAMES_AROUND]
        values += [level - _average(level.T, width).T for width in BINS_AROUND]
        values += [level - _neighbour(level, *where) for where in NEIGHBOURS]
        return torch.stack(values, dim=-1)


def _average(level: Tensor, width: int) -> Tensor:
    """The running average over the last axis; at the ends, over what there is."""
    return F.avg_pool1d(level, width, 1, width // 2, count_include_pad=False)


def _neighbour(level: Tensor, higher: int, later: int) -> Tensor:
    """Each bin's neighbour; beyond the edges stands the edge itself."""
    padded = F.pad(level[None], (2, 2, 1, 1), mode="replicate")[0]
    return padded[1 + higher : 1 + higher + level.shape[0], 2 + later : 2 + later + level.shape[1]]


def refined_gates(gates: np.ndarray, magnitude: np.ndarray, refiner: Refiner) -> np.ndarray:
    """Let the refiner share out each bin of a mixture.

    Parameters
    ----------
    gates : np.ndarray [shape=(4, 513, frames)], in [0, 1]
        The soft gates of drums, bass, other and vocals.
    magnitude : np.ndarray [shape=(513, frames)], real, >= 0
        Of the mixture.
    refiner : Refiner

    Returns
    -------
    gates : np.ndarray of the same shape, float32 in [0, 1]
        They sum to one.

    Raises
    ------
    SepeduError
        If the gates are not those of four sources, or of another mixture.

    Lesson: 08
    """
    if gates.shape != (len(SOURCES), *magnitude.shape):
        raise SepeduError(
            f"Gates of shape {gates.shape} cannot be refined for a mixture of {magnitude.shape}",
            f"Give those of {', '.join(SOURCES)}",
        )
    said = torch.as_tensor(gates, dtype=torch.float32)
    level = torch.as_tensor(magnitude, dtype=torch.float32)
    frames = level.shape[1]
    pieces = []
    with torch.inference_mode():
        for start in range(0, frames, PIECE):
            first, last = max(start - REACH, 0), start + PIECE + REACH
            refined = refiner(said[..., first:last], level[:, first:last])
            pieces.append(refined[..., start - first : start - first + PIECE])
    return torch.cat(pieces, dim=-1).numpy()
