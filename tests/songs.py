"""Made-up songs and files that several tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from sepedu.songs import SOURCES, Song

RATE = 22050


def made_up_song(name: str = "made up", seconds: float = 1.5, seed: int = 0) -> Song:
    """A song of four sources that differ in pitch and rhythm, mono at 22,050 Hz."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 2 ** random.uniform(-0.5, 0.5)
    sources = {
        "drums": 0.1 * random.standard_normal(time.size) * (time * 4 % 1 < 0.2),
        "bass": 0.2 * np.sin(2 * np.pi * 80 * pitch * time),
        "other": 0.2 * np.sin(2 * np.pi * 600 * pitch * time) * (time * 2 % 1 < 0.7),
        "vocals": 0.2 * np.sin(2 * np.pi * (300 * pitch * time + np.sin(2 * np.pi * 5 * time))),
    }
    sources = {source: audio.astype(np.float32) for source, audio in sources.items()}
    mixture = np.sum(list(sources.values()), axis=0, dtype=np.float32)
    return Song(name, mixture, sources, RATE)


def write_hq_dataset(
    root: Path, names: list[str], subset: str = "train", rate: int = 44100
) -> Path:
    """A tree of made-up songs in the layout of MUSDB18-HQ."""
    for seed, name in enumerate(names):
        folder = root / subset / name
        folder.mkdir(parents=True)
        song = made_up_song(name, seed=seed)
        for stem in ("mixture", *SOURCES):
            audio = song.mixture if stem == "mixture" else song.sources[stem]
            stereo = np.repeat(audio[:rate, None], 2, axis=1)
            soundfile.write(folder / f"{stem}.wav", stereo, rate, subtype="FLOAT")
    return root
