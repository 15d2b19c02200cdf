"""What a training keeps on disk beside its best network: its history, and how to go on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..checkpoints import load_checkpoint, save_checkpoint
from ..errors import SepeduError
from ..model import MaskCNN
from .files import write_text


@dataclass
class History:
    """What a training has seen: a row per epoch, the best of them, and whether Ctrl-C ended it."""

    rows: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False

    @property
    def best(self) -> int:
        """Index of the epoch with the lowest validation loss."""
        return int(np.argmin([row["valid_loss"] for row in self.rows]))

    def save(self, path: Path) -> None:
        """Write the rows as JSON, aside first."""
        write_text(path, json.dumps(self.rows, indent=1) + "\n")


def last_path(checkpoint: Path) -> Path:
    """Where the state of an unfinished training stands, beside its best network."""
    return checkpoint.with_name(f"{checkpoint.stem}.last.safetensors")


def history_path(checkpoint: Path) -> Path:
    """Where the history of a training stands, beside its best network."""
    return checkpoint.with_name(f"{checkpoint.stem}.history.json")


def save_last(
    checkpoint: Path,
    model: MaskCNN,
    averaged: MaskCNN,
    best: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    about: dict[str, Any],
    history: History,
) -> None:
    """Write all that a training needs to go on after this epoch, and its history."""
    state = {f"averaged.{k}": v for k, v in averaged.state_dict().items()}
    state |= {f"best.{k}": v for k, v in best.items()}
    for index, values in optimizer.state_dict()["state"].items():
        state |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    save_checkpoint(last_path(checkpoint), model, about | {"history": history.rows}, state)
    history.save(history_path(checkpoint))


def check_resumable(checkpoint: Path | None) -> None:
    """Raise SepeduError if no unfinished training stands beside this checkpoint."""
    if checkpoint is None or not last_path(checkpoint).is_file():
        raise SepeduError(
            f"There is no training to resume at {checkpoint}", "Start it without resume"
        )


@dataclass
class Last:
    """All that a training needs to go on after its last finished epoch."""

    rows: list[dict[str, float]]
    model: dict[str, Tensor]
    averaged: dict[str, Tensor]
    best: dict[str, Tensor]
    optimizer: dict[int, dict[str, Tensor]]

    def put_back(
        self, model: MaskCNN, averaged: MaskCNN, optimizer: torch.optim.Optimizer
    ) -> tuple[History, dict[str, Tensor]]:
        """Put a training back to that state; returns history and best weights."""
        model.load_state_dict(self.model)
        averaged.load_state_dict(self.averaged)
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": self.optimizer, "param_groups": groups})
        return History(self.rows), self.best


def read_last(checkpoint: Path | None, about: dict[str, Any]) -> Last:
    """Read the state of a training from beside its checkpoint.

    Raises
    ------
    SepeduError
        If there is none, it cannot go on, or it was started with other settings than `about`.
    """
    check_resumable(checkpoint)
    saved, told, state = load_checkpoint(last_path(checkpoint))
    if not told.get("history"):
        raise SepeduError(
            f"{last_path(checkpoint)} does not hold a training that can go on",
            "Start it without resume",
        )
    changed = [
        key
        for key in about
        if key != "commit"  # the course may be updated in the days that a training takes
        and told.get(key) != json.loads(json.dumps(about[key]))
    ]
    if changed:
        raise SepeduError(
            f"The training at {checkpoint} was started with another {', '.join(changed)}",
            "Resume it with the same settings, or start anew under another name",
        )
    parts: dict[str, dict[str, Tensor]] = {"averaged": {}, "best": {}, "optimizer": {}}
    for key, value in state.items():
        part, name = key.split(".", 1)
        parts[part][name] = value
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in parts["optimizer"].items():
        index, name = key.split(".")
        slots.setdefault(int(index), {})[name] = value
    return Last(told["history"], saved.state_dict(), parts["averaged"], parts["best"], slots)
