"""The talk's network: a window of 513 x 25 values in, the mask of its middle frame out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .errors import check_choice
from .stft import CONTEXT, STFT, Features

if TYPE_CHECKING:
    import pandas as pd


class MaskCNN(nn.Module):
    """The convolutional network of the talk, with 323,233 parameters.

    It reads windows of 25 frames, which the talk calls frames. Axes: batch, channel, frequency
    (513, then 171, then 57), column of the window (25, then 8, then 2). Both poolings drop what
    does not fill a group of three: the last column of 25, and the last two of 8, so that the
    network looks slightly more to the past than to the future (lesson 04 measures it).

    Parameters
    ----------
    output : {"mask", "magnitude"}
        "mask" ends in a sigmoid. "magnitude" is the variant without the mask: the same layers
        with a linear end, which predicts the compressed spectrum of the source directly.
    dropout : tuple of three floats
        Share of values dropped while training after each pooling and after the dense layer.

    Attributes
    ----------
    features : Features
        The normalisation that turns magnitudes into what `forward` expects.
    stft : STFT
        The settings that the network was made for.

    References
    ----------
    O. Tkachuk, "Development of a sound source separation system based on machine learning
    methods", Lviv Polytechnic National University.

    Lesson: 04

    Examples
    --------
    >>> MaskCNN()(torch.zeros(2, 1, 513, 25)).shape
    torch.Size([2, 513])
    """

    def __init__(
        self,
        output: str = "mask",
        dropout: tuple[float, float, float] = (0.25, 0.25, 0.5),
    ) -> None:
        super().__init__()
        check_choice("Output", output, ("mask", "magnitude"))
        self.output = output
        self.stft = STFT()
        self.features = Features(self.stft.bins)

        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(32, 16, kernel_size=3, padding=1)
        self.dropout1 = nn.Dropout(dropout[0])
        self.conv3 = nn.Conv2d(16, 64, kernel_size=3, padding=1)
        self.conv4 = nn.Conv2d(64, 16, kernel_size=3, padding=1)
        self.dropout2 = nn.Dropout(dropout[1])
        self.linear1 = nn.Linear(1824, 128)
        self.dropout3 = nn.Dropout(dropout[2])
        self.linear2 = nn.Linear(128, 513)

        self.activation = nn.LeakyReLU()
        self.pool = nn.MaxPool2d(3)
        self.flatten = nn.Flatten()
        self.sigmoid = nn.Sigmoid()

    @property
    def settings(self) -> dict[str, str]:
        """What a checkpoint must know to build this network again."""
        return {"output": self.output}

    def forward(self, windows: Tensor) -> Tensor:
        """Predict the 513 values of the middle frame of each window.

        Parameters
        ----------
        windows : torch.Tensor [shape=(batch, 1, 513, 25)], float
            Features, as `self.features` makes them of magnitudes.

        Returns
        -------
        prediction : torch.Tensor [shape=(batch, 513)]
            In [0, 1] for a mask; any real value for a compressed magnitude.
        """
        return self.finish(self.scores(windows))

    def scores(self, windows: Tensor) -> Tensor:
        """Everything before the sigmoid [shape=(batch, 1, 513, 25) -> (batch, 513)]."""
        x = self.activation(self.conv1(windows))  # (batch, 32, 513, 25)
        x = self.activation(self.conv2(x))  # (batch, 16, 513, 25)
        x = self.dropout1(self.pool(x))  # (batch, 16, 171, 8)
        x = self.activation(self.conv3(x))  # (batch, 64, 171, 8)
        x = self.activation(self.conv4(x))  # (batch, 16, 171, 8)
        x = self.dropout2(self.pool(x))  # (batch, 16, 57, 2)
        return self.dense_layers(self.flatten(x))  # 16 * 57 * 2 = 1824 values in, 513 out

    def dense_layers(self, x: Tensor) -> Tensor:
        """The two linear layers [shape=(batch, 1824) -> (batch, 513)]."""
        x = self.dropout3(self.activation(self.linear1(x)))  # (batch, 128)
        return self.linear2(x)  # (batch, 513)

    def finish(self, scores: Tensor) -> Tensor:
        """Turn scores into the prediction: a sigmoid for a mask, nothing for a magnitude."""
        return self.sigmoid(scores) if self.output == "mask" else scores


def summary(model: MaskCNN) -> pd.DataFrame:
    """Tabulate the layers as the talk does.

    Returns
    -------
    table : pandas.DataFrame
        A row per layer with columns `layer`, `output shape` (without the batch) and
        `parameters`; the parameters sum to 323,233.

    Lesson: 04
    """
    rows: list[tuple[str, tuple[int, ...], int]] = []

    def note(layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        parameters = sum(p.numel() for p in layer.parameters())
        rows.append((type(layer).__name__, tuple(output.shape[1:]), parameters))

    layers = [layer for layer in model.children() if not isinstance(layer, Features)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        with torch.no_grad():
            model(model.linear2.weight.new_zeros(1, 1, 513, CONTEXT))
    finally:
        for hook in hooks:
            hook.remove()
    import pandas as pd  # takes memory and time that separating does not need

    return pd.DataFrame(rows, columns=["layer", "output shape", "parameters"])
