"""Decode any file of audio to its end with ffmpeg's libraries, through PyAV."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from soundfile import LibsndfileError, SoundFile

from ..errors import SepeduError

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

OPTIONS = {"options": {"protocol_whitelist": "none"}, "metadata_errors": "replace"}
"""A playlist reaches for no other file and no network; tags need not be UTF-8."""
DECLARING = (
    *("mov", "matroska", "wav", "w64", "aiff", "au", "caf", "flac", "mp3", "tta", "wv", "asf"),
)
"""Formats whose header tells the length; of others ffmpeg's libraries only guess it."""
SPEAKERS = (
    *("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR"),
    *("TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR"),
)
"""Speakers in the order of their bits in WAVE_FORMAT_EXTENSIBLE."""


@contextmanager
def open_container(file: Path, name: Path) -> Iterator[InputContainer]:
    """Open a file for decoding, called `name` in errors.

    Raises
    ------
    SepeduError
        If the file, or what the caller decodes of it, cannot be read as audio.
    """
    import av

    try:
        # As an open file, not by name: a name is then only a name, whatever it begins with.
        with file.open("rb") as opened, av.open(opened, **OPTIONS) as container:
            yield container
    except (av.FFmpegError, OSError) as error:
        raise unreadable(name, f"ffmpeg: {error.strerror}") from error


def unreadable(path: Path, reason: str) -> SepeduError:
    """The error of a file of which nothing can be used, with a line to type that may help."""
    command = shlex.join(["ffmpeg", "-i", str(path), f"{path.stem} converted.wav"])
    return SepeduError(
        f"The file {path} cannot be read as audio ({reason})",
        f"If a player plays it, convert it: {command}",
    )


def choose_track(container: InputContainer, path: Path) -> tuple[AudioStream, list[str]]:
    """The default sound track of a file, and a line that names it where there are several."""
    from av.stream import Disposition

    tracks = [track for track in container.streams.audio if track.codec_context is not None]
    if not tracks:
        raise unreadable(path, "there is no sound track that ffmpeg's libraries know")
    default = next((t for t in tracks if t.disposition & Disposition.default), tracks[0])
    if len(tracks) == 1 or path.stem.endswith(".stem"):  # a stem file's first is the mixture
        return default, []
    names = [default.metadata.get(key) for key in ("title", "language")]
    name = ", ".join(name for name in names if name and name != "und")
    number = f"track {tracks.index(default) + 1} of its {len(tracks)} sound tracks is used"
    return default, [f"{number} ({name})" if name else number]


def decode_frames(
    container: InputContainer, tracks: list[AudioStream]
) -> Iterator[tuple[AudioStream, AudioFrame | None]]:
    """Decode tracks to their end, in one pass; None stands for a damaged packet.

    Raises
    ------
    av.FFmpegError
        If the file cannot be read further, after the frames before.
    """
    import av

    packets, ended = container.demux(tracks), None
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            packet, ended = None, error
        for track in tracks if packet is None else [packet.stream]:
            try:
                for frame in track.codec_context.decode(packet):
                    yield track, frame
            except av.EOFError:  # it was emptied before
                pass
            except av.FFmpegError:
                yield track, None
        if ended:
            raise ended
        if packet is None:
            return


def _frames_of_links(
    container: InputContainer, track: AudioStream
) -> Iterator[tuple[AudioStream, AudioFrame | None]]:
    """As `decode_frames` of one track; of chained Ogg files, link by link.

    libavformat loses short links, and stops where the sample rate changes.
    """
    import av

    path = Path(container.name)
    starts, _ = ogg_links(path) if container.format.name == "ogg" else ([], True)
    if len(starts) < 2:
        yield from decode_frames(container, [track])
        return
    with path.open("rb") as file:
        for start, end in pairwise([*starts, path.stat().st_size]):
            with av.open(_Part(file, start, end), **OPTIONS) as link:
                yield from decode_frames(link, [link.streams.audio[0]])


def ogg_links(path: Path) -> tuple[list[int], bool]:
    """Where the links of an Ogg file start, and whether its last page is whole and says so."""
    starts, flags, end = [], 0, 0
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        for page in re.finditer(rb"OggS\0(.).{20}(.)", data, re.DOTALL):
            if page[1][0] & 2 and not flags & 2:  # a first page, but behind another one
                starts.append(page.start())
            flags, body = page[1][0], page.end() + page[2][0]
            end = body + sum(data[page.end() : body])
        return starts, bool(flags & 4) and end <= len(data)


