"""Datasets, checkpoints and words on the command line that cannot be, or are unusual."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import torch
from safetensors.torch import load_file, save_file
from songs import write_hq_dataset
from workbench import RATE, Case, Workbench

from sepedu import MaskCNN
from sepedu.checkpoints import save_checkpoint

DATA = "Datasets, given to `sepedu evaluate --data`"
NETWORK = "Checkpoints, given to `sepedu separate --model`"
FLIPS = int(os.environ.get("SEPEDU_FUZZ", "1")) * 40


def _dataset(change=lambda song: None, names=("one",)):
    """Evaluate a made-up MUSDB18-HQ tree after a change to its song."""

    def make(bench: Workbench) -> list[str]:
        root = write_hq_dataset(bench.folder / "hq", list(names))
        change(root / "train" / "one")
        return ["evaluate", "--data", str(root), "--sources", "bass"]

    return make


def _stem(audio: np.ndarray, rate: int = RATE, **how: str):
    return _dataset(lambda song: soundfile.write(song / "bass.wav", audio, rate, **how))


def _cut_stem(song: Path) -> None:
    whole = (song / "bass.wav").read_bytes()
    (song / "bass.wav").write_bytes(whole[: len(whole) // 2])


def _cut_stem_file(bench: Workbench) -> list[str]:
    """A stem file with its table in front, of which the last third is missing."""
    song = bench.folder / "mp4" / "train" / "song.stem.mp4"
    song.parent.mkdir(parents=True)
    stems = [word for _ in range(5) for word in ("-map", "0:a")]
    made = bench.encode("a.mp4", *stems, "-c:a", "aac", "-movflags", "+faststart").read_bytes()
    song.write_bytes(made[: len(made) * 2 // 3])
    return ["evaluate", "--data", str(bench.folder / "mp4"), "--sources", "bass"]


def _three_stems(bench: Workbench) -> list[str]:
    song = bench.folder / "mp4" / "train" / "song.stem.mp4"
    song.parent.mkdir(parents=True)
    stems = [word for _ in range(3) for word in ("-map", "0:a")]
    bench.encode("a.mp4", *stems, "-c:a", "aac").rename(song)
    return ["evaluate", "--data", str(bench.folder / "mp4"), "--sources", "bass"]


def _one_song(bench: Workbench) -> list[str]:
    root = write_hq_dataset(bench.folder / "hq", ["one"])
    out = bench.folder / "out" / "bass.safetensors"
    return ["train", "bass", "--data", str(root), "--out", str(out)]


def _model(change):
    """Separate with a checkpoint that a function has written or spoiled."""

    def make(bench: Workbench) -> list[str]:
        path = bench.folder / "network.safetensors"
        shutil.copy(bench.network, path)
        change(path)
        return bench.separate(bench.good, "--model", str(path))

    return make


def _replaced(old: bytes, new: bytes):
    return _model(lambda path: path.write_bytes(path.read_bytes().replace(old, new)))


def _told(about: dict):
    return _model(lambda path: save_checkpoint(path, MaskCNN(), about))


class _Trap:
    """Unpickled, it makes a folder: proof that somebody's code has run."""

    def __reduce__(self):
        return os.mkdir, ("the trap has sprung",)


def _pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(_Trap()))


def _torch_pickle(path: Path) -> None:
    torch.save({"model": _Trap()}, path)


