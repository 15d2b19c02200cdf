"""What a network learns here for real songs: train on minimus and on excerpts, test on both.

Run `python -m data.build.transfer --musdb7 FOLDER --steps 400` from the root of the clone.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch

from sepedu.checkpoints import load_checkpoint
from sepedu.datasets import SOURCES, Song, load_songs, open_dataset
from sepedu.examples import Example, make_example
from sepedu.excerpts import Augmentation, Excerpts
from sepedu.model import MaskCNN
from sepedu.training import Recipe, fit, validate

from .tables import markdown, write_table

SETS = {"minimus": None, "MUSDB18 7 s": "musdb7"}
STRETCH, BATCH = 64, 16


def majority(examples: list[Example]) -> float:
    """Accuracy of the better of the two constant answers, over all frames of all songs."""
    cells = sum(example.target.size for example in examples)
    ones = sum(int(np.count_nonzero(example.target)) for example in examples) / cells
    return max(ones, 1 - ones)


def train(
    songs: list[Song], valid: list[Song], source: str, steps: int, seed: int, checkpoint: Path
) -> MaskCNN:
    """Train one network for about `steps` batches of 1024 frames, and keep its checkpoint."""
    torch.manual_seed(seed)
    augmentation = Augmentation(remix=0.5, gain=6.0)
    excerpts = Excerpts(songs, source, stretch=STRETCH, batch=BATCH, augmentation=augmentation)
    examples = [make_example(song, source) for song in songs]
    model = MaskCNN()
    model.features.fit([example.mixture for example in examples])
    # Validation scores choose the epoch; songs of the set itself, never of the other set.
    recipe = Recipe(
        epochs=max(1, round(steps / len(excerpts))), loss="bce", autocast=True, seed=seed
    )
    held_out = [make_example(song, source) for song in valid]
    fit(model, excerpts, held_out, recipe, checkpoint=checkpoint, progress=False)
    return model


def measure_transfer(
    out: Path, sources: tuple[str, ...] = SOURCES, steps: int = 400, seed: int = 0
) -> list[dict[str, object]]:
    """Rows of the transfer table; a checkpoint that lies under `out` already is not retrained."""
    songs = {
        name: {split: load_songs(open_dataset(where, split=split)) for split in ("train", "valid")}
        for name, where in SETS.items()
    }
    rows: list[dict[str, object]] = []
    for source in sources:
        for learnt, sets in songs.items():
            path = out / f"{source}-{'minimus' if learnt == 'minimus' else 'musdb7'}.safetensors"
            if path.is_file():
                model = load_checkpoint(path)[0]
            else:
                out.mkdir(parents=True, exist_ok=True)
                model = train(sets["train"], sets["valid"], source, steps, seed, path)
            for tested in SETS:
                examples = [make_example(song, source) for song in songs[tested]["valid"]]
                accuracy = validate(model, examples, "bce", 0.5)[1]
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
    parser.add_argument("--steps", type=int, default=400, help="batches of 1024 frames")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", action="store_true", help="write the table into the card")
    arguments = parser.parse_args()
    if not arguments.musdb7:
        parser.error("give --musdb7 FOLDER, or set MUSDB_PATH")
    os.environ["MUSDB_PATH"] = arguments.musdb7
    table = transfer_table(
        measure_transfer(arguments.out, tuple(arguments.sources), arguments.steps, arguments.seed)
    )
    print(table)
    if arguments.save:
        write_table("transfer", table)
