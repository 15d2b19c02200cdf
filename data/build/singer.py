"""A sung voice: pysinsy sings the syllables, WORLD takes the sound apart into frames."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyworld

from .intonation import FRAME_SECONDS, Sung

with warnings.catch_warnings():
    # pysinsy asks an old interface of setuptools where its files are; requirements.txt pins it.
    warnings.simplefilter("ignore", UserWarning)
    import pysinsy

NAMES = (
    ("C", 0),
    ("C", 1),
    ("D", 0),
    ("D", 1),
    ("E", 0),
    ("F", 0),
    ("F", 1),
    ("G", 0),
    ("G", 1),
    ("A", 0),
    ("A", 1),
    ("B", 0),
)
TICKS = 24  # Ticks of a beat in the score that is handed to the singer.
TEMPO = 120  # The score runs on a clock of its own, so that swing arrives as written.
BAR = 4 * TICKS


@dataclass(frozen=True)
class Voice:
    """A voice in frames of 5 ms: envelope and noise share [shape=(frames, bins)], voicing."""

    envelope: np.ndarray
    noise: np.ndarray
    voiced: np.ndarray
    rate: int


def analyse(audio: np.ndarray, rate: int, floor: float, ceiling: float) -> Voice:
    """Take a voice apart with WORLD; `floor` and `ceiling` bound its pitch in hertz."""
    audio = np.ascontiguousarray(audio, dtype=np.float64)
    pitch, time = pyworld.dio(
        audio, rate, f0_floor=floor, f0_ceil=ceiling, frame_period=1000 * FRAME_SECONDS
    )
    pitch = pyworld.stonemask(audio, pitch, time, rate)
    envelope = pyworld.cheaptrick(audio, pitch, time, rate)
    noise = pyworld.d4c(audio, pitch, time, rate)
    return Voice(envelope, noise, pitch > 0, rate)


def note_xml(pitch: int | None, ticks: int, syllable: str = "") -> str:
    """One note or rest (pitch None) in MusicXML."""
    if pitch is None:
        return f"<note><rest/><duration>{ticks}</duration></note>"
    step, sharp = NAMES[pitch % 12]
    alter = f"<alter>{sharp}</alter>" if sharp else ""
    return (
        f"<note><pitch><step>{step}</step>{alter}<octave>{pitch // 12 - 1}</octave></pitch>"
        f"<duration>{ticks}</duration><lyric><text>{syllable}</text></lyric></note>"
    )


def score_xml(notes: list[Sung], transpose: int) -> str:
    """MusicXML of the sung line: a bar of rest, the notes, a bar of rest."""
    ticks_per_second = TICKS * TEMPO / 60
    events: list[tuple[int | None, int, str]] = [(None, BAR, "")]
    position = 0
    for note in notes:
        start = max(position, round(note.start * ticks_per_second))
        end = max(start + 3, round(note.end * ticks_per_second))
        if start > position:
            events.append((None, start - position, ""))
        events.append((round(note.pitch) + transpose, end - start, note.syllable))
        position = end
    # A score that ends on a note makes the singer fail.
    events += [(None, BAR - position % BAR, ""), (None, BAR, "")]
    # One long bar: notes that cross a bar line would be cut short.
    beats = sum(ticks for _, ticks, _ in events) // TICKS
    written = "".join(note_xml(*event) for event in events)
    head = (
        f"<attributes><divisions>{TICKS}</divisions><time><beats>{beats}</beats>"
        f'<beat-type>4</beat-type></time></attributes><sound tempo="{TEMPO}"/>'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="2.0"><part-list>'
        '<score-part id="P1"><part-name>voice</part-name></score-part></part-list>'
        f'<part id="P1"><measure number="1">{head}{written}</measure></part></score-partwise>'
    )


def sing(notes: list[Sung], centre: int, seconds: float) -> Voice:
    """Sing the notes near the MIDI pitch `centre`, where the voice sounds best."""
    transpose = round(centre - float(np.mean([note.pitch for note in notes])))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.xml"
        path.write_text(score_xml(notes, transpose), encoding="utf-8")
        samples, rate = pysinsy.synthesize(str(path))
    audio = np.asarray(samples, dtype=np.float64)
    audio /= np.abs(audio).max() + 1e-9
    lead = round(BAR / (TICKS * TEMPO / 60) * rate)
    wanted = round(seconds * rate)
    audio = np.pad(audio[lead:], (0, max(0, wanted - len(audio) + lead)))[:wanted]
    return analyse(audio, rate, 110.0, 1000.0)
