"""Figures of the accompanying instruments: strums, power chords, arpeggios, pads, stabs, leads."""

from __future__ import annotations

import numpy as np

from .harmony import Chord, nearest, voice
from .score import Bar, Frame, Note, humanise

Span = tuple[Bar, float, float, Chord]
# Beats within a bar of four at which a figure sounds: (beat, length, velocity).
TIMES: dict[str, tuple[tuple[float, float, int], ...]] = {
    "comp": ((0, 0.9, 96), (1, 0.4, 80), (1.5, 1.0, 88), (2.5, 0.5, 86), (3, 0.9, 82)),
    "stabs": ((0.5, 0.2, 100), (2.75, 0.2, 96), (3.5, 0.35, 108)),
    "skank": ((0.5, 0.16, 104), (1.5, 0.16, 108), (2.5, 0.16, 104), (3.5, 0.16, 108)),
    "bubble": tuple((i / 2 + d, 0.2, 92) for i in range(1, 8, 2) for d in (-0.25, 0.0)),
    "scratch": tuple(
        (i / 4, 0.12, (104, 50, 62, 92, 50, 70, 98, 56, 88, 50, 64, 96, 54, 92, 60, 70)[i])
        for i in range(16)
    ),
    "triplets": tuple((i / 3, 0.3, 96 if i % 3 == 0 else 78) for i in range(12)),
    "pulse": tuple((i / 2 + 0.25 * (i % 2), 0.3, 96) for i in range(8)),
    "strokes": tuple((float(i), 0.5, 84) for i in range(4)),
    "power eighths": tuple((i / 2, 0.46, 112 if i % 4 == 0 else 94) for i in range(8)),
    "power strokes": ((0, 1.45, 110), (1.5, 1.4, 104), (3, 1.0, 100)),
    "pad": ((0, 4.0, 84),),
}
STRUM = ((0, 1), (1, 1), (1.5, -1), (2.5, -1), (3, 1), (3.5, -1))


def strum(chord: Chord, centre: float, start: float, down: bool, velocity: int) -> list[Note]:
    """A chord over six strings, one string after another as the hand passes."""
    root = nearest(chord.root, centre - 8)
    fifth = next((i for i in chord.intervals if i in (6, 7, 8)), 7)
    third = next((i for i in chord.intervals if i in (2, 3, 4, 5)), 4)
    pitches = [root, root + fifth, root + 12, root + 12 + third, root + 12 + fifth, root + 24]
    order = pitches if down else pitches[:2:-1]
    return [
        Note(start + 0.016 * index, 0.9, pitch, max(1, velocity - 4 * index))
        for index, pitch in enumerate(order)
    ]


def arpeggio(span: Span, centre: float, step: float, generator: np.random.Generator) -> list[Note]:
    """Chord tones one by one, up and down, `step` beats apart."""
    bar, start, length, chord = span
    tones = list(voice(chord, centre))
    tones.append(tones[0] + 12)
    order = tones + tones[-2:0:-1]
    notes = []
    for index in range(round(length / step)):
        velocity = int((98 if index % 4 == 0 else 82) * (0.75 + 0.25 * bar.strength))
        notes.append(Note(start + index * step, step * 1.9, order[index % len(order)], velocity))
    return notes


def lead(frame: Frame, centre: float, generator: np.random.Generator) -> list[Note]:
    """An instrument that answers in the gaps of the voice, on the scale, ending on a chord tone."""
    notes = []
    for bar in frame.bars:
        if "lead" not in bar.playing or bar.last:
            continue
        beats = frame.clock.beats_per_bar
        beat = 0.0
        pitch = nearest(frame.chord_at(bar.start).root, centre)
        while beat < beats:
            length = float(generator.choice([0.5, 0.5, 1.0, 1.5]))
            length = min(length, beats - beat)
            if generator.random() < 0.85:
                notes.append(Note(bar.start + beat, length * 0.95, pitch, 100))
            move = int(generator.choice([-2, -1, -1, 1, 1, 2]))
            # The further it strays from the centre, the surer it turns back.
            if abs(pitch - centre) > 6:
                move = -2 if pitch > centre else 2
            pitch = frame.key.step(pitch, move)
            beat += length
    return notes


def figure_notes(
    frame: Frame, figure: str, centre: float, generator: np.random.Generator
) -> list[Note]:
    """Notes of one accompanying layer over the whole song."""
    if figure == "lead answer":
        return humanise(lead(frame, centre, generator), generator)
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    for span in frame.spans("other"):
        bar, start, length, chord = span
        force = 0.75 + 0.25 * bar.strength
        previous = voice(chord, centre, previous)
        if bar.last:
            held = (
                strum(chord, centre, start, True, 100)
                if figure == "strum"
                else [Note(start, length, pitch, 96) for pitch in previous]
            )
            notes += [Note(note.start, length, note.pitch, note.velocity) for note in held]
        elif figure.startswith("arpeggio"):
            step = 0.25 if figure.endswith("sixteenths") else 0.5
            notes += arpeggio(span, centre, step, generator)
        elif figure == "strum":
            for beat, direction in STRUM:
                if start - bar.start <= beat < start - bar.start + length:
                    velocity = int((100 if beat in (0, 3) else 84) * force)
                    notes += strum(chord, centre, bar.start + beat, direction > 0, velocity)
        else:
            offset = start - bar.start
            for beat, duration, velocity in TIMES[figure]:
                if not offset <= beat < offset + length:
                    continue
                pitches = previous
                if figure.startswith("power"):
                    root = nearest(chord.root, centre - 6)
                    pitches = (root, root + 7, root + 12)
                last = min(duration, offset + length - beat)
                for pitch in pitches:
                    notes.append(Note(bar.start + beat, last, pitch, int(velocity * force)))
    return humanise(notes, generator)
