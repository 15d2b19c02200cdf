"""Songs kept ready for training: magnitudes in half precision and masks as bits, a file a song."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .datasets import SOURCES, Song
from .errors import SepeduError
from .masks import binary_mask
from .stft import STFT
from .whole import written_whole

BINS = STFT().bins
FORMAT = 1
"""Version of the layout; a file of another one is made anew."""
THRESHOLD = 0.5
"""T of the masks that are kept as bits, the course's."""
LARGEST = float(np.finfo(np.float16).max)
"""Largest magnitude that half precision holds, 65504."""
SUM, RELEASED = "sum of sources", "as released"
"""Which mixture a file holds: training mixes from stems, validation hears the real mixture."""


def made_how(mixture: str, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All that decides what is in a song's file: two equal answers mean equal content.

    Parameters
    ----------
    mixture : {"sum of sources", "as released"}
    files : mapping
        What `fingerprints` says of the source files.
    """
    return {
        "format": FORMAT,
        "stft": asdict(STFT()),
        "threshold": THRESHOLD,
        "sources": list(SOURCES),
        "mixture": mixture,
        "files": {name: told["sha256"] for name, told in sorted(files.items())},
    }


def write_song(
    path: Path, song: Song, mixture: str, files: Mapping[str, Mapping[str, Any]]
) -> Path:
    """Transform a song and write its magnitudes and masks, whole or not at all.

    The file is a safetensors file. Each array has its frames first, so that a stretch of frames
    is one piece of the file: `mixture` and one array per source [each shape=(frames, 513)],
    float16, and `SOURCE.mask` [each shape=(frames, 65)], uint8, the 513 bits of each frame's mask
    in the order of `numpy.packbits`. The masks were made before the magnitudes were rounded.

    Half precision holds magnitudes up to 65504, and rounds them by at most 1 part in 2048, which
    moves log(1 + M) by less than 0.0005. A recording of full level 1 reaches at most 512, the sum
    of the window, and four of them together 2048.

    Parameters
    ----------
    path : path
        Ends in `.safetensors`.
    song : Song
        Mono, at the course's sample rate.
    mixture : {"sum of sources", "as released"}
        Which mixture to keep.
    files : mapping
        What `fingerprints` says of the source files.

    Returns
    -------
    path : pathlib.Path

    Raises
    ------
    SepeduError
        If a magnitude is larger than half precision holds, or the file cannot be written.
    """
    stft = STFT()
    heard = np.abs(stft.forward(song.sum_of_sources if mixture == SUM else song.mixture))
    arrays = {"mixture": _half(heard, song.name)}
    for source in SOURCES:
        magnitude = np.abs(stft.forward(song.sources[source]))
        arrays[source] = _half(magnitude, song.name)
        mask = binary_mask(magnitude, heard, THRESHOLD)
        arrays[f"{source}.mask"] = np.packbits(mask.T, axis=1)
    return write_arrays(path, song.name, arrays, mixture, files)


def write_arrays(
    path: Path,
    name: str,
    arrays: dict[str, np.ndarray],
    mixture: str,
    files: Mapping[str, Mapping[str, Any]],
) -> Path:
    """Write the arrays of a song as `write_song` describes them, with a header that tells of them.

    Raises
    ------
    SepeduError
        If the file cannot be written.
    """
    header = {"name": name, "frames": len(arrays["mixture"]), "seen": dict(files)}
    header |= made_how(mixture, files)
    with written_whole(path) as part:
        try:
            # Not safetensors' own writing of files, which leaves a part of its own if killed.
            part.write_bytes(save(arrays, {"sepedu store": json.dumps(header, sort_keys=True)}))
        except SafetensorError as error:
            raise OSError(str(error)) from error
        with part.open("rb+") as file:
            os.fsync(file.fileno())  # or a power failure could leave a name without its content
    return path


def _half(magnitude: np.ndarray, name: str) -> np.ndarray:
    """Magnitudes [shape=(513, frames)] in half precision [shape=(frames, 513)]."""
    largest = float(magnitude.max())
    if largest > LARGEST:
        raise SepeduError(
            f"The song {name} reaches a magnitude of {largest:.0f}; the store's half precision "
            f"holds up to {LARGEST:.0f}",
            "Its samples are over 100 times full level: export it again at a level of 1",
        )
    return np.ascontiguousarray(magnitude.T, dtype=np.float16)


def song_bytes(frames: int) -> int:
    """Bytes that the arrays of a song of so many frames take; the header adds under 4096."""
    magnitudes = (1 + len(SOURCES)) * BINS * np.dtype(np.float16).itemsize
    masks = len(SOURCES) * -(-BINS // 8)
    return frames * (magnitudes + masks)


class StoredSong:
    """One song of a store, read a stretch at a time.

    Each reading maps the file anew and lets go of it: the pages of a mapping that stays would
    count as this process's memory, and at last the whole store would.

    Parameters
    ----------
    path : path
        A file that `write_song` made.

    Attributes
    ----------
    header : dict
        `name`, `frames`, `mixture`, `threshold`, `stft`, `format`, `files` (name and SHA-256 of
        each source file) and `seen` (their sizes and times).

    Raises
    ------
    SepeduError
        If there is no such file, or it is not one of this format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with safe_open(path, framework="numpy") as file:
                self.header: dict[str, Any] = json.loads(file.metadata()["sepedu store"])
                self.frames = int(self.header["frames"])
                self.name = str(self.header["name"])
                for array in ("mixture", *SOURCES, *(f"{source}.mask" for source in SOURCES)):
                    if file.get_slice(array).get_shape()[0] != self.frames:
                        raise ValueError(f"{array} has not {self.frames} frames")
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            raise SepeduError(
                f"{path} is no song of a store ({error})", "Make it with: sepedu data prepare"
            ) from error

    def __len__(self) -> int:
        """Frames of the song."""
        return self.frames

    def magnitude(self, name: str, first: int = 0, last: int | None = None) -> np.ndarray:
        """Magnitudes of the mixture or a source from one frame up to another.

        Parameters
        ----------
        name : str
            "mixture" or a source.
        first, last : int
            Frames outside of the song, before 0 too, are silence.

        Returns
        -------
        magnitude : np.ndarray [shape=(last - first, 513)], float32, linear
        """
        return self._read(name, first, last).astype(np.float32)

    def mask(self, source: str, first: int = 0, last: int | None = None) -> np.ndarray:
        """The binary mask of a source at T = 0.5 [shape=(last - first, 513)], bool."""
        packed = self._read(f"{source}.mask", first, last)
        return np.unpackbits(packed, axis=1, count=BINS).view(bool)

    def _read(self, array: str, first: int, last: int | None) -> np.ndarray:
        """Rows of an array, with rows of zeros where the song has no frames."""
        last = self.frames if last is None else last
        inside = slice(max(first, 0), min(last, self.frames))
        if inside.start >= inside.stop:
            inside = slice(0, 0)
        try:
            with safe_open(self.path, framework="numpy") as file:
                rows = file.get_slice(array)[inside]
        except (OSError, SafetensorError) as error:
            raise SepeduError(
                f"{self.path} is no song of a store any more ({error})",
                "Make it again with: sepedu data prepare",
            ) from error
        if len(rows) == last - first:
            return rows
        padded = np.zeros((last - first, rows.shape[1]), rows.dtype)
        start = max(-first, 0)
        padded[start : start + len(rows)] = rows
        return padded
