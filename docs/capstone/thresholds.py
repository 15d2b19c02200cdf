"""A project: is 0.5 the best place to turn a prediction into a binary mask, for each source?

    python docs/capstone/thresholds.py

The talk's four networks, on the embedded set: thresholds are chosen on the six validation songs,
and measured on the eight test songs, which chose nothing. Keeps the SDR of every song in
thresholds.json, and writes the table of docs/capstone.md.
"""

import numpy as np
from tables import decibels, keep, markdown, put_on_page, read_kept

from sepedu import STFT, evaluate, open_dataset, predict_mask
from sepedu.checkpoints import load_models
from sepedu.evaluation import sdr_of_mask
from sepedu.songs import SOURCES, load_songs

TALK = "0.5"
THRESHOLDS = ("0.2", "0.3", "0.4", TALK, "0.6", "0.7")
BESIDE = ("silence", "mixture", "majority class", "ideal binary mask")


def sdr_of_thresholds(songs, models, stft):
    """SDR of each song, by source and threshold."""
    found = {source: {threshold: [] for threshold in THRESHOLDS} for source in SOURCES}
    for song in songs:
        spectrum = stft.forward(song.mixture)
        for source in SOURCES:
            prediction = predict_mask(models[source], np.abs(spectrum))
            for threshold in THRESHOLDS:
                mask = prediction > float(threshold)
                sdr = sdr_of_mask(mask, spectrum, song.sources[source])
                found[source][threshold].append(round(float(sdr), 4))
    return found


def sdr_beside(songs):
    """SDR of each song by source, of what guessing and knowing reach."""
    by_method = evaluate(songs, {}).groupby(["source", "method"])["sdr"]
    return {
        source: {name: by_method.get_group((source, name)).round(4).tolist() for name in BESIDE}
        for source in SOURCES
    }


def chosen(results, source):
    """The threshold that the validation songs choose for a source."""
    return max(THRESHOLDS, key=lambda t: np.nanmedian(results["valid"][source][t]))


def medians(results, source):
    """Median SDR of a source over the test songs: at 0.5, at the chosen threshold, and beside."""
    test, beside = results["test"][source], results["beside"][source]
    values = [test[TALK], test[chosen(results, source)], *(beside[name] for name in BESIDE)]
    return [float(np.nanmedian(value)) for value in values]


def table(results):
    """The table of docs/capstone.md."""
    rows = [
        [source, chosen(results, source), *(decibels(v, 1) for v in medians(results, source))]
        for source in SOURCES
    ]
    return markdown(["source", "chosen", f"at {TALK}", "at the chosen one", *BESIDE], rows)


if __name__ == "__main__":
    stft, models = STFT(), load_models()
    valid = load_songs(open_dataset(subset="train", split="valid"))
    test = list(load_songs(open_dataset(subset="test")))
    results = {
        "valid": sdr_of_thresholds(valid, models, stft),
        "test": sdr_of_thresholds(test, models, stft),
        "beside": sdr_beside(test),
    }
    keep("thresholds", results)
    put_on_page("thresholds", table(read_kept("thresholds")))
    print(table(results))
