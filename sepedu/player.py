"""The player, which never normalises behind your back."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
import soundfile

from .samples import check_audio, common_gain


class Player:
    """Play recordings at one common gain, so that what is louder also sounds louder.

    `IPython.display.Audio` scales each clip to full level, and a faint estimate then sounds as
    loud as its source. Here one gain, at most 1, holds for all the recordings of a call, and is
    shown when it is not 1. The sound travels inside the page as MP3, so that it plays without a
    network and a notebook stays small.

    Parameters
    ----------
    recordings : dict of np.ndarray [each shape=(samples,) or (channels, samples)]
        What to play, by the name to show.
    sample_rate : int
        In hertz; one that MP3 knows (8,000 to 48,000).

    Lesson: 00
    """

    def __init__(self, recordings: dict[str, np.ndarray], sample_rate: int) -> None:
        self.recordings = {name: check_audio(audio, name) for name, audio in recordings.items()}
        self.sample_rate = sample_rate
        self.gain = common_gain(*self.recordings.values())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;padding-right:1em">{html.escape(name)}'
            f'</th><td><audio controls preload="auto" aria-label="Play: {html.escape(name)}" '
            f'src="{mp3_address(audio * self.gain, self.sample_rate)}"></audio></td></tr>'
            for name, audio in self.recordings.items()
        )
        note = "" if self.gain == 1 else f"<p>All played at one gain of {self.gain:.2f}.</p>"
        return f'<table class="sepedu-player">{rows}</table>{note}'

    def __repr__(self) -> str:
        lines = [
            f"  {name} ({audio.shape[-1] / self.sample_rate:.2f} s)"
            for name, audio in self.recordings.items()
        ]
        head = f"Player at {self.sample_rate} Hz, gain {self.gain:.2f}. Run the cell to listen to:"
        return "\n".join([head, *lines])


def mp3_address(audio: np.ndarray, sample_rate: int) -> str:
    """Encode audio as MP3 inside a data address [shape=(samples,) or (channels, samples)]."""
    memory = io.BytesIO()
    soundfile.write(memory, audio.T, sample_rate, format="MP3", compression_level=0.6)
    return "data:audio/mpeg;base64," + base64.b64encode(memory.getvalue()).decode()
