"""Bass lines: one figure per style, written chord by chord."""

from __future__ import annotations

import numpy as np

from .harmony import Chord, nearest
from .score import Frame, Note, humanise

# A figure is a list of (beat within a bar of four, length, tone of the chord, velocity);
# tone 0 is the root, 1 the fifth, 2 the octave, 3 the third, 4 a step below the next root.
FIGURES: dict[str, tuple[tuple[tuple[float, float, int, int], ...], ...]] = {
    "eighths": (
        tuple((i / 2, 0.47, 0, 108 if i % 2 == 0 else 92) for i in range(8)),
        tuple((i / 2, 0.47, (0, 0, 0, 0, 0, 0, 1, 4)[i], 100) for i in range(8)),
    ),
    "pop": (
        ((0, 1.4, 0, 105), (1.5, 0.5, 0, 95), (2, 1.0, 0, 102), (3, 0.5, 1, 90), (3.5, 0.5, 4, 92)),
        (
            (0, 0.7, 0, 105),
            (0.75, 0.7, 0, 95),
            (1.5, 0.5, 1, 92),
            (2, 1.4, 0, 102),
            (3.5, 0.5, 2, 88),
        ),
    ),
    "funk": (
        (
            (0, 0.4, 0, 116),
            (0.75, 0.2, 0, 84),
            (1.5, 0.25, 2, 110),
            (2, 0.4, 0, 104),
            (2.5, 0.2, 1, 92),
            (2.75, 0.2, 2, 112),
            (3.25, 0.2, 3, 88),
            (3.5, 0.4, 4, 100),
        ),
        (
            (0, 0.6, 0, 116),
            (0.75, 0.2, 2, 108),
            (1.25, 0.2, 0, 84),
            (1.5, 0.4, 1, 100),
            (2.25, 0.2, 0, 92),
            (2.5, 0.25, 2, 114),
            (3.5, 0.4, 1, 96),
        ),
    ),
    "long": (
        ((0, 2.4, 0, 98), (2.5, 0.5, 1, 82), (3, 1.0, 0, 90)),
        ((0, 1.4, 0, 98), (1.5, 0.5, 0, 80), (2, 1.5, 1, 90), (3.5, 0.5, 4, 84)),
    ),
    "offbeat": (
        tuple((i / 2 + 0.0, 0.42, 0, 112) for i in range(1, 8, 2)),
        tuple((i / 4, 0.22, 2 if i % 4 == 2 else 0, 106) for i in range(16) if i % 4),
    ),
    "reggae": (
        (
            (0, 0.9, 0, 110),
            (1, 0.4, 1, 98),
            (1.5, 0.9, 0, 106),
            (2.5, 0.4, 3, 98),
            (3, 0.8, 1, 102),
        ),
        (
            (0.5, 0.4, 0, 108),
            (1, 0.9, 0, 106),
            (2, 0.4, 2, 96),
            (2.5, 0.4, 1, 100),
            (3, 0.9, 3, 102),
        ),
    ),
    "root fifth": (
        ((0, 0.9, 0, 104), (2, 0.9, 1, 98)),
        ((0, 0.9, 0, 104), (1, 0.5, 0, 80), (2, 0.9, 1, 98), (3, 0.45, 3, 88), (3.5, 0.45, 4, 88)),
    ),
    "triplets": (
        (
            (0, 0.9, 0, 104),
            (1, 0.6, 0, 92),
            (1 + 2 / 3, 0.33, 1, 86),
            (2, 0.9, 2, 98),
            (3, 0.6, 1, 92),
            (3 + 2 / 3, 0.33, 4, 90),
        ),
        ((0, 1.6, 0, 104), (1 + 2 / 3, 0.33, 0, 86), (2, 1.0, 1, 98), (3, 0.9, 3, 94)),
    ),
}
LOWEST = 28  # The open E string.


def tone(chord: Chord, name: int, following: Chord) -> int:
    """MIDI pitch of one tone of a figure in the bass register."""
    root = nearest(chord.root, 34.5)
    if root < LOWEST:
        root += 12
    fifth = next((i for i in chord.intervals if i in (6, 7, 8)), 7)
    third = next((i for i in chord.intervals if i in (2, 3, 4, 5)), 4)
    if name == 4:
        target = nearest(following.root, root)
        return max(LOWEST, target - 1 if target > root else target + 2)
    # The fifth goes below the root where the string is long enough, as players do.
    low_fifth = root + fifth - 12 if root + fifth - 12 >= LOWEST else root + fifth
    return {0: root, 1: low_fifth, 2: root + 12, 3: root + third}[name]


def walk(chord: Chord, following: Chord, start: float, length: float) -> list[Note]:
    """A walking line: root, third, fifth, and a step that leads into the next chord."""
    names = {1: [0], 2: [0, 4], 3: [0, 3, 4], 4: [0, 3, 1, 4]}[max(1, min(4, round(length)))]
    return [
        Note(start + index, 0.92, tone(chord, name, following), 100 - 6 * (index % 2))
        for index, name in enumerate(names)
    ]


def bass_notes(frame: Frame, figure: str, generator: np.random.Generator) -> list[Note]:
    """The bass line of a song: two variants of a figure in turn, a held root at the end."""
    spans = frame.spans("bass")
    first = int(generator.integers(2))
    notes: list[Note] = []
    for index, (bar, start, length, chord) in enumerate(spans):
        following = spans[index + 1][3] if index + 1 < len(spans) else chord
        if bar.last:
            notes.append(Note(start, length, tone(chord, 0, chord), 104))
        elif figure == "walking":
            notes += walk(chord, following, start, length)
        else:
            offset = start - bar.start
            variant = FIGURES[figure][(first + (index % 4 == 3)) % 2]
            for beat, duration, name, velocity in variant:
                if offset <= beat < offset + length:
                    pitch = tone(chord, name, following)
                    loudness = int(velocity * (0.8 + 0.2 * bar.strength))
                    notes.append(Note(bar.start + beat, duration, pitch, loudness))
    return humanise(notes, generator, beats=0.01, velocity=5.0)
