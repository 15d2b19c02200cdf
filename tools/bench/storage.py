"""Measure the store at the size of MUSDB18, and what it costs to make one.

    python -m tools.bench.storage --folder FOLDER                  # needs 12 GB there
    python -m tools.bench.storage --prepare WHERE --folder FOLDER  # prepares a set anew

The first writes a hundred songs of four minutes of noise, draws from them, and removes them. Noise
costs what music costs. Both print JSON; docs/scale.md quotes it. Seconds of processor time are
those of one core, whatever else the machine does meanwhile.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from sepedu.dense import predict_mask
from sepedu.engine.prepare import prepare, song_path
from sepedu.engine.store import (
    BINS,
    SUM,
    StoredExamples,
    StoredExcerpts,
    StoredSong,
    song_bytes,
    write_arrays,
)
from sepedu.model import MaskCNN
from sepedu.songs import SOURCES
from sepedu.stft import STFT

from .peak import peak

SONGS, TEST_SONGS, SECONDS = 100, 50, 240
"""Songs of MUSDB18, training and test, and what they last on average: ten hours in all."""
FRAMES = STFT().frames(SECONDS * STFT().sample_rate)


def sizes() -> dict[str, float]:
    """What MUSDB18 takes, computed: bytes on disk, and frames."""
    bits = -(-BINS // 8)
    return {
        "frames": SONGS * FRAMES,
        "bytes of a frame": song_bytes(1),
        "song, MB": song_bytes(FRAMES) / 1e6,
        "training songs, GB": SONGS * song_bytes(FRAMES) / 1e9,
        "with the test songs, GB": (SONGS + TEST_SONGS) * song_bytes(FRAMES) / 1e9,
        "read in an epoch for one mask, GB": SONGS * FRAMES * (BINS * 2 + bits) / 1e9,
        "the same songs as stereo sound in memory, GB": SONGS
        * (1 + len(SOURCES))
        * (2 * SECONDS * STFT().sample_rate * np.dtype(np.float32).itemsize)
        / 1e9,
    }


def make_up(folder: Path, songs: int = SONGS, frames: int = FRAMES) -> list[StoredSong]:
    """Write a store of noise with this number of songs and frames."""
    random = np.random.default_rng(0)
    noise = (20 * random.random((frames, BINS), np.float32)).astype(np.float16)
    bits = random.integers(0, 256, (frames, -(-BINS // 8)), np.uint8)
    arrays = dict.fromkeys(("mixture", *SOURCES), noise)
    arrays |= {f"{source}.mask": bits for source in SOURCES}
    made = []
    for number in range(songs):
        name = f"made up {number:03}"
        copies = {key: array.copy() for key, array in arrays.items()}  # none may share memory
        made.append(StoredSong(write_arrays(song_path(folder, name), name, copies, SUM, {})))
    return made


def draw(songs: list[StoredSong], most: int) -> dict[str, float]:
    """Draw the first `most` windows of an epoch, and say how fast it went."""
    excerpts = StoredExcerpts(songs, "vocals")
    frames, started, busy = 0, time.perf_counter(), time.process_time()
    for _, target in excerpts.epoch(0, 0):
        frames += len(target)
        if frames >= most:
            break
    return {
        "frames": frames,
        "frames per second": frames / (time.perf_counter() - started),
        "frames per second of processor time": frames / (time.process_time() - busy),
        "peak memory so far, MB": peak() / 1e6,
    }


def full_size(folder: Path, songs: int = SONGS, frames: int = FRAMES) -> dict[str, Any]:
    """Go through all that a training run does with a store as large as MUSDB18's."""
    torch.set_num_threads(1)
    told: dict[str, Any] = {"after importing, MB": peak() / 1e6}
    try:
        make_up(folder, 1, frames)  # in pieces, so that writing does not count as reading
        told["bytes of a song on disk"] = song_path(folder, "made up 000").stat().st_size
        made = make_up(folder, songs, frames)
        told["after writing, MB"] = peak() / 1e6
        told["single windows"] = draw(made, 50_000)
        busy = time.process_time()
        model = MaskCNN()
        model.features.fit(song.magnitude("mixture").T for song in made)
        told["normalisation, seconds of processor time"] = time.process_time() - busy
        told["normalisation, peak memory so far, MB"] = peak() / 1e6
        examples = StoredExamples(made, "vocals")
        predict_mask(model.eval(), examples[0].mixture)
        told["a validation song, peak memory so far, MB"] = peak() / 1e6
    finally:
        shutil.rmtree(folder)
    return told


def measure_preparing(where: str, folder: Path) -> dict[str, float]:
    """Prepare a set with one worker, and say how long that took and how much memory."""
    torch.set_num_threads(1)
    started, busy = time.perf_counter(), _busy()
    prepare(where, folder, workers=1)
    told = {"seconds": time.perf_counter() - started, "seconds of processor time": _busy() - busy}
    songs = [StoredSong(path) for path in folder.glob("*.safetensors")]
    return told | {
        "songs": len(songs),
        "frames": sum(map(len, songs)),
        "peak memory, MB": peak() / 1e6,
        "bytes on disk": sum(song.path.stat().st_size for song in songs),
    }


def _busy() -> float:
    """Seconds of processor time of this process and of the programs that it has run."""
    times = psutil.Process().cpu_times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="a new folder to write to")
    parser.add_argument("--prepare", metavar="WHERE", help="prepare this set instead")
    options = parser.parse_args()
    if options.folder.exists():
        parser.error(f"{options.folder} is there already")
    if options.prepare:
        measured: dict[str, Any] = measure_preparing(options.prepare, options.folder)
    else:
        measured = {"computed": sizes()} | full_size(options.folder)
    print(json.dumps(measured, indent=1))
