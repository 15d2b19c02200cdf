"""One call that opens the embedded songs, the MUSDB18 excerpts, MUSDB18, or MUSDB18-HQ."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import platformdirs

from .audio import is_leftover, mono, open_audio, read_samples, read_tracks, resample
from .engine.ffmpeg import ensure_ffmpeg
from .engine.files import atomic_write
from .errors import SepeduError, check_choice, check_kind, shown

if TYPE_CHECKING:
    import musdb

__all__ = [
    "SOURCES",
    "Song",
    "cache_folder",
    "data_folder",
    "embedded_root",
    "load_song",
    "load_songs",
    "open_dataset",
]

SOURCES = ("drums", "bass", "other", "vocals")
"""The four sources of MUSDB18, in the order of its stems."""


@dataclass(frozen=True)
class Song:
    """A song with its stems, as the network hears them: mono unless stereo was asked for.

    Attributes
    ----------
    name : str
    mixture : np.ndarray [shape=(samples,)], float32
        The mixture as it was released.
    sources : dict of np.ndarray [each shape=(samples,)], float32
        The stems by name. Their sum is the mixture but for what its encoding lost, and
        in a few songs of MUSDB18 but for more (`sum_of_sources` offers that sum).
    sample_rate : int
    """

    name: str
    mixture: np.ndarray
    sources: dict[str, np.ndarray]
    sample_rate: int

    @property
    def sum_of_sources(self) -> np.ndarray:
        """The exact sum of the stems [shape=(samples,)], float32."""
        return np.sum(list(self.sources.values()), axis=0, dtype=np.float32)

    def between(self, start: float, end: float) -> Song:
        """The part of the song between two moments in seconds, as a song; views, no copies.

        What lies beyond the song's end is left out. SepeduError if nothing is left.
        """
        length = self.mixture.shape[-1]
        part = slice(0)
        if 0 <= start < end:  # none of them is NaN
            first, last = (min(moment * self.sample_rate, length) for moment in (start, end))
            part = slice(round(first), round(last))
        if part.stop <= (part.start or 0):
            raise SepeduError(
                f"The song {self.name} has nothing from {start} s to {end} s: it lasts "
                f"{length / self.sample_rate:.2f} s",
                "Choose a start inside of the song and an end after it",
            )
        sources = {name: audio[..., part] for name, audio in self.sources.items()}
        return replace(self, mixture=self.mixture[..., part], sources=sources)

    def to_mono(self) -> Song:
        """The same song with the mean of its channels."""
        sources = {name: mono(audio) for name, audio in self.sources.items()}
        return replace(self, mixture=mono(self.mixture), sources=sources)

    def check(self, sample_rate: int, sources: Iterable[str] = ()) -> None:
        """Raise SepeduError unless it is mono, has this sample rate, and has these sources."""
        for source in sources:
            if not isinstance(source, str) or source not in self.sources:
                raise SepeduError(
                    f"The song {self.name} has no source {shown(source)}",
                    f"It has: {', '.join(self.sources)}",
                )
        if self.sample_rate != sample_rate:
            raise SepeduError(
                f"The song {self.name} has {self.sample_rate} Hz, the transform {sample_rate} Hz",
                f"Load it with load_song(track, sample_rate={sample_rate})",
            )
        if self.mixture.ndim != 1:
            raise SepeduError(
                f"The song {self.name} has {len(self.mixture)} channels", "Use song.to_mono()"
            )


def check_songs(*songs: Song) -> None:
    """Raise SepeduError unless each of them is a `Song`."""
    for song in songs:
        check_kind("A song", song, Song, "a Song", "load_song or load_songs")


def check_sources(sources: Sequence[str]) -> None:
    """Raise SepeduError unless these are different names, at least one."""
    names = isinstance(sources, Sequence) and not isinstance(sources, str)
    names = names and all(isinstance(name, str) for name in sources)
    if not names or not 0 < len(sources) == len(set(sources)):
        raise SepeduError(
            f"Sources {shown(sources)} are not a list of different names",
            f"Give some of {', '.join(SOURCES)}",
        )


EXPECTED_TREE = (
    "expected train/ and test/ with SONG.stem.mp4 files (MUSDB18), or with a folder for each song "
    "that holds mixture.wav, drums.wav, bass.wav, other.wav and vocals.wav (MUSDB18-HQ)"
)


def data_folder() -> Path:
    """Folder of the embedded songs and the trained weights.

    In a clone it stands beside the library; in an installed wheel, inside of it.
    """
    inside = Path(__file__).parent / "data"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "data"


def embedded_root() -> Path:
    """Root of the embedded set, in MUSDB18's own layout."""
    return data_folder() / "minimus"


