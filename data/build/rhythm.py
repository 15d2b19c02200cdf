"""Drum grooves on a grid, fills, and how a drummer plays a form."""

from __future__ import annotations

import numpy as np

from .score import Bar, Frame, Note, humanise

LANES = {
    "kick": 36,
    "snare": 38,
    "rim": 37,
    "clap": 39,
    "hat": 42,
    "foot": 44,
    "open": 46,
    "ride": 51,
    "bell": 53,
    "crash": 49,
    "splash": 57,
    "high": 50,
    "mid": 47,
    "low": 43,
    "floor": 41,
    "shaker": 70,
    "tambourine": 54,
    "brush": 40,
}
VELOCITIES = {"X": 118, "x": 96, "o": 78, "g": 42}
# One bar each: X accent, x normal, o soft, g ghost. The grid is as fine as the string is long.
GROOVES: dict[str, dict[str, str]] = {
    "rock": {"kick": "X.....x.X.......", "snare": "....X.......X...", "hat": "x.o.x.o.x.o.x.o."},
    "rock open": {
        "kick": "X..x....X.x.....",
        "snare": "....X.......X...",
        "open": "x...x...x...x...",
        "crash": "o.......o.......",
    },
    "rock busy": {
        "kick": "X..x..x.X..x....",
        "snare": "....X..g.g..X..g",
        "ride": "x.o.x.o.x.o.x.o.",
        "foot": "....x.......x...",
    },
    "punk": {"kick": "X.x...x.X.x...x.", "snare": "....X.......X...", "open": "X.x.X.x.X.x.X.x."},
    "half time": {
        "kick": "X.....x...x.....",
        "snare": "........X.......",
        "open": "x...x...x...x...",
        "ride": "x.o.x.o.x.o.x.o.",
    },
    "floor toms": {
        "kick": "X...x...X...x...",
        "floor": "x.xxx.x.x.xxx.x.",
        "snare": "....X.......X...",
        "tambourine": "..x...x...x...x.",
    },
    "pop": {
        "kick": "X......xX.x.....",
        "snare": "....X.......X...",
        "hat": "xoxoxoxoxoxoxoxo",
        "tambourine": "....x.......x...",
    },
    "pop claps": {
        "kick": "X..x..x...x.....",
        "snare": "....X.......X...",
        "clap": "....X.......X...",
        "hat": "x.x.x.x.x.x.x.xo",
        "shaker": "oxoxoxoxoxoxoxox",
    },
    "funk": {
        "kick": "X.....x...x..x..",
        "snare": "....X..g.g..X..g",
        "hat": "xoxoxoxoxoxoxo..",
        "open": "..............x.",
    },
    "funk ghost": {
        "kick": "X..x......x..x..",
        "snare": ".g..X.gg.g..X.g.",
        "hat": "xxoxxxoxxxoxxxox",
    },
    "ballad": {
        "kick": "X.....x.X.......",
        "snare": "....x.......X...",
        "hat": "x.o.x.o.x.o.x.o.",
        "ride": "o...o...o...o...",
    },
    "four floor": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "open": "..x...x...x...x.",
        "hat": "o.oxo.oxo.oxo.ox",
    },
    "four floor busy": {
        "kick": "X...X...X...X.x.",
        "snare": "....x..g....x...",
        "clap": "....X.......X..x",
        "open": "..X...X...X...X.",
        "shaker": "xoxoxoxoxoxoxoxo",
    },
    "one drop": {"kick": "........X.......", "rim": "........X.....o.", "hat": "x.oxx.oxx.oxx.ox"},
    "steppers": {
        "kick": "X...X...X...X...",
        "snare": "....x...X..g..x.",
        "hat": "x.xox.xox.xox.xo",
    },
    "brush train": {
        "kick": "x...x...x...x...",
        "snare": "oxXooxXooxXooxXo",
        "foot": "..x...x...x...x.",
    },
    "shaker": {
        "kick": "x.....x.x.......",
        "rim": "....x.......x...",
        "shaker": "xoXoxoXoxoXoxoXo",
        "tambourine": "....x.......x...",
    },
    "waltz ride": {
        "kick": "o...........",
        "ride": "x...x..ox...",
        "foot": "....x...x...",
        "snare": ".......g...g",
    },
    "waltz brush": {
        "kick": "o.......o...",
        "snare": "x.ooX.ooX.oo",
        "ride": "x...x..ox..o",
        "foot": "....x...x...",
    },
    "twelve eight": {
        "kick": "X....xX.....",
        "snare": "...X.....X..",
        "hat": "xooxooxooxoo",
        "ride": "x..o..x..o..",
    },
    "train beat": {
        "kick": "X...x...X...x...",
        "snare": "oxXooxXooxXooxXx",
        "foot": "..x...x...x...x.",
        "tambourine": "....x.......x...",
    },
}
FILLS = (
    {"snare": "........x.xxxxxX"},
    {
        "high": "........xx......",
        "mid": "..........xx....",
        "low": "............xx..",
        "floor": "..............xX",
    },
    {"snare": "........X..X..X.", "floor": ".........xx.xx.x"},
    {"high": "............x...", "mid": ".............x..", "floor": "..............xX"},
    {"snare": "............X.XX", "open": "............x..."},
)


def lay(lanes: dict[str, str], bar: Bar, beats: int, strength: float) -> list[Note]:
    """Notes of one bar of a groove or fill."""
    notes = []
    for lane, cells in lanes.items():
        step = beats / len(cells)
        for index, cell in enumerate(cells):
            if cell != ".":
                velocity = int(VELOCITIES[cell] * (0.72 + 0.28 * strength))
                notes.append(Note(bar.start + index * step, step, LANES[lane], velocity))
    return notes


def fill_lanes(generator: np.random.Generator, beats: int) -> dict[str, str]:
    """A fill for the second half of a bar, cut to three beats in a waltz."""
    chosen = FILLS[int(generator.integers(len(FILLS)))]
    return {lane: cells[-4 * beats :] for lane, cells in chosen.items()}


def drum_notes(frame: Frame, groove: str, generator: np.random.Generator) -> list[Note]:
    """What the drummer plays: the groove, a fill before each new section, crashes on arrival."""
    beats = frame.clock.beats_per_bar
    notes: list[Note] = []
    for bar in frame.bars:
        if "drums" not in bar.playing:
            continue
        if bar.last:
            for lane in ("kick", "crash"):
                notes.append(Note(bar.start, 1.0, LANES[lane], 112))
            continue
        lanes = lay(GROOVES[groove], bar, beats, bar.strength)
        if bar.fill:
            middle = bar.start + beats * (0.5 if beats == 4 else 1 / 3)
            keep = {LANES["kick"], LANES["foot"]}
            lanes = [note for note in lanes if note.start < middle or note.pitch in keep]
            fill = lay(fill_lanes(generator, beats), bar, beats, 1.0)
            lanes += [note for note in fill if note.start >= middle]
        if bar.arrival:
            lanes.append(Note(bar.start, 2.0, LANES["crash"], 116))
        notes += lanes
    return humanise(notes, generator, beats=0.008, velocity=6.0)
