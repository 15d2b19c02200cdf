"""Watch a training: curves beside what guessing and knowing reach, time left, and a stop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..training import Callback, Recipe, Training
from ..windows import Example
from .base import LessonWidget, bundle
from .material import in_percent


class TrainingMonitor(LessonWidget, Callback):
    """Loss and accuracy of a training while it runs, with a button that ends it and keeps the best.

    Show it in a cell of its own, then give it to `fit(..., callbacks=[monitor])` in the next.

    Parameters
    ----------
    recipe : Recipe
        The training's; it tells how many epochs there will be.
    valid : sequence of Example
        The validation songs, whose commoner answer is the line to beat.

    Lesson: 05
    """

    _esm = bundle("monitor.js")
    drawn_at_rest = False  # but at the end, since a training has no rest
    epochs = traitlets.Int().tag(sync=True)
    majority = traitlets.Float(None, allow_none=True).tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    batches = traitlets.Int(1).tag(sync=True)
    batch = traitlets.Int().tag(sync=True)
    batch_loss = traitlets.Float(None, allow_none=True).tag(sync=True)
    best = traitlets.Int(-1).tag(sync=True)
    left = traitlets.Float(None, allow_none=True).tag(sync=True)
    stage = traitlets.Enum(["waiting", "training", "over"], "waiting").tag(sync=True)
    stop = traitlets.Bool(False).tag(sync=True)

    def __init__(self, recipe: Recipe, valid: Sequence[Example] = ()) -> None:
        self._batch, self._epoch_began, self._told = 0, 0.0, 0.0
        super().__init__(
            title=f"Training of {recipe.epochs} epochs",
            epochs=recipe.epochs,
            majority=majority_accuracy(valid),
            reading="The training has not begun.",
        )

    def on_start(self, training: Training) -> None:
        """Begin anew, also after an earlier training."""
        rows = [dict(row) for row in training.history.rows]
        with self.hold_sync():
            self.rows, self.best = rows, training.history.best if rows else -1
            self.batch, self.batch_loss, self.batches = 0, None, len(training.train)
            self.left, self.stop, self.stage = None, False, "training"
            self.reading = "The training has begun: the first epoch is under way."
        self._epoch_began = self._told = time.monotonic()
        self._listen()

    def on_batch(self, training: Training) -> None:
        """Move on by a batch, and show the mean loss of those since the browser heard last.

        It hears of them five times a second at most.
        """
        self._batch += 1
        now = time.monotonic()
        if now - self._told < 0.2:
            return
        self._told = now
        # Before there is an epoch, this one's batches are all that there is to reckon with.
        seconds = [row["seconds"] for row in self.rows]
        seconds = seconds or [(now - self._epoch_began) * self.batches / self._batch]
        epochs = self.epochs - len(self.rows) - self._batch / self.batches
        fresh = [loss for loss, _ in training.seen[self.batch :]]
        with self.hold_sync():
            self.batch, self.left = self._batch, float(np.mean(seconds)) * epochs
            self.batch_loss = float(np.mean(fresh))
        self._listen()

    def on_epoch(self, training: Training) -> bool:
        """Show the history, and answer whether the training is to stop."""
        rows = [dict(row) for row in training.history.rows]
        left = float(np.mean([row["seconds"] for row in rows])) * (self.epochs - len(rows))
        with self.hold_sync():
            self.rows, self.best, self.batch = rows, training.history.best, 0
            self.left = left
            self.reading = self._words()
        self._batch, self._epoch_began = 0, time.monotonic()
        self._listen()
        return self.stop

    def on_end(self, training: Training) -> None:
        """Say that the training is over, however it ended."""
        with self.hold_sync():
            self.stage, self.left, self.stop = "over", 0.0, False
            self.reading = self._words()
        self.keep()

    def receive(self, message: dict[str, Any]) -> None:
        """Hear the button, which calls until it is heard."""
        if message.get("kind") == "stop" and self.stage == "training":
            self.stop = True

    def _listen(self) -> None:
        """Let the button be heard while the cell of the training keeps the kernel busy.

        JupyterLab sends a widget's messages to a thread of their own (a subshell), but ipykernel
        7.4 leads them back to where the widget was last told something: here, to the busy cell.
        Forgetting that place leaves the choice to JupyterLab. Where a kernel has no such thread,
        the notebook's own stop button does the same, and `fit` keeps the best too.
        """
        if self.comm is not None:
            vars(self.comm).pop("_reply_subshell_id", None)

    def _words(self) -> str:
        if not self.rows:
            return "The training ended before its first epoch did: the network is as it was."
        last, best = self.rows[-1], self.rows[self.best]
        words = (
            f"Epoch {len(self.rows)} of {self.epochs}: validation loss {last['valid_loss']:.4f}, "
            f"accuracy {in_percent(last['valid_accuracy'])} "
            f"(training {in_percent(last['train_accuracy'])}"
        )
        if self.majority is not None:
            words += f", commoner answer {in_percent(self.majority)}"
        words += f"). The best so far is epoch {self.best + 1}, loss {best['valid_loss']:.4f}."
        if self.stage == "over":
            return words + " The training is over, and the network holds the best weights."
        return words + f" About {duration(self.left)} left."

    def figure(self) -> Figure:
        """The curves so far."""
        if self.rows:
            figure = plots.history(self.rows, self.majority)
            plt.close(figure)  # or else the notebook would show it a second time
            return figure
        return self._empty()

    def _empty(self) -> Figure:
        """The two charts without curves, and what to expect of them."""
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        for axes, label in ((left, "Loss"), (right, "Accuracy")):
            axes.set(xlabel="Epoch", ylabel=label, xlim=(0.5, self.epochs + 0.5), yticks=[])
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.text(
                0.5,
                0.75,
                "Curves grow here, an epoch at a time,\nwhile the network trains.",
                ha="center",
                va="center",
                transform=axes.transAxes,
            )
        right.set(ylim=(0, 1), yticks=np.linspace(0, 1, 6))
        if self.majority is not None:
            right.axhline(
                self.majority,
                color=plots.BASELINE,
                linestyle=":",
                label="majority class (validation)",
            )
            right.legend(fontsize="small", loc="lower right")
        return figure


def majority_accuracy(valid: Sequence[Example]) -> float | None:
    """Accuracy of the one answer that is right more often; None without masks to count."""
    masks = [example.target for example in valid if example.target.dtype == bool]
    bins = sum(mask.size for mask in masks)
    if not bins:
        return None
    ones = sum(int(mask.sum()) for mask in masks) / bins
    return max(ones, 1 - ones)


def duration(seconds: float) -> str:
    """A time in words: "40 s", "3 min 20 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