class _Part:
    """A part of an open file, as a file."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self.file, self.start, self.end = file, start, end
        self.seek(0)

    def read(self, size: int) -> bytes:
        return self.file.read(max(0, min(size, self.end - self.file.tell())))

    def seek(self, offset: int, whence: int = 0) -> int:
        self.file.seek((self.start, self.file.tell(), self.end)[whence] + offset)
        return self.tell()

    def tell(self) -> int:
        return self.file.tell() - self.start


def samples_of(frame: AudioFrame) -> np.ndarray:
    """Samples of a frame [shape=(samples, channels)], float32; whole numbers have full level 1."""
    samples = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(frame.samples, -1)
    return scaled(samples).astype(np.float32, copy=False)


def scaled(audio: np.ndarray) -> np.ndarray:
    """Whole numbers as float32 of full level 1; bytes without sign lie around 128."""
    if audio.dtype == np.uint8:
        return (audio.astype(np.float32) - 128) / 128
    if audio.dtype.kind == "i":
        return audio.astype(np.float32) / -float(np.iinfo(audio.dtype).min)
    return audio


def write_decoded(
    container: InputContainer, track: AudioStream, name: Path, wav: Path
) -> list[str]:
    """Write a track as 32-bit float WAV (RF64), and return what is missing of it.

    Where a video's sound starts late, silence stands before it. What changes its rate or its
    speakers midway, such as a recorded broadcast, is converted to those of its beginning.

    Raises
    ------
    SepeduError
        If nothing can be decoded, or there is no room.
    """
    import av

    file = ended = None
    count = frames = largest = damaged = delay = 0
    try:
        with ExitStack() as stack:
            for _, frame in _frames_of_links(container, track):
                if frame is None:
                    damaged += 1
                    continue
                if file is None:
                    rate, layout, form = frame.sample_rate, frame.layout, None
                    delay, shape = _delay(container, frame), (rate, layout.nb_channels)
                    file = SoundFile(wav, "w", *shape, "FLOAT", format="RF64")
                    stack.enter_context(file)
                    for start in range(0, delay, rate):
                        file.write(np.zeros((min(rate, delay - start), shape[1])))
                parts, before = [frame], form
                form = frame.sample_rate, frame.layout.name
                if form != (rate, layout.name):
                    if form != before:
                        resampler = av.AudioResampler("flt", layout, rate)
                    parts = resampler.resample(frame)
                for part in parts:
                    file.write(samples_of(part))
                    count += part.samples
                frames, largest = frames + 1, max(largest, frame.samples)
    except av.FFmpegError as error:
        ended = f"ffmpeg: {error.strerror}"
    # libsndfile's wrapper meets a full disk with an assertion.
    except (LibsndfileError, AssertionError) as error:
        raise SepeduError(
            f"There is no room for temporary files (in {wav.parent.parent}), to decode {name}",
            "Free some, or name another folder in the variable TMPDIR",
        ) from error
    if count == 0:
        if damaged or ended or _declared_seconds(container, track):
            raise unreadable(name, ended or "nothing of its sound is left")
        raise SepeduError(f"There are no samples in {name}", "Give a recording with sound")
    if missing := shortfall(container, track, delay + count, largest):
        return [missing]
    if ended:
        return [f"it cannot be read beyond {(delay + count) / track.rate:.2f} s ({ended})"]
    if damaged > 1 + frames / 100:
        return [f"{damaged} of its {damaged + frames} packets are damaged and were left out"]
    if container.format.name == "ogg" and not ogg_links(Path(container.name))[1]:
        return ["its end is missing: it was cut off, or never finished"]
    return []


def shortfall(
    container: InputContainer, track: AudioStream, count: int, largest: int
) -> str | None:
    """What is said where a header declares more samples than the `count` that were decoded.

    Of a compressed track up to a frame, that is `largest` samples, may lack.
    """
    declared = _declared_seconds(container, track) * track.rate
    exact = track.codec_context.name.startswith(("pcm_", "flac")) and declared.denominator == 1
    lacks = declared - count > (0 if exact else largest)
    return missing_seconds(count / track.rate, declared / track.rate) if lacks else None


def missing_seconds(there: float, declared: float | Fraction) -> str:
    """How it is said that a part of a song is missing."""
    return f"only {there:.2f} of the {float(declared):.2f} s that its header declares are there"


def _delay(container: InputContainer, frame: AudioFrame) -> int:
    """Samples by which a video's sound starts after its picture; 0 in files of sound."""
    from av.stream import Disposition

    starts = [
        picture.start_time * picture.time_base
        for picture in container.streams.video
        if picture.start_time is not None and not picture.disposition & Disposition.attached_pic
    ]
    if not starts or frame.pts is None:
        return 0
    delay = frame.pts * frame.time_base - min(starts)
    return round(delay * frame.sample_rate) if 0 < delay * 10**6 < (container.duration or 0) else 0


def _declared_seconds(container: InputContainer, track: AudioStream) -> Fraction:
    """Length of a track by the file's header; 0 where it has none."""
    if not container.format.name.startswith(DECLARING):
        return Fraction(0)
    if track.duration is not None:
        samples = track.duration * track.time_base * track.rate
        if track.codec_context.name.startswith("pcm_"):  # of a CAF file cut off, the true one
            samples = max(samples, Fraction(track.frames))
        # Guessed from the bit rate, the length of an MP3 file is not in whole samples.
        guessed = container.format.name == "mp3" and samples.denominator > 1
        return Fraction(0) if guessed else samples / track.rate
    if match := re.fullmatch(r"(\d+):(\d+):(\d+\.\d+)", track.metadata.get("DURATION", "")):
        hours, minutes, seconds = map(Fraction, match.groups())
        return hours * 3600 + minutes * 60 + seconds
    only = len(container.streams) == 1 and container.duration
    return Fraction(container.duration, 10**6) if only else Fraction(0)


def speakers_of(track: AudioStream) -> int:
    """The speakers of more than two channels, as bits; 0 where a WAV file cannot tell them."""
    names = [channel.name for channel in track.layout.channels]
    bits = [SPEAKERS.index(name) for name in names if name in SPEAKERS]
    known = len(names) > 2 and bits == sorted(bits) and len(bits) == len(names)
    return sum(1 << bit for bit in bits) if known else 0
