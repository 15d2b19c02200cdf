"""Sounds on a slide: large buttons, one gain for all, and the place kept when switching."""

from __future__ import annotations

import html

import numpy as np

from sepedu.audio import check_audio, common_gain, sound_address


class Sounds:
    """Buttons that play recordings at one common gain.

    A press on another button goes on at the same moment of the other recording, so that two can
    be compared; keys 1 to 9 press them too.

    Parameters
    ----------
    recordings : dict of np.ndarray [each shape=(samples,) or (channels, samples)]
        What to play, by the words on its button.
    sample_rate : int
        In hertz.
    """

    def __init__(self, recordings: dict[str, np.ndarray], sample_rate: int) -> None:
        self.recordings = {name: check_audio(audio, name) for name, audio in recordings.items()}
        self.sample_rate = sample_rate
        self.gain = common_gain(*self.recordings.values())

    def _repr_html_(self) -> str:
        buttons = "".join(
            f'<button type="button" class="sound"><span class="sign" aria-hidden="true"></span>'
            f"<span>{html.escape(name)}</span>"
            f'<audio preload="auto" src="{sound_address(audio * self.gain, self.sample_rate)}">'
            f"</audio></button>"
            for name, audio in self.recordings.items()
        )
        note = "" if self.gain == 1 else f'<p class="small">One gain for all: {self.gain:.2f}</p>'
        return f'<div class="sounds">{buttons}</div>{note}'
