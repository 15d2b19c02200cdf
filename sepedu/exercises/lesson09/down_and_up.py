"""Lesson 09: run a picture down and up again, with skip connections."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..call_answer import Wrong, as_array
from ..compare import Mistake, compare
from ..framework import Exercise


def _layers(channels: tuple[int, ...]) -> tuple[list[nn.Module], list[nn.Module]]:
    """The steps down, and the steps up from the deepest on; the same weights each time."""
    pairs = list(pairwise(channels))
    downs = [nn.Conv2d(upper, lower, 2, stride=2) for upper, lower in pairs]
    ups = [nn.ConvTranspose2d(lower, upper, 2, stride=2) for upper, lower in pairs[::-1]]
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for layer in downs + ups:
            for parameter in layer.parameters():
                parameter.copy_(torch.rand(parameter.shape, generator=generator) - 0.4)
    return downs, ups


def _run(
    x: Tensor,
    downs: list[nn.Module],
    ups: list[nn.Module],
    join: Callable[[Tensor, Tensor], Tensor] = torch.add,
    last: int = -1,
) -> Tensor:
    kept = []
    with torch.no_grad():
        for down in downs:
            kept.append(x)
            x = down(x)
        for up in ups:
            x = join(up(x), kept.pop(last))
    return x


def _add_before_the_step(x: Tensor, downs: list[nn.Module], ups: list[nn.Module]) -> Tensor:
    kept = []
    with torch.no_grad():
        for down in downs:
            x = down(x)
            kept.append(x)
        for up in ups:
            x = up(x + kept.pop())
    return x


def _read(value: Any) -> np.ndarray:
    if not isinstance(value, Tensor):
        raise Wrong("A tensor is asked for: the picture at the end of the way up.")
    return as_array(value, kind="real", what="picture")


def _kept_after_the_step(x, downs, ups):
    kept = []
    for down in downs:
        x = down(x)
        kept.append(x)
    for up in ups:
        x = up(x) + kept.pop()
    return x


_MISTAKES = (
    Mistake(
        "No skip connections",
        lambda x, downs, ups: _run(x, downs, ups, join=lambda up, kept: up),
        "There are no skip connections yet: keep each picture on the way down, and add it "
        "on the way up.",
    ),
    Mistake(
        "Multiplied instead of added",
        lambda x, downs, ups: _run(x, downs, ups, join=torch.mul),
        "You multiplied the pictures: add the one that was kept aside.",
    ),
    Mistake(
        "Taken away instead of added",
        lambda x, downs, ups: _run(x, downs, ups, join=torch.sub),
        "You took the kept picture away: add it.",
    ),
    Mistake(
        "Only the top is added",
        lambda x, downs, ups: _run(
            x, downs, ups, join=lambda up, kept: up if kept is not x else up + kept
        ),
        "Only the picture at the top is added: each level has a skip connection.",
    ),
    Mistake(
        "Added before the step up",
        _add_before_the_step,
        "You added before the step up, to pictures kept after their step down: go up "
        "first, then add what was kept before the step down.",
    ),
    Mistake(
        "Only the way down",
        lambda x, downs, ups: _run(x, downs, []),
        "This is the picture in the middle: go up.",
    ),
    Mistake(
        "Kept in the wrong order, or after the step",
        lambda x, downs, ups: _run(x, downs, ups, last=0),
    ),
    Mistake("Kept in the wrong order, or after the step", _kept_after_the_step),
    Mistake("Layers of the way up in reverse", lambda x, downs, ups: _run(x, downs, ups[::-1])),
)


def _compare_with_the_right_one(answer: Any) -> None:
    generator = torch.Generator().manual_seed(90)
    compare(
        answer,
        cases={
            "0": (torch.rand(1, 2, 8, 16, generator=generator), *_layers((2, 3, 4))),
            "three steps, and two pictures at once": (
                torch.rand(2, 1, 16, 8, generator=generator),
                *_layers((1, 2, 2, 3)),
            ),
            "a single step": (torch.rand(1, 2, 4, 4, generator=generator), *_layers((2, 2))),
        },
        right=lambda *case: _run(*case).numpy(),
        mistakes=_MISTAKES,
        otherwise="Down: keep the picture, then make it smaller. Up: make it larger, then add the "
        "kept picture of the same size.",
        read=_read,
        what="picture",
    )


def _examine_down_and_up(answer: Any) -> None:
    try:
        _compare_with_the_right_one(answer)
    except Wrong as wrong:
        if "must match the size" not in str(wrong):
            raise
        raise wrong.with_more(
            " Keep each picture before its step down, not after it, and take the one kept last "
            "first: `kept.pop()`."
        ) from None


down_and_up = Exercise(
    name="down_and_up",
    task="Run a picture down and up again, with a skip connection at each level.",
    stub='''
def down_and_up(x, downs, ups):
    """The picture after all steps down and up; on the way up, what was kept aside is added.

    x: a tensor (batch, channels, bins, frames); downs: layers that each halve it, from the top;
    ups: layers that each double it, from the deepest.
    """
    raise NotImplementedError
''',
    reference='''
def down_and_up(x, downs, ups):
    """The picture after all steps down and up; on the way up, what was kept aside is added."""
    kept = []
    for down in downs:
        kept.append(x)
        x = down(x)
    for up in ups:
        x = up(x) + kept.pop()
    return x
''',
    hints=(
        "Two loops, one after the other. The first fills a list, the second empties it.",
        "The picture kept last is needed first: `kept.pop()` takes it from the end of the list.",
    ),
    examine=_examine_down_and_up,
    setup="import numpy as np\nimport torch",
    mistakes=_MISTAKES,
    remark="`MaskUNet` does this, with a block of convolutions at each level.",
)
