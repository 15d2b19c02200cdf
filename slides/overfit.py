"""Train the network on three songs and then on twelve, and write down both histories.

    python slides/overfit.py

Makes `overfit.json`, which the deck of lesson 05 draws: few songs are learnt by heart, many are
not. It takes some minutes, which is why the deck does not do it each time it is built.
"""

import json
from pathlib import Path

import numpy as np
import torch

from sepedu import MaskCNN, load_song, open_dataset
from sepedu.excerpts import Excerpts
from sepedu.training import Recipe, fit
from sepedu.windows import make_example

EPOCHS = 14
FEW, MANY = 3, 12


def train(songs, valid, every):
    """Train for the same number of frames in each epoch; return the history's rows."""
    torch.manual_seed(0)
    model = MaskCNN()
    stft = model.stft
    model.features.fit([np.abs(stft.forward(song.mixture)) for song in songs])
    recipe = Recipe(epochs=EPOCHS * every, loss="bce", average=0.0)
    excerpts = Excerpts(songs, "vocals")
    rows = fit(model, excerpts, valid, recipe).rows
    return [dict(row, epoch=n + 1) for n, row in enumerate(rows[every - 1 :: every])]


def main() -> None:
    """Measure and write."""
    tracks = list(open_dataset(split="train"))
    songs = [load_song(tracks[n * len(tracks) // MANY]).between(3, 7) for n in range(MANY)]
    unknown = [load_song(track).between(3, 7) for track in open_dataset(split="valid")]
    valid = [make_example(song, "vocals") for song in unknown]
    ones = float(np.mean([example.target.mean() for example in valid]))
    histories = {"majority": max(ones, 1 - ones), "seconds": 4, "few": FEW, "many": MANY}
    for count in (FEW, MANY):
        histories[str(count)] = train(songs[:count], valid, MANY // count)
        print(count, histories[str(count)][-1], flush=True)
    path = Path(__file__).with_name("overfit.json")
    path.write_text(json.dumps(histories, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
