"""Download the MUSDB18 excerpts once, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ..audio import is_leftover
from ..errors import SepeduError
from ..songs import cache_folder
from .ffmpeg import ensure_ffmpeg
from .files import atomic_write

SONGS = {"train": 94, "test": 50}
"""Excerpts of each subset; the set of seven-second excerpts omits six training songs."""


def fetch_musdb7() -> Path:
    """Download the MUSDB18 excerpts of seven seconds with musdb's own download.

    They are for academic use. An interrupted download leaves nothing and starts anew.

    Returns
    -------
    folder : pathlib.Path
        In the user's cache folder, where `open_dataset("musdb7")` looks.

    Raises
    ------
    SepeduError
        If the host cannot be reached, the folder cannot be written, or songs are missing
        afterwards.
    """
    folder = cache_folder() / "musdb18-7s"
    if (folder / "train").is_dir():
        check_count(folder, f"Remove {folder} and fetch again: sepedu data fetch musdb7")
        return folder
    ensure_ffmpeg()
    import musdb

    with atomic_write(folder) as part:
        part.mkdir()
        try:
            musdb.DB(root=str(part), download=True)
        except Exception as error:
            raise SepeduError(
                f"The MUSDB18 excerpts could not be downloaded ({type(error).__name__}: {error})",
                "Check the network and try again; nothing half-finished is left in use. The course "
                "itself works with its embedded set, without any download",
            ) from error
        check_count(part, "Fetch again: sepedu data fetch musdb7")
    return folder


def check_count(folder: Path, remedy: str) -> None:
    """Raise SepeduError if songs are missing from a folder of the excerpts."""
    for subset, expected in SONGS.items():
        songs = (folder / subset).glob("*.stem.mp4")
        found = sum(not is_leftover(song.name) for song in songs)
        if found != expected:
            raise SepeduError(
                f"The excerpts in {subset} are {found} songs instead of {expected}", remedy
            )
