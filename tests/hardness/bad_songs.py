"""Files that are no song, half a song, or an unusual one."""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Iterator

import numpy as np
from workbench import SOUND, Case, Workbench

from sepedu.songs import open_dataset

FILE = "Songs, given to `sepedu separate`"
PLACE = "Names and places"
CUTS = 50
FLOAT = SOUND.astype(np.float32)


def _raw(name: str, content: bytes):
    def make(bench: Workbench) -> list[str]:
        (bench.folder / name).write_bytes(content)
        return bench.separate(bench.folder / name)

    return make


def _written(name: str, audio: np.ndarray = SOUND, rate: int = 44100, **how: str):
    return lambda bench: bench.separate(bench.write(name, audio, rate, **how))


def _encoded(name: str, *how: str):
    return lambda bench: bench.separate(bench.encode(name, *how))


def _cut(name: str, *how: str, places: int = CUTS):
    """The file cut off at so many places, from its first byte to its last but one."""

    def make(bench: Workbench) -> Iterator[list[str]]:
        whole = (bench.encode if how else bench.write)(f"whole.{name}", *how).read_bytes()
        for place in np.linspace(0, len(whole) - 1, places).astype(int):
            cut = bench.folder / f"cut at {place}.{name}"
            cut.write_bytes(whole[:place])
            yield bench.separate(cut)

    return make


def _tracks(bench: Workbench) -> list[str]:
    """Two sound tracks, the second of which is the default."""
    chosen = ("-disposition:a:0", "0", "-disposition:a:1", "default", "-c:a", "flac")
    path = bench.encode("two.mkv", "-map", "0:a", "-map", "0:a", *chosen)
    return bench.separate(path)


def _joined(name: str, *how: str):
    """Two files, one behind the other, as `cat` joins them."""

    def make(bench: Workbench) -> list[str]:
        path = bench.encode(name, *how)
        path.write_bytes(2 * path.read_bytes())
        return bench.separate(path)

    return make


def _killed(bench: Workbench) -> list[str]:
    """As a recorder leaves it that is switched off before it has written any length."""
    path = bench.write("recorder.wav")
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = bytes(4)
    path.write_bytes(content)
    return bench.separate(path)


def _linked(bench: Workbench) -> list[str]:
    """A folder with hidden leftovers and a link to itself."""
    music = bench.folder / "music"
    for name in ("song.wav", "._song.wav", "@eaDir/song.wav", ".ipynb_checkpoints/song.wav"):
        (music / name).parent.mkdir(parents=True, exist_ok=True)
        (music / name).write_bytes(bench.good.read_bytes())
    (music / "itself").symlink_to(music)
    return bench.separate(music)


def _cut_stem_file(bench: Workbench) -> Iterator[list[str]]:
    with warnings.catch_warnings():
        song = open_dataset("stempeg", subset="test")[0].path
    with open(song, "rb") as file:
        whole = file.read()
    for place in np.linspace(0, len(whole) - 1, 10).astype(int):
        cut = bench.folder / f"cut at {place}.stem.mp4"
        cut.write_bytes(whole[:place])
        yield bench.separate(cut)


def _spoiled(value: float) -> np.ndarray:
    audio = FLOAT.copy()
    audio[3000, 1] = value
    return audio


def _endless(bench: Workbench) -> list[str]:
    """As programs leave it that record to a pipe: the largest length instead of the true one."""
    path = bench.write("pipe.wav")
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = struct.pack("<I", 2**32 - 1)
    path.write_bytes(content)
    return bench.separate(path)


def _folder(bench: Workbench) -> list[str]:
    (bench.folder / "song.wav").mkdir()
    return bench.separate(bench.folder / "song.wav")


def _copied(name: str, *more: str):
    def make(bench: Workbench) -> list[str]:
        path = bench.folder / name
        path.write_bytes(bench.good.read_bytes())
        return bench.separate(path, *more)

    return make


def _colon(bench: Workbench) -> list[str]:
    """A name that ffmpeg would take for a protocol, given from the folder where it lies."""
    path = bench.encode("http:$(touch x) -i.mp4")
    return bench.separate(os.path.relpath(path))


def _over_itself(bench: Workbench) -> list[str]:
    """A song where its own estimate would go."""
    song = bench.folder / "vocals" / "vocals.wav"
    song.parent.mkdir(parents=True)
    song.write_bytes(bench.good.read_bytes())
    return bench.separate(song, "--out", str(bench.folder))


def _file_as_folder(bench: Workbench) -> list[str]:
    (bench.folder / "out").write_text("a file")
    return bench.separate(bench.good)


def _damaged_flac(bench: Workbench) -> list[str]:
    path = bench.write("damaged.flac")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 600] = bytes(600)
    path.write_bytes(content)
    return bench.separate(path)


