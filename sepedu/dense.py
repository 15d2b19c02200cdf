"""The same network evaluated over a whole spectrogram at once, exactly.

A window per frame computes every column up to 25 times. Most of that is the same number again
and again; what differs from window to window is only what the zero padding at the window's own
two ends can reach. So the shared columns are computed once for all windows, and the few columns
that are the window's own are computed beside them:

===========  ==========================  =============================
layer        shared by all windows       the window's own columns
===========  ==========================  =============================
conv1        1 to 23                     0 and 24
conv2        2 to 22                     0, 1 and 23 (24 is pooled away)
pool         1 to 6                      0 and 7
conv3        2 to 5                      0, 1 and 6 (7 is never used)
conv4        3 and 4                     0, 1, 2 and 5 (6, 7 are pooled away)
pool         none                        0 and 1
===========  ==========================  =============================

A convolution over three columns is a sum of three products of one column each: what a column
gives to the next one, to itself, and to the one before. An own column therefore needs only the
products of the own columns next to it; the others are there already. Column c of the window
that starts at frame s is frame s + c; after the first pooling, column j is frame s + 3j.

This takes about 13 million multiply-adds a frame where windows take 88 million, and gives the
same output and gradients up to rounding. The idea descends from Giusti et al., "Fast image
scanning with deep max-pooling convolutional neural networks" (ICIP 2013), Sermanet et al.,
"OverFeat" (ICLR 2014), Li et al., "Highly efficient forward and backward propagation of
convolutional neural networks for pixelwise classification" (2014) and Long et al., "Fully
convolutional networks for semantic segmentation" (CVPR 2015); none of them treats zero padding
inside the window.

Lesson: 08
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .errors import SepeduError
from .memory import keep_freed_memory
from .model import MaskCNN
from .stft import CONTEXT, HALF_CONTEXT

CHUNK = 96
"""Windows evaluated at a time: few enough for the columns to stay in the processor's cache."""


def predict_mask(model: MaskCNN, mixture: np.ndarray, method: str = "dense") -> np.ndarray:
    """Predict the mask of every frame of a mixture.

    Parameters
    ----------
    model : MaskCNN
        Used without dropout; its training mode is left as it was.
    mixture : np.ndarray [shape=(513, frames)], real, >= 0
        Magnitudes of the mixture, on a linear scale.
    method : {"dense", "windows"}
        "dense" computes the columns that windows share once. "windows" is the plain sliding
        window, a frame of 513 x 25 for each column; the results agree up to rounding.

    Returns
    -------
    prediction : np.ndarray [shape=(513, frames)], float32
        In [0, 1] where `model.output` is "mask", else the predicted compressed magnitude.

    Raises
    ------
    SepeduError
        If the method is unknown, or the mixture is complex or has another number of bins.

    Lesson: 04 (windows), 08 (dense)
    """
    methods = {"dense": dense_scores, "windows": window_scores}
    if method not in methods:
        raise SepeduError(f"Method {method!r} is unknown", f"Use one of {sorted(methods)}")
    if np.iscomplexobj(mixture) or mixture.ndim != 2 or mixture.shape[0] != model.stft.bins:
        raise SepeduError(
            f"A mixture of shape {mixture.shape} and type {mixture.dtype} cannot be predicted on",
            f"Give magnitudes of shape ({model.stft.bins}, frames)",
        )
    keep_freed_memory()
    weight = model.linear2.weight
    magnitude = torch.as_tensor(mixture, dtype=weight.dtype, device=weight.device)
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            padded = pad_frames(model, magnitude[None])
            pieces = [
                model.finish(
                    methods[method](model, padded[..., start : start + CHUNK + 2 * HALF_CONTEXT])
                )
                for start in range(0, mixture.shape[1], CHUNK)
            ]
    finally:
        model.train(training)
    return torch.cat(pieces, dim=-1)[0].float().cpu().numpy()


def pad_frames(model: MaskCNN, magnitude: Tensor) -> Tensor:
    """Turn magnitudes into features with 12 frames of silence before and after.

    [shape=(batch, 513, frames) -> (batch, 513, frames + 24)]; the first and the last frame of a
    song thus have a whole window around them. Silence is padded before the normalisation: a 0
    among normalised values would not be silence.
    """
    return model.features(F.pad(magnitude, (HALF_CONTEXT, HALF_CONTEXT)))


def window_scores(model: MaskCNN, features: Tensor) -> Tensor:
    """Scores of every 513 x 25 window, one window after the other.

    [shape=(batch, 513, frames + 24) -> (batch, 513, frames)]
    """
    windows = features.unfold(-1, CONTEXT, 1)  # (batch, 513, frames, 25), a view
    windows = windows.transpose(1, 2).flatten(0, 1).unsqueeze(1)
    scores = model.scores(windows)
    return scores.unflatten(0, (features.shape[0], -1)).transpose(1, 2)


