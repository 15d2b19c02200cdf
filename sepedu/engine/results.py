"""Every published number, rebuilt from the checkpoints and the songs by one command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..checkpoints import UNET, load_checkpoint, load_unet, weights_path
from ..errors import SepeduError
from ..evaluation import evaluate, summarise, talk_results
from ..masks import binary_mask
from ..model import MaskCNN
from ..plots import SOURCE_COLOURS, describe
from ..separation import predict_soft_mask
from ..songs import SOURCES, Song, load_song, open_dataset
from ..stft import STFT
from .files import atomic_write, write_text
from .runs import dataset_name

THRESHOLDS = (0.1, 0.25, 0.5, 0.75, 1.0)
BAND_EDGES = (0, 125, 250, 500, 1000, 2000, 4000, 8000, 11025)
"""In hertz: octaves, but for the first and the last."""
TOLD = ("data", "songs", "batch", "recipe", "augmentation", "commit")
"""What the results tell of each network's training."""
DIGITS = 4
TENTHS = 10


def measure_details(
    songs: Iterable[Song], models: Mapping[str, MaskCNN]
) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Measure, over all bins of all songs, where each network is right.

    Songs are heard one after the other, and only counts are kept.

    Parameters
    ----------
    songs : iterable of Song
        Mono, at 22,050 Hz.
    models : mapping of str to MaskCNN
        By source.

    Returns
    -------
    details : dict
        By source: `bands` (accuracy at T = 0.5 by frequency), `thresholds` (against the masks of
        several T), each with the share of ones and the majority class, and `calibration` (for
        each tenth of what the network says: its mean, the share of ones, and the share of bins).
        Rounded to four digits.
    """
    stft = STFT()
    counts = {source: _Counts(stft.bins) for source in models}
    for song in songs:
        mixture = np.abs(stft.forward(song.mixture))
        for source, model in models.items():
            wanted = np.abs(stft.forward(song.sources[source]))
            counts[source].add(predict_soft_mask(model, mixture), wanted, mixture)
    return {source: count.shares(stft.frequencies) for source, count in counts.items()}


class _Counts:
    """What is summed of one source's network, song by song."""

    def __init__(self, bins: int) -> None:
        self.frames = 0
        self.right, self.ones = np.zeros((2, len(THRESHOLDS), bins), np.int64)
        self.said, self.true, self.share = np.zeros((3, TENTHS))

    def add(self, soft: np.ndarray, wanted: np.ndarray, mixture: np.ndarray) -> None:
        """Count a song [each shape=(513, frames)]: soft mask, and two magnitudes."""
        self.frames += soft.shape[1]
        for row, threshold in enumerate(THRESHOLDS):
            target = binary_mask(wanted, mixture, threshold)
            self.right[row] += ((soft > 0.5) == target).sum(axis=1)
            self.ones[row] += target.sum(axis=1)
            if threshold == 0.5:
                tenth = np.minimum((soft * TENTHS).astype(int), TENTHS - 1).ravel()
                self.said += np.bincount(tenth, soft.ravel(), TENTHS)
                self.true += np.bincount(tenth, target.ravel(), TENTHS)
                self.share += np.bincount(tenth, minlength=TENTHS)

    def shares(self, frequencies: np.ndarray) -> dict[str, list[dict[str, float]]]:
        """The sums as shares."""
        half = THRESHOLDS.index(0.5)
        bands = []
        for low, high in pairwise(BAND_EDGES):
            inside = (frequencies >= low) & (frequencies < high + (high == BAND_EDGES[-1]))
            bands.append({"low": low, "high": high, **self._beside(half, inside)})
        everywhere = np.ones(len(frequencies), bool)
        against = [
            {"threshold": threshold, **self._beside(row, everywhere)}
            for row, threshold in enumerate(THRESHOLDS)
        ]
        calibration = [
            {
                "said": round(float(self.said[k] / self.share[k]), DIGITS),
                "true": round(float(self.true[k] / self.share[k]), DIGITS),
                "share": round(float(self.share[k] / self.share.sum()), DIGITS),
            }
            for k in range(TENTHS)
            if self.share[k]
        ]
        return {"bands": bands, "thresholds": against, "calibration": calibration}

    def _beside(self, row: int, inside: np.ndarray) -> dict[str, float]:
        bins = self.frames * int(inside.sum())
        ones = int(self.ones[row, inside].sum()) / bins
        return {
            "ones": round(ones, DIGITS),
            "majority": round(max(ones, 1 - ones), DIGITS),
            "accuracy": round(int(self.right[row, inside].sum()) / bins, DIGITS),
        }


