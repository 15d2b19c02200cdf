"""Write five streams as a stem file: AAC in MP4, in the layout of Native Instruments."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path

import numpy as np

from .decode import SAMPLE_RATE, STREAMS, ffmpeg_program

# Kilobits per second of each stream: the bass needs few, the mixture most.
BITRATES = {"mixture": 106, "drums": 84, "bass": 24, "other": 66, "vocals": 66}
# The course listens at 22,050 samples per second; bits spent above its half would be lost to it.
CUTOFF = 11_500
# At these rates ffmpeg's careful coder follows masking in the ear so far that stems no longer add
# up; its fast coder keeps to the waveform. The mixture has bits enough for the careful one.
CODERS = {"mixture": "twoloop"}
# These tools replace noise by other noise, and stereo by level differences, which sounds the
# same but does not add up either.
WAVEFORM_CODING = ("-aac_pns", "0", "-aac_is", "0", "-aac_tns", "0")
COLOURS = {"drums": "#009E73", "bass": "#D55E00", "other": "#CC79A7", "vocals": "#56B4E9"}


def stem_box(title: str) -> bytes:
    """The `stem` box that names the four stems, as JSON, for players of stem files."""
    off = {"enabled": False}
    content = {
        "mastering_dsp": {"compressor": off, "limiter": off},
        "version": 1,
        "title": title,
        "stems": [{"name": name.capitalize(), "color": COLOURS[name]} for name in STREAMS[1:]],
    }
    body = json.dumps(content, separators=(",", ":")).encode()
    return struct.pack(">I4s", len(body) + 8, b"stem") + body


def add_to_user_data(data: bytes, box: bytes) -> bytes:
    """Append a box to the `udta` box of an MP4 whose `moov` box stands last.

    Nothing before the end of the file moves, so offsets into the sound stay true.

    Raises
    ------
    ValueError
        If `moov` is not the last box of the file.
    """
    position, found = 0, None
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"moov":
            found = position, size
        position += size if size else len(data)
    if found is None or sum(found) != len(data):
        raise ValueError("The MP4 file does not end with its moov box")
    start, size = found
    moov = bytearray(data[start:])
    place = 8
    while place < size:
        length, kind = struct.unpack_from(">I4s", moov, place)
        if kind == b"udta":
            moov[place + length : place + length] = box
            struct.pack_into(">I", moov, place, length + len(box))
            break
        place += length
    else:
        moov += struct.pack(">I4s", len(box) + 8, b"udta") + box
    struct.pack_into(">I", moov, 0, len(moov))
    return data[:start] + bytes(moov)


def write_song(path: Path, title: str, stems: dict[str, np.ndarray]) -> None:
    """Encode the stems [each shape=(samples, 2), float] and their sum as one stem file.

    The same samples give the same bytes: no time of creation, no encoder version.

    Raises
    ------
    RuntimeError
        If ffmpeg fails.
    """
    streams = [sum(stems.values()), *(stems[name] for name in STREAMS[1:])]
    together = np.concatenate(streams, axis=1).astype("<f4")
    splits = [
        f"[0:a]pan=stereo|c0=c{2 * index}|c1=c{2 * index + 1}[s{index}]"
        for index in range(len(STREAMS))
    ]
    command = [ffmpeg_program(), "-v", "error", "-y", "-f", "f32le", "-ar", str(SAMPLE_RATE)]
    command += ["-ac", str(2 * len(STREAMS)), "-i", "-", "-filter_complex", ";".join(splits)]
    for index, name in enumerate(STREAMS):
        command += ["-map", f"[s{index}]", f"-b:a:{index}", f"{BITRATES[name]}k"]
        command += [f"-aac_coder:a:{index}", CODERS.get(name, "fast")]
        command += [f"-disposition:a:{index}", "default" if index == 0 else "0"]
        command += [f"-metadata:s:a:{index}", f"handler_name={name}"]
    command += ["-c:a", "aac", "-cutoff", str(CUTOFF), *WAVEFORM_CODING, "-fflags", "+bitexact"]
    command += ["-flags:a", "+bitexact", "-map_metadata", "-1", "-metadata", f"title={title}"]
    command += ["-f", "mp4", str(path)]
    outcome = subprocess.run(command, input=together.tobytes(), capture_output=True, check=False)
    if outcome.returncode:
        raise RuntimeError(f"ffmpeg could not write {path}: {outcome.stderr.decode()}")
    path.write_bytes(add_to_user_data(path.read_bytes(), stem_box(title)))
