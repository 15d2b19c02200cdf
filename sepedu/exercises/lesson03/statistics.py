"""Lesson 03: find mean and deviation of the compressed magnitudes, per frequency."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..examine import Wrong, as_array, as_pair
from ..framework import Exercise, Mistake
from ..judge import judge


def _compressed(magnitudes: list[np.ndarray]) -> np.ndarray:
    return np.log1p(np.concatenate(magnitudes, axis=1))


def _moments(values: np.ndarray, less: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return values.mean(axis=1), values.std(axis=1, ddof=less)


def _read(value: Any) -> tuple[np.ndarray, np.ndarray]:
    return as_pair(
        value,
        lambda part: as_array(part, kind="real", what="mean"),
        lambda part: as_array(part, kind="real", what="deviation"),
        what="mean, deviation",
    )


def _examine_statistics(answer: Any) -> None:
    random = np.random.default_rng(1)
    songs = [random.gamma(2.0, scale, (6, frames)) for scale, frames in ((1.0, 30), (9.0, 70))]
    others = [random.gamma(2.0, 3.0, (4, 20)) for _ in range(3)]
    others[0][1] = 0.0  # a frequency that rests in one song
    known = [
        (
            lambda songs: (_compressed(songs).mean(), None),
            "This is one mean for all. Each frequency has its own: average over time.",
        ),
        (
            lambda songs: (_compressed(songs).mean(axis=0), None),
            "You averaged over frequency, and the shape shows it: average over time, `axis=1`.",
        ),
        (
            lambda songs: (np.concatenate(songs, axis=1).mean(axis=1), None),
            "The logarithm is missing: compress with log(1 + magnitude).",
        ),
        (
            lambda songs: (np.mean([_compressed([song]).mean(axis=1) for song in songs], 0), None),
            "You took the mean of the songs' means. Put all frames together first: a long song has "
            "more of them.",
        ),
        (
            lambda songs: (np.log1p(np.concatenate(songs, axis=1).mean(axis=1)), None),
            "Take the logarithm first, and the mean after it.",
        ),
        (
            lambda songs: (np.log(np.concatenate(songs, axis=1) + 1e-8).mean(axis=1), None),
            "This is log(magnitude): 1 + magnitude stands in the logarithm, so that silence is 0.",
        ),
        (
            lambda songs: (None, _compressed(songs).var(axis=1)),
            "This is the variance. The deviation is its root.",
        ),
        (
            lambda songs: (None, np.mean([_compressed([s]).std(axis=1) for s in songs], axis=0)),
            "You averaged the songs' deviations: that forgets how songs differ. Put all frames "
            "together first.",
        ),
        (lambda songs: _moments(_compressed(songs))[::-1], "Mean comes first, then deviation."),
    ]

    def compare_with(less: int) -> None:
        judge(
            answer,
            cases={
                "0": (songs,),
                "three songs of 4 frequencies": (others,),
                "a single song": (songs[:1],),
            },
            right=lambda songs: _moments(_compressed(songs), less),
            known=known,
            otherwise="Mean and deviation of log(1 + magnitude) over all frames are asked for.",
            read=_read,
            what="mean, deviation",
        )

    try:
        compare_with(0)
    except Wrong as wrong:
        try:
            compare_with(1)  # divided by one less, as PyTorch does: just as good
        except Wrong:
            raise wrong from None


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
