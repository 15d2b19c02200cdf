"""What a training run keeps on disk beside its best network: its history, and how to go on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ..checkpoints import load_checkpoint, save_checkpoint
from ..errors import SepeduError
from ..training import Callback, Training
from .files import write_text


def last_path(checkpoint: Path) -> Path:
    """Where the state of an unfinished training run stands, beside its best network."""
    return checkpoint.with_name(f"{checkpoint.stem}.last.safetensors")


def history_path(checkpoint: Path) -> Path:
    """Where the history of a training run stands, beside its best network."""
    return checkpoint.with_name(f"{checkpoint.stem}.history.json")


class Checkpoint(Callback):
    """Write the best network, what is needed to go on, and the history, after each epoch.

    Parameters
    ----------
    path : path
        Of the best network, ends in `.safetensors`; `NAME.last.safetensors` and
        `NAME.history.json` stand beside it.
    metadata : dict
        What to say in the checkpoint besides what the training run itself tells.
    resume : bool
        Go on with the training run that was broken off there, bit for bit.

    Raises
    ------
    SepeduError
        When the training run starts, if there is nothing to resume, or it had other settings.

    Lesson: 05
    """

    def __init__(
        self, path: Path, metadata: dict[str, Any] | None = None, resume: bool = False
    ) -> None:
        self.path, self.metadata, self.resume = path, metadata or {}, resume

    def on_start(self, training: Training) -> None:
        """Compose the metadata, and go on from the earlier state."""
        drawing = training.train.metadata() | training.objective.metadata()
        self.metadata = drawing | {"recipe": asdict(training.recipe)} | self.metadata
        if self.resume:
            state = training.backend.from_first(lambda: read_state(self.path, self.metadata))
            state.restore(training)

    def on_epoch(self, training: Training) -> None:
        """Write what is new."""
        history, averaged = training.history, training.averaged.module.model
        if history.best == len(history.rows) - 1:
            metadata = self.metadata | {"metrics": history.rows[-1]}
            save_checkpoint(self.path, averaged, metadata)
        state = {f"averaged.{k}": v for k, v in averaged.state_dict().items()}
        state |= {f"best.{k}": v for k, v in training.best.items()}
        for index, values in training.optimizer.state_dict()["state"].items():
            state |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
        metadata = self.metadata | {"history": history.rows}
        save_checkpoint(last_path(self.path), training.model, metadata, state)
        write_text(history_path(self.path), json.dumps(history.rows, indent=1) + "\n")


def check_resumable(checkpoint: Path) -> None:
    """Raise SepeduError if no unfinished training run stands beside this checkpoint."""
    if not last_path(checkpoint).is_file():
        raise SepeduError(
            f"There is no training to resume at {checkpoint}", "Start it without resume"
        )


@dataclass
class TrainingState:
    """All that a training run needs to go on after its last finished epoch."""

    rows: list[dict[str, float]]
    model: dict[str, Tensor]
    averaged: dict[str, Tensor]
    best: dict[str, Tensor]
    optimizer: dict[int, dict[str, Tensor]]

    def restore(self, training: Training) -> None:
        """Put a training run that has just started into this state."""
        training.model.load_state_dict(self.model)
        training.averaged.module.model.load_state_dict(self.averaged)
        training.averaged.n_averaged.fill_(len(self.rows) * len(training.train))
        groups = training.optimizer.state_dict()["param_groups"]
        training.optimizer.load_state_dict({"state": self.optimizer, "param_groups": groups})
        training.history.rows[:], training.best = self.rows, self.best


def read_state(checkpoint: Path, metadata: dict[str, Any]) -> TrainingState:
    """Read the state of a training run from beside its checkpoint.

    Raises
    ------
    SepeduError
        If there is none, it cannot go on, or its settings are not those of `metadata`.
    """
    check_resumable(checkpoint)
    model, about, tensors = load_checkpoint(last_path(checkpoint))
    if not about.get("history"):
        raise SepeduError(
            f"{last_path(checkpoint)} does not hold a training run that can go on",
            "Start it without resume",
        )
    # The course may be updated in the days that a training run takes: not the commit.
    wanted = json.loads(json.dumps({k: v for k, v in metadata.items() if k != "commit"}))
    changed = [key for key, value in wanted.items() if about.get(key) != value]
    if changed:
        raise SepeduError(
            f"The training at {checkpoint} was started with another {', '.join(changed)}",
            "Resume it with the same settings, or start anew under another name",
        )
    parts: dict[str, dict[str, Tensor]] = {"averaged": {}, "best": {}, "optimizer": {}}
    for key, value in tensors.items():
        part, name = key.split(".", 1)
        parts[part][name] = value
    optimizer: dict[int, dict[str, Tensor]] = {}
    for key, value in parts["optimizer"].items():
        index, name = key.split(".")
        optimizer.setdefault(int(index), {})[name] = value
    return TrainingState(
        about["history"], model.state_dict(), parts["averaged"], parts["best"], optimizer
    )
