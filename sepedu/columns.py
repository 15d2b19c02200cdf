"""Operations on single columns of spectrograms, with gradients that cost little.

Columns have the shape (columns, frequencies, channels). PyTorch's own gradients of the same
operations are right but slow on a CPU: a slice's gradient fills a tensor of the whole's size
with zeros, the gradient of a maximum takes eight passes, and that of a convolution's weights runs
at a third of the speed of the convolution, in bfloat16 at a sixth. Here each is written out.

Lesson: 08
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def convolve(columns: Tensor, weight: Tensor, bias: Tensor, slope: float = 1.0) -> Tensor:
    """Convolve along frequency with three taps, zeros beyond both ends; a LeakyReLU may follow.

    [shape=(columns, frequencies, channels), (channels out, channels, 3), (channels out,)
    -> (columns, frequencies, channels out)]
    """
    here = torch.is_grad_enabled() and columns.device.type == "cpu"
    pictures = (_Convolution.apply if here else _convolve)(columns, weight, bias)
    if slope != 1:
        F.leaky_relu_(pictures, slope)  # here, since in place on a view costs two copies
    return _as_columns(pictures)


def _as_pictures(columns: Tensor) -> Tensor:
    """To PyTorch a column is a picture one value wide; its channels come last in memory."""
    return columns.unsqueeze(2).permute(0, 3, 1, 2)


def _as_columns(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 2, 3, 1).squeeze(2)


def _convolve(columns: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return F.conv2d(_as_pictures(columns), weight.unsqueeze(-1), bias, padding=(1, 0))


class _Convolution(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.bfloat16)
    def forward(ctx: Any, columns: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(columns, weight)
        return _convolve(columns, weight, bias)

    @staticmethod
    @once_differentiable
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        columns, weight = ctx.saved_tensors
        gradient, given = _as_columns(gradient).contiguous(), None
        if ctx.needs_input_grad[0]:
            given = _as_columns(_convolve(gradient, weight.flip(2).transpose(0, 1)))
        # The gradient of a tap is one matrix product over all columns and frequencies, shifted by
        # a row. The shift also pairs a column's end with the next one's start: that is taken off.
        x, y = columns.flatten(0, 1), gradient.flatten(0, 1)
        lower = x[:-1].t() @ y[1:] - columns[:-1, -1].t() @ gradient[1:, 0]
        upper = x[1:].t() @ y[:-1] - columns[1:, 0].t() @ gradient[:-1, -1]
        return given, torch.stack([lower.t(), (x.t() @ y).t(), upper.t()], dim=-1), y.sum(0)


def take(columns: Tensor, batch: int, *places: tuple[int, int]) -> tuple[Tensor, ...]:
    """Slices of columns, for each (first, count) in frames, a frame being `batch` columns."""
    places = tuple((first * batch, count * batch) for first, count in places)
    if torch.is_grad_enabled():
        return _Taking.apply(columns, places)
    return tuple(columns[first : first + count] for first, count in places)


class _Taking(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, columns: Tensor, places: Sequence[tuple[int, int]]) -> tuple[Tensor, ...]:
        ctx.shape, ctx.places = columns.shape, places
        return tuple(columns[first : first + count] for first, count in places)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = gradients[0].new_zeros(ctx.shape)
        for (first, count), gradient in zip(ctx.places, gradients, strict=True):
            total[first : first + count] += gradient
        return total, None


def largest(first: Tensor, second: Tensor, third: Tensor) -> Tensor:
    """The largest of three values; among equals, the earliest one gets the gradient."""
    if torch.is_grad_enabled():
        return _Largest.apply(first, second, third)
    return torch.maximum(torch.maximum(first, second), third)


class _Largest(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor, third: Tensor) -> Tensor:
        larger = torch.maximum(first, second)
        ctx.save_for_backward(second > first, third > larger)
        return torch.maximum(larger, third)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        is_second, is_third = ctx.saved_tensors
        nothing = gradient.new_zeros(())
        third = torch.where(is_third, gradient, nothing)
        rest = gradient - third
        second = torch.where(is_second, rest, nothing)
        return rest - second, second, third


def pool_frequency(columns: Tensor) -> Tensor:
    """The largest of every three frequencies; what does not fill a group of three is dropped."""
    if torch.is_grad_enabled() or columns.dtype == torch.bfloat16:
        return _as_columns(F.max_pool2d(_as_pictures(columns), (3, 1)))
    return largest(*columns.unflatten(1, (-1, 3)).unbind(2))
