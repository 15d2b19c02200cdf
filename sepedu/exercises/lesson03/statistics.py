"""Lesson 03: find mean and deviation of the compressed magnitudes, per frequency."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..call_answer import Wrong, as_array, as_pair
from ..compare import Mistake, compare
from ..framework import Exercise


def _joined(songs: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(songs, axis=1)


def _compressed(songs: list[np.ndarray]) -> np.ndarray:
    return np.log1p(_joined(songs))


def _moments(values: np.ndarray, less: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return values.mean(axis=1), values.std(axis=1, ddof=less)


def _read(value: Any) -> tuple[np.ndarray, np.ndarray]:
    return as_pair(
        value,
        lambda part: as_array(part, kind="real", what="mean"),
        lambda part: as_array(part, kind="real", what="deviation"),
        what="mean, deviation",
    )


_MISTAKES = (
    Mistake(
        "One number for all frequencies",
        lambda songs: (_compressed(songs).mean(), _compressed(songs).std(axis=1)),
        "This is one mean for all. Each frequency has its own: average over time.",
    ),
    Mistake(
        "Averaged over frequency",
        lambda songs: (_compressed(songs).mean(axis=0), _compressed(songs).std(axis=1)),
        "You averaged over frequency, and the shape shows it: average over time, `axis=1`.",
    ),
    Mistake(
        "Logarithm forgotten",
        lambda songs: (_joined(songs).mean(axis=1), _compressed(songs).std(axis=1)),
        "The logarithm is missing: compress with log(1 + magnitude).",
    ),
    Mistake(
        "Mean of the songs' means",
        lambda songs: (
            np.mean([_compressed([song]).mean(axis=1) for song in songs], axis=0),
            _compressed(songs).std(axis=1),
        ),
        "You took the mean of the songs' means. Put all frames together first: a long song has "
        "more of them.",
    ),
    Mistake(
        "Mean before the logarithm",
        lambda songs: (np.log1p(_joined(songs).mean(axis=1)), _compressed(songs).std(axis=1)),
        "Take the logarithm first, and the mean after it.",
    ),
    Mistake(
        "Logarithm of the magnitude alone",
        lambda songs: (
            np.log(_joined(songs) + 1e-8).mean(axis=1),
            _compressed(songs).std(axis=1),
        ),
        "This is log(magnitude): 1 + magnitude stands in the logarithm, so that silence is 0.",
    ),
    Mistake(
        "Variance instead of deviation",
        lambda songs: (_compressed(songs).mean(axis=1), _compressed(songs).var(axis=1)),
        "This is the variance. The deviation is its root.",
    ),
    Mistake(
        "Mean of the songs' deviations",
        lambda songs: (
            _compressed(songs).mean(axis=1),
            np.mean([_compressed([song]).std(axis=1) for song in songs], axis=0),
        ),
        "You averaged the songs' deviations: that forgets how songs differ. Put all frames "
        "together first.",
    ),
    Mistake(
        "Changed places",
        lambda songs: _moments(_compressed(songs))[::-1],
        "Mean comes first, then deviation.",
    ),
)


def _examine_statistics(answer: Any) -> None:
    random = np.random.default_rng(1)
    songs = [random.gamma(2.0, scale, (6, frames)) for scale, frames in ((1.0, 30), (9.0, 70))]
    others = [random.gamma(2.0, 3.0, (4, 20)) for _ in range(3)]
    others[0][1] = 0.0  # a frequency that rests in one song

    def compare_with(less: int) -> None:
        compare(
            answer,
            cases={
                "0": (songs,),
                "three songs of 4 frequencies": (others,),
                "a single song": (songs[:1],),
            },
            right=lambda songs: _moments(_compressed(songs), less),
            mistakes=_MISTAKES,
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
    mistakes=_MISTAKES,
    remark="They come from training songs, travel with the network, and never change again.",
)
