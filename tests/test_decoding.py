"""Any codec in any container, whatever its header says: as long as what ffmpeg decodes of it."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepedu import SepeduError
from sepedu.audio import Recording, open_audio, read_audio
from sepedu.engine.ffmpeg import ensure_ffmpeg

RATE, SECONDS = 44100, 0.4
HANDED = {  # seconds that ffmpeg decodes
    "cbr_noxing.mp3": 4.05,
    "vbr_noxing.mp3": 4.05,
    "mp3_appended_two.mp3": 8.07,
    "chained.ogg": 8.00,
    "m4a_id3v1.m4a": 4.02,
    "gsm.wav": 5.52,
    "recorder_killed_data_size_0.wav": 0.50,
    "riff_size_counts_itself.wav": 0.50,
}
FUZZ = int(os.environ.get("SEPEDU_FUZZ", "1"))


def ffmpeg(*words: str) -> bytes:
    command = [str(ensure_ffmpeg()["ffmpeg"]), "-nostdin", "-v", "error", "-y", *words]
    return subprocess.run(command, capture_output=True, check=True).stdout


def decoded_samples(path: Path, channels: int) -> int | None:
    """How many samples the program ffmpeg decodes, whatever it complains of; None if it crashes."""
    command = [str(ensure_ffmpeg()["ffmpeg"]), "-nostdin", "-v", "error", "-i", f"file:{path}"]
    command += ["-map", "0:a:0", "-f", "f32le", "pipe:1"]
    outcome = subprocess.run(command, capture_output=True, check=False)
    return None if outcome.returncode < 0 else len(outcome.stdout) // 4 // channels


def opened(path: Path) -> Recording:
    """The recording, closed already: its numbers and warnings stay."""
    with ExitStack() as stack:
        return open_audio(path, stack)


def write_sound(folder: Path, seconds: float) -> Path:
    """A tone with some noise, stereo."""
    time = np.arange(int(RATE * seconds)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * time)
    noise = 0.02 * np.random.default_rng(0).standard_normal((time.size, 2))
    soundfile.write(folder / "sound.wav", tone[:, None] + noise, RATE)
    return folder / "sound.wav"


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    return write_sound(tmp_path_factory.mktemp("sound"), SECONDS)


@pytest.fixture(scope="module")
def longer_sound(tmp_path_factory) -> Path:
    return write_sound(tmp_path_factory.mktemp("longer"), 3.2)


NARROW = ("-ar", "8000", "-ac", "1")
WRITTEN = {
    # name of the file: how ffmpeg is to write it
    "u8.wav": ("-c:a", "pcm_u8"),
    "s24.wav": ("-c:a", "pcm_s24le"),
    "s32.wav": ("-c:a", "pcm_s32le"),
    "float.wav": ("-c:a", "pcm_f32le"),
    "double.wav": ("-c:a", "pcm_f64le"),
    "mulaw.wav": ("-c:a", "pcm_mulaw"),
    "alaw.wav": ("-c:a", "pcm_alaw"),
    "adpcm ms.wav": ("-c:a", "adpcm_ms"),
    "adpcm ima.wav": ("-c:a", "adpcm_ima_wav"),
    "mp3.wav": ("-c:a", "libmp3lame"),
    "rf64.wav": ("-rf64", "always"),
    "s16.w64": (),
    "s16.aiff": (),
    "s24.aiff": ("-c:a", "pcm_s24be"),
    "s16.au": (),
    "s16.caf": (),
    "alac.caf": ("-c:a", "alac"),
    "s16.voc": (),
    "s16.flac": (),
    "s24.flac": ("-sample_fmt", "s32"),
    "piped.flac": ("-f", "flac", "PIPE"),
    "piped.wav": ("-f", "wav", "PIPE"),
    "cbr.mp3": ("-b:a", "128k"),
    "vbr.mp3": ("-q:a", "4"),
    "cbr without Xing.mp3": ("-b:a", "128k", "-write_xing", "0"),
    "vbr without Xing.mp3": ("-q:a", "4", "-write_xing", "0"),
    "id3v1.mp3": ("-write_id3v1", "1", "-metadata", "title=тон"),
    "id3v2.3.mp3": ("-id3v2_version", "3", "-metadata", "title=тон"),
    "mpeg2.mp3": ("-ar", "22050"),
    "layer2.mp2": (),
    "vorbis.ogg": ("-c:a", "libvorbis"),
    "flac.ogg": ("-c:a", "flac"),
    "speex.ogg": ("-c:a", "libspeex", "-ar", "16000", "-ac", "1"),
    "opus.opus": (),
    "mono.opus": ("-ac", "1"),
    "aac.m4a": (),
    "alac.m4a": ("-c:a", "alac"),
    "aac.aac": (),
    "faststart.mp4": ("-movflags", "+faststart"),
    "fragmented.mp4": ("-movflags", "frag_keyframe+empty_moov+default_base_moof"),
    "no edit list.mp4": ("-use_editlist", "0"),
    "cut by an edit list.mp4": ("-ss", "0.13", "-c:a", "aac"),
    "s16.mov": ("-c:a", "pcm_s16le"),
    "aac.3gp": ("-c:a", "aac"),
    "amr.3gp": ("-c:a", "libopencore_amrnb", *NARROW),
    "amr.amr": NARROW,
    "wide.amr": ("-c:a", "libvo_amrwbenc", "-ar", "16000", "-ac", "1"),
    "vorbis.mka": ("-c:a", "libvorbis"),
    "flac.mka": ("-c:a", "flac"),
    "float.mka": ("-c:a", "pcm_f32le"),
    "aac.mkv": ("-c:a", "aac"),
    "opus.webm": (),
    "piped.mkv": ("-c:a", "flac", "-f", "matroska", "PIPE"),
    "ac3.ac3": (),
    "eac3.eac3": (),
    "dts.dts": ("-c:a", "dca", "-strict", "-2"),
    "truehd.thd": ("-c:a", "truehd", "-strict", "-2"),
    "wma.wma": (),
    "wma1.asf": ("-c:a", "wmav1"),
    "mp3.avi": ("-c:a", "libmp3lame"),
    "s16.avi": ("-c:a", "pcm_s16le"),
    "mp3.flv": ("-c:a", "libmp3lame"),
    "aac.flv": ("-c:a", "aac"),
    "mp2.ts": (),
    "aac.ts": ("-c:a", "aac"),
    "mp2.mpg": (),
    "aac.nut": ("-c:a", "aac"),
    "wavpack.wv": (),
    "true audio.tta": (),
    "g722.wav": ("-c:a", "g722", "-ar", "16000", "-ac", "1"),
    "g726.wav": ("-c:a", "g726", *NARROW),
    "mono.wav": ("-ac", "1"),
    "five and one.flac": ("-ac", "6"),
}


def write(path: Path, sound: Path, how: tuple[str, ...]) -> Path:
    words = ["-i", str(sound), *(word for word in how if word != "PIPE")]
    if "PIPE" in how:
        path.write_bytes(ffmpeg(*words, "pipe:1"))
    else:
        ffmpeg(*words, f"file:{path}")
    return path


def check_length(path: Path, largest_frame: int = 2048) -> Recording:
    recording = opened(path)
    expected = decoded_samples(path, recording.channels)
    if expected is not None:  # the ffmpeg of 2023 crashes with short transport streams
        assert expected > 0
        assert abs(recording.frames - expected) <= largest_frame, path.name
    return recording


@pytest.mark.parametrize("name", WRITTEN)
def test_whole_files_have_their_length_and_no_warning(sound, tmp_path, name):
    recording = check_length(write(tmp_path / name, sound, WRITTEN[name]))
    assert recording.warnings == []
    assert abs(recording.frames / recording.samplerate - SECONDS) < 0.15


def changed(first: int, layout: str, value: int):
    """A number in a header replaced."""

    def change(whole: bytes) -> bytes:
        size = struct.calcsize(layout)
        return whole[:first] + struct.pack(layout, value) + whole[first + size :]

    return change


ID3V1 = b"TAG" + bytes(124) + b"\xff"
ID3V2 = b"ID3\4\0\0\0\0\x10\0" + bytes(2048)
APE = b"APETAGEX" + struct.pack("<IIII8x", 2000, 32, 0, 0)
LIST = b"LIST" + struct.pack("<I", 4) + b"INFO"
VARIANTS = {
    # a change of the file's bytes, by a name of WRITTEN and what it is
    ("s24.wav", "RIFF size 0"): changed(4, "<I", 0),
    ("s24.wav", "RIFF size counts itself"): lambda b: changed(4, "<I", len(b))(b),
    ("s24.wav", "RIFF size of half a file"): lambda b: changed(4, "<I", len(b) // 2)(b),
    ("s24.wav", "sizes left open"): lambda b: changed(4, "<I", 2**32 - 1)(b),
    ("s24.wav", "text behind"): lambda b: b + b"left by a program " * 9,
    ("s24.wav", "tag behind"): lambda b: b + ID3V1,
    ("u8.wav", "no pad byte before a chunk"): lambda b: b[:-1] + LIST,
    ("u8.wav", "a chunk behind"): lambda b: b + LIST,
    ("s16.aiff", "FORM size of half a file"): lambda b: changed(4, ">I", len(b) // 2)(b),
    ("s16.au", "size left open"): changed(8, ">I", 2**32 - 1),
    ("s16.flac", "number of samples unknown"): lambda b: (
        b[:21] + bytes([b[21] & 240, 0, 0, 0, 0]) + b[26:]
    ),
    ("s16.flac", "tag before"): lambda b: ID3V2 + b,
    ("s16.flac", "tag behind"): lambda b: b + ID3V1,
    ("cbr.mp3", "tag before"): lambda b: ID3V2 + b,
    ("cbr.mp3", "tag behind"): lambda b: b + ID3V1,
    ("cbr.mp3", "two tags behind"): lambda b: b + APE + ID3V1,
    ("cbr.mp3", "zeros behind"): lambda b: b + bytes(5000),
    ("cbr.mp3", "joined"): lambda b: b + b,
    ("cbr without Xing.mp3", "joined"): lambda b: b + b,
    ("vbr without Xing.mp3", "noise before"): lambda b: b"\0\1\2\3" * 40 + b,
    ("vorbis.ogg", "chained"): lambda b: b + b,
    ("opus.opus", "chained"): lambda b: b + b,
    ("flac.ogg", "chained"): lambda b: b + b,
    ("aac.m4a", "tag behind"): lambda b: b + ID3V1,
    ("aac.m4a", "text behind"): lambda b: b + b"left by a program ",
    ("aac.aac", "joined"): lambda b: b + b,
    ("aac.aac", "tag before"): lambda b: ID3V2 + b,
    ("fragmented.mp4", "tag behind"): lambda b: b + ID3V1,
    ("flac.mka", "zeros behind"): lambda b: b + bytes(99),
    ("mp2.ts", "joined"): lambda b: b + b,
    ("wavpack.wv", "tag behind"): lambda b: b + APE,
}


@pytest.mark.parametrize("variant", VARIANTS, ids=", ".join)
def test_odd_headers_lose_nothing(sound, tmp_path, variant):
    path = write(tmp_path / variant[0], sound, WRITTEN[variant[0]])
    path.write_bytes(VARIANTS[variant](path.read_bytes()))
    recording = check_length(path)
    joined = variant[1] in ("joined", "chained")
    assert recording.frames / recording.samplerate > (1.9 if joined else 0.95) * SECONDS
    assert not any("declares" in warning for warning in recording.warnings)


def number_behind(mark: bytes, distance: int, layout: str, value: int = 0):
    """A number in a header replaced, found by a mark before it."""
    return lambda whole: changed(whole.index(mark) + distance, layout, value)(whole)


SWITCHED_OFF = {
    "s24.wav": (number_behind(b"RIFF", 4, "<I", 36), number_behind(b"data", 4, "<I")),
    "s16.aiff": (number_behind(b"FORM", 4, ">I"), number_behind(b"SSND", 4, ">I")),
    "s16.w64": (number_behind(b"riff", 16, "<q"), number_behind(b"data", 16, "<q")),
    "s16.caf": (number_behind(b"data", 4, ">q", -1),),
}


@pytest.mark.parametrize("name", SWITCHED_OFF)
def test_a_recorder_that_was_switched_off(sound, tmp_path, name):
    path = write(tmp_path / name, sound, WRITTEN[name])
    for change in SWITCHED_OFF[name]:
        path.write_bytes(change(path.read_bytes()))
    assert opened(path).frames == int(RATE * SECONDS)


@pytest.mark.parametrize("name", HANDED)
def test_the_handed_files(clone, tmp_path, name):
    # Beside the excerpts, wherever those lie: the clone may stand in a temporary folder.
    excerpts = Path(os.environ.get("MUSDB_PATH") or clone.parent / "shared" / "musdb18-7s")
    path = excerpts.parent / "cases" / "audio" / name
    if not path.is_file():
        pytest.skip("shared/cases/audio is not here")
    recording = check_length(path, 1152)
    assert recording.frames / recording.samplerate == pytest.approx(HANDED[name], abs=0.02)
    assert recording.warnings == []


CUT = ["s24.wav", "u8.wav", "s16.w64", "s16.aiff", "s16.au", "s16.flac", "cbr.mp3", "vorbis.ogg"]
CUT += ["faststart.mp4", "flac.mka", "opus.webm", "wavpack.wv", "true audio.tta", "rf64.wav"]


@pytest.mark.parametrize("name", CUT)
def test_of_a_file_cut_off_what_is_there_is_read_with_a_warning(longer_sound, tmp_path, name):
    path = write(tmp_path / name, longer_sound, WRITTEN[name])
    whole, frames = path.read_bytes(), opened(path).frames
    outcomes = Counter()
    for place in np.linspace(0, len(whole) - 1, 50 if FUZZ > 1 else 12).astype(int):
        path.write_bytes(whole[:place])
        try:
            recording = opened(path)
        except SepeduError:
            assert not decoded_samples(path, 2)
            outcomes["nothing there"] += 1
            continue
        assert 0 < recording.frames <= frames
        lost = frames - recording.frames
        assert recording.warnings or lost <= 2048, (place, lost)
        outcomes["warned" if recording.warnings else "within a frame"] += 1
    assert outcomes["warned"] >= (30 if FUZZ > 1 else 6), outcomes


def test_changed_bytes_give_a_recording_or_one_line(sound, tmp_path, capsys):
    """SEPEDU_FUZZ=10 for ten times as many; half of the places lie in the first 200 bytes."""
    names = ["s24.wav", "s16.aiff", "s16.caf", "s16.flac", "cbr.mp3", "vorbis.ogg", "aac.m4a"]
    names += ["flac.mka", "wma.wma", "wavpack.wv", "mp2.ts", "aac.flv"]
    random, counts = np.random.default_rng(FUZZ), Counter()
    for name in names:
        path = write(tmp_path / name, sound, WRITTEN[name])
        whole, frames = path.read_bytes(), opened(path).frames
        for number in range(25 * FUZZ):
            spoiled = bytearray(whole)
            for _ in range(random.integers(1, 4)):
                place = int(random.integers(200 if number % 2 else len(whole)))
                spoiled[place] = int(random.integers(256))
            path.write_bytes(spoiled)
            try:
                recording = opened(path)
            except SepeduError as error:
                assert name in str(error)
                counts["refused"] += 1
                continue
            short = recording.frames < frames - 4096
            if short and not recording.warnings:
                there = decoded_samples(path, recording.channels)
                assert there is None or recording.frames >= there - 4096, (name, number)
                counts["ffmpeg knows no more either"] += 1
            else:
                counts["short, with a warning" if short else "whole"] += 1
    with capsys.disabled():
        print(f"\nchanged headers: {dict(counts)}")
    assert counts["whole"] > counts["refused"]


def video(path: Path, sound: Path, *more: str) -> Path:
    picture = ("-f", "lavfi", "-i", "color=size=32x32:rate=10:duration=1.5")
    ffmpeg(*picture, *more, "-i", str(sound), "-map", "0:v", "-map", "1:a", f"file:{path}")
    return path


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_video_whose_sound_starts_late_keeps_its_place(sound, tmp_path, ending):
    for delay in (0, 0.5):
        path = video(tmp_path / f"{delay}.{ending}", sound, "-itsoffset", str(delay))
        audio, rate = read_audio(path)
        assert audio.shape[1] / rate == pytest.approx(SECONDS + delay, abs=0.08)
        begins = np.argmax(np.abs(audio[0]) > 0.1) / rate
        assert begins == pytest.approx(delay, abs=0.08)


def test_the_default_sound_track_is_taken_and_named(sound, tmp_path):
    path = tmp_path / "two.mkv"
    silence = ("-f", "lavfi", "-i", "anullsrc=channel_layout=stereo:sample_rate=44100")
    chosen = ("-disposition:a:0", "0", "-disposition:a:1", "default", "-metadata:s:a:1")
    ffmpeg(
        *(*silence, "-i", str(sound), "-map", "0:a", "-map", "1:a", "-t", "0.4"),
        *("-c:a", "flac", *chosen, "title=The song", f"file:{path}"),
    )
    with pytest.warns(UserWarning, match=r"track 2 of its 2 sound tracks is used \(The song\)"):
        audio, _ = read_audio(path)
    assert np.abs(audio).max() > 0.1


def test_a_stem_files_mixture_needs_no_word():
    from sepedu import open_dataset

    path = Path(open_dataset()[0].path)
    assert opened(path).warnings == []


@pytest.mark.parametrize(
    ("layout", "mask"), [("5.1", 0x3F), ("5.1(side)", 0x60F), ("quad", 0x33), ("stereo", 0)]
)
def test_speakers_are_known(sound, tmp_path, layout, mask):
    for ending in ("wav", "flac"):
        path = tmp_path / f"{layout}.{ending}"
        ffmpeg("-i", str(sound), "-af", f"aformat=channel_layouts={layout}", f"file:{path}")
        assert opened(path).speakers == mask


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_pipes_are_read(sound, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in ("cbr.mp3", "aac.m4a"):
        path = write(tmp_path / name, sound, WRITTEN[name])
        writer = subprocess.Popen(["cp", str(path), str(pipe)])
        assert opened(pipe).frames == opened(path).frames
        assert writer.wait() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_not_utf_8(sound, tmp_path):
    path = Path(os.fsdecode(bytes(tmp_path) + b"/t\xf6n.wav"))
    path.write_bytes(sound.read_bytes())
    assert opened(path).frames == int(RATE * SECONDS)
    mp3 = write(tmp_path / "cbr.mp3", sound, WRITTEN["cbr.mp3"]).rename(path.with_suffix(".mp3"))
    assert opened(mp3).frames > 0


def test_tags_that_are_not_utf_8(sound, tmp_path):
    path = write(tmp_path / "id3v2.3.mp3", sound, WRITTEN["id3v2.3.mp3"])
    whole = path.read_bytes()
    tag = b"TIT2" + struct.pack(">I2x", 5) + b"\3t\xf6n\xff"
    path.write_bytes(b"ID3\4\0\0" + bytes([0, 0, 0, len(tag)]) + tag + whole)
    assert opened(path).frames > 0


def test_a_changing_rate_is_converted_to_that_of_the_beginning(sound, tmp_path):
    parts = []
    for rate, channels in ((44100, "2"), (22050, "1")):
        path = tmp_path / f"{rate}.ogg"
        ffmpeg("-i", str(sound), "-ar", str(rate), "-ac", channels, "-c:a", "libvorbis", str(path))
        parts.append(path.read_bytes())
    path = tmp_path / "chained.ogg"
    path.write_bytes(b"".join(parts))
    recording = opened(path)
    assert (recording.samplerate, recording.channels) == (44100, 2)
    assert recording.frames / RATE == pytest.approx(2 * SECONDS, abs=0.05)