def cache_folder() -> Path:
    """The user's folder for what is downloaded or computed once."""
    return Path(os.environ.get("SEPEDU_CACHE") or platformdirs.user_cache_dir("sepedu"))


def find_root(where: str | os.PathLike[str] | None, subset: str) -> tuple[Path, bool]:
    """Root folder of a set, and whether its songs are folders of wav files.

    Parameters
    ----------
    where : str or path, optional
        As `sepedu.songs.open_dataset` takes it.
    subset : {"train", "test"}

    Raises
    ------
    SepeduError
        If there are no songs of the subset, or one of them lacks a file.
    """
    kinds = str, os.PathLike, type(None)
    check_kind("where", where, kinds, "a path or a name", '"musdb7", or nothing')
    if where is None:
        root = embedded_root()
        remedy = "Clone the project again; the embedded set comes with it"
    elif where == "stempeg":
        root, remedy = _stempeg_root(), 'Use subset="test": the song belongs to the test songs'
    elif where == "musdb7":
        root = Path(os.environ.get("MUSDB_PATH") or cache_folder() / "musdb18-7s")
        remedy = "Run: sepedu data fetch musdb7, or set MUSDB_PATH to the folder that has them"
    else:
        # Whole, for ffmpeg takes what stands before a colon for the name of a protocol.
        root = Path(where).expanduser().absolute()
        remedy = f"Check the path: {EXPECTED_TREE}"
    folder = root / subset
    songs = [song for song in sorted(folder.glob("*")) if not is_leftover(song.name)]
    if any(song.name.endswith(".stem.mp4") for song in songs):
        return root, False
    if any((song / "mixture.wav").is_file() for song in songs):
        _check_wav_songs([song for song in songs if song.is_dir()])
        return root, True
    raise SepeduError(f"No songs of subset {subset!r} in {root}", remedy)


def _check_wav_songs(songs: list[Path]) -> None:
    for song in songs:
        for stem in ("mixture", *SOURCES):
            if not (song / f"{stem}.wav").is_file():
                raise SepeduError(
                    f"The song {song} has no {stem}.wav",
                    "Complete the song from MUSDB18-HQ, or move its folder away",
                )


def _stempeg_root() -> Path:
    """A MUSDB18 tree with the one song that the package stempeg ships."""
    ensure_ffmpeg()
    import stempeg

    shipped = Path(stempeg.example_stem_path())
    root = cache_folder() / "stempeg"
    song = root / "test" / shipped.name
    if not song.is_file() or song.stat().st_size != shipped.stat().st_size:
        with atomic_write(song) as part:
            shutil.copyfile(shipped, part)
    return root


def open_dataset(
    where: str | os.PathLike[str] | None = None, subset: str = "train", split: str | None = None
) -> musdb.DB:
    """Open a set of songs with their stems.

    Parameters
    ----------
    where : str or path, optional
        Nothing for the embedded set; "stempeg" for the real MUSDB18 song of six seconds that the
        package stempeg ships (it belongs to the subset "test"); "musdb7" for the MUSDB18
        excerpts of seven seconds, at `$MUSDB_PATH` or where `sepedu data fetch musdb7` puts
        them; a path for MUSDB18 or MUSDB18-HQ.
    subset : {"train", "test"}
    split : {"train", "valid"}, optional
        With the subset "train": the songs to train on, or the validation songs that the set
        names. Nothing gives both.

    Returns
    -------
    dataset : musdb.DB
        Its tracks have `name`, `rate`, `audio` and `targets[source].audio`.

    Raises
    ------
    SepeduError
        If the folder or its songs are missing, or the subset or the split is unknown.

    References
    ----------
    Z. Rafii, A. Liutkus, F.-R. Stöter, S. I. Mimilakis, R. Bittner, "The MUSDB18 corpus for music
    separation", 2017, doi:10.5281/zenodo.1117372.

    Lesson: 00
    """
    check_choice("Subset", subset, ("train", "test"))
    check_kind("split", split, (str, type(None)), "a name", '"train" or "valid"')
    if split not in (None, "train", "valid") or (split and subset != "train"):
        raise SepeduError(
            f"Split {split!r} of subset {subset!r} does not exist",
            'Use split="train" or split="valid" with subset="train", or no split',
        )
    root, is_wav = find_root(where, subset)
    ensure_ffmpeg()
    import musdb  # fails without ffmpeg, so only now

    setup = "musdb.yaml" if (root / "musdb.yaml").is_file() else None
    try:
        with patch("os.walk", _walk_songs):
            dataset = musdb.DB(
                root=str(root), subsets=subset, split=split, is_wav=is_wav, setup_file=setup
            )
    except Exception as error:
        raise SepeduError(
            f"A song in {root / subset} cannot be opened ({_first_line(error)})",
            "Look for a file there that is empty or was cut off, and fetch it again",
        ) from error
    if not dataset.tracks:
        raise SepeduError(
            f"No songs of split {split!r} in {root / subset}",
            "Use a set that has them, or leave the split away",
        )
    return dataset


