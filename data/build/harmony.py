"""Keys, chords in Roman numerals, and voicings that move as little as they can."""

from __future__ import annotations

import re
from dataclasses import dataclass

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
# Degrees are counted in the major scale whatever the mode, so that bVI means one thing.
DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7, 12),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "9": (0, 4, 7, 10, 14),
    "m7": (0, 3, 7, 10),
    "m9": (0, 3, 7, 10, 14),
    "maj7": (0, 4, 7, 11),
    "maj9": (0, 4, 7, 11, 14),
    "add9": (0, 4, 7, 14),
    "sus4": (0, 5, 7),
    "sus2": (0, 2, 7),
    "m7b5": (0, 3, 6, 10),
    "dim": (0, 3, 6),
}
NUMERAL = re.compile(r"^([b#]?)([iv]+|[IV]+)(.*)$")


@dataclass(frozen=True)
class Key:
    """A tonic as pitch class (0 is C) with the name of its scale."""

    tonic: int
    mode: str

    def degrees(self) -> tuple[int, ...]:
        """Pitch classes of the scale, tonic first."""
        return tuple((self.tonic + step) % 12 for step in SCALES[self.mode])

    def step(self, pitch: int, steps: int) -> int:
        """The pitch that lies `steps` scale steps above `pitch` (below if negative)."""
        direction = 1 if steps > 0 else -1
        members = set(self.degrees())
        for _ in range(abs(steps)):
            pitch += direction
            while pitch % 12 not in members:
                pitch += direction
        return pitch


@dataclass(frozen=True)
class Chord:
    """A root as pitch class and the intervals above it in semitones."""

    root: int
    intervals: tuple[int, ...]

    def classes(self) -> tuple[int, ...]:
        """Pitch classes of the chord, root first."""
        return tuple((self.root + interval) % 12 for interval in self.intervals)


def read_chord(key: Key, symbol: str) -> Chord:
    """Turn a Roman numeral such as "bVII", "ii7" or "Imaj7" into a chord of the key.

    Raises
    ------
    ValueError
        If the numeral or its quality is unknown.
    """
    match = NUMERAL.match(symbol)
    if not match or match[2].lower() not in DEGREES:
        raise ValueError(f"{symbol!r} is not a Roman numeral such as 'IV', 'bVII' or 'ii7'")
    accidental, numeral, quality = match.groups()
    if numeral.islower() and not quality.startswith(("m", "dim", "sus", "5")):
        quality = "m" + quality
    if quality not in QUALITIES:
        raise ValueError(f"{symbol!r} has the unknown quality {quality!r}")
    root = key.tonic + DEGREES[numeral.lower()] + {"b": -1, "#": 1, "": 0}[accidental]
    return Chord(root % 12, QUALITIES[quality])


def nearest(pitch_class: int, target: float) -> int:
    """The pitch of a class that lies nearest to a MIDI pitch."""
    octave = round((target - pitch_class) / 12)
    return int(pitch_class + 12 * octave)


def voice(chord: Chord, centre: float, previous: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Pitches of a chord near `centre`, each as near as it can be to the previous voicing."""
    targets = list(previous) or [centre + offset for offset in (-4, 0, 4, 7, 9)]
    pitches: list[int] = []
    classes = chord.classes()
    for index, pitch_class in enumerate(classes):
        target = targets[min(index, len(targets) - 1)]
        # A pull towards the centre keeps long progressions from wandering off.
        pitch = nearest(pitch_class, 0.75 * target + 0.25 * centre)
        while pitch in pitches:
            pitch += 12
        pitches.append(pitch)
    return tuple(sorted(pitches))
