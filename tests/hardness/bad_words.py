"""Words on the command line that cannot be."""

from __future__ import annotations

from bad_sets import command
from workbench import Case, Workbench

WORDS = "Words on the command line"


def _song_with(*more: str):
    return lambda bench: bench.separate(bench.good, *more)


def _into_a_folder(bench: Workbench) -> list[str]:
    folder = bench.folder / "results"
    folder.mkdir()
    return ["evaluate", "--data", "stempeg", "--subset", "test", "--out", str(folder)]


TRAIN = ("train", "bass", "--out", "OUT/bass.safetensors")

CASES = [
    Case(WORDS, "no command", command(), "required: COMMAND"),
    Case(WORDS, "an unknown command", command("sepparate"), "invalid choice"),
    Case(WORDS, "a song without a folder", command("separate", "song.wav"), "required: --out"),
    Case(WORDS, "an unknown mask", _song_with("--mask", "hard"), "invalid choice"),
    Case(WORDS, "an unknown source", _song_with("--sources", "vocals,flute"), "flute"),
    Case(WORDS, "the same source twice", _song_with("--sources", "vocals,vocals"), "different"),
    Case(WORDS, "no source", _song_with("--sources", ","), "names no source"),
    Case(WORDS, "a threshold of text", _song_with("--threshold", "half"), "invalid float"),
    Case(WORDS, "a threshold of 2", _song_with("--threshold", "2"), "must be between 0 and 1"),
    Case(WORDS, "a threshold of NaN", _song_with("--threshold", "nan"), "be a number, got nan"),
    Case(
        WORDS,
        "a mask that needs four networks, with one",
        _song_with("--mask", "wiener"),
        "needs networks of all four sources",
    ),
    Case(
        WORDS,
        "a mask of the talk's networks, with the U-Net",
        _song_with("--model", "unet", "--mask", "ratio"),
        "made of the talk's four networks",
    ),
    Case(
        WORDS,
        "reproducing with a set that is not there",
        command("reproduce", "--data", "nowhere", "--out", "OUT"),
        "nowhere",
    ),
    Case(WORDS, "no worker", _song_with("--workers", "0"), "at least 1, got 0"),
    Case(WORDS, "training an unknown source", command("train", "flute", *TRAIN[2:]), "'flute'"),
    Case(
        WORDS,
        "training for no epoch",
        command(*TRAIN, "--epochs", "0"),
        "epochs must be between 1 and 10000, got 0",
    ),
    Case(
        WORDS,
        "training with seed -1",
        command(*TRAIN, "--seed", "-1"),
        "seed must be between 0 and 4294967295, got -1",
    ),
    Case(
        WORDS,
        "training with threshold -1",
        command(*TRAIN, "--threshold", "-1"),
        "threshold must be a number of at least 0, got -1",
    ),
    Case(
        WORDS,
        "cross-entropy without a mask",
        command(*TRAIN, "--loss", "bce", "--output", "magnitude"),
        "does not suit",
    ),
    Case(
        WORDS,
        "the output of the talk's networks, with the U-Net",
        command("train", "unet", *TRAIN[2:], "--output", "magnitude"),
        "--output cannot be chosen for the U-Net",
    ),
    Case(
        WORDS, "a network named .pt", command("train", "bass", "--out", "OUT/b.pt"), "safetensors"
    ),
    Case(WORDS, "resuming what was never started", command(*TRAIN, "--resume"), "no training"),
    Case(
        WORDS,
        "a split of the test songs",
        command("evaluate", "--subset", "test", "--split", "valid"),
        "does not exist",
    ),
    Case(
        WORDS,
        "evaluating with threshold -1",
        command("evaluate", "--threshold", "-1"),
        "threshold must be at least 0, got -1",
    ),
    Case(WORDS, "evaluating an unknown source", command("evaluate", "--sources", "x"), "'x'"),
    Case(
        WORDS,
        "evaluating the same source twice",
        command("evaluate", "--sources", "bass,bass"),
        "different",
    ),
    Case(
        WORDS,
        "results of an evaluation into a folder",
        _into_a_folder,
        "is a folder",
    ),
    Case(
        WORDS,
        "results of a folder without networks",
        command("results", "--weights", "OUT"),
        "has no network",
    ),
    Case(WORDS, "a port of 0", command("lab", "--port", "0"), "got 0"),
    Case(WORDS, "an unknown set of songs", command("data", "fetch", "musdb99"), "invalid choice"),
]
