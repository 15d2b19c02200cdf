"""What a style and an accompanying layer consist of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One accompanying instrument: figure, presets to choose from, register and mix place."""

    figure: str
    presets: tuple[tuple[int, int], ...]
    centre: float
    gain_db: float = 0.0
    pan: float = 0.0
    treatment: str = "plain"
    send: float = 0.2


@dataclass(frozen=True)
class Style:
    """Everything that tells one style from another.

    `tempo` is a range in beats per minute, `voice_db`, `drums_db`, `bass_db` and `other_db`
    shift the usual balance, `room` is the reverberation time of the vocals in seconds.
    """

    tempo: tuple[int, int]
    beats: int
    modes: tuple[str, ...]
    progressions: tuple[tuple[str, ...], ...]
    grooves: tuple[str, ...]
    kits: tuple[int, ...]
    bass: str
    bass_presets: tuple[int, ...]
    layers: tuple[Layer, ...]
    rhythms: str
    swing: float = 0.0
    drums_db: float = 0.0
    bass_db: float = 0.0
    other_db: float = 0.0
    voice_db: float = 0.0
    room: float = 1.2
    drive: float = 0.0
