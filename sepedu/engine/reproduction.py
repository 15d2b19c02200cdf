"""The whole chain in one folder: songs prepared, four networks trained, every number measured."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from tqdm.auto import tqdm

from ..checkpoints import load_checkpoint, weights_path
from ..errors import SepeduError, printable
from ..excerpts import Augmentation
from ..songs import SOURCES, open_dataset
from ..stft import STFT
from ..training import Recipe
from .distributed import launched
from .files import write_text
from .prepare import prepare
from .results import collect_results, readme_table, write_results
from .runs import RunOptions, dataset_name, progress_of, train_source


@dataclass(frozen=True)
class ReproductionConfig:
    """How the networks of a reproduction are trained.

    Attributes
    ----------
    recipes : mapping of str to Recipe
        By source.
    augmentation : Augmentation
        Without any, the songs are prepared and read from a store; otherwise their sound is held
        in memory, since the magnitude of a sum is not the sum of magnitudes.
    batch : int
        See `train_source`.
    """

    recipes: Mapping[str, Recipe]
    augmentation: Augmentation
    batch: int

    @property
    def stored(self) -> bool:
        """Whether the songs are read from a store."""
        return self.augmentation == Augmentation()

    def plain(self) -> ReproductionConfig:
        """The same without augmentation."""
        return replace(self, augmentation=Augmentation())


def as_published() -> ReproductionConfig:
    """The config that the networks which come with the course tell of."""
    metadata = {source: load_checkpoint(weights_path(source))[1] for source in SOURCES}
    first = metadata[SOURCES[0]]
    recipes = {source: Recipe(**about["recipe"]) for source, about in metadata.items()}
    return ReproductionConfig(recipes, Augmentation(**first["augmentation"]), first["batch"])


def quick() -> ReproductionConfig:
    """One epoch: enough to see that the chain works, and for nothing else."""
    recipe = Recipe(epochs=1, loss="bce", average=0.9, autocast=True)
    return ReproductionConfig(dict.fromkeys(SOURCES, recipe), Augmentation(), batch=64)


MARK = "reproduction.json"
"""Tells in the folder of a reproduction what it is made of, and what has been measured."""


def reproduce(
    data: str | os.PathLike[str] | None = None,
    out: Path = Path("my-reproduction"),
    config: ReproductionConfig | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Make the talk's four networks and their results anew, from a dataset, into a folder.

    The U-Net is no part of it; see `UNET_RECIPE`.

    What is finished there is not done again, and a training run that was interrupted goes on after
    its last finished epoch: the same call does the rest. Nothing is written outside of the folder.

    Parameters
    ----------
    data : str or path, optional
        As `open_dataset` takes it.
    out : path
        New, empty, or of the same reproduction. Gets `weights` with the four networks,
        `results.md` and `results.json`, for a training run without augmentation `store`, and
        `reproduction.json`.
    config : ReproductionConfig, optional
        By default those of the networks that come with the course.
    progress : bool
        Say on the standard error what is done, with bars.

    Returns
    -------
    results : dict
        As `collect_results` returns them.

    Raises
    ------
    SepeduError
        If the folder holds something else, the memory does not suffice, or as the steps do.
    KeyboardInterrupt
        After Ctrl-C, once what is at hand is whole.
    """
    if launched():
        raise SepeduError(
            "A reproduction is the work of one process",
            "Start it without torchrun; sepedu train all is for several",
        )
    config = config or as_published()
    splits = {split: open_dataset(data, split=split) for split in ("train", "valid")}
    _mark(out, data, {split: len(tracks) for split, tracks in splits.items()}, config)
    settings = {
        "augmentation": config.augmentation,
        "batch": config.batch,
        "store": out / "store" if config.stored else False,
    }
    places = {source: weights_path(source, out / "weights") for source in SOURCES}
    states = {
        source: progress_of(path, config.recipes[source], data, settings)
        for source, path in places.items()
    }
    if set(states.values()) != {"finished"}:
        if config.stored:
            _say("Preparing the songs", progress)
            prepare(data, out / "store", progress=progress)
        else:
            _check_memory([track.duration for track in splits["train"]])
    for number, (source, state) in enumerate(states.items(), start=1):
        how = {"finished": ", finished before", "begun": ", goes on", "new": ""}[state]
        _say(f"Network {number} of {len(SOURCES)}: {source}{how}", progress)
        if state == "finished":
            continue
        recipe, options = config.recipes[source], RunOptions(state == "begun", progress)
        history = train_source(source, data, places[source], recipe, options=options, **settings)
        if history.stopped:
            raise KeyboardInterrupt
    return _measure(data, out, progress)


