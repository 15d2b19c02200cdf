"""The refiner: a small second network that sees in each bin what the bottleneck has lost.

The course's network squeezes a frame of 513 x 25 values through 128, and neighbouring bins come
out alike: it knows where a voice sings, not which of the lines beside each other is the voice's.
The mixture itself still shows the lines. The refiner looks at each bin: at what the four networks
say of it, and at how far it stands out from its neighbours in time, as the stroke of a drum does,
and in frequency, as a harmonic does. It never pools, and so loses no line. It answers two
questions: which sources' masks are 1 there, and how to share the bin out, for the sound.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import SepeduError
from ..songs import SOURCES
from ..stft import STFT, Features

FRAMES_AROUND = (3, 9, 33, 101)
"""Widths, in frames, of the averages over time that a bin's level is compared with."""
BINS_AROUND = (3, 7, 15, 31)
"""Widths, in bins, of the averages over frequency."""
SAID_AROUND = (17, 101)
"""Widths, in frames, of the averages over time of what the networks say."""
NEIGHBOURS = ((0, -2), (0, -1), (0, 1), (0, 2), (-1, 0), (1, 0))
"""Single bins to compare with: so many bins higher, so many frames later."""
REFINER = "refiner.safetensors"
"""Its file, beside those of the four networks that it belongs to."""
CHANNELS, BLOCKS = 24, 3
"""Of the convolutions after the first."""
REACH = max(*FRAMES_AROUND, *SAID_AROUND) // 2 + 1 + BLOCKS
"""Frames on either side that the refiner looks at."""
PIECE = 256
"""Frames refined at a time: memory stays bounded."""
LEAST = 1e-3
"""How sure a network may be that a bin is none, or all, of its source's."""
QUIET = 1e-2
"""Magnitudes below this look alike; log(1 + S), which the networks read, flattens all below 1."""


class Refiner(nn.Module):
    r"""A small network that says of each bin which masks are 1 there and how to share it out.

    Its 23,624 parameters are those of a convolution 3 x 3 from the 36 values of a bin to 24, three
    more with a skip connection around each, and one of a single bin to 8 scores:

    .. math:: x \leftarrow x + \mathrm{LeakyReLU}(\mathrm{conv}(x))

    Attributes
    ----------
    features : Features
        The normalisation of the mixture, that of the four networks.

    References
    ----------
    D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010: what stands
    out in time is percussive, what stands out in frequency is harmonic. K. He et al., "Deep
    residual learning for image recognition", CVPR 2016: the skip connections.

    Lesson: 08

    Examples
    --------
    >>> likely, shares = Refiner()(torch.rand(4, 513, 30), torch.rand(513, 30))
    >>> shares.shape, bool((shares.sum(0) - 1).abs().max() < 1e-5)
    (torch.Size([4, 513, 30]), True)
    """

    def __init__(self) -> None:
        super().__init__()
        stft = STFT()
        self.features = Features(stft.bins)
        octaves = torch.log2(torch.arange(stft.bins) + 1.0) / torch.log2(torch.tensor(stft.bins))
        self.register_buffer("height", octaves, persistent=False)
        values = len(SOURCES) * (1 + len(SAID_AROUND)) + 2 + len(NEIGHBOURS)
        values += 2 * (len(FRAMES_AROUND) + len(BINS_AROUND))
        self.first = nn.Conv2d(values, CHANNELS, kernel_size=3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Conv2d(CHANNELS, CHANNELS, kernel_size=3, padding=1) for _ in range(BLOCKS)
        )
        self.last = nn.Conv2d(CHANNELS, 2 * len(SOURCES), kernel_size=1)
        self.activation = nn.LeakyReLU(0.1)

    def forward(self, gates: Tensor, magnitude: Tensor) -> tuple[Tensor, Tensor]:
        """Answer both questions [shape=(4, 513, frames), (513, frames) -> twice (4, 513, frames)].

        The gates are the soft ones, of drums, bass, other and vocals in this order. First comes
        how likely each source's binary mask is 1, in [0, 1]; more than one may be. Then the shares
        of the bin, which sum to one.
        """
        masks, shares = self.scores(self.values(gates, magnitude))
        return masks.sigmoid(), shares.softmax(dim=0)

    def scores(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Masks and shares before sigmoid and softmax [shape=(36, 513, frames)]."""
        # Single bins one after the other in memory: the convolutions are twice as fast so.
        x = self.activation(self.first(values[None].contiguous(memory_format=torch.channels_last)))
        for block in self.blocks:
            x = x + self.activation(block(x))
        masks, shares = self.last(x)[0].split(len(SOURCES))
        return masks, shares

    def values(self, gates: Tensor, magnitude: Tensor) -> Tensor:
        """What the refiner sees of each bin [-> shape=(36, 513, frames)]."""
        said = torch.logit(gates * (1 - 2 * LEAST) + LEAST)
        height = self.height[:, None].expand_as(magnitude)
        values = [*said, height, self.features(magnitude)]
        values += [average for width in SAID_AROUND for average in _average(said, width)]
        loud, quiet = torch.log1p(magnitude), torch.log(magnitude + QUIET)
        for level in (loud, quiet):
            values += [level - _average(level, width) for width in FRAMES_AROUND]
            values += [level - _average(level.T, width).T for width in BINS_AROUND]
        values += [loud - _neighbour(loud, *where) for where in NEIGHBOURS]
        return torch.stack(values)


def _average(level: Tensor, width: int) -> Tensor:
    """The running average over the last axis; at the ends, over what there is."""
    # Differences of one running sum: a pooling would add up each window anew. In double precision,
    # since the sum grows and the differences do not.
    place = torch.arange(level.shape[-1])
    first = (place - width // 2).clamp(min=0)
    last = (place + width // 2 + 1).clamp(max=len(place))
    sums = F.pad(level.double().cumsum(-1), (1, 0))
    return ((sums[..., last] - sums[..., first]) / (last - first)).to(level.dtype)


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
    return answers(gates, magnitude, refiner)[1]


def sharpened_gates(gates: np.ndarray, magnitude: np.ndarray, refiner: Refiner) -> np.ndarray:
    """Let the refiner say of each bin how likely each source's binary mask is 1 there.

    Takes, returns and raises what `refined_gates` does, but the gates need not sum to one: where
    two sources are loud, the masks of both are 1.

    Lesson: 08
    """
    return answers(gates, magnitude, refiner)[0]


def answers(
    gates: np.ndarray, magnitude: np.ndarray, refiner: Refiner
) -> tuple[np.ndarray, np.ndarray]:
    """What `sharpened_gates` and `refined_gates` return, for the work of one of them."""
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
            both = torch.stack(refiner(said[..., first:last], level[:, first:last]))
            pieces.append(both[..., start - first : start - first + PIECE])
    sharpened, refined = torch.cat(pieces, dim=-1).numpy()
    return sharpened, refined
