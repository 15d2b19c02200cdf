"""Every published number, rebuilt from the checkpoints and the songs by one command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .calibration import write_calibration
from .checkpoints import find_refiner, load_checkpoint, weights_path
from .datasets import SOURCES, load_song, open_dataset
from .details import DIGITS, measure_details
from .errors import SepeduError
from .evaluation import evaluate, summarise
from .gates import MASKS
from .results_page import as_markdown
from .runs import dataset_name
from .whole import write_text


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
        A folder of networks to measure instead, each `SOURCE.safetensors`, with their refiner.

    Returns
    -------
    results : dict
        What `docs/results.json` holds: `data`, `threshold`, `training` (how the networks were
        made), `rows` (per part, source and method, those of `summarise`; `read_results` reads
        them), `best_masks` (by source, the one of `MASKS` with the best SDR on the validation
        songs; the test songs choose nothing, so with them it is left out), `sdr_by_song`,
        `details` of the last part (accuracy by frequency band, against T, and calibration), and
        `weights`, the name of the folder, if one was given. Rounded to four digits.

    Raises
    ------
    SepeduError
        If the folder has no network, or see `open_dataset` and `load_checkpoint`.
    """
    paths = {s: weights / f"{s}.safetensors" if weights else weights_path(s) for s in SOURCES}
    loaded = {s: load_checkpoint(path) for s, path in paths.items() if path.is_file()}
    if weights and not loaded:
        raise SepeduError(f"The folder {weights} has no network", "Train some: sepedu train all")
    models = {source: model for source, (model, _, _) in loaded.items()}
    average_masks = {
        source: state["average_mask"].numpy()
        for source, (_, _, state) in loaded.items()
        if "average_mask" in state  # a training that was stopped has not made it yet
    }
    refiner = find_refiner(paths[SOURCES[0]].parent)
    parts = ("train", "valid") if subset == "train" else ("test",)
    results: dict[str, Any] = {
        "data": dataset_name(where),
        "threshold": 0.5,
        "training": {source: _told(about) for source, (_, about, _) in loaded.items()},
        "rows": [],
        "sdr_by_song": {},
    }
    if weights:
        results["weights"] = weights.resolve().name
    for part in parts:
        dataset = open_dataset(where, subset, part if subset == "train" else None)
        songs = (load_song(track) for track in progress(dataset))
        table = evaluate(songs, models, average_masks, refiner=refiner)
        summary = summarise(table).round(DIGITS).reset_index()
        summary.insert(0, "part", part)
        summary.insert(0, "data", results["data"])
        results["rows"] += _plain(summary, "records")
        by_song = table.pivot(index=["source", "song"], columns="method", values="sdr")
        results["sdr_by_song"][part] = {
            source: _plain(by_song.loc[source].round(DIGITS), "index") for source in SOURCES
        }
    if "valid" in parts:
        results["best_masks"] = {source: best_mask(results["rows"], source) for source in models}
    # Read once more: nobody's memory holds the songs of MUSDB18.
    songs = (load_song(track) for track in progress(dataset))
    results["details"] = measure_details(songs, models)
    return results


def best_mask(rows: Sequence[Mapping[str, Any]], source: str) -> str:
    """The mask whose median SDR on the validation songs is the highest; of equals the simplest."""
    ratios = {
        row["method"]: row["sdr"]
        for row in rows
        if row["part"] == "valid" and row["source"] == source and row["sdr"] is not None
    }
    measured = [mask for mask in MASKS if f"network, {mask}" in ratios]
    return max(measured, key=lambda mask: ratios[f"network, {mask}"], default=MASKS[0])


def _told(about: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint tells of its training."""
    return {
        key: about.get(key)
        for key in ("data", "songs", "batch", "recipe", "augmentation", "commit")
    }


def _plain(table: pd.DataFrame, orient: str) -> Any:
    """A table as what JSON can hold, with None for what has no value."""
    return json.loads(table.to_json(orient=orient, double_precision=DIGITS))


def write_results(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `results.json`, `results.md` and the figure of the calibration, `calibration.png`.

    The same results give the same files.
    """
    texts = {
        "results.json": json.dumps(results, indent=1, sort_keys=True) + "\n",
        "results.md": as_markdown(results),
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    figure = write_calibration(results["details"], folder / "calibration.png")
    return [*(folder / name for name in texts), figure]
