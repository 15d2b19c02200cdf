"""Read, write and resample audio; lessons import the player from here too."""

from __future__ import annotations

import base64
import html
import io
import math
import os
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import soundfile
import soxr

from .engine.containers import is_for_libsndfile, missing_bytes
from .engine.ffmpeg import ensure_ffmpeg
from .engine.files import atomic_write
from .errors import SepeduError

CLIP_LIMIT = 1.0
"""Largest sample that a player or a file of whole numbers can hold."""
LARGEST = 1e12
"""Samples beyond this are no sound; sums of their squares would leave the range of float32."""


def check_audio(audio: np.ndarray, name: str = "the audio given") -> np.ndarray:
    """Return audio as float32 [shape=(channels, samples) or (samples,)], or say why it is unfit.

    Parameters
    ----------
    audio : np.ndarray [shape=(samples,) or (channels, samples)]
        Whole numbers are scaled by the largest their type can hold; bytes without sign are
        8-bit audio around 128.
    name : str
        What to call it in an error.

    Raises
    ------
    SepeduError
        If there are no samples, the shape is not one of audio, or a value is not finite.
    """
    audio = np.asarray(audio)
    if audio.dtype == np.uint8:
        audio = (audio.astype(np.float32) - 128) / 128
    elif audio.dtype.kind == "i":
        audio = audio.astype(np.float32) / -float(np.iinfo(audio.dtype).min)
    if not np.issubdtype(audio.dtype, np.floating) or audio.ndim not in (1, 2):
        raise SepeduError(
            f"Audio of shape {audio.shape} and type {audio.dtype} in {name} is not understood",
            "Give real samples of shape (samples,) or (channels, samples)",
        )
    if audio.size == 0:
        raise SepeduError(f"There are no samples in {name}", "Give at least one sample")
    if not np.isfinite(audio).all():
        raise SepeduError(
            f"There are values that are not finite (NaN or infinity) in {name}",
            "Export it again from the program that made it",
        )
    largest = float(np.abs(audio).max())  # a float, for half precision does not hold the limit
    if largest > LARGEST:
        raise SepeduError(
            f"There are values that are too large, up to {largest:.0e}, in {name}",
            "Full level is 1: export it again from the program that made it",
        )
    if audio.ndim == 2 and audio.shape[0] > 64:
        raise SepeduError(
            f"Audio of shape {audio.shape} in {name} would have {audio.shape[0]} channels",
            "Put the channels first: audio.T turns (samples, channels) round",
        )
    return audio.astype(np.float32, copy=False)


def common_gain(*recordings: np.ndarray) -> float:
    """One gain for all of several recordings that keeps the loudest from clipping, at most 1."""
    peak = max(float(np.abs(recording).max(initial=0.0)) for recording in recordings)
    return 1.0 if peak <= CLIP_LIMIT else CLIP_LIMIT / peak


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
    with atomic_write(path) as part:
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


class Player:
    """Play recordings at one common gain, so that what is louder also sounds louder.

    `IPython.display.Audio` scales each clip to full level, and a faint estimate then sounds as
    loud as its source. Here one gain, at most 1, holds for all the recordings of a call, and is
    shown when it is not 1. The sound travels inside the page as MP3, so that it plays without a
    network and a notebook stays small.

    Parameters
    ----------
    recordings : dict of np.ndarray [each shape=(samples,) or (channels, samples)]
        What to play, by the name to show.
    sample_rate : int
        In hertz; one that MP3 knows (8,000 to 48,000).

    Lesson: 00
    """

    def __init__(self, recordings: dict[str, np.ndarray], sample_rate: int) -> None:
        self.recordings = {name: check_audio(audio, name) for name, audio in recordings.items()}
        self.sample_rate = sample_rate
        self.gain = common_gain(*self.recordings.values())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;padding-right:1em">{html.escape(name)}'
            f'</th><td><audio controls preload="auto" aria-label="Play: {html.escape(name)}" '
            f'src="{mp3_address(audio * self.gain, self.sample_rate)}"></audio></td></tr>'
            for name, audio in self.recordings.items()
        )
        note = "" if self.gain == 1 else f"<p>All played at one gain of {self.gain:.2f}.</p>"
        return f'<table class="sepedu-player">{rows}</table>{note}'

    def __repr__(self) -> str:
        lines = [
            f"  {name} ({audio.shape[-1] / self.sample_rate:.2f} s)"
            for name, audio in self.recordings.items()
        ]
        head = f"Player at {self.sample_rate} Hz, gain {self.gain:.2f}. Run the cell to listen to:"
        return "\n".join([head, *lines])


def mp3_address(audio: np.ndarray, sample_rate: int) -> str:
    """Encode audio as MP3 inside a data address [shape=(samples,) or (channels, samples)]."""
    memory = io.BytesIO()
    soundfile.write(memory, audio.T, sample_rate, format="MP3", compression_level=0.6)
    return "data:audio/mpeg;base64," + base64.b64encode(memory.getvalue()).decode()
