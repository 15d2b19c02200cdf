"""One network for four sources: a U-Net that hears the whole picture at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import fuse_conv_bn_eval

from .errors import SepeduError, check_number, shown
from .songs import SOURCES, Song
from .stft import STFT, Array, mean_and_deviation

CHANNELS = (16, 32, 64, 96, 128)
"""Channels at each depth, from the full picture to a sixteenth of its height and width."""
FIRST_BIN = 2
"""A constant offset of the audio reaches only the bins below this one, through the Hann window."""
COMPRESSION = 10.0
r"""c in :math:`\log(1 + c\,|X| / \text{level})`."""
UNET_BLOCK = 1024
"""Frames of a block, about 12 seconds: it takes about 0.3 GB."""


class MaskUNet(nn.Module):
    """A U-Net that answers two questions about every bin of a mixture, for all four sources.

    How to share out the bin among the sources: a softmax, whose masks sum to one. And which of
    the binary masks B = (S > T M) at T = 0.5 are 1 there: four sigmoids, for they do not exclude
    one another. Both come from the same trunk and differ only in the last layer.

    On the way down each depth halves the picture in both directions and adds channels; on the
    way up the skip connections bring back the detail that was lost. At each depth but the first a
    dense layer across frequency joins what lies far apart, such as the harmonics of a note.

    Parameters
    ----------
    channels : sequence of int
        Channels at each depth, that of the full picture first.
    dense : bool
        Whether there are dense layers across frequency.

    Attributes
    ----------
    stft : STFT
        The settings that the network was made for.
    step : int
        Frames of the mixture in one frame at the greatest depth.
    receptive_field : int
        Frames on each side that can change the masks of a frame.

    References
    ----------
    O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional networks for biomedical image
    segmentation", MICCAI 2015.

    A. Jansson et al., "Singing voice separation with deep U-Net convolutional networks",
    ISMIR 2017.

    W. Choi et al., "Investigating U-Nets with various intermediate blocks for spectrogram-based
    singing voice separation", ISMIR 2020 (the dense layer across frequency).

    Lesson: 09

    Examples
    --------
    >>> MaskUNet()(torch.rand(1, 2, 513, 100)).shape
    torch.Size([1, 4, 2, 513, 100])
    """

    def __init__(self, channels: Sequence[int] = CHANNELS, dense: bool = True) -> None:
        super().__init__()
        counts = channels if isinstance(channels, Sequence) else ()
        if not counts or not all(isinstance(count, int) and count > 0 for count in counts):
            raise SepeduError(
                f"channels must be whole numbers of at least 1, got {shown(channels)}",
                f"Use {CHANNELS}, or fewer depths",
            )
        self.stft = STFT()
        self.settings = {"channels": tuple(channels), "dense": dense}  # to build it again
        self.channels = tuple(channels)
        bins = self.stft.bins
        # Statistics of the training songs, as in `Features`: what is usual at each frequency.
        self.register_buffer("mean", torch.zeros(bins))
        self.register_buffer("deviation", torch.ones(bins))

        height = [(bins - 1) >> depth for depth in range(len(channels))]  # 512, 256, 128, 64, 32
        across = [h if dense and depth else None for depth, h in enumerate(height)]
        self.enter = convolution(2, channels[0])
        self.encoder = nn.ModuleList(Block(c, h) for c, h in zip(channels, across, strict=True))
        self.down, self.up, self.decoder = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for upper, lower, h in zip(channels[:-1], channels[1:], across[:-1], strict=True):
            self.down.append(normalised(nn.Conv2d(upper, lower, 2, stride=2, bias=False)))
            self.up.append(normalised(nn.ConvTranspose2d(lower, upper, 2, stride=2, bias=False)))
            self.decoder.append(Block(upper, h))
        # 16 numbers a bin: `both` and `side` (see `run_layers`), of 2 questions, for 4 sources.
        self.leave = nn.Conv2d(channels[0], 2 * 2 * len(SOURCES), 1)

    @property
    def step(self) -> int:
        return 2 ** (len(self.channels) - 1)

    @property
    def receptive_field(self) -> int:
        # Each 3 x 3 convolution reaches one frame of its depth further, 2**depth of the mixture:
        # one at the entrance, two on the way down and two on the way up; the deepest has two.
        deepest = len(self.channels) - 1
        reach = 1 + sum((2 if depth == deepest else 4) * 2**depth for depth in range(deepest + 1))
        return reach + self.step - 1  # a frame sees all of the deepest frame that it lies in

    def forward(self, magnitude: Tensor, level: Tensor | float | None = None) -> Tensor:
        """Say how to share out each bin among the sources.

        Parameters
        ----------
        magnitude : torch.Tensor [shape=(batch, channels, 513, frames)], float, >= 0
            Linear magnitudes of one or two channels and any number of frames.
        level : float or torch.Tensor [shape=(batch,)], optional
            Reference level of the whole recording as `measure_level` gives it, where `magnitude`
            is a part of it. By default that of `magnitude`.

        Returns
        -------
        masks : torch.Tensor [shape=(batch, 4, channels, 513, frames)], float32
            In the order of `SOURCES`; they sum to one over the sources.

        Raises
        ------
        SepeduError
            If the shape is another one.
        """
        return self.scores(magnitude, level)[0].softmax(1)

    def binary_masks(self, magnitude: Tensor, level: Tensor | float | None = None) -> Tensor:
        """Say how probably each binary mask is 1 in each bin [shapes as `forward`]."""
        return self.scores(magnitude, level)[1].sigmoid()

    def scores(
        self, magnitude: Tensor, level: Tensor | float | None = None
    ) -> tuple[Tensor, Tensor]:
        """Both answers before softmax and sigmoid [each shape=(batch, 4, channels, 513, frames)].

        They are `both + side` for the left channel and `both - side` for the right one, so one
        pass serves both channels.
        """
        both, side = self.run_layers(magnitude, level)  # (batch, 2, 4, 513, frames)
        channels = [both] if magnitude.shape[1] == 1 else [both + side, both - side]
        share, binary = torch.stack(channels, dim=3).unbind(1)
        return share, binary  # (batch, 4, channels, 513, frames)

    def run_layers(
        self, magnitude: Tensor, level: Tensor | float | None = None
    ) -> tuple[Tensor, Tensor]:
        """The network's pass: `both`, the mean of both channels' scores, and `side`.

        `side` is half of their difference, left minus right.
        [each shape=(batch, 2 questions, 4 sources, 513, frames)]
        """
        channels, bins, frames = magnitude.shape[1:]
        if channels not in (1, 2) or bins != self.stft.bins or frames == 0:
            raise SepeduError(
                f"Magnitudes of shape {tuple(magnitude.shape)} are not what the network hears",
                "Give (batch, channels, 513, frames) with one or two channels",
            )
        if level is None:
            level = measure_level(magnitude)
        silence = -frames % self.step  # so that each depth halves evenly
        features = self.features(F.pad(magnitude, (0, silence)), level)  # (batch, 2, 513, frames)
        x = features[:, :, :-1].contiguous(memory_format=torch.channels_last)  # 512 bins: 2 ** 9

        x = F.relu(self.enter(x), inplace=True)  # (batch, 16, 512, frames)
        skips = []
        for block, down in zip(self.encoder, self.down, strict=False):
            x = block(x)
            skips.append(x)
            x = F.relu(down(x), inplace=True)
        # (batch, 32, 256, frames / 2), (batch, 64, 128, frames / 4), (batch, 96, 64, frames / 8)
        x = self.encoder[-1](x)  # (batch, 128, 32, frames / 16)
        for block, up in zip(self.decoder[::-1], self.up[::-1], strict=True):
            x = block(F.relu(up(x), inplace=True) + skips.pop())  # the same shapes on the way up
        x = self.leave(x).float()  # (batch, 16, 512, frames)

        x = F.pad(x, (0, 0, 0, 1), mode="replicate")[..., :frames]  # (batch, 16, 513, frames)
        both, side = x.unflatten(1, (2, 2, len(SOURCES))).unbind(1)  # (batch, 2, 4, 513, frames)
        # The channels' answers differ only where, or near where, the channels do.
        balance = features[:, 1:2, :, :frames].abs()
        apart = F.avg_pool2d(balance, 5, 1, 2)  # (batch, 1, 513, frames)
        return both, side * apart.unsqueeze(1)

    def fit_statistics(self, songs: Iterable[Song]) -> MaskUNet:
        """Note what is usual at each frequency, from the mixtures of the training songs.

        They are read one after the other, and not kept. SepeduError if there are none.
        """

        def compressed(song: Song) -> Tensor:
            mono = np.atleast_2d(song.sum_of_sources).mean(0)
            magnitude = torch.from_numpy(np.abs(self.stft.forward(mono)))
            level = measure_level(magnitude.unsqueeze(0)).clamp(min=1e-9)
            return torch.log1p(COMPRESSION * magnitude / level)

        mean, deviation = mean_and_deviation(map(compressed, songs))
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp(min=0.05))
        return self

    def features(self, magnitude: Tensor, level: Tensor | float) -> Tensor:
        r"""What the network hears of magnitudes [shape=(batch, channels, 513, frames)].

        The mean A of both channels as :math:`\log(1 + 10 A)`, normalised per frequency, and the
        balance :math:`(L - R) / (L + R)`, which is 0 for one channel.

        Returns
        -------
        features : torch.Tensor [shape=(batch, 2, 513, frames)]
        """
        level = torch.as_tensor(level, dtype=magnitude.dtype, device=magnitude.device)
        relative = magnitude / level.clamp(min=1e-9).reshape(-1, 1, 1, 1)
        left, right = relative[:, 0], relative[:, -1]
        mean = torch.log1p(COMPRESSION * (left + right) / 2)  # (batch, 513, frames)
        mean = (mean - self.mean[:, None]) / self.deviation[:, None]
        balance = (left - right) / (left + right + 0.01)  # what is very soft has no side
        x = torch.stack([mean, balance], dim=1)  # (batch, 2, 513, frames)
        x[:, :, :FIRST_BIN] = 0  # a constant offset must not be heard
        return x


class Block(nn.Module):
    """Two 3 x 3 convolutions around which the input is added, then a dense layer likewise."""

    def __init__(self, channels: int, bins: int | None = None) -> None:
        super().__init__()
        self.conv1 = convolution(channels, channels)
        self.conv2 = convolution(channels, channels)
        self.dense = Dense(bins) if bins else None

    def forward(self, x: Tensor) -> Tensor:  # (batch, channels, bins, frames), the same out
        y = F.relu(self.conv1(x), inplace=True)
        x = F.relu(self.conv2(y).add_(x), inplace=True)
        return x if self.dense is None else x + self.dense(x)


class Dense(nn.Module):
    """A dense layer across frequency: all bins to an eighth of them, and back to all."""

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(bins, bins // 8)
        self.widen = nn.Linear(bins // 8, bins)

    def forward(self, x: Tensor) -> Tensor:  # (batch, channels, bins, frames), the same out
        channels, frames = x.shape[1], x.shape[3]
        x = x.permute(0, 2, 3, 1).flatten(2)  # (batch, bins, frames * channels): as in memory
        x = F.relu(self.across(self.narrow, x))  # (batch, bins / 8, frames * channels)
        x = F.relu(self.across(self.widen, x))  # (batch, bins, frames * channels)
        return x.unflatten(2, (frames, channels)).permute(0, 3, 1, 2)

    @staticmethod
    def across(layer: nn.Linear, x: Tensor) -> Tensor:
        """W x + b along the second dimension: four times as fast as `layer` with its transposes."""
        weight = layer.weight.expand(len(x), -1, -1)
        return torch.baddbmm(layer.bias.unsqueeze(1), weight, x)


LOSSES = ("log L2", "relative L2", "complex L2", "complex L1")
"""What `share_loss` can be."""


def share_loss(masks: Tensor, stems: Tensor, mixture: Tensor, kind: str = "log L2") -> Tensor:
    r"""How far the shares are from the stems: a loss in the domain of the sound.

    For every segment and source, with X the mixture's complex spectrum, S the stem's and M the
    mask, over all channels, frequencies and frames:

    .. math:: 1 + \frac{1}{2} \log \left( \frac{\sum |M X - S|^2}{\sum |S|^2} + 0.01 \right)

    that is, but for a factor, minus the signal-to-distortion ratio; beyond 20 dB nothing is to
    be won. A stem that is softer than a tenth of the mixture counts as one that is not: with a
    silent stem in the denominator nothing else would matter.

    Parameters
    ----------
    masks : torch.Tensor [shape=(segments, 4, channels, 513, frames)]
    stems : torch.Tensor [same shape], complex
    mixture : torch.Tensor [shape=(segments, 1, channels, 513, frames)], complex
    kind : {"log L2", "relative L2", "complex L2", "complex L1"}, `LOSSES`
        The one above; its ratio of energies, under a root or as it is; or the ratio of the sums
        of :math:`|M X - S|` and :math:`|S|`.

    Returns
    -------
    loss : torch.Tensor [shape=()]
        Mean over segments and sources.

    References
    ----------
    E. Gusó, J. Pons, S. Pascual, J. Serrà, "On loss functions and evaluation metrics for music
    source separation", ICASSP 2022.

    Lesson: 09
    """
    power, energy = mixture.abs() ** 2, stems.abs() ** 2
    along = stems.real * mixture.real + stems.imag * mixture.imag
    # |M X - S| ** 2, multiplied out: one pass with a gradient in place of four.
    error = (masks * (masks * power - 2 * along) + energy).clamp(min=1e-6)
    everywhere = (2, 3, 4)
    if kind == "complex L1":
        floor = 0.1 * power.sqrt().mean(everywhere)
        scale = energy.sqrt().mean(everywhere).maximum(floor).clamp(min=1e-2)
        return (error.sqrt().mean(everywhere) / scale).mean()
    scale = energy.mean(everywhere).maximum(0.01 * power.mean(everywhere)).clamp(min=1e-4)
    ratio = error.mean(everywhere) / scale  # (segments, 4)
    if kind == "log L2":
        return (1 + torch.log(ratio + 0.01) / 2).mean()
    if kind == "relative L2":
        return ratio.sqrt().mean()
    if kind == "complex L2":
        return ratio.mean()
    raise SepeduError(f"Loss {kind!r} is unknown", f"Use one of {', '.join(LOSSES)}")


def binary_loss(scores: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of the binary masks, mean over all bins [shapes as `share_loss`]."""
    return F.binary_cross_entropy_with_logits(scores, target.float())


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """A 3 x 3 convolution that keeps the picture's size, with batch normalisation."""
    return normalised(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))


