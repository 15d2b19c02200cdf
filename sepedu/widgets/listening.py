"""Hear without seeing which is which: A, B, and an X that is one of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import traitlets
from matplotlib.figure import Figure

from .. import plots
from ..errors import SepeduError
from ..masks import apply_mask, binary_mask
from .base import LessonWidget, bundle
from .material import Material, encode, in_percent
from .predicted import inspect_network

if TYPE_CHECKING:
    from ..model import MaskCNN
    from ..songs import Song
    from ..unet import MaskUNet

CONVINCING = 0.05
"""A score that guessing reaches less often than this is taken as heard."""


def level_matched(recordings: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Scale recordings to the power of the last of them, so that loudness gives nothing away.

    Silent ones stay as they are [each shape=(samples,)].
    """
    powers = {name: float(np.mean(np.square(audio))) for name, audio in recordings.items()}
    heard = [power for power in powers.values() if power > 0]
    aim = heard[-1] if heard else 0.0
    return {
        name: audio * np.float32(np.sqrt(aim / powers[name])) if powers[name] > 0 else audio
        for name, audio in recordings.items()
    }


def chance(right: int, trials: int) -> float:
    r"""How often guessing gets at least `right` of `trials` right.

    .. math:: \sum_{k=r}^{n} \binom{n}{k} 2^{-n}

    Examples
    --------
    >>> chance(2, 2)
    0.25
    """
    return sum(math.comb(trials, count) for count in range(right, trials + 1)) / 2**trials


