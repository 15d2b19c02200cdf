"""Fetch the MUSDB18 excerpts once, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ..errors import SepeduError
from ..songs import cache_folder
from .ffmpeg import ensure_ffmpeg
from .files import atomic_write

SONGS = {"train": 94, "test": 50}
"""Excerpts of each subset; the set of seven-second excerpts omits six training songs."""


def fetch_musdb7(folder: Path | None = None) -> Path:
    """Download the MUSDB18 excerpts of seven seconds with musdb's own download.

    They are for academic use. The download goes aside first; an interrupted one starts anew, and
    what is in place is whole.

    Parameters
    ----------
    folder : path, optional
        Where to; the user's cache folder if left away, where `open_dataset("musdb7")` looks.

    Returns
    -------
    folder : pathlib.Path

    Raises
    ------
    SepeduError
        If the host cannot be reached, the folder cannot be written, or songs are missing
        afterwards.
    """
    folder = folder or cache_folder() / "musdb18-7s"
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
        found = len(list((folder / subset).glob("*.stem.mp4")))
        if found != expected:
            raise SepeduError(
                f"The excerpts in {subset} are {found} songs instead of {expected}", remedy
            )