def normalised(layer: nn.Conv2d | nn.ConvTranspose2d) -> nn.Sequential:
    """A convolution and the batch normalisation after it."""
    return nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels))


def fold_normalisation(model: MaskUNet) -> MaskUNet:
    """Put each batch normalisation into the weights of its convolution: faster, same answers.

    In place, for a model in evaluation mode that is trained no more.
    """
    for module in list(model.modules()):
        if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.BatchNorm2d):
            transposed = isinstance(module[0], nn.ConvTranspose2d)
            module[0] = fuse_conv_bn_eval(module[0], module[1], transposed)
            module[1] = nn.Identity()
    return model


def measure_level(magnitude: Array) -> Array:
    """Mean magnitude of a recording, without the bins that a constant offset reaches.

    [shape=(..., channels, 513, frames) -> (...)]; 0 where there are no frames.
    """
    audible = magnitude[..., FIRST_BIN:, :]
    return audible.mean((-3, -2, -1)) if audible.shape[-1] else audible.sum((-3, -2, -1))


def predict_masks(
    model: MaskUNet,
    magnitude: np.ndarray,
    question: str = "share",
    level: float | None = None,
    bfloat16: bool = False,
    block: int = UNET_BLOCK,
) -> np.ndarray:
    """Masks of all four sources for a recording of any length, in bounded memory.

    The network hears one block of frames after another, each with as many frames around it as
    can change its masks: the answer is that of one pass.

    Parameters
    ----------
    model : MaskUNet
        In evaluation mode; `fold_normalisation` makes it faster.
    magnitude : np.ndarray [shape=(channels, 513, frames)], real, >= 0
        One or two channels.
    question : {"share", "binary"}
        Masks that sum to one over the sources, or the probability that the binary mask of each
        source is 1.
    level : float, optional
        Reference level, if `magnitude` is only a part of the recording.
    bfloat16 : bool
        Compute in half precision: about twice as fast on processors that have it, and masks
        differ by about 0.01.
    block : int
        Frames of a block, a multiple of `model.step`: the greatest depth then has the same frames
        in a block as in the whole recording.

    Returns
    -------
    masks : np.ndarray [shape=(4, channels, 513, frames)], float32
        In the order of `SOURCES`.

    Raises
    ------
    SepeduError
        If the question is another one, or the shape, or the block no multiple of `model.step`; if
        a magnitude or the level is negative or not finite.

    Lesson: 09
    """
    if question not in ("share", "binary"):
        raise SepeduError(f"Question {question!r} is unknown", 'Use "share" or "binary"')
    if block < 1 or block % model.step:
        multiple = max(1, -(-block // model.step)) * model.step
        raise SepeduError(
            f"block must be a multiple of the network's step {model.step}, got {block}",
            f"Use {multiple}",
        )
    shape, dtype = np.shape(magnitude), getattr(magnitude, "dtype", type(magnitude).__name__)
    usable = isinstance(magnitude, np.ndarray) and magnitude.dtype.kind in "fiu" and len(shape) == 3
    if not usable or shape[0] not in (1, 2) or shape[1] != model.stft.bins:
        raise SepeduError(
            f"Magnitudes of shape {tuple(shape)} and type {dtype} are not what the network hears",
            "Give a NumPy array (channels, 513, frames) of real values, with one or two channels",
        )
    magnitude = magnitude.astype(np.float32, copy=False)
    if not 0 <= magnitude.min(initial=0) <= magnitude.max(initial=0) < np.inf:
        raise SepeduError(
            "There are magnitudes that are negative or not finite (NaN or infinity)",
            "Give the absolute values of a spectrum: abs(stft.forward(audio))",
        )
    if level is not None:
        check_number("level", level, 0, usual="measure_level of the whole recording's magnitudes")
    frames, device = shape[-1], model.mean.device
    answer = model if question == "share" else model.binary_masks
    level = float(measure_level(magnitude)) if level is None else level
    margin = -(-model.receptive_field // model.step) * model.step
    masks = np.empty((len(SOURCES), *magnitude.shape), np.float32)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        for start in range(0, frames, block):
            first = max(start - margin, 0)
            piece = torch.from_numpy(magnitude[..., first : start + block + margin]).to(device)
            part = answer(piece.unsqueeze(0), level)[0, ..., start - first :][..., :block]
            masks[..., start : start + block] = part.float().cpu().numpy()
    return masks
