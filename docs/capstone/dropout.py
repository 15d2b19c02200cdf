"""A project: what does dropout do for a network that has only five minutes of songs to learn from?

    python docs/capstone/dropout.py

Trains the talk's network for the vocals twice on the embedded set, with the talk's dropout and
without, from the same seed: minutes each. Prints the table of docs/capstone.md.
"""

import numpy as np
import torch

from sepedu import STFT, MaskCNN, evaluate, open_dataset
from sepedu.excerpts import Excerpts
from sepedu.songs import load_songs
from sepedu.training import Recipe, fit
from sepedu.windows import make_example

EPOCHS = 4
stft = STFT()
train = list(load_songs(open_dataset(subset="train", split="train")))
valid = [
    make_example(song, "vocals") for song in load_songs(open_dataset(subset="train", split="valid"))
]
test = list(load_songs(open_dataset(subset="test")))

rows, measured = [], None
for name, dropout in (("as in the talk", (0.25, 0.25, 0.5)), ("none", (0.0, 0.0, 0.0))):
    torch.manual_seed(0)
    model = MaskCNN(dropout=dropout)
    model.features.fit(np.abs(stft.forward(song.mixture)) for song in train)
    history = fit(model, Excerpts(train, "vocals"), valid, Recipe(epochs=EPOCHS, average=0.0))
    last = history.rows[-1]
    measured = evaluate(test, {"vocals": model}, sources=["vocals"])
    ladder = measured.groupby("method")["sdr"].median()
    rows.append((name, last, ladder["network, soft"]))
    print(name, last, f"{ladder['network, soft']:.2f}", flush=True)

print(ladder.round(1).to_dict())
print(measured.groupby("method")["accuracy"].median().round(3).to_dict())
