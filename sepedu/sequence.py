"""The networks of all four sources, trained one after the other into a folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .checkpoints import load_checkpoint
from .datasets import SOURCES
from .devices import accelerator
from .errors import SepeduError
from .processes import Processes
from .resume import History, last_path
from .runs import RECIPE, dataset_name, train_source
from .training import Recipe


def train_all(
    data: str | os.PathLike[str] | None,
    folder: Path,
    recipe: Recipe = RECIPE,
    resume: bool = False,
    **settings: Any,
) -> dict[str, History]:
    """Train the network of each source, in sequence, as `SOURCE.safetensors` in a folder.

    Parameters
    ----------
    data : str or path, optional
        As `open_dataset` takes it.
    folder : path
    recipe : Recipe
    resume : bool
        Leave out what is finished, go on with what was begun, start the rest.
    settings
        What else `train_source` takes, the same for all sources.

    Returns
    -------
    histories : dict of History
        Of the sources that were trained now. Ctrl-C stops the one that runs, and begins no other.

    Raises
    ------
    SepeduError
        If the folder is a file, or as `train_source` does.
    """
    if folder.suffix == ".safetensors" or folder.is_file():
        raise SepeduError(f"Four networks do not fit into {folder}", "Give --out a folder")

    def states_now() -> dict[str, str]:
        if not resume:
            return dict.fromkeys(SOURCES, "new")
        places = {source: folder / f"{source}.safetensors" for source in SOURCES}
        return {s: progress_of(out, recipe, data, settings) for s, out in places.items()}

    # One process looks for all: while it still measures a network, others would see it unfinished.
    processes = Processes(accelerator(), recipe.autocast)
    states = processes.from_first(states_now)
    histories = {}
    for source in SOURCES:
        if states[source] == "finished":
            continue
        history = train_source(
            source,
            data,
            folder / f"{source}.safetensors",
            recipe,
            resume=states[source] == "begun",
            **settings,
        )
        histories[source] = history
        if history.stopped:
            break
    return histories


def progress_of(
    out: Path,
    recipe: Recipe,
    data: str | os.PathLike[str] | None,
    settings: dict[str, Any],
) -> str:
    """How far the training of a network has come: "new", "begun" or "finished".

    It is finished when it has come to its end and the network is measured. One with other choices
    counts as begun: to go on with it is refused, and says why.
    """
    if not last_path(out).is_file():
        return "new"
    return "finished" if _is_finished(out, recipe, data, settings) else "begun"


def _is_finished(
    out: Path,
    recipe: Recipe,
    data: str | os.PathLike[str] | None,
    settings: dict[str, Any],
) -> bool:
    if not out.is_file():
        return False
    _, about, state = load_checkpoint(out)
    history = History(load_checkpoint(last_path(out))[1].get("history", []))
    wanted = {"recipe": asdict(recipe), "data": dataset_name(data)}
    wanted |= {
        name: settings[name] for name in ("threshold", "batch", "output") if name in settings
    }
    if "augmentation" in settings:
        wanted["augmentation"] = asdict(settings["augmentation"])
    if any(about.get(name) != value for name, value in json.loads(json.dumps(wanted)).items()):
        return False
    patient = recipe.patience is None or len(history.rows) - 1 - history.best < recipe.patience
    return "average_mask" in state and (len(history.rows) >= recipe.epochs or not patient)