def _half(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _without_story(path: Path) -> None:
    save_file(load_file(path), path, {"format": "pt"})


def _other_layers(path: Path) -> None:
    tensors = load_file(path) | {"model.linear2.weight": torch.zeros(257, 128)}
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata = json.loads(file.metadata()["sepedu"])
    metadata.pop("digest", None)
    save_file(tensors, path, {"sepedu": json.dumps(metadata)})


def _not_finite(path: Path) -> None:
    model = MaskCNN()
    with torch.no_grad():
        model.linear2.bias[0] = float("nan")
    save_checkpoint(path, model, {"source": "vocals"})


def _flipped(bench: Workbench) -> Iterator[list[str]]:
    """One byte changed, at a random place: half of the places lie in the header."""
    random = np.random.default_rng(9)
    whole = bench.network.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    for number in range(FLIPS):
        place = int(random.integers(header if number % 2 else len(whole)))
        spoiled = bytearray(whole)
        spoiled[place] ^= int(random.integers(1, 256))
        path = bench.folder / f"{place}.safetensors"
        path.write_bytes(spoiled)
        yield bench.separate(bench.good, "--model", str(path))
        path.unlink()


def command(*words: str):
    return lambda bench: [word.replace("OUT", str(bench.folder / "out")) for word in words]


CASES = [
    Case(DATA, "no such folder", command("evaluate", "--data", "OUT/none"), "expected train/"),
    Case(
        DATA,
        "a file instead of a folder",
        lambda b: ["evaluate", "--data", str(b.good)],
        "expected train/",
    ),
    Case(
        DATA,
        "the folder of a song instead of the set",
        lambda b: [
            "evaluate",
            "--data",
            str(write_hq_dataset(b.folder / "hq", ["one"]) / "train" / "one"),
        ],
        "expected train/",
    ),
    Case(
        DATA,
        "a stem is missing",
        _dataset(lambda song: (song / "bass.wav").unlink()),
        "has no bass.wav",
    ),
    Case(
        DATA,
        "a stem is empty",
        _dataset(lambda song: (song / "bass.wav").write_bytes(b"")),
        "bass.wav is empty",
    ),
    Case(
        DATA,
        "a stem is text",
        _dataset(lambda song: (song / "bass.wav").write_text("la la")),
        "bass.wav cannot be read as audio",
    ),
    Case(DATA, "a stem is cut off", _dataset(_cut_stem), "bass.wav cannot be used"),
    Case(DATA, "a stem has no samples", _stem(np.zeros((0, 2))), "no samples"),
    Case(DATA, "a stem has NaN", _stem(np.full((9, 2), np.nan), subtype="FLOAT"), "not finite"),
    Case(DATA, "a stem has another length", _stem(np.zeros((99, 2))), "99 samples"),
    Case(DATA, "a stem has another rate", _stem(np.zeros((33075, 2)), 48000), "48000 Hz"),
    Case(DATA, "a stem has another number of channels", _stem(np.zeros(33075)), "channel"),
    Case(DATA, "a silent stem", _stem(np.zeros((33075, 2)))),
    Case(
        DATA,
        "the mixture is text",
        _dataset(lambda song: (song / "mixture.wav").write_text("la la")),
        "cannot be opened",
    ),
    Case(DATA, "a stem file is cut off", _cut_stem_file, "cannot be read as audio"),
    Case(DATA, "a stem file with three stems", _three_stems, "3 sound tracks"),
    Case(DATA, "training on a single song", _one_song, "No songs of split 'valid'"),
    Case(NETWORK, "no such file", lambda b: b.separate(b.good, "--model", "none"), "no checkpoint"),
    Case(
        NETWORK,
        "a folder",
        lambda b: b.separate(b.good, "--model", str(b.folder)),
        "has no network",
    ),
    Case(NETWORK, "empty", _model(lambda path: path.write_bytes(b"")), "damaged"),
    Case(NETWORK, "text", _model(lambda path: path.write_text("la la")), "damaged"),
    Case(NETWORK, "cut off", _model(_half), "damaged"),
    Case(NETWORK, "pickled code: refused unread", _model(_pickled), "never opened"),
    Case(NETWORK, "a file of torch.save: refused unread", _model(_torch_pickle), "never opened"),
    Case(NETWORK, "safetensors of another program", _model(_without_story), "not a checkpoint"),
    Case(NETWORK, "of a newer version", _replaced(rb"\"format\": 1", rb"\"format\": 9"), "newer"),
    Case(
        NETWORK,
        "other STFT settings",
        _replaced(rb"\"n_fft\": 1024", rb"\"n_fft\": 2048"),
        "'n_fft': 2048",
    ),
    Case(NETWORK, "other layers", _model(_other_layers), "not those of the course's network"),
    Case(NETWORK, "weights that are not finite", _model(_not_finite), "not finite"),
    Case(NETWORK, "no source", _told({}), "does not say"),
    Case(
        NETWORK,
        "a source that climbs out of the folder",
        _told({"source": "../../x"}),
        "does not say",
    ),
    Case(NETWORK, f"a byte changed at each of {FLIPS} random places", _flipped, "checkpoint"),
]
