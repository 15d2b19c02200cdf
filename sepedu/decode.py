"""Decode what libsndfile does not know, with ffmpeg, into a file: a long song needs no memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .errors import SepeduError
from .ffmpeg import ensure_ffmpeg


def decode(path: Path, wav: Path) -> Path:
    """Write the first sound of a file (of a stem file, the mixture; of a video, its sound) as WAV.

    Nothing is resampled or mixed. Damage inside the file is an error, not a silence.

    Parameters
    ----------
    path : path
    wav : path
        The 32-bit float WAV file to write; over 4 GB it has the layout RF64.

    Returns
    -------
    wav : pathlib.Path

    Raises
    ------
    SepeduError
        If ffmpeg finds no sound, or cannot decode all of it, or has no room for it.
    """
    # The names travel as arguments of their own, never through a shell. With "file:" before it a
    # name is a name, whatever it starts with or holds, and no playlist reaches for the network.
    command = [
        *(str(ensure_ffmpeg()["ffmpeg"]), "-nostdin", "-v", "error", "-xerror"),
        *("-protocol_whitelist", "file", "-i", f"file:{path.absolute()}"),
        *("-map", "0:a:0", "-c:a", "pcm_f32le", "-rf64", "auto", "-f", "wav"),
        *("-y", f"file:{wav.absolute()}"),
    ]
    # Not restored, the signals leave a disk's limit to be told instead of ending ffmpeg at once.
    result = subprocess.run(command, capture_output=True, check=False, restore_signals=False)
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        if any("No space left" in line or "File too large" in line for line in lines):
            raise SepeduError(
                f"There is no room for temporary files, to decode {path}",
                "Free some, or name another folder in the variable TMPDIR",
            )
        said = lines[0].rsplit("] ", 1)[-1][:120] if lines else "nothing"
        raise SepeduError(
            f"The file {path} cannot be read as audio, or is cut off (ffmpeg: {said})",
            "Give a whole WAV, FLAC, MP3, OGG or MP4 file; convert others with ffmpeg first",
        )
    return wav
