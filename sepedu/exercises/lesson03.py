"""Exercises of lesson 03: windows, statistics, splits, and the majority class."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examine import Wrong, as_array, as_number, call, compare
from .framework import Exercise, Mistake


def _examine_cut_windows(answer: Any) -> None:
    magnitude = np.random.default_rng(0).random((6, 40)) + 0.1
    padded = np.pad(magnitude, ((0, 0), (12, 12)))
    expected = np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1).transpose(1, 0, 2)
    value = as_array(call(answer, magnitude), kind="real", what="array of windows")
    if value.shape in ((16, 6, 25), (6, 16, 25)):
        raise Wrong(
            "The first and the last 12 frames have no window. Put 12 frames of silence before and "
            "after the song first."
        )
    if value.shape == (6, 40, 25):
        raise Wrong("The axes are in another order: windows come first, then bins, then columns.")
    if value.ndim == 3 and value.shape[0] < 6:
        raise Wrong("Your windows do not overlap. The step is one frame: each frame has its own.")
    compare(
        as_array(value, expected.shape, what="array of windows"),
        expected,
        known=[
            (
                np.lib.stride_tricks.sliding_window_view(
                    np.pad(magnitude, ((0, 0), (12, 12)), mode), 25, axis=1
                ).transpose(1, 0, 2),
                "Beyond the song's ends there is silence: pad with zeros, not with its own frames.",
            )
            for mode in ("edge", "reflect", "wrap")
        ]
        + [
            (
                np.lib.stride_tricks.sliding_window_view(
                    np.pad(magnitude, ((0, 0), pad)), 25, axis=1
                ).transpose(1, 0, 2),
                "Frame m must stand in the middle of window m, in column 12: pad both ends.",
            )
            for pad in ((0, 24), (24, 0))
        ],
        otherwise="Window m must hold frames m - 12 to m + 12.",
    )


cut_windows = Exercise(
    name="cut_windows",
    task="Cut a window of 25 columns around each frame of a spectrogram.",
    stub='''
def cut_windows(magnitude):
    """A window around each frame [shape=(bins, frames) -> (frames, bins, 25)].

    Frame m stands in the middle column; before and after the song there is silence.
    """
    raise NotImplementedError
''',
    reference='''
def cut_windows(magnitude):
    """A window around each frame [shape=(bins, frames) -> (frames, bins, 25)].

    Frame m stands in the middle column; before and after the song there is silence.
    """
    padded = np.pad(magnitude, ((0, 0), (12, 12)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1)
    return windows.transpose(1, 0, 2)
''',
    hints=(
        "Pad 12 frames of zeros at both ends of the axis of time, and of no other.",
        "`np.lib.stride_tricks.sliding_window_view(padded, 25, axis=1)` has the shape "
        "(bins, frames, 25). One transpose is left to do. A loop and `np.stack` will do as well.",
    ),
    examine=_examine_cut_windows,
    mistakes=(
        Mistake(
            "Ends without windows",
            "def cut_windows(x):\n"
            "    return np.stack([x[:, s : s + 25] for s in range(x.shape[1] - 24)])",
            "no window",
        ),
        Mistake(
            "Axes in another order",
            "def cut_windows(x):\n    x = np.pad(x, ((0, 0), (12, 12)))\n"
            "    return np.lib.stride_tricks.sliding_window_view(x, 25, axis=1)",
            "another order",
        ),
        Mistake(
            "Ends padded with the song itself",
            'def cut_windows(x):\n    x = np.pad(x, ((0, 0), (12, 12)), "edge")\n'
            "    return np.stack([x[:, s : s + 25] for s in range(x.shape[1] - 24)])",
            "silence",
        ),
        Mistake(
            "A step of 25",
            "def cut_windows(x):\n"
            "    return np.stack([x[:, s : s + 25] for s in range(0, x.shape[1] - 24, 25)])",
            "do not overlap",
        ),
        Mistake(
            "Frame at the border instead of the middle",
            "def cut_windows(x):\n    x = np.pad(x, ((0, 0), (0, 24)))\n"
            "    return np.stack([x[:, s : s + 25] for s in range(x.shape[1] - 24)])",
            "in the middle",
        ),
    ),
    remark="With a sliding view nothing is copied: 25 columns cost as much memory as one.",
)


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


def _examine_split(answer: Any) -> None:
    song_of_window = np.array(["a"] * 4 + ["b"] * 3 + ["c"] * 5 + ["a"] * 2)
    value = call(answer, song_of_window, {"b", "c"})
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise Wrong("Return two lists of numbers: `return training, validation`.")
    parts = [
        as_array(part, what=name)
        for part, name in zip(value, ("training", "validation"), strict=True)
    ]
    if any(part.dtype.kind == "b" for part in parts):
        parts = [np.flatnonzero(part) for part in parts]
    training, validation = (set(part.ravel().tolist()) for part in parts)
    if training & validation:
        raise Wrong(f"Window {min(training & validation)} is in both parts: that is a leak.")
    if len(training | validation) != len(song_of_window):
        raise Wrong("Each window must be in one of the two parts, and some are in none.")
    expected = set(range(4, 12))
    if training == expected:
        raise Wrong("The two parts are swapped: training comes first.")
    if validation != expected:
        shared = {song_of_window[i] for i in training} & {song_of_window[i] for i in validation}
        if shared:
            raise Wrong(
                f"Song {min(shared)!r} is in both parts. All windows of a song go to one side."
            )
        raise Wrong("The validation songs are those that were named.")


split_by_song = Exercise(
    name="split_by_song",
    task="Divide windows into training and validation, without a song on both sides.",
    stub='''
def split_by_song(song_of_window, validation_songs):
    """Numbers of the training windows, and of the validation windows.

    song_of_window: an array with the song's name for each window.
    validation_songs: a set of names.
    """
    raise NotImplementedError
''',
    reference='''
def split_by_song(song_of_window, validation_songs):
    """Numbers of the training windows, and of the validation windows.

    song_of_window: an array with the song's name for each window.
    validation_songs: a set of names.
    """
    held_out = np.isin(song_of_window, list(validation_songs))
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
''',
    hints=(
        "For each window: is its song among the validation songs?",
        "`np.isin(array, list(names))` answers with True and False, `np.flatnonzero` with numbers.",
    ),
    examine=_examine_split,
    mistakes=(
        Mistake(
            "Windows split at random",
            "def split_by_song(s, v):\n    order = np.random.default_rng(0).permutation(len(s))\n"
            "    return order[:6], order[6:]",
            "both parts",
        ),
        Mistake(
            "Split at a window's number",
            "def split_by_song(s, v):\n    return np.arange(2), np.arange(2, len(s))",
            "one side",
        ),
        Mistake(
            "Parts swapped",
            "def split_by_song(s, v):\n    held_out = np.isin(s, list(v))\n"
            "    return np.flatnonzero(held_out), np.flatnonzero(~held_out)",
            "swapped",
        ),
        Mistake(
            "All windows used for training",
            "def split_by_song(s, v):\n    held_out = np.isin(s, list(v))\n"
            "    return np.arange(len(s)), np.flatnonzero(held_out)",
            "leak",
        ),
        Mistake(
            "A set inside isin",
            "def split_by_song(s, v):\n    held_out = np.isin(s, v)\n"
            "    return np.flatnonzero(~held_out), np.flatnonzero(held_out)",
            "validation songs",
        ),
    ),
    remark="MUSDB18 comes with a list of 14 validation songs, so that everyone splits alike.",
)


def _examine_majority(answer: Any) -> None:
    masks = [np.arange(40).reshape(5, 8) % 5 < ones for ones in (1, 4, 0)]
    shares = np.array([0.2, 0.8, 0.0])
    value = np.array([as_number(call(answer, mask), "accuracy") for mask in masks])
    compare(
        value,
        np.maximum(shares, 1 - shares),
        known=[
            (shares, "This is the share of ones. If ones are rare, saying zero is better."),
            (1 - shares, "This is right only where zeros are more frequent than ones."),
            (
                np.maximum(shares, 1 - shares) * 40,
                "This counts points. An accuracy is a share of them.",
            ),
            (
                (shares > 0.5).astype(float),
                "This says which class is more frequent. How often is it right?",
            ),
        ],
        otherwise="How often is the answer right that always says the more frequent class?",
    )


majority = Exercise(
    name="majority",
    task="Find the accuracy of always giving the more frequent answer.",
    stub='''
def majority(mask):
    """Accuracy of saying the more frequent of True and False for every point of a mask."""
    raise NotImplementedError
''',
    reference='''
def majority(mask):
    """Accuracy of saying the more frequent of True and False for every point of a mask."""
    ones = np.mean(mask)
    return max(ones, 1 - ones)
''',
    hints=("If a fifth of the points are ones, how often is it right to say zero?",),
    examine=_examine_majority,
    mistakes=(
        Mistake("Share of ones", "def majority(m):\n    return np.mean(m)", "share of ones"),
        Mistake("Share of zeros", "def majority(m):\n    return 1 - np.mean(m)", "only where"),
        Mistake(
            "The class instead of its accuracy",
            "def majority(m):\n    return float(np.mean(m) > 0.5)",
            "How often",
        ),
        Mistake(
            "A count instead of a share",
            "def majority(m):\n    return max(m.sum(), (~m).sum())",
            "share of them",
        ),
    ),
    remark="No accuracy in this course stands without this number beside it.",
)
