"""Trainings in processes of their own, for tests that start several, kill some and go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from songs import made_up_song

from sepedu import MaskCNN
from sepedu.engine.distributed import Processes
from sepedu.engine.resume import Checkpoint
from sepedu.excerpts import Augmentation, Excerpts
from sepedu.songs import Song
from sepedu.training import History, Recipe, fit
from sepedu.windows import make_example

# A server that has imported everything once and then forks is quick, and starts clean, which a
# fork of the tests' own process would not: PyTorch's threads do not survive it.
_KIND = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
CONTEXT = multiprocessing.get_context(_KIND)
if _KIND == "forkserver":
    CONTEXT.set_forkserver_preload(["workers", "accelerate"])
LONGEST = 400
"""Seconds after which a process that should have ended counts as stuck."""


def stereo_song(name: str, seconds: float, seed: int) -> Song:
    """A made-up song whose two channels differ in level."""
    song = made_up_song(name, seconds, seed)
    level = np.array([[1.0], [0.7]], np.float32)
    sources = {source: audio * level for source, audio in song.sources.items()}
    return Song(name, song.mixture * level, sources, song.sample_rate)


def excerpts(batch: int = 7) -> Excerpts:
    """Windows of two songs, changed in every way there is."""
    songs = [stereo_song("a", 0.1, 0), stereo_song("b", 0.15, 1)]
    change = Augmentation(remix=0.5, gain=3.0, speed=0.1, channels=True)
    return Excerpts(songs, "drums", batch=batch, augmentation=change)


def train(
    checkpoint: Path | None = None,
    dropout: float = 0.0,
    resume: bool = False,
    accumulate: int = 1,
    **choices,
) -> History:
    """A short training that only seeds decide."""
    # With longer steps so few windows make the curve jump, and rounding grows to per cents.
    recipe = {"epochs": 6, "loss": "bce", "average": 0.5, "learning_rate": 2e-4}
    recipe |= choices.pop("recipe", {})
    drawn = excerpts(**choices.pop("excerpts", {}))
    torch.manual_seed(0)
    model = MaskCNN(dropout=(dropout,) * 3)
    model.features.fit([make_example(made_up_song("a", 0.3), "drums").mixture])
    valid = [make_example(made_up_song(n, s, 9), "drums") for n, s in (("v", 0.12), ("w", 0.1))]
    callbacks = [Checkpoint(checkpoint, resume=resume)] if checkpoint else []
    backend = Processes(accumulate=accumulate)
    return fit(model, drawn, valid, Recipe(**recipe), callbacks=callbacks, backend=backend)


def _run(environment: dict[str, str], answers, kill_at: tuple[int, int] | None, choices) -> None:
    """What a process does: train as one of several, tell the history, or die in the middle."""
    os.environ.update(environment)
    torch.set_num_threads(1)
    with suppress(AttributeError):  # Windows
        os.setpgid(0, 0)
    rank = int(environment.get("RANK", 0))
    if kill_at and kill_at[0] == rank:
        count = iter(range(kill_at[1]))
        step = torch.optim.AdamW.step

        def step_or_die(self, *arguments, **named):
            if next(count, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(self, *arguments, **named)

        torch.optim.AdamW.step = step_or_die
    answers.send("ready")
    history = train(**choices)
    answers.send((history.rows, history.stopped))


class Workers:
    """Some processes that train together; alone, if there is one.

    Parameters
    ----------
    count : int
    kill_at : tuple, optional
        A process, and the step before which it kills itself.
    choices
        What `train` takes.
    """

    def __init__(self, count: int, kill_at: tuple[int, int] | None = None, **choices) -> None:
        port = free_port()
        self.answers, self.processes = [], []
        for rank in range(count):
            environment = {"OMP_NUM_THREADS": "1"}
            if count > 1:
                environment |= {
                    "RANK": str(rank),
                    "LOCAL_RANK": str(rank),
                    "WORLD_SIZE": str(count),
                    "LOCAL_WORLD_SIZE": str(count),
                    "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(port),
                }
                if sys.platform == "linux":
                    environment["GLOO_SOCKET_IFNAME"] = "lo"
            ours, theirs = CONTEXT.Pipe(duplex=False)
            process = CONTEXT.Process(target=_run, args=(environment, theirs, kill_at, choices))
            process.start()
            theirs.close()
            self.answers.append(ours)
            self.processes.append(process)
        for answer in self.answers:
            assert answer.poll(LONGEST) and answer.recv() == "ready"

    def join(self) -> list[tuple[list[dict[str, float]], bool] | None]:
        """Wait for the end; what each process told, None from those that died."""
        told = []
        until = time.monotonic() + LONGEST
        try:
            for process, answer in zip(self.processes, self.answers, strict=True):
                try:
                    waiting = max(0.0, until - time.monotonic())
                    assert answer.poll(waiting), "a process is stuck"
                    told.append(answer.recv())
                except (EOFError, ConnectionResetError):
                    told.append(None)
                process.join(LONGEST)
        finally:
            self.kill()
        return told

    def kill(self) -> None:
        """Kill what still runs, at once."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.join()

    def interrupt(self, rank: int) -> None:
        """Press Ctrl-C in one of them."""
        os.kill(self.processes[rank].pid, signal.SIGINT)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
