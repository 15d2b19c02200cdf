"""How much a split by frames flatters: held-out frames of training songs beside new songs.

`python -m tools.bench.frame_split --data musdb7 --source vocals --epochs 5` keeps every tenth
frame of each training song out of the training, in random places, and measures the network on
these frames, on those that it learnt from, and on the songs of the validation split. Neighbouring
frames share three quarters of their samples, and 24 of the 25 columns of a window.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from sepedu.dense import pad_frames, predict_mask, window_scores
from sepedu.engine.memory import keep_freed_memory
from sepedu.engine.runs import BATCH, RECIPE
from sepedu.model import MaskCNN
from sepedu.songs import load_songs, open_dataset
from sepedu.stft import CONTEXT
from sepedu.windows import Example, make_example

HELD_OUT = 0.1


def train(
    model: MaskCNN, songs: Sequence[Example], kept: Sequence[np.ndarray], epochs: int
) -> None:
    """Train on the kept frames of each song, window by window, without any augmentation."""
    places = [(song, frame) for song, keep in enumerate(kept) for frame in np.flatnonzero(keep)]
    padded = [pad_frames(model, torch.from_numpy(song.mixture)[None])[0] for song in songs]
    targets = [torch.from_numpy(song.target).float() for song in songs]
    optimizer = torch.optim.AdamW(model.parameters(), lr=RECIPE.learning_rate)
    steps = epochs * -(-len(places) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    random = np.random.default_rng(0)
    model.train()
    for _ in range(epochs):
        random.shuffle(places)
        for start in range(0, len(places), BATCH):
            chosen = places[start : start + BATCH]
            windows = torch.stack([padded[s][:, f : f + CONTEXT] for s, f in chosen])
            target = torch.stack([targets[s][:, f : f + 1] for s, f in chosen])
            with torch.autocast("cpu", torch.bfloat16):
                scores = window_scores(model, windows)
            loss = F.binary_cross_entropy_with_logits(scores.float(), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()


def accuracy(model: MaskCNN, songs: Sequence[Example], chosen: Sequence[np.ndarray]) -> float:
    """Share of right bins in the chosen frames of all songs."""
    right = [
        (predict_mask(model, song.mixture) > 0.5)[:, frames] == song.target[:, frames]
        for song, frames in zip(songs, chosen, strict=True)
    ]
    return float(np.concatenate([r.ravel() for r in right]).mean())


def majority(songs: Sequence[Example]) -> float:
    """Accuracy of the better of the two constant answers."""
    ones = float(np.concatenate([song.target.ravel() for song in songs]).mean())
    return max(ones, 1 - ones)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="as `sepedu train` takes it; by default the embedded set")
    parser.add_argument("--source", default="vocals")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    keep_freed_memory()
    songs, new = (
        [make_example(s, options.source) for s in load_songs(open_dataset(options.data, split=p))]
        for p in ("train", "valid")
    )
    random = np.random.default_rng(0)
    kept = [random.random(song.target.shape[1]) >= HELD_OUT for song in songs]
    torch.manual_seed(0)
    model = MaskCNN(dropout=(0.0, 0.0, 0.2)).to(memory_format=torch.channels_last)
    model.features.fit([song.mixture for song in songs])
    train(model, songs, kept, options.epochs)
    every = [np.ones(song.target.shape[1], bool) for song in new]
    print("| frames | accuracy | majority class |")
    print("|---|---|---|")
    known, told = majority(songs), majority(new)
    print(f"| learnt from | {accuracy(model, songs, kept):.3f} | {known:.3f} |")
    held_out = accuracy(model, songs, [~k for k in kept])
    print(f"| held out, of the same songs | {held_out:.3f} | {known:.3f} |")
    print(f"| of new songs | {accuracy(model, new, every):.3f} | {told:.3f} |")


if __name__ == "__main__":
    main()
