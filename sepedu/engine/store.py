"""Songs kept ready for training: magnitudes in half precision and masks as bits, a file a song."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from ..errors import SepeduError
from ..excerpts import Augmentation, Excerpts
from ..masks import binary_mask
from ..songs import SOURCES, Song
from ..stft import HALF_CONTEXT, STFT
from ..windows import Example, make_target
from .files import atomic_write, write_synced

if TYPE_CHECKING:
    import musdb

BINS = STFT().bins
STORE_FORMAT = 1
"""Version of the layout; a file of another one is made anew."""
THRESHOLD = 0.5
"""T of the masks that are kept as bits, the course's."""
LARGEST = float(np.finfo(np.float16).max)
"""Largest magnitude that half precision holds, 65504."""
SUM, RELEASED = "sum of sources", "as released"
"""Which mixture a file holds: training mixes from stems, validation hears the real mixture."""


def build_key(mixture: str, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All that decides what is in a song's file: equal keys mean equal content."""
    return {
        "format": STORE_FORMAT,
        "stft": asdict(STFT()),
        "threshold": THRESHOLD,
        "sources": list(SOURCES),
        "mixture": mixture,
        "files": {name: file["sha256"] for name, file in sorted(files.items())},
    }


def write_song(
    path: Path, song: Song, mixture: str, files: Mapping[str, Mapping[str, Any]]
) -> Path:
    """Transform a song and write its magnitudes and masks, whole or not at all.

    The file is a safetensors file. Each array has its frames first, so that a segment of frames
    is one piece of the file: `mixture` and one array per source [each shape=(frames, 513)],
    float16, and `SOURCE.mask` [each shape=(frames, 65)], uint8, the 513 bits of each frame's mask
    in the order of `numpy.packbits`. The masks were made before the magnitudes were rounded.

    Half precision holds magnitudes up to 65504, and rounds them by at most 1 part in 2048, which
    moves log(1 + M) by less than 0.0005. A recording of full level 1 reaches at most 512, the sum
    of the window, and four of them together 2048.

    Parameters
    ----------
    path : path
    song : Song
        Mono, at the course's sample rate.
    mixture : {"sum of sources", "as released"}
        Which mixture to keep.
    files : mapping
        As `fingerprints` returns it.

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
    """Write the arrays of a song as `write_song` describes them, with a header."""
    header = {"name": name, "frames": len(arrays["mixture"]), "seen": dict(files)}
    header |= build_key(mixture, files)
    with atomic_write(path) as part:
        # Not safetensors' own writing of files, which leaves a part of its own if killed.
        write_synced(part, save(arrays, {"sepedu store": json.dumps(header, sort_keys=True)}))
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
    """Bytes of the arrays of a song with this number of frames; the header adds under 4096."""
    magnitudes = (1 + len(SOURCES)) * BINS * np.dtype(np.float16).itemsize
    masks = len(SOURCES) * -(-BINS // 8)
    return frames * (magnitudes + masks)


def song_path(folder: Path, name: str) -> Path:
    """The file of a song in a store."""
    return folder / f"{name}.safetensors"


def source_files(track: musdb.MultiTrack) -> list[Path]:
    """The files that a track is decoded from: one stem file, or five WAV files."""
    paths = [track.path, *(source.path for source in track.sources.values())]
    return sorted({Path(path) for path in paths})


def fingerprints(track: musdb.MultiTrack) -> dict[str, dict[str, Any]]:
    """SHA-256, size in bytes and time of change (ns) of a track's source files, by their names."""
    found = {}
    for path in source_files(track):
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            stat = path.stat()
        except OSError as error:
            raise SepeduError(
                f"The file {path} cannot be opened ({error.strerror})",
                "Check the name, and whether you may read it",
            ) from error
        found[path.name] = {"sha256": digest, "bytes": stat.st_size, "changed": stat.st_mtime_ns}
    return found


class StoredSong:
    """One song of a store, read a segment at a time; SepeduError if the file is not one.

    Each reading maps the file anew and lets go of it: the pages of a mapping that stays would
    count as this process's memory, and at last the whole store would.
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

    def has_key(self, key: dict[str, Any]) -> bool:
        """Whether it was made in the way that `build_key` describes."""
        return {name: self.header.get(name) for name in key} == key

    def magnitude(self, name: str, first: int = 0, last: int | None = None) -> np.ndarray:
        """Magnitudes of "mixture" or a source [shape=(last - first, 513)], float32, linear.

        Frames outside of the song, before 0 too, are silence.
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


class StoredExcerpts(Excerpts):
    """Batches as `Excerpts` draws them without augmentation, read from a store.

    Seed and epoch decide the same windows as there. Magnitudes differ from those of sound by the
    rounding to half precision. Remixing and gains are left out: the magnitude of a sum is not the
    sum of magnitudes, so they would not be exact here. The masks of T = 0.5 are kept in the store;
    others are made from the rounded magnitudes, and a bin that lies on T within that rounding may
    fall otherwise. Parameters as those of `Excerpts`.
    """

    def __init__(
        self,
        songs: Sequence[StoredSong],
        source: str,
        output: str = "mask",
        threshold: float = THRESHOLD,
        batch: int = 64,
    ) -> None:
        if not songs:
            raise SepeduError("There are no songs to draw from", "Prepare a set that has some")
        if source not in SOURCES:
            raise SepeduError(
                f"The store has no source {source!r}", f"It has: {', '.join(SOURCES)}"
            )
        self.songs = list(songs)
        self.source, self.output, self.threshold = source, output, threshold
        frames, names = [song.frames for song in songs], [song.name for song in songs]
        self._set(frames, names, 1, HALF_CONTEXT, batch, Augmentation())

    def _choose(self, random: np.random.Generator, song: int, frame: int) -> None:
        """Nothing is left to chance."""

    def _make(self, drawn: list[tuple[tuple[int, int], None]]) -> tuple[Tensor, Tensor]:
        mixtures, targets = [], []
        for (number, frame), _ in drawn:
            song, around = self.songs[number], (frame - HALF_CONTEXT, frame + HALF_CONTEXT + 1)
            mixture = torch.from_numpy(song.magnitude("mixture", *around).T)  # (513, 25)
            mixtures.append(mixture)
            targets.append(_target(self, song, mixture[:, HALF_CONTEXT, None], frame, frame + 1))
        return torch.stack(mixtures).contiguous(), torch.stack(targets)[..., 0]


class StoredExamples(Sequence[Example]):
    """Whole songs of a store as examples, each read when it is asked for and not kept."""

    def __init__(
        self,
        songs: Sequence[StoredSong],
        source: str,
        threshold: float = THRESHOLD,
        output: str = "mask",
    ) -> None:
        self.songs = list(songs)
        self.source, self.threshold, self.output = source, threshold, output

    def __len__(self) -> int:
        return len(self.songs)

    def __getitem__(self, index: int) -> Example:
        song = self.songs[index]
        mixture = song.magnitude("mixture").T
        target = _target(self, song, torch.from_numpy(mixture), 0, song.frames).numpy()
        return Example(song.name, np.ascontiguousarray(mixture), np.ascontiguousarray(target))


def _target(
    wanted: StoredExcerpts | StoredExamples,
    song: StoredSong,
    mixture: Tensor,
    first: int,
    last: int,
) -> Tensor:
    """What to predict for some frames [shape=(513, last - first)]; masks of T = 0.5 are kept."""
    if wanted.output == "mask" and wanted.threshold == THRESHOLD:
        return torch.from_numpy(song.mask(wanted.source, first, last).T)
    source = torch.from_numpy(song.magnitude(wanted.source, first, last).T)
    return make_target(source, mixture, wanted.output, wanted.threshold)


def open_store(folder: Path, tracks: musdb.DB, mixture: str) -> list[StoredSong]:
    """Find the songs of a dataset in a store, and check that they are what was asked for.

    A source file of the same size and time as when the song was prepared counts as the same;
    where they differ its checksum decides.

    Raises
    ------
    SepeduError
        If a song is missing, or was made from other files or with other settings.
    """
    songs = []
    for track in tracks:
        remedy = f"Run: sepedu data prepare --data FOLDER, with the folder {tracks.root}"
        path = song_path(folder, track.name)
        if not path.is_file():
            raise SepeduError(f"The store {folder} has no song {track.name!r}", remedy)
        song = StoredSong(path)
        seen = song.header["seen"]
        files = seen if _unchanged(track, seen) else fingerprints(track)
        if not song.has_key(build_key(mixture, files)):
            raise SepeduError(
                f"The song {track.name!r} in the store {folder} was made from other files, or "
                "with other settings",
                remedy,
            )
        songs.append(song)
    return songs


def _unchanged(track: musdb.MultiTrack, seen: dict[str, dict[str, Any]]) -> bool:
    """Whether a track has the very files that a store has seen, as far as sizes and times tell."""
    now = {path.name: path.stat() for path in source_files(track) if path.is_file()}
    return now.keys() == seen.keys() and all(
        (stat.st_size, stat.st_mtime_ns) == (seen[name]["bytes"], seen[name]["changed"])
        for name, stat in now.items()
    )