def calibration(details: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw the share of ones over the prediction: on the diagonal, a network is calibrated.

    Above the diagonal its predictions are too low, below it too high. The size of a point shows
    how many bins it stands for.

    Parameters
    ----------
    details : mapping
        By source, as `measure_details` returns them.

    References
    ----------
    A. Niculescu-Mizil and R. Caruana, "Predicting good probabilities with supervised learning",
    ICML 2005.
    """
    figure, axes = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
    axes.plot([0, 1], [0, 1], ":", color="#555555", label="calibrated")
    for source, marker in zip(sorted(details), "osD^", strict=False):
        tenths = details[source]["calibration"]
        said, true = [c["said"] for c in tenths], [c["true"] for c in tenths]
        colour = SOURCE_COLOURS[source]
        axes.plot(said, true, color=colour, marker=marker, markersize=4, label=source)
        sizes = [400 * c["share"] for c in tenths]
        axes.scatter(said, true, sizes, color=colour, alpha=0.25, linewidths=0)
    axes.set(
        xlabel="What the network says", ylabel="Share of ones in the true mask", aspect="equal"
    )
    axes.legend(fontsize="small")
    furthest = max(
        (abs(c["said"] - c["true"]) for each in details.values() for c in each["calibration"]),
        default=0.0,
    )
    return describe(
        figure,
        f"Share of ones over what the network says, for {', '.join(sorted(details))}. The curves "
        f"stay within {furthest:.2f} of the diagonal.",
    )


def as_markdown(results: Mapping[str, Any]) -> str:
    """The results as a page of tables."""
    lines = [
        "# Results",
        "",
        "Made by `sepedu results` from the checkpoints in "
        f"`{results.get('weights', 'data/weights')}` and {results['data']}. "
        "Mono at 22,050 Hz; true masks B = (S > 0.5 M); accuracy and mean squared error over all "
        "bins of all frames; SDR in decibels, median over songs of the median over windows of one "
        "second, and SI-SDR, median over songs. museval takes the same windows, but leaves one out "
        "for all sources where any of them is silent; here it is left out for that source alone. "
        "Songs with a silent source have no SDR and are counted as such. The talk's networks hear "
        "each song at its own level, while `separate` first brings it to the level of the songs "
        "that they were trained on. The talk states neither its threshold nor how it divided "
        "frames, so its figures stand beside ours without being the same measurement.",
        "",
    ]
    talk = talk_results()
    rows = pd.DataFrame(results["rows"])
    for (part, source), table in rows.groupby(["part", "source"], sort=False):
        first = table.iloc[0]
        lines += [
            f"## {_PARTS[part]}: {source}",
            "",
            f"{first['songs']} songs, {first['silent']} of them without {source}; "
            f"{100 * first['ones']:.1f} % of the true mask is ones.",
            "",
            "| | accuracy | MSE | SDR | mean SDR | SI-SDR |",
            "|---|---|---|---|---|---|",
        ]
        for row in table.to_dict("records"):
            cells = [f"{row[key]:.3f}" for key in ("accuracy", "mse")]
            cells += [
                "" if pd.isna(row[key]) else f"{row[key]:.2f}"
                for key in ("sdr", "sdr_mean", "si_sdr")
            ]
            lines.append(f"| {row['method']} | {' | '.join(cells)} |")
        if (source, part) in talk.index:
            row = talk.loc[(source, part)]
            lines.append(f"| the talk | {row['accuracy']:.3f} | {row['mse']:.3f} | | | |")
        lines.append("")
    lines += [
        "## Is a network as sure as it is right?",
        "",
        "![Share of ones in the true masks over what each network says; the figures are in the "
        "last tables below.](calibration.png)",
        "",
        "The larger the point, the more bins. On the diagonal a network says 0.7 where 7 of 10 "
        "bins are ones.",
        "",
    ]
    for source, details in sorted(results["details"].items()):
        lines += [f"## Where the network for {source} is right", ""]
        lines += ["| from Hz | to Hz | ones | majority class | accuracy |", "|---|---|---|---|---|"]
        lines += [
            f"| {b['low']} | {b['high']} | {b['ones']:.3f} | {b['majority']:.3f} | "
            f"{b['accuracy']:.3f} |"
            for b in details["bands"]
        ]
        lines += ["", "| T | ones | majority class | accuracy |", "|---|---|---|---|"]
        lines += [
            f"| {t['threshold']} | {t['ones']:.3f} | {t['majority']:.3f} | {t['accuracy']:.3f} |"
            for t in details["thresholds"]
        ]
        lines += ["", "| the network says | of these are ones | share of bins |", "|---|---|---|"]
        lines += [
            f"| {c['said']:.2f} | {c['true']:.2f} | {c['share']:.3f} |"
            for c in details["calibration"]
        ]
        lines.append("")
    return "\n".join(lines)


_PARTS = {"train": "Training songs", "valid": "Validation songs", "test": "Test songs"}


def readme_table(results: Mapping[str, Any]) -> str:
    """The README's summary: each source's network beside majority class, talk and ideal mask.

    Two tables: accuracy and mean squared error, training and validation songs divided by a
    stroke; and SDR in decibels on the validation songs.
    """
    rows = pd.DataFrame(results["rows"]).set_index(["source", "part", "method"])
    talk = talk_results()
    rungs = [rung for rung in README_RUNGS if rung in rows.index.get_level_values("method")]
    unet = "U-Net, soft" in rungs
    names = ["accuracy", "U-Net"] if unet else ["accuracy"]
    names += ["majority class", "average mask", "the talk", "MSE", "the talk"]
    first = [f"| training / validation | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    second = [f"| SDR (dB), validation | {' | '.join(rungs)} |", "|---" * (len(rungs) + 1) + "|"]
    for source in ("vocals", "drums", "bass", "other"):
        if (source, "valid", "network, soft") not in rows.index:
            continue

        def both(column: str, method: str, source: str = source) -> str:
            values = [rows.loc[(source, part, method), column] for part in ("train", "valid")]
            return " / ".join(f"{value:.3f}" for value in values)

        def talks(column: str, source: str = source) -> str:
            return " / ".join(f"{talk.loc[(source, p), column]:.3f}" for p in ("train", "valid"))

        cells = [
            both("accuracy", "network, soft"),
            *([both("accuracy", "U-Net, binary")] if unet else []),
            both("accuracy", "majority class"),
            both("accuracy", "average mask"),
            talks("accuracy"),
            both("mse", "network, soft"),
            talks("mse"),
        ]
        first.append(f"| {source} | {' | '.join(cells)} |")
        ratios = [f"{rows.loc[(source, 'valid', rung), 'sdr']:.1f}" for rung in rungs]
        second.append(f"| {source} | {' | '.join(ratios)} |")
    return "\n".join([*first, "", *second])


README_RUNGS = ("mixture", "average mask", "network, soft", "U-Net, soft", "ideal binary mask")
"""Columns of the README's second table."""


def collect_results(
    where: str | os.PathLike[str] | None,
    subset: str = "train",
    progress: Callable[[Iterable], Iterable] = iter,
    weights: Path | None = None,
) -> dict[str, Any]:
    """Measure the networks that come with the course on a dataset, or others.

    Parameters
    ----------
    where : str or path, optional
        As `open_dataset` takes it.
    subset : {"train", "test"}
        "train" measures the training and the validation songs apart, "test" the test songs.
    progress : callable, optional
        Wraps the songs, for example `tqdm`; they are read one after the other.
    weights : path, optional
        A folder of networks to measure instead, each `SOURCE.safetensors`.

    Returns
    -------
    results : dict
        What `docs/results.json` holds: `data`, `threshold`, `training` (how the networks were
        made), `rows` (per part, source and method, those of `summarise`; `read_results` reads
        them), `sdr_by_song`,
        `details` of the last part (accuracy by frequency band, against T, and calibration), and
        `weights`, the name of the folder, if one was given. Rounded to four digits.

    Raises
    ------
    SepeduError
        If the folder has no network, or see `open_dataset` and `load_checkpoint`.
    """
    paths = {source: weights_path(source, weights) for source in SOURCES}
    loaded = {s: load_checkpoint(path) for s, path in paths.items() if path.is_file()}
    if weights and not loaded:
        raise SepeduError(f"The folder {weights} has no network", "Train some: sepedu train all")
    models = {source: model for source, (model, _, _) in loaded.items()}
    average_masks = {
        source: state["average_mask"].numpy()
        for source, (_, _, state) in loaded.items()
        if "average_mask" in state  # a training run that was stopped has not made it yet
    }
    place = weights_path(UNET, weights)
    unet = load_unet(place) if place.is_file() else None
    parts = ("train", "valid") if subset == "train" else ("test",)
    results: dict[str, Any] = {
        "data": dataset_name(where),
        "threshold": 0.5,
        "training": {
            source: {key: about.get(key) for key in TOLD}
            for source, (_, about, _) in loaded.items()
        },
        "rows": [],
        "sdr_by_song": {},
    }
    if weights:
        results["weights"] = weights.resolve().name
    for part in parts:
        dataset = open_dataset(where, subset, part if subset == "train" else None)
        songs = (load_song(track) for track in progress(dataset))
        table = evaluate(songs, models, average_masks, unet=unet)
        summary = summarise(table).round(DIGITS).reset_index()
        summary.insert(0, "part", part)
        summary.insert(0, "data", results["data"])
        results["rows"] += _as_json(summary, "records")
        by_song = table.pivot(index=["source", "song"], columns="method", values="sdr")
        results["sdr_by_song"][part] = {
            source: _as_json(by_song.loc[source].round(DIGITS), "index") for source in SOURCES
        }
    # Read once more: the songs of MUSDB18 do not fit into memory.
    songs = (load_song(track) for track in progress(dataset))
    results["details"] = measure_details(songs, models)
    return results


def _as_json(table: pd.DataFrame, orient: str) -> Any:
    """A table as what JSON can hold, with None for what has no value."""
    return json.loads(table.to_json(orient=orient, double_precision=DIGITS))


def write_results(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `results.json`, `results.md` and the figure of the calibration, `calibration.png`.

    The same results and fonts give the same files.
    """
    texts = {
        "results.json": json.dumps(results, indent=1, sort_keys=True) + "\n",
        "results.md": as_markdown(results),
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    figure = calibration(results["details"])
    with atomic_write(folder / "calibration.png") as part:
        figure.savefig(part, format="png", dpi=120, metadata={"Software": None})
    plt.close(figure)
    return [folder / name for name in (*texts, "calibration.png")]
