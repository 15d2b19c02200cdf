"""Play notes on a sampled instrument of the soundfont."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import fluidsynth
import numpy as np

from .decode import SAMPLE_RATE
from .score import Clock, Note

SOUNDFONT = Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3")
DRUM_BANK = 128
BLOCK = 64  # FluidSynth starts and ends notes at blocks of 64 samples.


class Sampler:
    """The soundfont, loaded once; every part is played from a clean state."""

    def __init__(self, soundfont: Path = SOUNDFONT) -> None:
        if not soundfont.exists():
            raise FileNotFoundError(
                f"{soundfont} is missing: install Debian's musescore-general-soundfont-small"
            )
        self.synth = fluidsynth.Synth(gain=0.6, samplerate=float(SAMPLE_RATE))
        # Room and chorus are the mixer's business.
        self.synth.setting("synth.reverb.active", 0)
        self.synth.setting("synth.chorus.active", 0)
        self.synth.setting("synth.polyphony", 256)
        self.font = self.synth.sfload(str(soundfont))
        # The float output is used because the 16-bit one adds dither that runs on from part to
        # part, so that the same part would not give the same samples.
        self.write = fluidsynth._fl.fluid_synth_write_float
        whole, address = ctypes.c_int, ctypes.c_void_p
        self.write.argtypes = (address, whole, address, whole, whole, address, whole, whole)
        self.write.restype = whole

    def play(
        self, notes: list[Note], clock: Clock, seconds: float, bank: int, program: int
    ) -> np.ndarray:
        """Sound of the notes [shape=(samples, 2)], float64, `seconds` long."""
        channel = 9 if bank == DRUM_BANK else 0
        self.synth.system_reset()
        self.synth.all_sounds_off(channel)
        # Two seconds of silence let every voice end, so that no part hears the one before it.
        self.render(BLOCK * 1400)
        self.synth.program_select(channel, self.font, bank, program)
        events: list[tuple[int, int, int, int]] = []
        for note in notes:
            start = round(clock.seconds(note.start) * SAMPLE_RATE / BLOCK)
            end = round(clock.seconds(note.start + note.length) * SAMPLE_RATE / BLOCK)
            events.append((start, 1, note.pitch, note.velocity))
            # An end comes a block early, so that a repeated pitch is struck anew.
            events.append((max(end - 1, start + 1), 0, note.pitch, 0))
        total = round(seconds * SAMPLE_RATE)
        blocks = -(-total // BLOCK)
        sound = np.zeros((blocks * BLOCK, 2), dtype=np.float32)
        position = 0
        for moment, is_start, pitch, velocity in [*sorted(events), (blocks, 0, 0, 0)]:
            moment = min(moment, blocks)
            if moment > position:
                length = (moment - position) * BLOCK
                sound[position * BLOCK : moment * BLOCK] = self.render(length)
                position = moment
            if position >= blocks:
                break
            if is_start:
                self.synth.noteon(channel, pitch, velocity)
            else:
                self.synth.noteoff(channel, pitch)
        return sound[:total].astype(np.float64)

    def render(self, length: int) -> np.ndarray:
        """The next `length` samples of the synthesiser [shape=(length, 2)]."""
        block = np.zeros(2 * length, dtype=np.float32)
        pointer = block.ctypes.data_as(ctypes.c_void_p)
        self.write(self.synth.synth, length, pointer, 0, 2, pointer, 1, 2)
        return block.reshape(length, 2)


@cache
def soundfont_sampler() -> Sampler:
    """The one sampler of this process; the soundfont takes seconds to decode."""
    return Sampler()
