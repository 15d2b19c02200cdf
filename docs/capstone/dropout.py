"""A project: what does dropout do for a network that has only two minutes of songs to learn from?

    python docs/capstone/dropout.py

Trains the talk's network for the vocals twice on every third training song of the embedded set,
with the talk's dropout and without, from the same seed: minutes each. Prints what docs/capstone.md
tells.
"""

import numpy as np
import torch

from sepedu import STFT, MaskCNN, evaluate, open_dataset
from sepedu.excerpts import Excerpts
from sepedu.songs import load_songs
from sepedu.training import Recipe, fit
from sepedu.windows import make_example

EPOCHS = 3
stft = STFT()
train = list(load_songs(open_dataset(subset="train", split="train")))[::3]
valid = [
    make_example(song, "vocals") for song in load_songs(open_dataset(subset="train", split="valid"))
]
test = list(load_songs(open_dataset(subset="test")))

print(len(train), "songs,", round(sum(s.mixture.size for s in train) / 22050 / 60, 1), "minutes")
for name, dropout in (("as in the talk", (0.25, 0.25, 0.5)), ("none", (0.0, 0.0, 0.0))):
    torch.manual_seed(0)
    model = MaskCNN(dropout=dropout)
    model.features.fit(np.abs(stft.forward(song.mixture)) for song in train)
    history = fit(model, Excerpts(train, "vocals"), valid, Recipe(epochs=EPOCHS, average=0.0))
    for row in history.rows:
        print(name, {column: round(value, 3) for column, value in row.items()}, flush=True)
    table = evaluate(test, {"vocals": model}, sources=["vocals"]).groupby("method")
    print(table[["sdr", "accuracy"]].median().round(2), flush=True)
