"""A project: does a soft mask separate better when it is smoothed over time?

    python docs/capstone/smoothing.py

The talk's network for the vocals, on the embedded set: the number of frames is chosen on the six
validation songs, and measured on the eight test songs. Keeps the SDR of every song in
smoothing.json, and writes the table of docs/capstone.md.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d
from tables import decibels, keep, markdown, put_on_page, read_kept

from sepedu import STFT, open_dataset, predict_mask
from sepedu.checkpoints import load_models
from sepedu.evaluation import sdr_of_mask
from sepedu.masks import binary_mask
from sepedu.songs import load_songs

UNSMOOTHED = "not smoothed"
FRAMES = {UNSMOOTHED: 1} | {f"{n} frames": n for n in (3, 5, 9, 15, 25)}


def sdr_of_masks(songs, model, stft):
    """SDR of the vocals in each song, by the name of the mask."""
    found = {}
    for song in songs:
        spectrum = stft.forward(song.mixture)
        voice, mixture = np.abs(stft.forward(song.sources["vocals"])), np.abs(spectrum)
        prediction = predict_mask(model, mixture)
        masks = {
            name: uniform_filter1d(prediction, n, axis=1, mode="nearest")
            for name, n in FRAMES.items()
        }
        masks |= {"silence": 0 * mixture, "mixture": 0 * mixture + 1}
        masks["ideal binary mask"] = binary_mask(voice, mixture)
        for name, mask in masks.items():
            sdr = sdr_of_mask(mask, spectrum, song.sources["vocals"])
            found.setdefault(name, []).append(round(float(sdr), 4))
    return found


def chosen(results):
    """Name of the smoothing that the validation songs choose."""
    return max(FRAMES, key=lambda name: np.nanmedian(results["valid"][name]))


def gains(results, name):
    """Decibels that a smoothing adds to each test song."""
    return np.subtract(results["test"][name], results["test"][UNSMOOTHED])


def table(results):
    """The table of docs/capstone.md."""
    rows = []
    for name in results["test"]:
        medians = [np.nanmedian(results[part][name]) for part in ("valid", "test")]
        smoothed = name in FRAMES and name != UNSMOOTHED
        better = str((gains(results, name) > 0).sum()) if smoothed else "–"
        rows.append([name, *(decibels(value, 2) for value in medians), better])
    return markdown(["mask", "validation", "test", "songs better than unsmoothed"], rows)


if __name__ == "__main__":
    stft, model = STFT(), load_models(["vocals"])["vocals"]
    parts = {
        "valid": open_dataset(subset="train", split="valid"),
        "test": open_dataset(subset="test"),
    }
    keep("smoothing", {name: sdr_of_masks(load_songs(p), model, stft) for name, p in parts.items()})
    results = read_kept("smoothing")
    put_on_page("smoothing", table(results))
    print(table(results))
    print("chosen:", chosen(results), " per song:", gains(results, chosen(results)).round(2))
