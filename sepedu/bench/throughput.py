"""Measure how fast a training goes, and how long it waits for data.

    python -m sepedu.bench.throughput

Songs are noise, which costs the same as music. Under `torchrun` or `accelerate launch` the figures
are those of all processes together; each draws its own share of the data.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..datasets import SOURCES, Song
from ..devices import accelerator
from ..errors import SepeduError
from ..examples import make_example
from ..excerpts import Augmentation, Excerpts
from ..model import MaskCNN
from ..processes import is_first, launched
from ..runs import AUGMENTATION, RECIPE
from ..shares import WHOLE, Share
from ..stft import STFT
from ..training import Recipe, fit

RATE = STFT().sample_rate
EPOCH = 2_000_000
"""Frames of an epoch to reckon with: six and a half hours, about the training songs of MUSDB18."""


@dataclass
class Throughput:
    """What a training achieved after its first steps, which warm it up.

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

    def epoch(self, seed: int, epoch: int, share: Share = WHOLE) -> Iterator[tuple[Tensor, Tensor]]:
        """Draw the batches as `Excerpts` does, and note when."""
        self.measured = Throughput()
        batches = super().epoch(seed, epoch, share)
        for step in range(len(self)):
            asked = time.perf_counter()
            batch = next(batches)
            drawn = time.perf_counter()
            yield batch  # the step ends in reading the loss, so the device is done, too
            if step >= self.skip:
                self.measured.frames += self.size(step) * self.stretch
                self.measured.seconds += time.perf_counter() - asked
                self.measured.waiting += drawn - asked


def measure(
    steps: int, stretch: int, batch: int, augmentation: Augmentation, autocast: bool = True
) -> Throughput:
    """Train on noise for some steps.

    Parameters
    ----------
    steps : int
        To be measured; 3 before them warm up.
    stretch, batch : int
        As `Excerpts` takes them.
    augmentation : Augmentation
    autocast : bool
        As `Recipe` takes it.

    Raises
    ------
    SepeduError
        If no step is to be measured.
    """
    if steps < 1:
        raise SepeduError(f"{steps} steps cannot be measured", "Take at least 1")
    frames = (steps + Timed.skip) * batch * stretch
    count = 8
    samples = -(-frames // count // stretch + 1) * stretch * STFT().hop_length
    random = np.random.default_rng(0)

    def song(name: str, length: int) -> Song:
        stems = 0.1 * random.standard_normal((len(SOURCES), 2, length), dtype=np.float32)
        return Song(name, stems.sum(0), dict(zip(SOURCES, stems, strict=True)), RATE)

    train = Timed(
        [song(f"noise {number}", samples) for number in range(count)],
        "vocals",
        stretch=stretch,
        batch=batch,
        augmentation=augmentation,
    )
    stems = {name: audio[0] for name, audio in song("short", RATE // 2).sources.items()}
    short = Song("short", np.sum(list(stems.values()), axis=0), stems, RATE)
    valid = [make_example(short, "vocals")]
    model = MaskCNN()
    model.features.fit([valid[0].mixture])
    model.to(torch.device("cpu") if launched() else accelerator())
    recipe = Recipe(epochs=1, loss="bce", average=0.99, autocast=autocast)
    fit(model.to(memory_format=torch.channels_last), train, valid, recipe, progress=False)
    return train.measured


def main() -> None:
    """Read the command line, measure, print a row of a table."""
    parser = argparse.ArgumentParser(prog="python -m sepedu.bench.throughput", description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--stretch", type=int, default=64, help="frames of a stretch")
    parser.add_argument("--batch", type=int, default=16, help="stretches of a step")
    parser.add_argument("--plain", action="store_true", help="without remixing and other changes")
    options = parser.parse_args()
    augmentation = Augmentation() if options.plain else AUGMENTATION
    found = measure(options.steps, options.stretch, options.batch, augmentation, RECIPE.autocast)
    if is_first():
        hours = EPOCH / found.rate / 3600
        print("| stretch | batch | frames a second | waiting for data | hours for 2,000,000 |")
        print("|---|---|---|---|---|")
        print(
            f"| {options.stretch} | {options.batch} | {found.rate:.0f} | {found.share:.0%} "
            f"| {hours:.2f} |"
        )


if __name__ == "__main__":
    main()
