"""A mixture for each student, whose stems only the instructor has, and its marks."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..audio import mono, read_audio, resample, write_audio
from ..errors import SepeduError, printable
from ..evaluation import framewise_sdr, sdr_of_mask
from ..masks import ratio_mask
from ..songs import SOURCES, Song
from ..stft import STFT

SECONDS = 20.0
OWNER = "student.txt"
"""Beside the stems: the name of the student, of which the folder's name may leave out signs."""
LARGEST_GAIN = 4.0
"""Of a stem, up or down, in decibels."""


def make_mixture(songs: Sequence[Song], student: str, secret: str) -> Song:
    """Mix stems of different songs, each at a place, a speed and a level of its own.

    Parameters
    ----------
    songs : sequence of Song
        At least four, mono.
    student, secret : str
        Seed all choices: the same two give the same mixture, and nobody guesses it without the
        secret.

    Returns
    -------
    song : Song
        Of 20 seconds or the shortest stem, named after the student.

    Raises
    ------
    SepeduError
        If there are too few songs, or the secret is short.
    """
    if len(secret) < 8:
        raise SepeduError(
            f"secret must have at least 8 characters, got {len(secret)}", "Give a longer one"
        )
    if len(songs) < len(SOURCES):
        raise SepeduError(
            f"songs must be at least {len(SOURCES)}, got {len(songs)}", "Give a larger data set"
        )
    seed = hashlib.sha256(f"{secret}\n{student}".encode("utf-8", "surrogatepass")).digest()
    random = np.random.default_rng(np.frombuffer(seed, np.uint32))
    chosen = random.permutation(len(songs))[: len(SOURCES)]
    stems = {}
    for source, number in zip(SOURCES, chosen, strict=True):
        song = songs[number]
        rate = song.sample_rate
        heard = resample(song.sources[source], rate, round(rate / random.uniform(0.93, 1.07)))
        length = min(round(SECONDS * rate), heard.size)
        # Of several places, the loudest: a stem that is silent there would measure nothing.
        starts = random.integers(0, heard.size - length + 1, 5)
        part = max((heard[s : s + length] for s in starts), key=lambda p: float(np.sum(p**2)))
        size = np.sqrt(np.mean(part**2)) + 1e-9
        level = 0.08 * 10 ** (random.uniform(-LARGEST_GAIN, LARGEST_GAIN) / 20)
        stems[source] = part * np.float32(level / size)
    shortest = min(part.size for part in stems.values())
    stems = {source: part[:shortest] for source, part in stems.items()}
    mixture = np.sum(list(stems.values()), axis=0, dtype=np.float32)
    gain = np.float32(min(1.0, 0.95 / float(np.abs(mixture).max())))
    stems = {source: gain * part for source, part in stems.items()}
    return Song(student, gain * mixture, stems, songs[0].sample_rate)


def write_mixture(song: Song, folder: Path) -> tuple[Path, Path]:
    """Write what the student gets to FOLDER/mixtures, and the stems to FOLDER/stems.

    Returns
    -------
    mixture, stems : path
        A file to hand out, and a folder to keep.

    Raises
    ------
    SepeduError
        If a file cannot be written, or another student's mixture has that name.
    """
    name = re.sub(r"[^\w.-]+", "_", song.name).strip(".") or "student"
    stems = folder / "stems" / name
    owner, student = stems / OWNER, song.name.encode("utf-8", "surrogatepass")
    if owner.is_file() and owner.read_bytes() != student:
        raise SepeduError(
            f"{stems} belongs to {printable(owner.read_text('utf-8', 'replace'))}, "
            f"not to {printable(song.name)}",
            "Add to the name what tells the two students apart, such as a number",
        )
    stems.mkdir(parents=True, exist_ok=True)
    owner.write_bytes(student)
    for source, audio in song.sources.items():
        write_audio(stems / f"{source}.wav", audio, song.sample_rate)
    return write_audio(folder / "mixtures" / f"{name}.wav", song.mixture, song.sample_rate), stems


def score(place: Path, folder: Path) -> list[dict[str, str | float]]:
    """Measure what students have separated beside what guessing and knowing reach.

    Parameters
    ----------
    place : path
        A folder for each student with `drums.wav`, `bass.wav`, `other.wav` and `vocals.wav`.
    folder : path
        What `write_mixture` wrote.

    Returns
    -------
    rows : list of dict
        For each student and source the median SDR of one-second windows: the student's, the
        mixture's and the ideal ratio mask's. NaN and a remark where an estimate is missing or does
        not fit.

    Raises
    ------
    SepeduError
        If there are no stems.
    """
    names = sorted(path.name for path in (folder / "stems").glob("*") if path.is_dir())
    if not names:
        raise SepeduError(f"There are no stems in {folder}", "Give what data build --student wrote")
    stft, rows = STFT(), []
    for name in names:
        files = {source: folder / "stems" / name / f"{source}.wav" for source in SOURCES}
        stems = {source: mono(read_audio(file)[0]) for source, file in files.items()}
        mixture = np.sum(list(stems.values()), axis=0)
        spectrum = stft.forward(mixture)
        ideal = ratio_mask(np.abs(stft.forward(np.stack(list(stems.values())))))
        for (source, stem), mask in zip(stems.items(), ideal, strict=True):
            estimate, remark = _read_estimate(place / name / f"{source}.wav", mixture.size)
            missing = estimate is None
            rows.append(
                {
                    "Student": name,
                    "Source": source,
                    "SDR": np.nan if missing else framewise_sdr(stem, estimate, stft.sample_rate),
                    "mixture": framewise_sdr(stem, mixture, stft.sample_rate),
                    "ideal ratio mask": sdr_of_mask(mask, spectrum, stem),
                    "Remark": remark,
                }
            )
    return rows


def _read_estimate(path: Path, samples: int) -> tuple[np.ndarray | None, str]:
    try:
        audio, rate = read_audio(path)
    except SepeduError:
        return None, f"{path.name} is missing or cannot be read"
    audio = mono(audio)
    if (rate, audio.size) != (STFT().sample_rate, samples):
        return None, f"{path.name} has {audio.size} samples at {rate} Hz, not {samples} at 22050"
    return audio, ""


def as_csv(rows: Sequence[dict[str, str | float]]) -> str:
    """Scores as CSV: a row for each student and source."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        values = {k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()}
        writer.writerow(values)
    return text.getvalue()
