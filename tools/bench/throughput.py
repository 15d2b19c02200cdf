"""Measure how fast a training run goes, and how long it waits for data.

    python -m tools.bench.throughput

Songs are noise, which costs the same as music. Under `torchrun` or `accelerate launch` the figures
are those of all processes together; each draws its own share of the data. On a machine that others
use, OMP_NUM_THREADS=1 with `--processor-time` tells what one free core would do.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sepedu.engine.distributed import Processes, accelerator, is_first, launched
from sepedu.engine.runs import AUGMENTATION, BATCH, RECIPE
from sepedu.errors import SepeduError
from sepedu.excerpts import Augmentation, Excerpts
from sepedu.model import MaskCNN
from sepedu.songs import SOURCES, Song
from sepedu.stft import STFT
from sepedu.training import Recipe, fit
from sepedu.windows import make_example

RATE = STFT().sample_rate
EPOCH = 2_000_000
"""Frames of an epoch to reckon with: six and a half hours, about the training songs of MUSDB18."""
WINDOW = (
    513 * 25 * 9 * (32 + 32 * 16)  # conv1, conv2
    + 171 * 8 * 9 * (16 * 64 + 64 * 16)  # conv3, conv4
    + 1824 * 128
    + 128 * 513
)
"""Multiply-adds that the plain network needs for one window."""


@dataclass
class Throughput:
    """What a training run achieved after its first steps, which warm it up.

    Attributes
    ----------
    frames : int
        Of all processes.
    seconds : float
    waiting : float
        Seconds of them in which this process drew data, and its device had nothing to do.
    """

    frames: int = 0
    seconds: float = 0.0
    waiting: float = 0.0

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds

    @property
    def share(self) -> float:
        """Share of the time that went into waiting for data."""
        return self.waiting / self.seconds


class Timed(Excerpts):
    """Excerpts that keep the time: between two batches, and while one is drawn."""

    skip = 3
    clock: Callable[[], float] = staticmethod(time.perf_counter)

    def epoch(
        self, seed: int, epoch: int, process: int = 0, processes: int = 1
    ) -> Iterator[tuple[Tensor, ...]]:
        """Draw the batches as `Excerpts` does, and note when."""
        self.measured = Throughput()
        batches = super().epoch(seed, epoch, process, processes)
        for step in range(len(self)):
            asked = self.clock()
            batch = next(batches)
            drawn = self.clock()
            yield batch  # the step ends in reading the loss, so the device is done, too
            if step >= self.skip:
                self.measured.frames += self.size(step)
                self.measured.seconds += self.clock() - asked
                self.measured.waiting += drawn - asked


def least_seconds(rate: float) -> float:
    """Seconds that the arithmetic of an epoch takes at least, computed and not measured.

    Gradients cost twice as much as the prediction, and a multiply-add is two operations.

    Parameters
    ----------
    rate : float
        Operations a second that a device sustains.
    """
    return 2 * 3 * WINDOW * EPOCH / rate


def measure(
    steps: int,
    batch: int,
    augmentation: Augmentation,
    autocast: bool = True,
    processor_time: bool = False,
) -> Throughput:
    """Train on noise for some steps.

    Parameters
    ----------
    steps : int
        To be measured; 3 before them warm up.
    batch : int
        Windows of a step.
    augmentation : Augmentation
    autocast : bool
        As `Recipe` takes it.
    processor_time : bool
        Count seconds in which this process computed, instead of those that passed.

    Raises
    ------
    SepeduError
        If no step is to be measured.
    """
    if steps < 1:
        raise SepeduError(f"steps must be at least 1, got {steps}", "Take 30")
    frames = (steps + Timed.skip) * batch
    count = 8
    samples = (-(-frames // count) + 1) * STFT().hop_length
    random = np.random.default_rng(0)

    def song(name: str, length: int) -> Song:
        stems = 0.1 * random.standard_normal((len(SOURCES), 2, length), dtype=np.float32)
        return Song(name, stems.sum(0), dict(zip(SOURCES, stems, strict=True)), RATE)

    train = Timed(
        [song(f"noise {number}", samples) for number in range(count)],
        "vocals",
        batch=batch,
        augmentation=augmentation,
    )
    if processor_time:
        train.clock = time.process_time
    stems = {name: audio[0] for name, audio in song("short", RATE // 2).sources.items()}
    short = Song("short", np.sum(list(stems.values()), axis=0), stems, RATE)
    valid = [make_example(short, "vocals")]
    model = MaskCNN()
    model.features.fit([valid[0].mixture])
    model.to(torch.device("cpu") if launched() else accelerator())
    recipe = Recipe(epochs=1, loss="bce", average=0.99, autocast=autocast)
    fit(model, train, valid, recipe, backend=Processes(autocast))
    return train.measured


def main() -> None:
    """Read the command line, measure, print a row of a table."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.throughput", description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument(
        "--batch", nargs="+", type=int, default=[BATCH], metavar="N", help="windows of a step"
    )
    parser.add_argument("--plain", action="store_true", help="without remixing and other changes")
    parser.add_argument("--processor-time", action="store_true", help="see above")
    options = parser.parse_args()
    augmentation = Augmentation() if options.plain else AUGMENTATION
    if is_first():
        print("| batch | frames a second | waiting for data | hours for 2,000,000 |")
        print("|---|---|---|---|")
    for batch in options.batch:
        found = measure(options.steps, batch, augmentation, RECIPE.autocast, options.processor_time)
        if is_first():
            told = f"{found.rate:.0f} | {found.share:.0%} | {EPOCH / found.rate / 3600:.2f}"
            print(f"| {batch} | {told} |", flush=True)
    if is_first():
        print("\nComputed, not measured: minutes of arithmetic in an epoch of 2,000,000 frames.\n")
        print("| a device that sustains | an epoch |")
        print("|---|---|")
        for teraflops in (1, 5, 20):
            minutes = least_seconds(teraflops * 1e12) / 60
            print(f"| {teraflops} TFLOP/s | {minutes:.1f} minutes |")


if __name__ == "__main__":
    main()