def _playlist(bench: Workbench) -> list[str]:
    path = bench.folder / "song.mp4"
    path.write_text("#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    return bench.separate(path)


VIDEO = ("-f", "lavfi", "-i", "color=size=32x32:rate=5:duration=0.2")

CASES = [
    Case(FILE, "no such file", lambda b: b.separate(b.folder / "none.wav"), "There is no file"),
    Case(FILE, "a folder without songs", _folder, "There are no songs"),
    Case(FILE, "empty", _raw("song.wav", b""), "is empty"),
    Case(FILE, "a single byte", _raw("song.wav", b"R"), "cannot be read as audio"),
    Case(FILE, "text, named .wav", _raw("song.wav", b"la la la\n"), "cannot be read as audio"),
    Case(FILE, "text, named .mp3", _raw("song.mp3", b"la la la\n"), "cannot be read as audio"),
    Case(FILE, "a web page, named .mp4", _raw("a.mp4", b"<!DOCTYPE html>"), "cannot be read"),
    Case(FILE, "a playlist of the network, named .mp4", _playlist, "cannot be read as audio"),
    Case(FILE, "zeros", _raw("song.wav", bytes(9999)), "cannot be read as audio"),
    Case(
        FILE,
        "noise instead of a file",
        _raw("song.flac", np.random.default_rng(1).bytes(9999)),
        "cannot be read as audio",
    ),
    Case(FILE, "a picture", _encoded("song.png", *VIDEO, "-map", "1:v", "-frames:v", "1"), "audio"),
    Case(FILE, "a video without sound", _encoded("a.mp4", *VIDEO, "-map", "1:v"), "audio"),
    Case(
        FILE,
        "a video with sound: its sound",
        _encoded("b.mp4", *VIDEO, "-map", "1:v", "-map", "0:a"),
    ),
    Case(FILE, "MP3, named .wav", _written("song.wav", format="MP3")),
    Case(FILE, "FLAC, named .mp3", _written("song.mp3", format="FLAC")),
    Case(
        FILE,
        "AIFF, W64, AU, CAF",
        lambda b: (
            b.separate(b.write(f"song.{ending}")) for ending in ("aiff", "w64", "au", "caf")
        ),
    ),
    Case(FILE, "Opus at 48,000 Hz", _encoded("song.opus", "-c:a", "libopus")),
    Case(FILE, "AAC in M4A", _encoded("song.m4a")),
    Case(FILE, "no samples", _written("song.wav", SOUND[:0]), "no samples"),
    Case(FILE, "a single sample", _written("song.wav", SOUND[:1])),
    Case(FILE, "silence", _written("song.wav", 0 * SOUND)),
    Case(FILE, "NaN", _written("a.wav", _spoiled(np.nan), subtype="FLOAT"), "not finite"),
    Case(FILE, "infinity", _written("a.wav", _spoiled(np.inf), subtype="FLOAT"), "not finite"),
    Case(FILE, "a value of 3e38", _written("a.wav", _spoiled(3e38), subtype="FLOAT"), "too large"),
    Case(FILE, "peaks of 20", _written("a.wav", 100 * FLOAT, subtype="FLOAT")),
    Case(FILE, "samples of 8 bits", _written("song.wav", subtype="PCM_U8")),
    Case(FILE, "samples of 24 bits", _written("song.wav", subtype="PCM_24")),
    Case(FILE, "samples of 32 bits, float", _written("song.wav", FLOAT, subtype="FLOAT")),
    Case(FILE, "samples of 64 bits, float", _written("song.wav", subtype="DOUBLE")),
    Case(FILE, "mono", _written("song.wav", SOUND[:, 0])),
    Case(FILE, "six channels", _written("song.wav", np.tile(SOUND, 3))),
    Case(FILE, "96,000 Hz", _written("song.wav", rate=96000)),
    Case(FILE, "8,000 Hz", _written("song.wav", rate=8000)),
    Case(FILE, "one sample a second", _written("song.wav", rate=1), "got 1"),
    Case(FILE, "a length left open by a recorder", _endless),
    Case(FILE, "a length of 0: a recorder that was switched off", _killed),
    Case(FILE, "MP3 without a Xing header", _encoded("song.mp3", "-write_xing", "0")),
    Case(FILE, "two MP3 files joined", _joined("song.mp3")),
    Case(FILE, "two Ogg files chained", _joined("song.ogg", "-c:a", "libvorbis")),
    Case(FILE, "two sound tracks", _tracks, warns="track 2 of its 2 sound tracks is used"),
    Case(FILE, "FLAC damaged in the middle", _damaged_flac, warns="of the"),
    Case(FILE, f"WAV cut off at each of {CUTS} places", _cut("wav"), "file", "of the"),
    Case(FILE, f"FLAC cut off at each of {CUTS} places", _cut("flac"), "file", "of the"),
    Case(FILE, f"MP3 cut off at each of {CUTS} places", _cut("mp3"), "file", "of the"),
    Case(FILE, "a stem file cut off at each of 10 places", _cut_stem_file, "file", "of the"),
    Case(
        FILE,
        f"MP4, its table first, cut off at {CUTS} places",
        _cut("mp4", "-movflags", "+faststart"),
        "file",
        "of the",
    ),
    Case(
        FILE,
        "AIFF, Matroska cut off at 10 places each",
        lambda b: (
            words
            for make in (_cut("aiff", places=10), _cut("mkv", "-c:a", "flac", places=10))
            for words in make(b)
        ),
        "file",
        "of the",
    ),
    Case(PLACE, "spaces and Ukrainian letters", _copied("моя пісня їжак.wav")),
    Case(PLACE, "`$(touch x).wav` is only a song", _copied("$(touch x); `touch y`.wav")),
    Case(PLACE, "a name that begins with a dash", _copied("-i song.wav")),
    Case(PLACE, "a name that looks like an address", _colon),
    Case(PLACE, "`...wav` stays inside the folder", _copied("...wav")),
    Case(PLACE, "no ending", _copied("song")),
    Case(PLACE, "an empty name", lambda b: b.separate(""), "an empty name is no song"),
    Case(PLACE, "a folder with hidden leftovers and a link to itself", _linked),
    Case(PLACE, "a name of 300 letters", lambda b: b.separate(b.folder / ("a" * 300)), "cannot be"),
    Case(PLACE, "a song where its own estimate would go", _over_itself, "itself"),
    Case(PLACE, "a file where the folder should be", _file_as_folder, "cannot be written"),
]
