"""Compose a song of the catalogue: its frame, the band's parts, and the sung line."""

from __future__ import annotations

import numpy as np

from .accompaniment import figure_notes
from .bassline import bass_notes
from .catalogue import Entry
from .form import compose_frame
from .melody import sung_notes
from .rhythm import drum_notes
from .sampler import DRUM_BANK
from .score import Part, Song
from .styles import STYLES
from .vocals import SINGERS


def compose(entry: Entry, generator: np.random.Generator) -> Song:
    """All notes of a song; the generator decides what the catalogue leaves open."""
    style = STYLES[entry.style]
    frame = compose_frame(style, generator, entry.form)
    groove = str(generator.choice(style.grooves))
    song = Song(entry.title, entry.style, frame)
    song.drums = [
        Part(drum_notes(frame, groove, generator), DRUM_BANK, int(generator.choice(style.kits)))
    ]
    song.bass = [
        Part(bass_notes(frame, style.bass, generator), 0, int(generator.choice(style.bass_presets)))
    ]
    for layer in style.layers:
        bank, program = layer.presets[int(generator.integers(len(layer.presets)))]
        song.other.append(
            Part(
                figure_notes(frame, layer.figure, layer.centre, generator),
                bank,
                program,
                layer.gain_db + float(generator.normal(0, 1.0)),
                float(np.clip(layer.pan + generator.normal(0, 0.1), -1, 1)),
                layer.treatment,
                layer.send,
            )
        )
    centre = SINGERS[entry.singer].centre
    song.melody = sung_notes(frame, style.rhythms, centre, generator)
    return song