class BlindListening(LessonWidget):
    """An ABX test between a mixture, estimates of a source, and the source itself.

    All clips are brought to one level. In each trial X is A or B by chance; the listener says
    which. The score stands beside what guessing would reach.

    Parameters
    ----------
    song : Song
        At 22,050 Hz; a stereo one is averaged.
    source : str
    model : MaskCNN or MaskUNet, optional
        A network for the source, or for all four; adds its estimate, by the soft mask.
    average_mask : np.ndarray [shape=(513, 1)], optional
        A mask made beforehand (`sepedu.masks.average_mask`); adds its estimate.
    trials : int
        Answers that make a run.
    threshold : float
        T of the ideal binary mask.
    seed : int, optional
        Makes the order of X the same each time.
    start, seconds : float
        The segment to listen to.
    answers : path, optional
        A CSV file that keeps the answers: read if it is there, so that its last pair and run go
        on, and written after each answer.

    Raises
    ------
    SepeduError
        If the song has no such source or segment, or another sample rate.

    Lesson: 00, 06
    """

    _esm = bundle("listening.js")
    names = traitlets.List().tag(sync=True)
    sounds = traitlets.Dict().tag(sync=True)
    gain = traitlets.Float(1.0).tag(sync=True)
    first = traitlets.Unicode().tag(sync=True)
    second = traitlets.Unicode().tag(sync=True)
    hidden = traitlets.Unicode().tag(sync=True)
    trials = traitlets.Int(10, min=1).tag(sync=True)
    run = traitlets.List().tag(sync=True)
    verdict = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        song: Song,
        source: str = "vocals",
        model: MaskCNN | MaskUNet | None = None,
        average_mask: np.ndarray | None = None,
        *,
        trials: int = 10,
        threshold: float = 0.5,
        seed: int | None = None,
        start: float = 0.0,
        seconds: float = 8.0,
        answers: str | Path | None = None,
    ) -> None:
        material = Material.of(song, source, start, seconds)
        masks = {}
        if average_mask is not None:
            masks["mask made beforehand"] = average_mask
        if model is not None:
            masks["network"] = inspect_network(model, material)[1]
        masks["ideal binary mask"] = binary_mask(material.magnitude, material.mixture, threshold)
        recordings = {"mixture": material.song.mixture}
        for name, mask in masks.items():
            estimate = apply_mask(mask, material.spectrum)
            recordings[name] = material.stft.inverse(estimate, len(material.song.mixture))
        recordings["the source itself"] = material.reference
        self.recordings = level_matched(recordings)
        self._rng = np.random.default_rng(seed)
        self._rows: list[dict[str, Any]] = []
        heard = encode(self.recordings, material.stft.sample_rate)
        names = list(recordings)
        super().__init__(
            title=f"Blind listening: {material.name}",
            names=names,
            sounds=heard["sounds"],
            gain=heard["gain"],
            first=names[-2],
            second=names[-1],
            trials=trials,
        )
        self.observe(self._begin, ["first", "second"])
        self._begin()
        self.file = None if answers is None else Path(answers)
        if self.file and self.file.exists():
            self._restore(pd.read_csv(self.file))

    def save(self, path: str | Path) -> Path:
        """Write all answers as CSV, for `BlindListening(..., answers=path)`."""
        self.answers.to_csv(path, index=False)
        return Path(path)

    def _restore(self, answers: pd.DataFrame) -> None:
        """Take up earlier answers, and the run that the last of them belong to."""
        self._rows = answers.to_dict("records")
        run: list[bool] = []
        for row in self._rows:
            pair = row["a"], row["b"]
            if pair != (self.first, self.second) or len(run) == self.trials:
                run = []
            if not set(pair) <= set(self.names):
                raise SepeduError(
                    f"There are answers about {' and '.join(pair)}, which are not heard here",
                    f"Give answers about these: {', '.join(self.names)}",
                )
            self.first, self.second = pair
            run.append(row["right"])
        self._next(run)

    @property
    def answers(self) -> pd.DataFrame:
        """A row per answer, of all runs: `a`, `b`, `x`, `answer` (names) and `right`."""
        return pd.DataFrame(self._rows, columns=["a", "b", "x", "answer", "right"])

    def receive(self, message: dict[str, Any]) -> None:
        """Take an answer ("a" or "b"), or begin anew."""
        if message.get("kind") == "answer" and len(self.run) < self.trials:
            self.answer(message.get("choice", ""))
        elif message.get("kind") == "again":
            self._begin()

    def answer(self, choice: str) -> None:
        """Say that X is "a" or "b", and go on to the next trial."""
        given = {"a": self.first, "b": self.second}.get(choice)
        if given is None:
            return
        right = given == self._x
        self._rows.append(
            {"a": self.first, "b": self.second, "x": self._x, "answer": given, "right": right}
        )
        self._next([*self.run, right])
        if self.file:
            self.save(self.file)

    def _begin(self, _change: Any = None) -> None:
        self._next([])

    def _next(self, run: list[bool]) -> None:
        self._x = str(self._rng.choice([self.first, self.second]))
        with self.hold_sync():
            self.run = run
            self.hidden = self.sounds[self._x]
            self.verdict = verdict(run, self.trials)
            self.reading = f"A: {self.first}. B: {self.second}. X is one of them. " + self.verdict

    def again(self) -> str:
        """Where the answers are kept, or how they can be."""
        if self.file:
            return f"The answers are kept in {self.file.name}."
        return 'With answers="my-answers.csv" they are kept in that file, and taken up from it.'

    def figure(self) -> Figure:
        """The clips as waveforms, at the level they are played at."""
        figure = Figure(figsize=(8, 1.3 * len(self.recordings) + 0.6), layout="constrained")
        rows = figure.subplots(len(self.recordings), 1, sharex=True, sharey=True)
        for axes, (name, audio) in zip(rows, self.recordings.items(), strict=True):
            plots.waveform(audio * self.gain, 22050, name, axes)
            axes.label_outer()
        return figure


def verdict(run: list[bool], trials: int) -> str:
    """What a run of answers says, beside what guessing would reach."""
    right, given = sum(run), len(run)
    if not given:
        return f"Say for {trials} trials which one X is; by guessing, half of them come out right."
    luck = chance(right, given)
    words = f"{right} of {given} right; guessing gets at least that in {in_percent(luck)} of runs."
    if given < trials:
        return words
    if luck < CONVINCING:
        return words + " You hear the difference."
    return words + " That does not show that you hear a difference."
