"""A project: does a soft mask separate better when it is smoothed over time?

    python docs/capstone/smoothing.py

The talk's network for the vocals, on the embedded set: the number of frames is chosen on the six
validation songs, and measured on the eight test songs. Prints the table of docs/capstone.md.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d

from sepedu import STFT, open_dataset, predict_mask
from sepedu.checkpoints import load_models
from sepedu.evaluation import sdr_of_mask
from sepedu.masks import binary_mask
from sepedu.songs import load_songs

FRAMES = (1, 3, 5, 9, 15, 25)
stft, model = STFT(), load_models(["vocals"])["vocals"]


def sdr_of_masks(songs):
    """SDR of each mask [shape=(songs,)], by its name."""
    found = {}
    for song in songs:
        spectrum = stft.forward(song.mixture)
        voice, mixture = np.abs(stft.forward(song.sources["vocals"])), np.abs(spectrum)
        prediction = predict_mask(model, mixture)
        masks = {n: uniform_filter1d(prediction, n, axis=1, mode="nearest") for n in FRAMES}
        masks |= {"silence": 0 * mixture, "mixture": 0 * mixture + 1}
        masks["ideal binary mask"] = binary_mask(voice, mixture)
        for name, mask in masks.items():
            sdr = sdr_of_mask(mask, spectrum, song.sources["vocals"])
            found.setdefault(name, []).append(sdr)
    return {name: np.array(values) for name, values in found.items()}


valid = sdr_of_masks(load_songs(open_dataset(subset="train", split="valid")))
test = sdr_of_masks(load_songs(open_dataset(subset="test")))
print("| mask | validation | test | songs better than unsmoothed |")
print("|---|---|---|---|")
for name in test:
    label = f"{name} frames" if isinstance(name, int) else name
    label = "not smoothed" if name == 1 else label
    better = (test[name] > test[1]).sum() if isinstance(name, int) and name > 1 else "–"
    medians = [f"{np.nanmedian(values[name]):.2f}" for values in (valid, test)]
    print(f"| {label} | {' | '.join(medians)} | {better} |")
chosen = max(FRAMES, key=lambda n: np.nanmedian(valid[n]))
print("chosen:", chosen, " per song:", np.round(test[chosen] - test[1], 2))
