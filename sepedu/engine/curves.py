"""Training curves for TensorBoard, beside the history that is always written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import SepeduError
from .interrupts import defer_interrupt
from .resume import History

CURVES = {
    "train_loss": "loss/training",
    "valid_loss": "loss/validation",
    "train_accuracy": "accuracy/training",
    "valid_accuracy": "accuracy/validation",
    "seconds": "seconds of an epoch",
}
"""What TensorBoard calls the columns of a history."""


def curves_path(checkpoint: Path) -> Path:
    """Where a training's event files stand, beside its best network."""
    return checkpoint.with_name(f"{checkpoint.stem}.tensorboard")


class Curves:
    """Write loss and accuracy of each epoch to TensorBoard: give it to `fit` as `on_epoch`.

    A training that goes on writes all its epochs again: TensorBoard shows the later ones, and none
    is missing, whenever the training was broken off.

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

    def __call__(self, history: History) -> None:
        """Add what is new in a history."""
        with defer_interrupt():
            rows = history.rows[-1:]
            if self._writer is None:
                # What earlier runs wrote for these epochs and later ones is not shown any more.
                self._writer = self._make(str(self._folder), purge_step=1)
                rows = history.rows
            for row in rows:
                for column, name in CURVES.items():
                    self._writer.add_scalar(name, row[column], int(row["epoch"]))
            self._writer.flush()

    def close(self) -> None:
        """End the event file."""
        if self._writer is not None:
            self._writer.close()
