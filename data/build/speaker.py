"""A second voice: eSpeak speaks each word, WORLD frames of it are stretched over the note."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from .intonation import FRAME_SECONDS, Sung
from .singer import Voice, analyse

EDGE = 5  # Frames at the ends of the voiced part that keep their length (25 ms).


def speak(word: str, accent: str, pitch: int) -> Voice:
    """Frames of one spoken word, without the silence around it.

    Raises
    ------
    RuntimeError
        If espeak-ng is not installed or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        command = ["espeak-ng", "-v", accent, "-p", str(pitch), "-s", "130", "-w", str(path), word]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(f"espeak-ng could not say {word!r}; is it installed?") from error
        audio, rate = soundfile.read(path)
    loud = np.flatnonzero(np.abs(audio) > 0.01)
    audio = audio[loud[0] : loud[-1] + 1] / np.abs(audio).max()
    return analyse(np.pad(audio, int(0.01 * rate)), rate, 60.0, 400.0)


def stretch_map(voiced: np.ndarray, frames: int) -> tuple[np.ndarray, int]:
    """Which source frame sounds at each of `frames` frames, and how many come before the vowel.

    Consonants keep their length and the vowel takes the rest.
    """
    places = np.flatnonzero(voiced)
    first, last = (places[0], places[-1]) if len(places) else (0, len(voiced) - 1)
    head = min(first + EDGE, len(voiced) - 1)
    tail = max(last - EDGE, head + 1)
    after = len(voiced) - tail
    middle = max(frames - (head - first) - after, 4)
    source = np.concatenate(
        [np.arange(head), np.linspace(head, tail, middle), np.arange(tail, len(voiced))]
    )
    return np.clip(np.round(source).astype(int), 0, len(voiced) - 1), int(first)


def declaim(notes: list[Sung], accent: str, pitch: int, seconds: float) -> Voice:
    """Place the stretched words of a line on a time axis, each vowel on its beat."""
    frames = round(seconds / FRAME_SECONDS) + 1
    spoken = {word: speak(word, accent, pitch) for word in sorted({n.syllable for n in notes})}
    sample = next(iter(spoken.values()))
    envelope = np.full((frames, sample.envelope.shape[1]), 1e-12)
    noise = np.ones_like(envelope)
    voiced = np.zeros(frames, dtype=bool)
    for note in notes:
        word = spoken[note.syllable]
        source, lead = stretch_map(word.voiced, round((note.end - note.start) / FRAME_SECONDS))
        start = round(note.start / FRAME_SECONDS) - lead
        inside = (np.arange(len(source)) + start >= 0) & (np.arange(len(source)) + start < frames)
        target = (np.arange(len(source)) + start)[inside]
        picked = source[inside]
        envelope[target] = word.envelope[picked]
        noise[target] = word.noise[picked]
        voiced[target] = word.voiced[picked]
    return Voice(envelope, noise, voiced, sample.rate)
