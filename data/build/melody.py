"""The sung line: two rhythms in alternation, an arch of steps, chord tones on strong beats."""

from __future__ import annotations

import numpy as np

from .harmony import nearest
from .score import Frame, Note

# Rhythms of a bar of four beats as (start, length); each phrase takes two bars.
RHYTHMS: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "straight": (
        ((0, 0.5), (0.5, 0.5), (1, 1), (2, 0.5), (2.5, 0.5), (3, 1)),
        ((0, 1), (1, 0.5), (1.5, 0.5), (2, 1.5), (3.5, 0.5)),
        ((0, 0.5), (0.5, 1), (1.5, 0.5), (2, 2)),
        ((0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 1), (3, 1)),
    ),
    "syncopated": (
        ((0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 0.75), (2.75, 1.25)),
        ((0.5, 0.5), (1, 0.5), (1.5, 1), (2.5, 0.5), (3, 1)),
        ((0, 0.5), (0.5, 0.5), (1, 0.5), (1.5, 1), (2.5, 1.5)),
        ((0, 1.5), (1.5, 0.5), (2, 1), (3, 0.5), (3.5, 0.5)),
    ),
    "long": (
        ((0, 1), (1, 0.5), (1.5, 0.5), (2, 2)),
        ((0.5, 0.5), (1, 1), (2, 0.5), (2.5, 1.5)),
        ((0, 1.5), (1.5, 0.5), (2, 1), (3, 1)),
    ),
    "waltz": (
        ((0, 2), (2, 1)),
        ((0, 1), (1, 1), (2, 1)),
        ((0, 1.5), (1.5, 0.5), (2, 1)),
        ((0, 3),),
    ),
    "triplets": (
        ((0, 2 / 3), (2 / 3, 1 / 3), (1, 1), (2, 2 / 3), (2 + 2 / 3, 1 / 3), (3, 1)),
        ((0, 1), (1, 2 / 3), (1 + 2 / 3, 1 / 3), (2, 2)),
        ((1 / 3, 1 / 3), (2 / 3, 1 / 3), (1, 1), (2, 1), (3, 2 / 3), (3 + 2 / 3, 1 / 3)),
    ),
}


def sung_notes(
    frame: Frame, rhythms: str, centre: int, generator: np.random.Generator
) -> list[Note]:
    """The melody around a MIDI pitch `centre`, for the bars in which the voice sings.

    Phrases of two bars share their rhythm and their contour (a motif), so that a listener
    recognises the tune; the last note of a phrase is longer and lies on a chord tone.
    """
    table = RHYTHMS[rhythms]
    first, second = generator.permutation(len(table))[:2]
    moves = generator.choice([-2, -1, -1, 0, 1, 1, 2], size=16)
    notes: list[Note] = []
    pitch = float(centre)
    beats = frame.clock.beats_per_bar
    for index, bar in enumerate(frame.bars):
        if "vocals" not in bar.playing:
            pitch = float(centre)
            continue
        cells = table[first] if index % 2 == 0 else table[second]
        if bar.last:
            cells = ((0, beats * 0.75),)
        # The second half of a song sits a little higher, as choruses do.
        goal = centre + (3 if index >= len(frame.bars) // 2 else 0)
        for position, (beat, length) in enumerate(cells):
            start = bar.start + beat
            chord = frame.chord_at(start)
            step = int(moves[(position + 8 * (index % 2)) % len(moves)])
            if abs(pitch - goal) > 5:
                step = -2 if pitch > goal else 2
            pitch = float(frame.key.step(int(pitch), step))
            strong = (beat == int(beat) and length >= 1) or position == len(cells) - 1
            if strong or position == 0:
                pitch = float(
                    min((nearest(c, pitch) for c in chord.classes()), key=lambda p: abs(p - pitch))
                )
            if bar.last:
                pitch = float(nearest(chord.root, centre))
            final = position == len(cells) - 1 and index % 2 == 1
            velocity = int(96 + 16 * bar.strength - (12 if final else 0))
            # A phrase ends early enough for a breath.
            sounding = length - 0.25 if final and length > 0.5 else length
            notes.append(Note(start, sounding, int(pitch), min(velocity, 120)))
    return notes


def harmony_line(frame: Frame, notes: list[Note], steps: int) -> list[Note]:
    """A second voice `steps` scale steps away from the melody, moved onto the chord if it rubs."""
    line = []
    for note in notes:
        pitch = frame.key.step(note.pitch, steps)
        classes = frame.chord_at(note.start).classes()
        if pitch % 12 not in classes and note.length >= 1:
            pitch = min((nearest(c, pitch) for c in classes), key=lambda p: abs(p - pitch))
        line.append(Note(note.start, note.length, pitch, note.velocity - 10))
    return line
