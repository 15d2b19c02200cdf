"""What a file of audio says about its own length, so that one that was cut off is not read short.

A decoder reads what is there and stops; half a copy then passes for a short song. Most formats
write down how long they are. FLAC is not among those here: libsndfile notices by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_LIBSNDFILE = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"caff", b"fLaC", b"OggS")
_UNKNOWN = 2**32 - 2**16
"""Sizes from here are what programs that record to a pipe leave in a 32-bit field."""


def missing_bytes(path: Path) -> int:
    """How many bytes a file lacks by what its own headers say; 0 where they are whole or silent.

    Known are WAV, RF64, W64, AIFF, AU, CAF, MP4 and its kin, Matroska, Ogg, and MP3 files whose
    first frame tells their length.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64)
        for read, fits in _FORMATS:
            if fits(head):
                try:
                    return max(read(file, head, size) - size, 0)
                except (IndexError, ValueError):  # it ends inside its first fields
                    return 1
        return max(_mp3_size(file, head) - size, 0)


def is_for_libsndfile(path: Path) -> bool:
    """Whether a file looks like what libsndfile reads.

    It takes whatever it does not know for MP3, and then the terminal fills with complaints of
    its MP3 decoder about a text, a picture, or a video.
    """
    with path.open("rb") as file:
        head = file.read(64)
    return head[:4] in _LIBSNDFILE or _is_mp3(head) or head[:3] == b"ID3"


def _is_mp3(head: bytes) -> bool:
    """Whether a frame of MPEG sound, layer 3, starts here."""
    return len(head) >= 4 and head[0] == 255 and head[1] & 0xE6 == 0xE2


def _number(data: bytes, first: int, count: int, order: str = "big") -> int:
    if len(data) < first + count:
        raise ValueError("the file ends here")
    return int.from_bytes(data[first : first + count], order)


def _known(size: int) -> int:
    return size if size < _UNKNOWN else 0


def _riff(_file: BinaryIO, head: bytes, _size: int) -> int:
    return _known(_number(head, 4, 4, "little") + 8)


def _rf64(_file: BinaryIO, head: bytes, _size: int) -> int:
    return _number(head, 20, 8, "little") + 8


def _w64(_file: BinaryIO, head: bytes, _size: int) -> int:
    return _number(head, 16, 8, "little")


def _aiff(_file: BinaryIO, head: bytes, _size: int) -> int:
    return _known(_number(head, 4, 4) + 8)


def _au(_file: BinaryIO, head: bytes, _size: int) -> int:
    return _known(_number(head, 4, 4) + _number(head, 8, 4))


def _mp4(file: BinaryIO, _head: bytes, size: int) -> int:
    """End of the last box, each of which starts with its length and its type."""
    place, kinds = 0, set()
    while place < size:
        file.seek(place)
        box = file.read(16)
        length = _number(box, 0, 4)
        kinds.add(box[4:8])
        if length == 1:  # the length needs more room, and stands behind the type
            length = _number(box, 8, 8)
        if length == 0:  # this box goes to the end of the file
            length = size - place
        if length < 8:
            return place  # no box: let the decoder judge
        place += length
    # Without this box nobody can find the sound: the end, where it often stands, is not there.
    return place if b"moov" in kinds or b"moof" in kinds else size + 1


def _caf(file: BinaryIO, _head: bytes, size: int) -> int:
    """End of the last chunk, each of which starts with its type and its length."""
    place = 8
    while place < size:
        file.seek(place)
        chunk = file.read(12)
        length = _number(chunk, 4, 8)
        if length >= 2**63:  # -1: the sound goes to the end of the file
            return size
        place += 12 + length
    return place


def _matroska(file: BinaryIO, _head: bytes, size: int) -> int:
    """End of the segment that holds everything but the file's header."""
    place = 0
    for identifier_bytes in (4, 4):
        file.seek(place)
        element = file.read(identifier_bytes + 8)
        first = _number(element, identifier_bytes, 1)
        width = 9 - first.bit_length()
        if width > 8:
            return size
        length = _number(element, identifier_bytes, width) & ((1 << 7 * width) - 1)
        if length == (1 << 7 * width) - 1:  # all ones: recorded live, length unknown
            return size
        place += identifier_bytes + width + length
        if place > size:
            break  # no file reaches there, and Python may refuse to look
    return place


def _ogg(file: BinaryIO, _head: bytes, size: int) -> int:
    """The size if the last page says that it is the last and is all there, else one byte more."""
    file.seek(max(size - 2**17, 0))  # a page has less than 2**16 bytes
    tail = file.read()
    page = tail.rfind(b"OggS")
    segments = _number(tail, page + 26, 1)
    lengths = tail[page + 27 : page + 27 + segments]
    whole = len(lengths) == segments and len(tail) >= page + 27 + segments + sum(lengths)
    return size if whole and tail[page + 5] & 4 else size + 1


def _mp3_size(file: BinaryIO, head: bytes) -> int:
    """Size by the first frame of an MP3 file, which may hold a table instead of sound."""
    start = 0
    if head[:3] == b"ID3" and len(head) >= 10:  # a tag before the sound, with 7 bits to a byte
        start = 10 + sum(
            (byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
        )
    file.seek(start)
    frame = file.read(200)
    if not _is_mp3(frame):
        return 0
    for mark in (b"Xing", b"Info"):
        place = frame.find(mark)
        if place > 0 and len(frame) >= place + 16 and frame[place + 7] & 2:
            has_frames = frame[place + 7] & 1
            return start + _number(frame, place + 8 + 4 * has_frames, 4)
    return 0


_FORMATS: tuple[tuple[Callable[[BinaryIO, bytes, int], int], Callable[[bytes], bool]], ...] = (
    (_riff, lambda head: head[:4] == b"RIFF"),
    (_rf64, lambda head: head[:4] == b"RF64"),
    (_w64, lambda head: head[:4] == b"riff"),
    (_aiff, lambda head: head[:4] == b"FORM"),
    (_au, lambda head: head[:4] == b".snd"),
    (_caf, lambda head: head[:4] == b"caff"),
    (_mp4, lambda head: head[4:8] == b"ftyp"),
    (_matroska, lambda head: head[:4] == b"\x1a\x45\xdf\xa3"),
    (_ogg, lambda head: head[:4] == b"OggS"),
)
