"""Turn a composed song into four stems: play the band, sing the line, mix, master."""

from __future__ import annotations

import numpy as np

from .band import bass_stem, kit_stem, other_stem
from .catalogue import Entry
from .compose import compose
from .intonation import Sung
from .lyrics import english_words, kana_syllables
from .melody import harmony_line
from .mix import LOUDNESS, balance, finish, make_room, master
from .sampler import soundfont_sampler
from .score import Note, Song
from .singer import sing
from .speaker import declaim
from .spectrum import towards_records
from .style import Style
from .styles import STYLES
from .vocals import SINGERS, vocal_stem


def on_the_clock(song: Song, notes: list[Note], syllables: list[str], late: float) -> list[Sung]:
    """Notes in beats as sung notes in seconds, `late` seconds behind the beat."""
    clock = song.frame.clock
    return [
        Sung(
            clock.seconds(note.start) + late,
            clock.seconds(note.start + note.length) + late,
            float(note.pitch),
            syllable,
        )
        for note, syllable in zip(notes, syllables, strict=True)
    ]


def voice_stem(
    entry: Entry, song: Song, style: Style, generator: np.random.Generator
) -> np.ndarray:
    """The vocal stem of a song, with harmonies above or below in most songs."""
    singer = SINGERS[entry.singer]
    count = len(song.melody)
    if singer.source == "sinsy":
        syllables = kana_syllables(count, generator)
    else:
        syllables = english_words(count, generator)
    late = float(generator.uniform(0.0, 0.02))
    notes = on_the_clock(song, song.melody, syllables, late)
    seconds = song.frame.seconds
    if singer.source == "sinsy":
        voice = sing(notes, 68 if singer.centre > 62 else 64, seconds)
    else:
        voice = declaim(notes, singer.accent, 60 if "f" in singer.accent else 40, seconds)
    harmonies = []
    for steps, place in ((2, 0.45), (-3, -0.45)):
        if generator.random() < 0.5:
            line = harmony_line(song.frame, song.melody, steps)
            harmonies.append((on_the_clock(song, line, syllables, late), place))
    hard = float(np.clip(style.drive + generator.uniform(0.0, 0.3), 0, 1))
    return vocal_stem(
        (voice, notes),
        harmonies,
        singer,
        seconds,
        song.frame.clock.tempo,
        style.room,
        hard,
        generator,
    )


def produce(entry: Entry, seed: int) -> tuple[Song, dict[str, np.ndarray]]:
    """Compose and render one song; returns it with its mastered stems [shape=(samples, 2)]."""
    generator = np.random.default_rng([seed, entry.number])
    song = compose(entry, generator)
    style = STYLES[entry.style]
    sampler = soundfont_sampler()
    clock, seconds = song.frame.clock, song.frame.seconds
    hard = float(np.clip(style.drive + generator.normal(0, 0.1), 0, 1))
    room = float(generator.uniform(0.6, 1.4)) * min(style.room, 1.8)
    stems = {
        "drums": kit_stem(sampler, song.drums[0], clock, seconds, generator, hard),
        "bass": bass_stem(sampler, song.bass[0], clock, seconds, generator, hard),
        "other": other_stem(sampler, song.other, clock, seconds, generator, room),
        "vocals": voice_stem(entry, song, style, generator),
    }
    stems = {name: towards_records(audio, name, generator) for name, audio in stems.items()}
    shifts = {
        "drums": style.drums_db,
        "bass": style.bass_db,
        "other": style.other_db,
        "vocals": style.voice_db,
    }
    stems = make_room(balance(stems, shifts, generator))
    loudness = LOUDNESS + float(generator.normal(0, 1.6))
    return song, finish(master(stems, min(loudness, -13.0)))
