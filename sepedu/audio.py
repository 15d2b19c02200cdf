"""Read, write and resample audio; lessons import the player from here too."""

from __future__ import annotations

import math
import os
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import soundfile
import soxr

from .containers import is_for_libsndfile, missing_bytes
from .decode import decode
from .errors import SepeduError
from .player import Player, mp3_address
from .samples import CLIP_LIMIT, check_audio, common_gain
from .whole import written_whole

__all__ = [
    "Player",
    "check_audio",
    "check_whole",
    "common_gain",
    "mono",
    "mp3_address",
    "open_audio",
    "read_audio",
    "read_samples",
    "resample",
    "write_audio",
]


def read_audio(path: str | os.PathLike[str]) -> tuple[np.ndarray, int]:
    """Read a file of audio as it is: no resampling, no normalising, no cutting.

    Parameters
    ----------
    path : str or path
        WAV, FLAC, MP3, OGG and what else libsndfile reads; for other formats (MP4, M4A) ffmpeg.

    Returns
    -------
    audio : np.ndarray [shape=(channels, samples)], float32
    sample_rate : int

    Raises
    ------
    SepeduError
        If the file is missing, empty, not audio, cut off, without samples, or has values that
        are not finite.

    Lesson: 00
    """
    path = Path(path)
    with ExitStack() as stack:
        recording = open_audio(path, stack)
        return read_samples(recording, recording.frames, path), recording.samplerate


def read_samples(
    recording: soundfile.SoundFile, count: int, path: Path, first: int | None = None
) -> np.ndarray:
    """Read so many samples of an open file, from where it stands or from `first`: all or none.

    Returns
    -------
    audio : np.ndarray [shape=(channels, count)], float32

    Raises
    ------
    SepeduError
        If the file ends too early or cannot be decoded further, or a value is not finite.
    """
    try:
        if first is not None:
            recording.seek(first)
        audio = recording.read(count, dtype="float32", always_2d=True).T
    except soundfile.LibsndfileError:
        audio = np.empty((recording.channels, 0), np.float32)
    if audio.shape[1] != count:
        raise SepeduError(f"The file {path} is cut off or damaged", "Copy or download it again")
    return check_audio(audio, str(path))


def check_whole(path: Path) -> None:
    """Say what is wrong with a file of audio before any of it is used.

    Raises
    ------
    SepeduError
        If the file is missing or empty, cannot be opened, is shorter than it says itself, or its
        samples have only 8 bits, whose noise a mask cannot tell from music.
    """
    try:
        if not path.is_file():
            raise SepeduError(f"There is no file {path}", "Check the name and the folder")
        if path.stat().st_size == 0:
            raise SepeduError(f"The file {path} is empty", "Copy or download it again")
        missing = missing_bytes(path)
    except OSError as error:
        raise SepeduError(
            f"The file {path} cannot be opened ({error.strerror})",
            "Check the name, and whether you may read it",
        ) from error
    if missing:
        size = path.stat().st_size
        raise SepeduError(
            f"The file {path} is cut off: after its {size} bytes at least {missing} more belong",
            "Copy or download it again",
        )
    if not is_for_libsndfile(path):
        return  # ffmpeg may read it, and will say so if it cannot.
    try:
        subtype = soundfile.info(path).subtype
    except soundfile.LibsndfileError:
        return
    if subtype in ("PCM_U8", "PCM_S8"):
        raise SepeduError(
            f"The file {path} has samples of 8 bits",
            "Use the original recording; 16 bits are the least that a mask can work with",
        )


def open_audio(path: Path, stack: ExitStack) -> soundfile.SoundFile:
    """Open for reading by parts; what libsndfile does not know is decoded to a file aside.

    The stack closes the file, and removes what was decoded.

    Raises
    ------
    SepeduError
        As `check_whole`, and if the file is not audio.
    """
    check_whole(path)
    with suppress(soundfile.LibsndfileError):
        if is_for_libsndfile(path):
            return stack.enter_context(soundfile.SoundFile(path))
    aside = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sepedu-")))
    return stack.enter_context(soundfile.SoundFile(decode(path, aside / "decoded.wav")))


def write_audio(path: str | os.PathLike[str], audio: np.ndarray, sample_rate: int) -> Path:
    """Write audio as 32-bit float WAV, or as 24-bit FLAC where the name ends in .flac.

    An interruption leaves no half of a file. Float keeps peaks above 1; FLAC cannot, and refuses
    them.

    Parameters
    ----------
    path : str or path
    audio : np.ndarray [shape=(samples,) or (channels, samples)], float
    sample_rate : int
        In hertz.

    Returns
    -------
    path : pathlib.Path

    Raises
    ------
    SepeduError
        If the format is another, the folder cannot be written, or FLAC would clip.
    """
    path = Path(path)
    audio = check_audio(audio)
    formats = {".wav": ("WAV", "FLOAT"), ".flac": ("FLAC", "PCM_24")}
    if path.suffix.lower() not in formats:
        raise SepeduError(f"Audio cannot be written as {path}", "End the name in .wav or .flac")
    peak = float(np.abs(audio).max())
    if path.suffix.lower() == ".flac" and peak > CLIP_LIMIT:
        raise SepeduError(
            f"FLAC would clip {path}: its largest sample is {peak:.3f}",
            "Write WAV, which is float and keeps it, or scale all outputs by one common gain",
        )
    container, subtype = formats[path.suffix.lower()]
    with written_whole(path) as part:
        try:
            soundfile.write(part, audio.T, sample_rate, subtype=subtype, format=container)
        # soundfile meets a full disk with an assertion.
        except (soundfile.LibsndfileError, AssertionError) as error:
            raise OSError(error or "no room") from error
    return path


def mono(audio: np.ndarray) -> np.ndarray:
    """Average the channels [shape=(channels, samples) or (samples,) -> (samples,)], float32.

    Lesson: 00
    """
    return np.atleast_2d(audio).mean(axis=0, dtype=np.float32)


def resample(audio: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Change the sample rate, with the length rounded up to a whole sample.

    Parameters
    ----------
    audio : np.ndarray [shape=(..., samples)], float32
    rate, new_rate : int
        In hertz.

    Returns
    -------
    resampled : np.ndarray [shape=(..., ceil(samples * new_rate / rate))], float32

    Lesson: 06
    """
    if rate == new_rate:
        return audio
    length = math.ceil(audio.shape[-1] * new_rate / rate)
    flat = audio.reshape(-1, audio.shape[-1]).T
    changed = soxr.resample(flat, rate, new_rate, quality="HQ").T[:, :length]
    missing = length - changed.shape[-1]
    changed = np.pad(changed, ((0, 0), (0, missing)))  # soxr rounds, and may end a sample early
    return np.ascontiguousarray(changed).reshape(*audio.shape[:-1], length)