def _mark(
    out: Path,
    data: str | os.PathLike[str] | None,
    songs: dict[str, int],
    config: ReproductionConfig,
) -> None:
    """Begin a folder, or make sure that it was begun with the same config."""
    mark = json.loads(json.dumps({"data": dataset_name(data), "songs": songs} | asdict(config)))
    if out.exists() and not out.is_dir():
        raise SepeduError(f"{out} is not a folder", "Name a new one with --out")
    if not (out / MARK).is_file():
        if out.is_dir() and any(not path.name.startswith(".") for path in out.iterdir()):
            raise SepeduError(
                f"The folder {out} is not empty, and no reproduction was begun in it",
                "Name a new one with --out",
            )
        write_text(out / MARK, json.dumps(mark, indent=1) + "\n")
        return
    before = _read_mark(out)
    changed = [name for name, value in mark.items() if before.get(name) != value]
    if changed:
        raise SepeduError(
            f"The reproduction in {out} was begun with other {', '.join(changed)}",
            "Go on with the same command, or name a new folder with --out",
        )


def _read_mark(out: Path) -> dict[str, Any]:
    try:
        mark = json.loads((out / MARK).read_text(encoding="utf-8"))
    except ValueError:
        mark = None
    if not isinstance(mark, dict):
        raise SepeduError(f"{out / MARK} is damaged", "Name a new folder with --out")
    return mark


def _check_memory(seconds: Iterable[float]) -> None:
    """Raise SepeduError if songs of these lengths do not fit into memory as training holds them.

    That is in stereo and float32 twice: as the five recordings that were read, and as four stems
    to draw from.
    """
    needed = sum(seconds) * STFT().sample_rate * 4 * 2 * (len(SOURCES) + 1 + len(SOURCES))
    free = psutil.virtual_memory().available
    if needed > free:
        raise SepeduError(
            f"Remixing holds the songs in memory, which takes at least {needed / 1e9:.1f} GB; "
            f"{free / 1e9:.1f} GB are free",
            "Close other programs, or add --plain: then a store is read, and nothing remixed",
        )


def _measure(data: str | os.PathLike[str] | None, out: Path, progress: bool) -> dict[str, Any]:
    """Measure the networks of a folder, unless just these results are there."""
    if _read_mark(out).get("measured") == _digests(out):
        _say("Measured before", progress)
        return json.loads((out / "results.json").read_text(encoding="utf-8"))
    _say("Measuring", progress)
    bar = functools.partial(tqdm, unit="song", disable=not progress)
    results = collect_results(data, progress=bar, weights=out / "weights")
    write_results(results, out)
    mark = _read_mark(out) | {"measured": _digests(out)}
    write_text(out / MARK, json.dumps(mark, indent=1) + "\n")
    return results


def _digests(out: Path) -> dict[str, str]:
    """SHA-256 of the networks and of what was measured with them, by name."""
    weights = [weights_path(source, out / "weights") for source in SOURCES]
    files = [*weights, out / "results.json", out / "results.md"]
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def summary(results: Mapping[str, Any], out: Path) -> str:
    """The table of results beside the talk's, and where everything lies."""
    rows = [line.strip("|").split("|") for line in readme_table(results).splitlines() if line]
    tables = []
    for first, second in ((0, len(SOURCES) + 2), (len(SOURCES) + 2, len(rows))):
        cells = [[cell.strip() for cell in row] for row in rows[first:second]]
        del cells[1]  # the rule under the head
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        tables.append(
            "\n".join(
                "  ".join(
                    cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                ).rstrip()
                for row in cells
            )
        )
    weights = out / "weights"
    places = [f"Networks  {weights}", f"Results   {out / 'results.md'}, {out / 'results.json'}"]
    if (out / "store").is_dir():
        places.append(f"Store     {out / 'store'}, which may be deleted")
    places.append(
        f"To hear:  sepedu separate SONG --out DIR --model {weights / 'vocals.safetensors'}"
    )
    return "\n\n".join([*tables, "\n".join(map(printable, places))])


def _say(text: str, progress: bool) -> None:
    if progress:
        print(text, file=sys.stderr, flush=True)
