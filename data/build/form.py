"""The form of a song: how many bars, which chords, who plays when, and how strongly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .harmony import Key, read_chord
from .score import Bar, Clock, Frame
from .style import Style

EVERYONE = frozenset({"drums", "bass", "other", "vocals"})
# Which sources rest, by eighth of the song: in the middle of real songs rests are short.
FORMS: dict[str, dict[int, frozenset[str]]] = {
    "full": {},
    "late voice": {0: frozenset({"vocals"})},
    "late drums": {0: frozenset({"drums"}), 1: frozenset({"drums"})},
    "late band": {0: frozenset({"bass", "drums"}), 5: frozenset({"vocals"})},
    "break": {4: frozenset({"drums", "bass"}), 7: frozenset({"vocals"})},
    "drums alone": {4: frozenset({"other", "bass"}), 7: frozenset({"vocals"})},
    "solo": {3: frozenset({"vocals"}), 4: frozenset({"vocals"})},
    "a cappella": {0: frozenset({"bass", "drums", "other"}), 5: frozenset({"vocals"})},
}


def song_seconds(clock: Clock, count: int, ending: float) -> float:
    """Length of a song of `count` bars and an ending in beats, with time to ring out."""
    return clock.seconds(count * clock.beats_per_bar + ending) + 0.5


def fit_tempo(clock: Clock, goal: float, ending: float) -> tuple[Clock, int]:
    """Number of bars nearest to `goal` seconds, and the clock moved so that they take as long.

    Odd numbers of bars are left to slow songs, in which a bar is long.
    """
    counts = [count for count in range(2, 24) if count % 2 == 0 or count < 5]
    count = min(counts, key=lambda number: abs(song_seconds(clock, number, ending) - goal))
    ring = song_seconds(clock, 0, 0.0)
    tempo = clock.tempo * (song_seconds(clock, count, ending) - ring) / (goal - ring)
    return replace(clock, tempo=round(tempo, 1)), count


def compose_frame(style: Style, generator: np.random.Generator, form: str) -> Frame:
    """Draw tempo, key and progression of a style and lay out the bars of one form."""
    low, high = style.tempo
    clock = Clock(float(generator.integers(low, high + 1)), style.beats, style.swing)
    numerals = style.progressions[int(generator.integers(len(style.progressions)))]
    minor = numerals[0].lstrip("b#").startswith(("i7", "i9")) or numerals[0] == "i"
    fitting = [mode for mode in style.modes if (mode in ("minor", "dorian")) == minor]
    mode = str(generator.choice(fitting or list(style.modes)))
    key = Key(int(generator.integers(12)), mode)
    ending = 3.0 if clock.beats_per_bar == 3 or clock.tempo > 100 else 2.0
    clock, count = fit_tempo(clock, float(generator.uniform(10.1, 10.9)), ending)
    rests = FORMS[form]
    # Fast songs of many bars change chords slowly, slow ones twice a bar.
    per_bar = 2 if count <= 4 else 1
    stretch = 2 if count >= 12 else 1
    bars = []
    before: frozenset[str] = frozenset()
    for index in range(count):
        resting = rests.get(index * 8 // count, frozenset())
        following = rests.get((index + 1) * 8 // count, frozenset())
        playing = set(EVERYONE - resting)
        if "vocals" in resting:
            playing.add("lead")
        first = index * per_bar // stretch
        chords = tuple(
            (read_chord(key, numerals[place % len(numerals)]), clock.beats_per_bar / per_bar)
            for place in range(first, first + per_bar)
        )
        half = index / count
        bars.append(
            Bar(
                start=float(index * clock.beats_per_bar),
                chords=chords,
                playing=frozenset(playing),
                strength=0.55 if half < 0.4 else 1.0,
                fill="drums" in playing and (following != resting or index in (count // 2 - 1,)),
                arrival=index == 0 or index == count // 2 or frozenset(playing) != before,
            )
        )
        before = frozenset(playing)
    tonic = read_chord(key, numerals[0])
    bars.append(
        Bar(float(count * clock.beats_per_bar), ((tonic, ending),), EVERYONE, 1.0, last=True)
    )
    return Frame(key, clock, tuple(bars), song_seconds(clock, count, ending))
