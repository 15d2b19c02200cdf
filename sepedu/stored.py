"""Train from a store instead of sound: the same stretches, from songs that need no memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from .datasets import SOURCES
from .errors import SepeduError
from .examples import Example, make_target
from .excerpts import Augmentation, Excerpts, Piece
from .prepare import fingerprints, song_path, source_files
from .stft import HALF_CONTEXT, STFT, Features
from .store import BINS, THRESHOLD, StoredSong, made_how

if TYPE_CHECKING:
    import musdb

PIECE = 4096
"""Frames read at a time where a whole song is gone through."""


class StoredExcerpts(Excerpts):
    """Batches as `Excerpts` draws them without augmentation, read from a store.

    Seed and epoch decide the same stretches as there. Magnitudes differ from those of sound by
    the rounding to half precision. Remixing and gains are left out: the magnitude of a sum is not
    the sum of magnitudes, so they would not be exact here.

    Parameters
    ----------
    songs : sequence of StoredSong
    source : str
        The source to predict.
    output : {"mask", "magnitude"}
    threshold : float
        T of the binary mask. The masks of T = 0.5 are kept in the store; others are made from
        the rounded magnitudes, and a bin that lies on T within that rounding may fall otherwise.
    stretch : int
        Frames of a stretch; 1 draws single shuffled windows.
    batch : int
        Stretches of a batch.

    Raises
    ------
    SepeduError
        If there are no songs, or they lack the source.
    """

    def __init__(
        self,
        songs: Sequence[StoredSong],
        source: str,
        output: str = "mask",
        threshold: float = THRESHOLD,
        stretch: int = 64,
        batch: int = 16,
    ) -> None:
        if not songs:
            raise SepeduError("There are no songs to draw from", "Prepare a set that has some")
        if source not in SOURCES:
            raise SepeduError(
                f"The store has no source {source!r}", f"It has: {', '.join(SOURCES)}"
            )
        self.songs = list(songs)
        self.stft = STFT()
        self.source, self.output, self.threshold = source, output, threshold
        self.names = list(SOURCES)
        self.name_of_song = [song.name for song in songs]
        self.batch, self.augmentation = batch, Augmentation()
        self.frames = [song.frames for song in songs]
        self.stretch = min(stretch, *self.frames)

    def _choose(self, random: np.random.Generator, song: int, frame: int) -> list[Piece]:
        """Nothing is left to chance, so nothing need be drawn for another process's stretches."""
        return []

    def _draw(self, random: np.random.Generator, song: int, frame: int) -> np.ndarray:
        """Mixture and answer of a stretch [shape=(2, stretch + 24, 513)]; no chance is in it."""
        first, last = frame - HALF_CONTEXT, frame + self.stretch + HALF_CONTEXT
        stored = self.songs[song]
        drawn = np.zeros((2, last - first, BINS), np.float32)
        drawn[0] = stored.magnitude("mixture", first, last)
        kept = self.output == "mask" and self.threshold == THRESHOLD
        read = stored.mask if kept else stored.magnitude
        drawn[1, HALF_CONTEXT:-HALF_CONTEXT] = read(self.source, frame, frame + self.stretch)
        return drawn

    def _transform(self, stems: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        """What was drawn [shape=(batch, 2, stretch + 24, 513)] as mixture and target."""
        mixture, answer = stems.transpose(-1, -2).contiguous().unbind(1)
        middle = slice(HALF_CONTEXT, -HALF_CONTEXT)
        answer = answer[..., middle]
        if self.output == "mask" and self.threshold == THRESHOLD:
            return mixture, answer.bool()
        return mixture, make_target(answer, mixture[..., middle], self.output, self.threshold)


class StoredExamples(Sequence[Example]):
    """Whole songs of a store as examples, each read when it is asked for and not kept.

    Parameters
    ----------
    songs : sequence of StoredSong
    source : str
    threshold : float
        As in `StoredExcerpts`.
    output : {"mask", "magnitude"}
    """

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
        mixture = np.ascontiguousarray(song.magnitude("mixture").T)
        if self.output == "mask" and self.threshold == THRESHOLD:
            target = song.mask(self.source).T
        else:
            source = torch.from_numpy(song.magnitude(self.source).T)
            answer = make_target(source, torch.from_numpy(mixture), self.output, self.threshold)
            target = answer.numpy()
        return Example(song.name, mixture, np.ascontiguousarray(target))


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
        how = made_how(mixture, files)
        if {key: song.header.get(key) for key in how} != how:
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


def fit_features(features: Features, songs: Sequence[StoredSong]) -> Features:
    """Set mean and standard deviation as `Features.fit` does, without holding all songs at once.

    Parameters
    ----------
    features : Features
    songs : sequence of StoredSong
        The training songs.
    """
    count, total, squares = 0, 0.0, 0.0
    for piece in _pieces(songs):
        compressed = np.log1p(piece).astype(np.float64)
        count += len(compressed)
        total = total + compressed.sum(axis=0)
        squares = squares + np.square(compressed).sum(axis=0)
    mean = total / count
    variance = np.maximum(squares / count - mean**2, 0.0) * count / max(1, count - 1)
    features.mean.copy_(torch.from_numpy(mean))
    features.deviation.copy_(torch.from_numpy(np.sqrt(variance)).clamp(min=1e-3))
    return features


def _pieces(songs: Sequence[StoredSong]) -> Iterator[np.ndarray]:
    """The mixtures' magnitudes of all songs in pieces [each shape=(up to 4096, 513)]."""
    for song in songs:
        for first in range(0, song.frames, PIECE):
            yield song.magnitude("mixture", first, min(first + PIECE, song.frames))
