"""How real the set is: minimus beside the MUSDB18 excerpts, measure by measure.

Run `python -m data.build.compare --musdb7 FOLDER` from the root of the clone.
"""

from __future__ import annotations

import argparse
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml

from sepedu.engine.ffmpeg import ensure_ffmpeg

from .catalogue import SET
from .decode import STREAMS, read_song
from .measures import song_measures
from .setup_file import NAME
from .tables import markdown, write_table

Measures = dict[str, dict[str, dict[str, float]]]
ROWS = (
    ("RMS", "RMS (dBFS)", 1.0, 1),
    ("ones", "ones in the mask, T = 0.5 (%)", 100.0, 1),
    ("centroid", "spectral centroid (Hz)", 1.0, 0),
    ("rolloff", "99 % rolloff (Hz)", 1.0, 0),
    ("HNR", "harmonic-to-noise ratio (dB)", 1.0, 1),
    ("SDR mixture", "SDR of mixture (dB)", 1.0, 1),
    ("SDR binary", "SDR of ideal binary mask (dB)", 1.0, 1),
    ("SDR ratio", "SDR of ideal ratio mask (dB)", 1.0, 1),
)


def validation_names(root: Path) -> set[str]:
    """Validation songs of a set: from its own setup file, else from musdb's."""
    path = root / NAME
    if not path.exists():
        ensure_ffmpeg()  # without it musdb cannot be imported
        path = Path(str(files("musdb"))) / "configs" / "mus.yaml"
    setup = yaml.safe_load(path.read_text(encoding="utf-8"))
    return set(setup["validation_tracks"])


def measure_set(root: Path) -> dict[str, Measures]:
    """Measures of the songs under root/train, apart for training and validation songs.

    Raises
    ------
    ValueError
        If the folder holds no stem files.
    """
    paths = sorted((root / "train").glob("*.stem.mp4"))
    if not paths:
        raise ValueError(f"{root} holds no songs: expected train/SONG.stem.mp4")
    valid = validation_names(root)
    found: dict[str, Measures] = {"train": {}, "valid": {}}
    for path in paths:
        name = path.name.removesuffix(".stem.mp4")
        split = "valid" if name in valid else "train"
        found[split][name] = song_measures(read_song(path))
    return found


def mean_of(songs: Measures, stream: str, measure: str) -> float:
    """Mean of a measure over the songs that define it; NaN if none does."""
    values = [song[stream].get(measure, np.nan) for song in songs.values()]
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def comparison_table(columns: dict[str, Measures]) -> str:
    """The table "how real it is": a row per measure and stream, a column per set of songs."""
    rows = []
    for measure, title, factor, digits in ROWS:
        for stream in STREAMS:
            means = [mean_of(songs, stream, measure) * factor for songs in columns.values()]
            if np.all(np.isnan(means)):
                continue
            rows.append([f"{title}, {stream}", *(f"{value:.{digits}f}" for value in means)])
    counts = [["songs", *(str(len(songs)) for songs in columns.values())]]
    return markdown(["mean over songs", *columns], counts + rows)


def compare(minimus: str | Path = SET, musdb7: str | Path | None = None) -> str:
    """Measure both sets and return their table in Markdown.

    `musdb7` is the folder of the MUSDB18 7-second excerpts, `$MUSDB_PATH` if left out.
    """
    musdb7 = musdb7 or os.environ.get("MUSDB_PATH")
    if not musdb7:
        raise ValueError("Give the folder of the MUSDB18 excerpts, or set MUSDB_PATH")
    columns: dict[str, Measures] = {}
    for title, root in (("minimus", Path(minimus)), ("MUSDB18 7 s", Path(musdb7))):
        for split, songs in measure_set(root).items():
            columns[f"{title}, {split}"] = songs
    return comparison_table(columns)


def main(minimus: str | Path, musdb7: str | Path | None, save: bool) -> None:
    """Print the table and, if asked to, put it into the card."""
    table = compare(minimus, musdb7)
    print(table)
    if save:
        write_table("how real", table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minimus", default=SET)
    parser.add_argument("--musdb7", default=None)
    parser.add_argument("--save", action="store_true", help="write the table into the card")
    main(**vars(parser.parse_args()))
