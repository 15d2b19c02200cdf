"""Lesson 03: find mean and deviation of the compressed magnitudes, per frequency."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, call, compare
from ..framework import Exercise, Mistake


def _examine_statistics(answer: Any) -> None:
    random = np.random.default_rng(1)
    songs = [random.gamma(2.0, scale, (6, frames)) for scale, frames in ((1.0, 30), (9.0, 70))]
    logs = [np.log1p(song) for song in songs]
    every = np.concatenate(logs, axis=1)
    value = call(answer, [song.copy() for song in songs])
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise Wrong("Return two arrays: `return mean, deviation`.")
    mean, deviation = (
        as_array(part, kind="real", what=name)
        for part, name in zip(value, ("mean", "deviation"), strict=True)
    )
    if mean.size == 1:
        raise Wrong("This is one mean for all. Each frequency has its own: average over time.")
    if mean.shape == (6, 1):
        mean, deviation = mean[:, 0], deviation.reshape(-1)
    plain = np.concatenate(songs, axis=1)
    compare(
        as_array(mean, (6,), what="mean"),
        every.mean(axis=1),
        known=[
            (plain.mean(axis=1), "The logarithm is missing: compress with log(1 + magnitude)."),
            (
                np.mean([log.mean(axis=1) for log in logs], axis=0),
                "You took the mean of the songs' means. Put all frames together first: a long "
                "song has more of them.",
            ),
            (np.log1p(plain.mean(axis=1)), "Take the logarithm first, and the mean after it."),
        ],
        otherwise="The mean of log(1 + magnitude) over all frames of all songs is asked for.",
        tolerance=1e-4,
    )
    frames = every.shape[1]
    spread = every.std(axis=1)
    if np.allclose(deviation, spread * np.sqrt(frames / (frames - 1))):
        return  # divided by one less, as PyTorch does: just as good
    compare(
        as_array(deviation, (6,), what="deviation"),
        spread,
        known=[
            (spread**2, "This is the variance. The deviation is its root."),
            (
                np.mean([log.std(axis=1) for log in logs], axis=0),
                "You averaged the songs' deviations: that forgets how songs differ. Put all "
                "frames together first.",
            ),
        ],
        otherwise="The mean is right. The deviation is not: use `std` over the same frames.",
        tolerance=1e-4,
    )


statistics = Exercise(
    name="statistics",
    task="Find mean and deviation of the compressed magnitudes, per frequency, over all songs.",
    stub='''
def statistics(magnitudes):
    """Mean and standard deviation of log(1 + magnitude) per frequency, over all frames.

    magnitudes: a list of arrays of shape (bins, frames); returns two arrays of shape (bins,).
    """
    raise NotImplementedError
''',
    reference='''
def statistics(magnitudes):
    """Mean and standard deviation of log(1 + magnitude) per frequency, over all frames.

    magnitudes: a list of arrays of shape (bins, frames); returns two arrays of shape (bins,).
    """
    compressed = np.log1p(np.concatenate(magnitudes, axis=1))
    return compressed.mean(axis=1), compressed.std(axis=1)
''',
    hints=(
        "Put the songs one after the other in time, compress, then take mean and std.",
        "`np.log1p(x)` is log(1 + x). `mean(axis=1)` runs over time.",
    ),
    examine=_examine_statistics,
    mistakes=(
        Mistake(
            "One number for all frequencies",
            "def statistics(m):\n    x = np.log1p(np.concatenate(m, axis=1))\n"
            "    return x.mean(), x.std()",
            "Each frequency",
        ),
        Mistake(
            "Logarithm forgotten",
            "def statistics(m):\n    x = np.concatenate(m, axis=1)\n"
            "    return x.mean(axis=1), x.std(axis=1)",
            "logarithm is missing",
        ),
        Mistake(
            "Mean of the songs' means",
            "def statistics(m):\n    x = [np.log1p(s) for s in m]\n"
            "    return np.mean([s.mean(axis=1) for s in x], axis=0), 1",
            "mean of the songs' means",
        ),
        Mistake(
            "Variance instead of deviation",
            "def statistics(m):\n    x = np.log1p(np.concatenate(m, axis=1))\n"
            "    return x.mean(axis=1), x.var(axis=1)",
            "variance",
        ),
        Mistake(
            "Averaged over frequency",
            "def statistics(m):\n    x = np.log1p(np.concatenate(m, axis=1))\n"
            "    return x.mean(axis=0), x.std(axis=0)",
            "shape",
        ),
    ),
    remark="They come from training songs, travel with the network, and never change again.",
)
