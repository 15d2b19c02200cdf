"""A project: is 0.5 the best place to turn a prediction into a binary mask, for each source?

    python docs/capstone/thresholds.py

The talk's four networks, on the embedded set: thresholds are chosen on the six validation songs,
and measured on the eight test songs, which chose nothing. Prints the table of docs/capstone.md.
"""

import numpy as np

from sepedu import STFT, evaluate, open_dataset, predict_mask
from sepedu.checkpoints import load_models
from sepedu.evaluation import framewise_sdr
from sepedu.masks import apply_mask
from sepedu.songs import SOURCES, load_songs

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
stft, models = STFT(), load_models()


def sdr_of_thresholds(songs):
    """Median SDR over the songs, by source and threshold."""
    found = {source: {threshold: [] for threshold in THRESHOLDS} for source in SOURCES}
    for song in songs:
        spectrum = stft.forward(song.mixture)
        for source in SOURCES:
            prediction = predict_mask(models[source], np.abs(spectrum))
            for threshold in THRESHOLDS:
                estimate = stft.inverse(
                    apply_mask(prediction > threshold, spectrum), len(song.mixture)
                )
                value = framewise_sdr(song.sources[source], estimate, song.sample_rate)
                found[source][threshold].append(value)
    return {
        source: {threshold: np.nanmedian(values) for threshold, values in each.items()}
        for source, each in found.items()
    }


valid = load_songs(open_dataset(subset="train", split="valid"))
test = list(load_songs(open_dataset(subset="test")))
chosen = {source: max(each, key=each.get) for source, each in sdr_of_thresholds(valid).items()}
measured = sdr_of_thresholds(test)
table = evaluate(test, models)
ladder = table.groupby(["source", "method"])["sdr"].median()

methods = ("silence", "mixture", "majority class", "ideal binary mask")
print("| source | chosen | at 0.5 | at the chosen one | " + " | ".join(methods) + " |")
print("|" + "---|" * (4 + len(methods)))
for source in SOURCES:
    values = [measured[source][0.5], measured[source][chosen[source]]]
    values += [ladder[source, method] for method in methods]
    print(f"| {source} | {chosen[source]} | " + " | ".join(f"{v:.1f}" for v in values) + " |")