def _walk_songs(folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """The songs of a folder, as os.walk gives them, without what systems leave beside them."""
    songs = [song for song in sorted(Path(folder).iterdir()) if not is_leftover(song.name)]
    yield (
        folder,
        [song.name for song in songs if song.is_dir()],
        [song.name for song in songs if not song.is_dir()],
    )


def load_song(
    track: musdb.MultiTrack,
    sample_rate: int = 22050,
    sources: Sequence[str] = SOURCES,
    stereo: bool = False,
) -> Song:
    """Read a track of a dataset at the network's sample rate.

    Parameters
    ----------
    track : musdb.MultiTrack
    sample_rate : int
    sources : sequence of str
    stereo : bool
        Keep the two channels [shape=(2, samples)] instead of averaging them.

    Returns
    -------
    song : Song

    Raises
    ------
    SepeduError
        If the track cannot be decoded, lacks a stem, or its stems differ in length or rate.

    Lesson: 03
    """
    if not hasattr(track, "is_wav"):
        raise SepeduError(
            f"track must be one of a dataset, got {shown(track)}", "Use open_dataset()[0]"
        )
    check_sources(sources)
    missing = [name for name in sources if name not in track.sources]
    if missing:
        raise SepeduError(
            f"The song {track.name} has no stem {missing[0]!r}",
            f"It has: {', '.join(track.sources)}",
        )
    if track.is_wav:
        files = {"mixture": track.path, **{name: track.sources[name].path for name in sources}}
        read = {name: _read_stem(Path(file)) for name, file in files.items()}
    else:
        tracks = read_tracks(Path(track.path))
        ids = {"mixture": 0, **{name: track.sources[name].stem_id for name in sources}}
        if len(tracks) <= max(ids.values()):
            raise SepeduError(
                f"The song {track.path} has {len(tracks)} sound tracks instead of a mixture and "
                f"{len(SOURCES)} stems",
                "Fetch it again, or move it away",
            )
        read = {name: (_to_16_bits(tracks[i][0]), tracks[i][1]) for name, i in ids.items()}
    shapes = {
        name: f"{audio.shape[1]} samples of {audio.shape[0]} channels at {rate} Hz"
        for name, (audio, rate) in read.items()
    }
    for name, text in shapes.items():
        if text != shapes["mixture"]:
            raise SepeduError(
                f"The song {track.path} cannot be used: its {name} has {text}, its mixture "
                f"{shapes['mixture']}",
                "Its stems must be of one length and rate: fetch it again, or move it away",
            )
    audio_of = {
        name: resample(audio if stereo else mono(audio), rate, sample_rate)
        for name, (audio, rate) in read.items()
    }
    return Song(track.name, audio_of.pop("mixture"), audio_of, sample_rate)


def _read_stem(path: Path) -> tuple[np.ndarray, int]:
    """A stem and its sample rate; of a set, unlike a song to separate, nothing may be missing."""
    with ExitStack() as stack:
        recording = open_audio(path, stack)
        if recording.warnings:
            raise SepeduError(
                f"The file {path} cannot be used: {recording.warnings[0]}",
                "Fetch the song again, or move it away",
            )
        return read_samples(recording, recording.frames, path), recording.samplerate


def _to_16_bits(audio: np.ndarray) -> np.ndarray:
    """Audio rounded as musdb reads it, so that what is measured here is what others measure."""
    return np.rint(audio * 2**15).clip(-(2**15), 2**15 - 1) / np.float32(2**15)


def load_songs(
    dataset: musdb.DB,
    sample_rate: int = 22050,
    sources: Sequence[str] = SOURCES,
    stereo: bool = False,
) -> list[Song]:
    """Read every track of a dataset with `load_song`.

    Returns
    -------
    songs : list of Song
        In the order of the dataset.

    Lesson: 03
    """
    try:
        tracks = iter(dataset)
    except TypeError as error:
        raise SepeduError(
            f"dataset must be one of songs, got {shown(dataset)}", "Use open_dataset()"
        ) from error
    return [load_song(track, sample_rate, sources, stereo) for track in tracks]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:120] if lines else type(error).__name__
