"""Lesson 09: find how many seconds a U-Net sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..compare import Mistake, compare
from ..framework import Exercise


def _frames(kernels: list[list[int]], less: int = 1, start: int = 1, first: int = 0) -> int:
    return start + sum(
        (kernel - less) * 2**level for level, row in enumerate(kernels, first) for kernel in row
    )


def _steps(kernels: list[list[int]], step: Callable[[int], int]) -> int:
    return 1 + sum(
        (kernel - 1) * step(level) for level, row in enumerate(kernels) for kernel in row
    )


_MISTAKES = (
    Mistake(
        "Frames instead of seconds",
        lambda kernels, hop, rate: _frames(kernels),
        "These are frames: a frame is hop_length / sample_rate seconds.",
    ),
    Mistake(
        "Samples instead of seconds",
        lambda kernels, hop, rate: _frames(kernels) * hop,
        "These are samples: divide by the sample rate.",
    ),
    Mistake(
        "Milliseconds",
        lambda kernels, hop, rate: 1000 * _frames(kernels) * hop / rate,
        "These are milliseconds.",
    ),
    Mistake(
        "Hop and rate changed over",
        lambda kernels, hop, rate: _frames(kernels) * rate / hop,
        "A frame is hop_length / sample_rate seconds, not the reverse.",
    ),
    Mistake(
        "Levels ignored",
        lambda kernels, hop, rate: (
            (1 + sum(kernel - 1 for row in kernels for kernel in row)) * hop / rate
        ),
        "On level l a step is 2 ** l frames of the top: multiply what a kernel adds by it.",
    ),
    Mistake(
        "The whole kernel added",
        lambda kernels, hop, rate: _frames(kernels, less=0) * hop / rate,
        "A kernel of 3 adds two steps, not three: itself is counted.",
    ),
    Mistake(
        "Levels counted from 1",
        lambda kernels, hop, rate: _frames(kernels, first=1) * hop / rate,
        "The top level is level 0, where a step is one frame: 2 ** 0.",
    ),
    Mistake(
        "Started at 0",
        lambda kernels, hop, rate: _frames(kernels, start=0) * hop / rate,
        "The frame itself is missing: start at 1.",
    ),
    Mistake(
        "One side only",
        lambda kernels, hop, rate: (_frames(kernels) - 1) / 2 * hop / rate,
        "This is the reach on one side: from one end to the other is asked for.",
    ),
    Mistake(
        "Strides between the levels added",
        lambda kernels, hop, rate: (_frames(kernels) + 2 ** (len(kernels) - 1) - 1) * hop / rate,
        "You counted the strides between the levels, too. They add some frames, but here "
        "only the widths in `kernels` are asked for.",
    ),
    Mistake(
        "One frame for each level",
        lambda kernels, hop, rate: (_frames(kernels) + 2 ** len(kernels) - 2) * hop / rate,
        "You started at one frame on each level: the frame itself counts once.",
    ),
    Mistake(
        "Levels in reverse",
        lambda kernels, hop, rate: _frames(kernels[::-1]) * hop / rate,
        "The first list is the top level, where a step is one frame.",
    ),
    Mistake(
        "Lesson 04's pooling by 3",
        lambda kernels, hop, rate: _steps(kernels, lambda level: 3**level) * hop / rate,
        "A step is twice as long on each level here, not three times: no pooling by 3.",
    ),
    Mistake(
        "Two steps more on each level",
        lambda kernels, hop, rate: _steps(kernels, lambda level: 2 * level) * hop / rate,
        "A step doubles on each level: 1, 2, 4, 8 frames, `2 ** level`.",
    ),
    Mistake(
        "Settings written out",
        lambda kernels, hop, rate: _frames(kernels) * 256 / 22050,
        "You wrote 256 and 22050: use `hop_length` and `sample_rate`.",
    ),
)


def _examine_context_seconds(answer: Any) -> None:
    compare(
        answer,
        cases={
            "0": ([[3] * 5, [3] * 4, [3] * 4, [3] * 2], 256, 22050),
            "other settings": ([[3, 3], [5, 5]], 512, 44100),
            "kernels that differ": ([[1, 7], [3], [2, 5, 3]], 100, 8000),
            "a single level": ([[3, 3]], 256, 22050),
            "no convolution, which sees one frame": ([[]], 200, 1000),
        },
        right=lambda kernels, hop, rate: _frames(kernels) * hop / rate,
        mistakes=_MISTAKES,
        otherwise="Start at one frame. A kernel of k on level l adds (k - 1) times 2 ** l frames.",
        what="context",
    )


context_seconds = Exercise(
    name="context_seconds",
    task="Find how many seconds a U-Net sees.",
    stub='''
def context_seconds(kernels, hop_length, sample_rate):
    """Seconds that the convolutions of a U-Net see, from one end to the other.

    kernels: for each level, the top one first, a list of the widths of all its convolutions, on
    the way down and up. A step on level l is 2 ** l frames of the top.
    """
    raise NotImplementedError
''',
    reference='''
def context_seconds(kernels, hop_length, sample_rate):
    """Seconds that the convolutions of a U-Net see, from one end to the other."""
    frames = 1
    for level, widths in enumerate(kernels):
        for width in widths:
            frames += (width - 1) * 2**level
    return frames * hop_length / sample_rate
''',
    hints=(
        "Lesson 04: a convolution of 3 adds two columns. On level 2 a column is 4 frames.",
        "Add up the frames first. A frame is hop_length / sample_rate seconds.",
    ),
    examine=_examine_context_seconds,
    mistakes=_MISTAKES,
    remark="The steps down and up add some frames more: a frame lies anywhere in its step.",
)