def dense_scores(model: MaskCNN, features: Tensor) -> Tensor:
    """Scores of every 513 x 25 window, computing what windows share only once.

    [shape=(batch, 513, frames + 24) -> (batch, 513, frames)]. Differentiable; while training,
    a shared value that dropout removes is removed for all the windows that share it.
    """
    batch, _, length = features.shape
    windows = length - 2 * HALF_CONTEXT

    def frames(columns: Tensor, first: int, count: int = windows) -> Tensor:
        return columns[first * batch : (first + count) * batch]

    # conv1: every column beside its two neighbours; an own column lacks the neighbour outside.
    x = features.permute(2, 0, 1).flatten(0, 1)  # (time * batch, 513): time runs slowest
    nothing = x.new_zeros(windows * batch, x.shape[1])
    before = torch.cat([frames(x, 0, length - 2), nothing, frames(x, 23)])
    itself = torch.cat([frames(x, 1, length - 2), frames(x, 0), frames(x, 24)])
    after = torch.cat([frames(x, 2, length - 2), frames(x, 1), nothing])
    y = model.activation(_first_layer(model.conv1, before, itself, after))
    shared, first, last = y.split([(length - 2) * batch, windows * batch, windows * batch])

    # conv2, and the first pooling: over frequency first, then a running maximum over three
    # frames. LeakyReLU never decreases, so it may follow the pooling, on a ninth of the values.
    to_next, to_same, to_previous = _products(model.conv2, shared)  # of frames 1 to length - 2
    first_to_next, first_to_same = _products(model.conv2, first, taps=(0, 1))
    (last_to_previous,) = _products(model.conv2, last, taps=(2,))
    pooled = _pool_frequency(  # of frames 2 to length - 3
        frames(to_next, 0, length - 4)
        + frames(to_same, 1, length - 4)
        + frames(to_previous, 2, length - 4)
    )
    column0 = _pool_frequency(first_to_same + frames(to_previous, 0))
    column1 = _pool_frequency(first_to_next + frames(to_same, 0) + frames(to_previous, 1))
    column23 = _pool_frequency(frames(to_next, 21) + frames(to_same, 22) + last_to_previous)
    inner = windows + 15
    shared = _maximum(*(frames(pooled, first_frame, inner) for first_frame in (1, 2, 3)))
    first = _maximum(column0, column1, frames(pooled, 0))
    last = _maximum(frames(pooled, 19), frames(pooled, 20), column23)
    y = model.dropout1(model.activation(torch.cat([shared, first, last])))
    shared, first, last = y.split([inner * batch, windows * batch, windows * batch])

    # conv3: neighbouring pooled columns are three frames apart.
    to_next, to_same, to_previous = _products(model.conv3, shared)  # of frames 3 to windows + 17
    first_to_next, first_to_same = _products(model.conv3, first, taps=(0, 1))
    (last_to_previous,) = _products(model.conv3, last, taps=(2,))
    inner = windows + 9
    shared = frames(to_next, 0, inner) + frames(to_same, 3, inner) + frames(to_previous, 6, inner)
    column0 = first_to_same + frames(to_previous, 0)
    column1 = first_to_next + frames(to_same, 0) + frames(to_previous, 3)
    column6 = frames(to_next, 12) + frames(to_same, 15) + last_to_previous
    y = model.activation(torch.cat([shared, column0, column1, column6]))
    shared, column0, column1, column6 = y.split([inner * batch] + 3 * [windows * batch])

    # conv4, and the second pooling: over three columns, then over frequency.
    to_next, to_same, to_previous = _products(model.conv4, shared)  # of frames 6 to windows + 14
    next0, same0 = _products(model.conv4, column0, taps=(0, 1))
    next1, same1, previous1 = _products(model.conv4, column1)
    (previous6,) = _products(model.conv4, column6, taps=(2,))
    inner = windows + 3
    between = frames(to_next, 0, inner) + frames(to_same, 3, inner) + frames(to_previous, 6, inner)
    early = _maximum(
        same0 + previous1,
        next0 + same1 + frames(to_previous, 0),
        next1 + frames(to_same, 0) + frames(to_previous, 3),
    )
    late = _maximum(
        frames(between, 0), frames(between, 3), frames(to_next, 6) + frames(to_same, 9) + previous6
    )
    y = torch.cat([_pool_frequency(early), _pool_frequency(late)], dim=-1)
    y = model.dropout2(model.activation(y))  # (windows * batch, 16, 57, 2)

    scores = model.dense_layers(model.flatten(y))
    return scores.unflatten(0, (windows, batch)).permute(1, 2, 0)


def _first_layer(conv: nn.Conv2d, before: Tensor, itself: Tensor, after: Tensor) -> Tensor:
    """A 3 x 3 convolution of single columns [shape=(columns, 513)] and their two neighbours.

    With one input channel it is a product with nine numbers a value, and a plain matrix product
    is faster than a convolution. Returns [shape=(columns, channels, 513, 1)], channels last in
    memory.
    """
    padded = F.pad(torch.stack([before, itself, after], dim=-1), (0, 0, 1, 1))
    patches = padded.unfold(1, 3, 1).reshape(-1, 9)  # (columns * 513, 3 columns * 3 frequencies)
    weight = conv.weight[:, 0].transpose(1, 2).reshape(-1, 9)  # columns first there, too
    y = F.linear(patches, weight, conv.bias)
    return y.view(*itself.shape, -1).permute(0, 2, 1).unsqueeze(-1)


def _products(conv: nn.Conv2d, columns: Tensor, taps: tuple[int, ...] = (0, 1, 2)) -> list[Tensor]:
    """What each column gives to the next one (tap 0), itself (1) and the one before (2).

    The bias goes with tap 1, since every column counts itself exactly once.
    """
    weight = torch.cat([conv.weight[..., tap] for tap in taps]).unsqueeze(-1)
    nothing = torch.zeros_like(conv.bias)
    bias = torch.cat([conv.bias if tap == 1 else nothing for tap in taps])
    products = F.conv2d(columns, weight, bias, padding=(1, 0))
    return list(products.chunk(len(taps), dim=1))


def _maximum(first: Tensor, *others: Tensor) -> Tensor:
    for other in others:
        first = torch.maximum(first, other)
    return first


def _pool_frequency(columns: Tensor) -> Tensor:
    return F.max_pool2d(columns, (3, 1))
