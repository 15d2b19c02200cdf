"""Where songs lie on this machine: the embedded set, MUSDB18, and what is downloaded once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs

from .errors import SepeduError
from .ffmpeg import ensure_ffmpeg
from .whole import written_whole

SOURCES = ("drums", "bass", "other", "vocals")
"""The four sources of MUSDB18, in the order of its stems."""

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
        As `sepedu.datasets.open_dataset` takes it.
    subset : {"train", "test"}

    Raises
    ------
    SepeduError
        If there are no songs of the subset, or one of them lacks a file.
    """
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
    if any(folder.glob("*.stem.mp4")):
        return root, False
    if any(folder.glob("*/mixture.wav")):
        _check_wav_songs(folder)
        return root, True
    raise SepeduError(f"No songs of subset {subset!r} in {root}", remedy)


def _check_wav_songs(folder: Path) -> None:
    for song in sorted(folder.iterdir()):
        for stem in ("mixture", *SOURCES):
            if song.is_dir() and not (song / f"{stem}.wav").is_file():
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
        with written_whole(song) as part:
            shutil.copyfile(shipped, part)
    return root
