"""What shows how a training run goes: a bar with the time left, and curves for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from ..errors import SepeduError
from ..training import Callback, Training

CURVES = {
    "train_loss": "loss/training",
    "valid_loss": "loss/validation",
    "train_accuracy": "accuracy/training",
    "valid_accuracy": "accuracy/validation",
    "seconds": "seconds of an epoch",
}
"""What TensorBoard calls the columns of a history."""


class ProgressBar(Callback):
    """A bar over all steps of a training run, with the figures of the last epoch."""

    _bar: Any = tqdm(disable=True)

    def on_start(self, training: Training) -> None:
        """Begin where an earlier training stopped."""
        epoch = len(training.train)
        self._bar = tqdm(
            total=training.recipe.epochs * epoch,
            initial=len(training.history.rows) * epoch,
            disable=not training.backend.is_first,
            unit="batch",
        )

    def on_batch(self, training: Training) -> None:
        """Move on by a step."""
        self._bar.update()

    def on_epoch(self, training: Training) -> None:
        """Show loss and accuracy."""
        row = training.history.rows[-1]
        self._bar.set_postfix({name: f"{row[name]:.3f}" for name in row if "_" in name})

    def on_end(self, training: Training) -> None:
        """Close the bar."""
        self._bar.close()
        if training.history.stopped and training.backend.is_first:
            epochs = len(training.history.rows)
            tqdm.write(f"Stopped after {epochs} epochs; the best of them is kept.")


def curves_path(checkpoint: Path) -> Path:
    """Where a training run's event files stand, beside its best network."""
    return checkpoint.with_name(f"{checkpoint.stem}.tensorboard")


class Curves(Callback):
    """Write loss and accuracy of each epoch to TensorBoard.

    A training run that goes on writes all its epochs again: TensorBoard shows the later ones,
    and none is missing, whenever the run was broken off.

    Parameters
    ----------
    folder : path
        Where the event files go; made when the first epoch ends.

    Raises
    ------
    SepeduError
        If TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise SepeduError(
                "TensorBoard is not installed", "pip install -e '.[scale]', or leave --log out"
            ) from error
        self._make, self._folder = SummaryWriter, folder
        self._writer: Any = None

    def on_epoch(self, training: Training) -> None:
        """Add what is new in the history."""
        rows = training.history.rows
        if self._writer is None:
            # What earlier runs wrote for these epochs and later ones is not shown any more.
            self._writer = self._make(str(self._folder), purge_step=1)
        else:
            rows = rows[-1:]
        for row in rows:
            for column, name in CURVES.items():
                self._writer.add_scalar(name, row[column], int(row["epoch"]))
        self._writer.flush()

    def on_end(self, training: Training) -> None:
        """End the event file."""
        if self._writer is not None:
            self._writer.close()
