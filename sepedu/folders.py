"""Which songs stand in files and folders, and where the estimates of each go."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .datasets import SOURCES
from .errors import SepeduError
from .files import estimates_of
from .model import MaskCNN
from .plan import Plan, check_request
from .provenance import is_estimate
from .refiner import Refiner

ENDINGS = (
    *(".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".wma"),
    *(".aif", ".aiff", ".aifc", ".w64", ".rf64", ".au", ".caf", ".webm", ".mka"),
)
"""Files of a folder that are taken for songs."""


@dataclass(frozen=True)
class Job:
    """A song, and the folder in which its own folder of estimates belongs."""

    song: Path
    out: Path


@dataclass(frozen=True)
class Request:
    """What is wanted of every song; see `separate`."""

    sources: Sequence[str] = SOURCES
    mask: str = "best"
    threshold: float = 0.5
    residual: bool = False
    models: Mapping[str, MaskCNN] | None = None
    refiner: Refiner | None = None

    def plan(self) -> Plan:
        """Check the request, and load the networks, before the first song."""
        return check_request(
            self.sources, self.mask, self.threshold, 44100, self.models, self.refiner
        )

    def estimates(self, job: Job) -> dict[str, Path]:
        return estimates_of(job.song, job.out, self.sources, self.residual)


def find_songs(places: Sequence[Path], out: Path, request: Request) -> list[Job]:
    """Find the songs in files and folders, and where their estimates go.

    Estimates of the songs of a folder keep their place in it: FOLDER/ALBUM/SONG.flac goes to
    OUT/ALBUM/SONG. Hidden files are left out, and so are estimates of an earlier run.

    Raises
    ------
    SepeduError
        If a folder holds no song or cannot be read, if two songs would share a folder of
        estimates, or if an estimate would take the place of a song.
    """
    jobs: dict[Path, Job] = {}
    for place in places:
        if not os.path.isdir(place):  # unlike Path's, it takes a name that is too long
            jobs.setdefault(_resolved(place), Job(place, out))
            continue
        found = list(_songs_of(place))
        if not found:
            raise SepeduError(
                f"There are no songs in the folder {place}",
                f"Names of songs end in {', '.join(ENDINGS)}",
            )
        for song in found:
            jobs.setdefault(_resolved(song), Job(song, out / song.parent.relative_to(place)))
    _check_places(jobs, request)
    return list(jobs.values())


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _songs_of(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise SepeduError(
            f"The folder {error.filename} cannot be read ({error.strerror})",
            "Ask for the right to read it, or give only folders that you may read",
        ) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            hidden = name.startswith(".")
            if not hidden and path.suffix.lower() in ENDINGS and not is_estimate(path):
                yield path


def _check_places(jobs: Mapping[Path, Job], request: Request) -> None:
    taken: dict[str, Path] = {}
    for job in jobs.values():
        files = request.estimates(job)
        folder = next(iter(files.values())).parent
        # Some systems tell neither large letters from small ones nor two spellings of an accent.
        key = unicodedata.normalize("NFC", str(folder)).casefold()
        if key in taken:
            raise SepeduError(
                f"The estimates of {taken[key]} and of {job.song} would go to the same folder, "
                f"{folder}",
                "Rename one, give the folder that holds both, or separate them one by one into "
                "different folders",
            )
        taken[key] = job.song
        for file in files.values():
            if (other := jobs.get(_resolved(file))) is not None and other != job:
                raise SepeduError(
                    f"An estimate of {job.song} would take the place of the song {other.song}",
                    "Choose another folder",
                )
