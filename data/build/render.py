"""Render the whole set: `python -m data.build.render` from the root of the clone."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from .catalogue import CATALOGUE, SET, Entry
from .decode import read_song
from .encode import write_song
from .produce import produce
from .setup_file import write_setup

SEED = 2018
HIGHEST_PEAK = 0.98


def write_below_full_scale(path: Path, title: str, stems: dict[str, np.ndarray]) -> None:
    """Encode a song; if a decoded peak comes near full scale, lower all stems and encode again."""
    for _ in range(3):
        write_song(path, title, stems)
        peak = float(np.abs(read_song(path)).max())
        if peak < HIGHEST_PEAK:
            return
        stems = {name: audio * (0.95 * HIGHEST_PEAK / peak) for name, audio in stems.items()}
    raise RuntimeError(f"{title} still reaches {peak:.2f} after three encodings")


def render_song(entry: Entry, out: Path, seed: int = SEED) -> Path:
    """Compose, render and encode one song into the set under `out`; returns its file."""
    _, stems = produce(entry, seed)
    path = out / entry.folder / f"{entry.name}.stem.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_below_full_scale(path, entry.name, stems)
    return path


def main(out: str | Path = SET, seed: int = SEED, only: str = "") -> None:
    """Render the catalogue, or the songs whose name contains `only`, and the setup file."""
    chosen = [entry for entry in CATALOGUE if only.lower() in entry.name.lower()]
    if not chosen:
        raise ValueError(f"No song of the catalogue has {only!r} in its name")
    for entry in chosen:
        path = render_song(entry, Path(out), seed)
        print(
            f"{entry.number:2d} of {len(CATALOGUE)}  {path.stat().st_size / 1000:4.0f} kB  "
            f"{entry.name}",
            flush=True,
        )
    write_setup(Path(out))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=SET, help="folder of the set (default: data/minimus)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", help="part of the names of the songs to render")
    main(**vars(parser.parse_args()))
