"""What a network learns here for real songs: train on minimus and on excerpts, test on both.

Run `python -m data.build.transfer --musdb7 FOLDER --epochs 2` from the root of the clone.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch

from sepedu.checkpoints import load_checkpoint
from sepedu.engine.resume import Checkpoint
from sepedu.engine.runs import BATCH, DROPOUT
from sepedu.excerpts import Augmentation, Excerpts
from sepedu.model import MaskCNN
from sepedu.objectives import MaskObjective
from sepedu.songs import SOURCES, Song, load_songs, open_dataset
from sepedu.stft import STFT
from sepedu.training import Recipe, fit, validate
from sepedu.windows import Example, make_example

from .tables import markdown, write_table

SETS = {"minimus": None, "MUSDB18 7 s": "musdb7"}


def majority(examples: list[Example]) -> float:
    """Accuracy of the better of the two constant answers, over all frames of all songs."""
    cells = sum(example.target.size for example in examples)
    ones = sum(int(np.count_nonzero(example.target)) for example in examples) / cells
    return max(ones, 1 - ones)


def as_long_as(songs: list[Song], others: list[Song]) -> list[Song]:
    """The first songs of a set, as many as hold about the frames of another set."""
    wanted = sum(STFT().frames(len(song.mixture)) for song in others)
    frames = np.cumsum([STFT().frames(len(song.mixture)) for song in songs])
    return songs[: 1 + int(np.abs(frames - wanted).argmin())]


def train(
    songs: list[Song], valid: list[Song], source: str, epochs: int, seed: int, checkpoint: Path
) -> MaskCNN:
    """Train one network on single windows, and keep its checkpoint."""
    torch.manual_seed(seed)
    excerpts = Excerpts(songs, source, batch=BATCH, augmentation=Augmentation(0.5, 6.0, 0.1))
    model = MaskCNN(dropout=DROPOUT)
    model.features.fit([make_example(song, source).mixture for song in songs])
    # Validation scores choose the epoch; songs of the set itself, never of the other set.
    recipe = Recipe(epochs=epochs, loss="bce", autocast=True, seed=seed)
    held_out = [make_example(song, source) for song in valid]
    fit(model, excerpts, held_out, recipe, callbacks=[Checkpoint(checkpoint)])
    return model


def measure_transfer(
    out: Path, sources: tuple[str, ...] = SOURCES, epochs: int = 2, seed: int = 0
) -> list[dict[str, object]]:
    """Rows of the transfer table; a checkpoint that lies under `out` already is not retrained."""
    songs = {
        name: {split: load_songs(open_dataset(where, split=split)) for split in ("train", "valid")}
        for name, where in SETS.items()
    }
    excerpts, minimus = songs["MUSDB18 7 s"], songs["minimus"]
    excerpts["train"] = as_long_as(excerpts["train"], minimus["train"])
    rows: list[dict[str, object]] = []
    for source in sources:
        for learnt, sets in songs.items():
            path = out / f"{source}-{'minimus' if learnt == 'minimus' else 'musdb7'}.safetensors"
            if path.is_file():
                model = load_checkpoint(path)[0]
            else:
                out.mkdir(parents=True, exist_ok=True)
                model = train(sets["train"], sets["valid"], source, epochs, seed, path)
            for tested in SETS:
                examples = [make_example(song, source) for song in songs[tested]["valid"]]
                accuracy = validate(MaskObjective(model, "bce"), examples)[1]
                rows.append(
                    {
                        "source": source,
                        "trained on": learnt,
                        "tested on": tested,
                        "accuracy": accuracy,
                        "majority": majority(examples),
                    }
                )
                print(json.dumps(rows[-1]), flush=True)
    return rows


def transfer_table(rows: list[dict[str, object]]) -> str:
    """Accuracy beside the majority class, and what a network gains over it, in percent."""
    body = []
    for row in rows:
        right, constant = float(str(row["accuracy"])), float(str(row["majority"]))
        body.append(
            [
                f"{row['source']}, trained on {row['trained on']}, tested on {row['tested on']}",
                f"{100 * right:.1f}",
                f"{100 * constant:.1f}",
                f"{100 * (right - constant):+.1f}",
            ]
        )
    return markdown(["network", "accuracy (%)", "majority class (%)", "gain"], body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--musdb7", default=os.environ.get("MUSDB_PATH"))
    parser.add_argument("--out", type=Path, default=Path("build/transfer"))
    parser.add_argument("--sources", nargs="+", default=list(SOURCES))
    parser.add_argument("--epochs", type=int, default=2, help="visits of every frame")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", action="store_true", help="write the table into the card")
    arguments = parser.parse_args()
    if not arguments.musdb7:
        parser.error("give --musdb7 FOLDER, or set MUSDB_PATH")
    os.environ["MUSDB_PATH"] = arguments.musdb7
    table = transfer_table(
        measure_transfer(arguments.out, tuple(arguments.sources), arguments.epochs, arguments.seed)
    )
    print(table)
    if arguments.save:
        write_table("transfer", table)
