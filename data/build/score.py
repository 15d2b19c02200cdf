"""What a song is before it sounds: notes in beats, parts, bars, and the clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .harmony import Chord, Key


@dataclass(frozen=True)
class Note:
    """A note: start and length in beats, MIDI pitch, velocity 1 to 127."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Clock:
    """Tempo, metre and swing of a song; turns beats into seconds."""

    tempo: float
    beats_per_bar: int
    swing: float = 0.0

    def seconds(self, beat: float) -> float:
        """Time of a beat in seconds; `swing` delays every second eighth by that part of it."""
        whole, part = divmod(beat, 1.0)
        if self.swing and part:
            middle = 0.5 + 0.5 * self.swing
            part = part / 0.5 * middle if part < 0.5 else middle + (part - 0.5) / 0.5 * (1 - middle)
        return (whole + part) * 60.0 / self.tempo


@dataclass(frozen=True)
class Bar:
    """One bar: its first beat, its chords with their lengths, who plays, and how strongly."""

    start: float
    chords: tuple[tuple[Chord, float], ...]
    playing: frozenset[str]
    strength: float
    fill: bool = False
    arrival: bool = False
    last: bool = False


@dataclass(frozen=True)
class Frame:
    """The frame of a song that every part is written into."""

    key: Key
    clock: Clock
    bars: tuple[Bar, ...]
    seconds: float

    def spans(self, who: str) -> list[tuple[Bar, float, float, Chord]]:
        """Bars in which `who` plays, chord by chord: (bar, start, length, chord) in beats."""
        found = []
        for bar in self.bars:
            start = bar.start
            for chord, length in bar.chords:
                if who in bar.playing:
                    found.append((bar, start, length, chord))
                start += length
        return found

    def chord_at(self, beat: float) -> Chord:
        """The chord that sounds at a beat."""
        for bar in self.bars:
            start = bar.start
            for chord, length in bar.chords:
                if start <= beat < start + length:
                    return chord
                start += length
        return self.bars[-1].chords[-1][0]


@dataclass(frozen=True)
class Part:
    """Notes for one sampled instrument: bank and program of the soundfont, and how it is mixed."""

    notes: list[Note]
    bank: int
    program: int
    gain_db: float = 0.0
    pan: float = 0.0
    treatment: str = "plain"
    send: float = 0.2


@dataclass
class Song:
    """A composed song: its frame, the parts of the band, and the sung line with its words."""

    title: str
    style: str
    frame: Frame
    drums: list[Part] = field(default_factory=list)
    bass: list[Part] = field(default_factory=list)
    other: list[Part] = field(default_factory=list)
    melody: list[Note] = field(default_factory=list)


def humanise(
    notes: list[Note], generator: np.random.Generator, beats: float = 0.012, velocity: float = 5.0
) -> list[Note]:
    """Move each note a little in time (standard deviation in beats) and in velocity."""
    moved = []
    for note in notes:
        start = max(0.0, note.start + float(generator.normal(0, beats)))
        loudness = int(np.clip(round(note.velocity + generator.normal(0, velocity)), 1, 127))
        moved.append(Note(start, note.length, note.pitch, loudness))
    return moved
