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
same output up to rounding. It serves networks that are used, not trained: it has no gradients.
The idea descends from Giusti et al., "Fast image scanning with deep max-pooling convolutional
neural networks" (ICIP 2013), Sermanet et al., "OverFeat" (ICLR 2014), Li et al., "Highly efficient
forward and backward propagation of convolutional neural networks for pixelwise classification"
(2014) and Long et al., "Fully convolutional networks for semantic segmentation" (CVPR 2015); none
of them treats zero padding inside the window.

Lesson: 08
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .engine.interrupts import defer_interrupt
from .engine.memory import keep_freed_memory
from .errors import SepeduError, check_choice, check_kind
from .model import MaskCNN
from .stft import CONTEXT, HALF_CONTEXT, check_values


def convolve(columns: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve along frequency with three taps, zeros beyond both ends.

    [shape=(columns, frequencies, channels), (channels out, channels, 3), (channels out,)
    -> (columns, frequencies, channels out)]
    """
    pictures = F.conv2d(_as_pictures(columns), weight.unsqueeze(-1), bias, padding=(1, 0))
    return _as_columns(pictures)


def _as_pictures(columns: Tensor) -> Tensor:
    """To PyTorch a column is a picture one value wide; its channels come last in memory."""
    return columns.unsqueeze(2).permute(0, 3, 1, 2)


def _as_columns(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 2, 3, 1).squeeze(2)


def take(columns: Tensor, batch: int, *places: tuple[int, int]) -> list[Tensor]:
    """Slices of columns, for each (first, count) in frames, a frame being `batch` columns."""
    return [columns[first * batch : (first + count) * batch] for first, count in places]


def largest(first: Tensor, second: Tensor, third: Tensor) -> Tensor:
    """The largest of three values."""
    return torch.maximum(torch.maximum(first, second), third)


def pool_frequency(columns: Tensor) -> Tensor:
    """The largest of every three frequencies; what does not fill a group of three is dropped."""
    if columns.dtype == torch.bfloat16:
        return _as_columns(F.max_pool2d(_as_pictures(columns), (3, 1)))
    return largest(*columns.unflatten(1, (-1, 3)).unbind(2))


CHUNK = 192
"""Windows evaluated at a time: memory stays bounded; more is not faster."""

TO_NEXT, TO_ITSELF, TO_PREVIOUS = 0, 1, 2
"""The three columns of a kernel, by what a column gives there: tap 0 reads the column before."""


def predict_mask(
    model: MaskCNN, mixture: np.ndarray, method: str = "dense", bfloat16: bool = False
) -> np.ndarray:
    """Predict the mask of every frame of a mixture.

    Parameters
    ----------
    model : MaskCNN
        Used without dropout; its training mode is left as it was.
    mixture : np.ndarray [shape=(513, frames)], real, >= 0
        Magnitudes of the mixture, on a linear scale.
    method : {"dense", "windows"}
        "dense" computes the columns that windows share once. "windows" is the plain sliding
        window, 513 x 25 values for each frame; the results agree up to rounding.
    bfloat16 : bool
        Compute in half precision, which is faster where the processor has it; masks then differ
        by some thousandths.

    Returns
    -------
    prediction : np.ndarray [shape=(513, frames)], float32
        In [0, 1] where `model.output` is "mask", else the predicted compressed magnitude.

    Raises
    ------
    SepeduError
        If the method is unknown, or the mixture is complex, negative or not finite, has another
        number of bins or no frames.

    Lesson: 04 (windows), 08 (dense)
    """
    methods = {"dense": dense_scores, "windows": window_scores}
    check_choice("Method", method, methods)
    check_kind("model", model, MaskCNN, "a MaskCNN", 'load_models()["vocals"]')
    check_values(mixture=mixture)
    if mixture.ndim != 2 or mixture.shape[0] != model.stft.bins or not mixture.shape[1]:
        raise SepeduError(
            f"A mixture of shape {tuple(mixture.shape)} cannot be predicted on",
            f"Give magnitudes of shape ({model.stft.bins}, frames)",
        )
    keep_freed_memory()
    weight = model.linear2.weight
    magnitude = torch.as_tensor(mixture, dtype=weight.dtype, device=weight.device)
    training = model.training
    model.eval()
    try:
        with defer_interrupt(), torch.inference_mode():
            padded = pad_frames(model, magnitude[None])
        pieces = []
        for start in range(0, mixture.shape[1], CHUNK):
            piece = padded[..., start : start + CHUNK + 2 * HALF_CONTEXT]
            with defer_interrupt(), torch.inference_mode():
                with torch.autocast(weight.device.type, torch.bfloat16, enabled=bfloat16):
                    scores = methods[method](model, piece)
                pieces.append(model.finish(scores.to(weight.dtype)))
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

    [shape=(batch, 513, frames + 24) -> (batch, 513, frames)]. Call it without gradients, on a
    network in evaluation mode.
    """
    batch = features.shape[0]
    columns = features.permute(2, 0, 1).flatten(0, 1)  # (time * batch, 513): time runs slowest
    y = _second_half(model, batch, *_first_half(model, batch, columns))
    y = y.permute(0, 3, 2, 1).flatten(1)  # the order in which the model flattens a window
    scores = model.dense_layers(y)
    return scores.unflatten(0, (-1, batch)).permute(1, 2, 0)


def _first_half(model: MaskCNN, batch: int, x: Tensor) -> list[Tensor]:
    """conv1, conv2 and the first pooling: what windows share, then each one's first and last.

    [shape=(time * batch, 513) -> three of (columns * batch, 171, 16)]
    """
    length = len(x) // batch
    n = length - 2 * HALF_CONTEXT  # windows

    # conv1: every column beside its two neighbours; an own column lacks the neighbour outside.
    # conv2 follows at once, so that the memory of what it was computed from is free again.
    beside = take(x, batch, *((place, length - 2) for place in (0, 1, 2)))
    to_next, to_itself, to_previous = _products(  # of frames 1 to length - 2
        model.conv2, _first_layer(model, beside, (TO_NEXT, TO_ITSELF, TO_PREVIOUS))
    )
    beside = take(x, batch, (0, n), (1, n))
    first_to_next, first_to_itself = _products(
        model.conv2, _first_layer(model, beside, (TO_ITSELF, TO_PREVIOUS)), (TO_NEXT, TO_ITSELF)
    )
    beside = take(x, batch, (23, n), (24, n))
    (last_to_previous,) = _products(
        model.conv2, _first_layer(model, beside, (TO_NEXT, TO_ITSELF)), (TO_PREVIOUS,)
    )

    # The first pooling: over frequency first, then a running maximum over three frames.
    # LeakyReLU never decreases, so it may follow the pooling, on a ninth of the values.
    near, next21 = take(to_next, batch, (0, length - 4), (21, n))
    here, same0, same22 = take(to_itself, batch, (1, length - 4), (0, n), (22, n))
    far, previous0, previous1 = take(to_previous, batch, (2, length - 4), (0, n), (1, n))
    pooled = pool_frequency((near + here).add_(far))  # of frames 2 to length - 3
    column0 = pool_frequency(first_to_itself + previous0)
    column1 = pool_frequency((first_to_next + same0).add_(previous1))
    column23 = pool_frequency((next21 + same22).add_(last_to_previous))
    one, two, three = ((place, n + 15) for place in (1, 2, 3))
    *shared, column2, column21, column22 = take(
        pooled, batch, one, two, three, (0, n), (19, n), (20, n)
    )
    shared = largest(*shared)
    first = largest(column0, column1, column2)
    last = largest(column21, column22, column23)
    return [_activate(model, y) for y in (shared, first, last)]


def _second_half(model: MaskCNN, batch: int, shared: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """conv3, conv4 and the second pooling, after which every column is a window's own.

    [shape=three of (columns * batch, 171, 16) -> (windows * batch, 2, 57, 16)]
    """
    n = len(first) // batch
    shared, column0, column1, column6 = _third_layer(model, batch, shared, first, last)

    # conv4, and the second pooling: over three columns, then over frequency.
    to_next, to_itself, to_previous = _products(model.conv4, shared)  # of frames 6 to n + 14
    next0, itself0 = _products(model.conv4, column0, (TO_NEXT, TO_ITSELF))
    next1, itself1, previous1 = _products(model.conv4, column1)
    (previous6,) = _products(model.conv4, column6, (TO_PREVIOUS,))
    near, next6 = take(to_next, batch, (0, n + 3), (6, n))
    here, same0, same9 = take(to_itself, batch, (3, n + 3), (0, n), (9, n))
    far, previous0, previous3 = take(to_previous, batch, (6, n + 3), (0, n), (3, n))
    column0 = itself0 + previous1
    column1 = (next0 + itself1).add_(previous0)
    column2 = (next1 + same0).add_(previous3)
    column3, column4 = take((near + here).add_(far), batch, (0, n), (3, n))
    column5 = (next6 + same9).add_(previous6)
    early = pool_frequency(largest(column0, column1, column2))
    late = pool_frequency(largest(column3, column4, column5))
    return _activate(model, torch.stack([early, late], dim=1))


def _third_layer(
    model: MaskCNN, batch: int, shared: Tensor, first: Tensor, last: Tensor
) -> list[Tensor]:
    """conv3, where neighbouring columns are three frames apart: shared, and columns 0, 1 and 6.

    [shape=three of (columns * batch, 171, 16) -> four of (columns * batch, 171, 64)]
    """
    n = len(first) // batch
    to_next, to_itself, to_previous = _products(model.conv3, shared)  # of frames 3 to n + 17
    first_to_next, first_to_itself = _products(model.conv3, first, (TO_NEXT, TO_ITSELF))
    (last_to_previous,) = _products(model.conv3, last, (TO_PREVIOUS,))
    near, next12 = take(to_next, batch, (0, n + 9), (12, n))
    here, same0, same15 = take(to_itself, batch, (3, n + 9), (0, n), (15, n))
    far, previous0, previous3 = take(to_previous, batch, (6, n + 9), (0, n), (3, n))
    shared = (near + here).add_(far)
    column0 = first_to_itself + previous0
    column1 = (first_to_next + same0).add_(previous3)
    column6 = (next12 + same15).add_(last_to_previous)
    return [_activate(model, y) for y in (shared, column0, column1, column6)]


def _first_layer(model: MaskCNN, beside: Sequence[Tensor], taps: Sequence[int]) -> Tensor:
    """conv1, where a column's neighbours stand beside it in the place of channels."""
    weight = model.conv1.weight[:, 0, :, list(taps)].transpose(1, 2)
    return _activate(model, convolve(torch.stack(list(beside), dim=-1), weight, model.conv1.bias))


def _products(conv: nn.Conv2d, columns: Tensor, taps: Sequence[int] = (0, 1, 2)) -> list[Tensor]:
    """What each column gives to the next one, to itself, and to the one before.

    The bias goes with a column itself, which counts exactly once.
    """
    weights = [conv.weight[..., tap] for tap in taps]
    biases = [conv.bias if tap == TO_ITSELF else torch.zeros_like(conv.bias) for tap in taps]
    if torch.is_autocast_enabled(columns.device.type):
        # Sums of contiguous tensors: much faster in bfloat16, ...
        return [convolve(columns, *each) for each in zip(weights, biases, strict=True)]
    # ... while one wide convolution is faster than three.
    products = convolve(columns, torch.cat(weights), torch.cat(biases))
    return list(products.chunk(len(taps), dim=-1))


def _activate(model: MaskCNN, y: Tensor) -> Tensor:
    """The activation, in place: nobody needs again what it overwrites."""
    return F.leaky_relu_(y, model.activation.negative_slope)
