"""Sounds on a slide: large buttons, one gain for all, and the place kept when switching."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np

from sepedu.audio import check_audio, common_gain, sound_address
from sepedu.evaluation import sdr


class Sounds:
    """Buttons that play recordings at one common gain.

    A press on another button goes on at the same moment of the other recording, so that two can
    be compared; keys 1 to 9 press them too, and L plays in a loop.

    Parameters
    ----------
    recordings : dict of np.ndarray [each shape=(samples,) or (channels, samples)]
        What to play, by the words on its button.
    sample_rate : int
        In hertz.
    truth : np.ndarray, or dict of np.ndarray by the words on a button, optional
        The SDR of each recording against it stands on the recording's button; the truth itself
        has none.
    exact : bool
        Without coding error (FLAC), for artefacts that students must learn to hear.
    rows : sequence of str
        Recordings whose words end in ", ROW" stand in a row of that name, one below the other.
    """

    def __init__(
        self,
        recordings: Mapping[str, np.ndarray],
        sample_rate: int,
        truth: np.ndarray | Mapping[str, np.ndarray] | None = None,
        exact: bool = False,
        rows: Sequence[str] = (),
    ) -> None:
        self.recordings = {name: check_audio(audio, name) for name, audio in recordings.items()}
        self.sample_rate = sample_rate
        self.gain = common_gain(*self.recordings.values())
        self.truths = (
            dict(truth)
            if isinstance(truth, Mapping)
            else {}
            if truth is None
            else dict.fromkeys(self.recordings, truth)
        )
        self.exact, self.rows = exact, tuple(rows)

    def ratio(self, name: str) -> float | None:
        """SDR of a recording in decibels; None of the truth itself, or if there is no truth."""
        truth = self.truths.get(name)
        if truth is None or np.array_equal(truth, self.recordings[name]):
            return None
        return sdr(truth, self.recordings[name])

    def _button(self, name: str) -> str:
        source = sound_address(self.recordings[name] * self.gain, self.sample_rate, self.exact)
        ratio = self.ratio(name)
        number, told = "", ""
        if ratio is not None:
            number = f' data-sdr="{ratio:.3f}"'
            told = f" <b>{f'{ratio:.1f}'.replace('-', '−')} dB</b>"
        return (
            f'<button type="button" class="sound"{number}><span class="sign" aria-hidden="true">'
            f"</span><span>{html.escape(self._shown(name))}{told}</span>"
            f'<audio preload="auto" src="{source}"></audio></button>'
        )

    def _row(self, name: str) -> str:
        """The row that a recording stands in, or nothing."""
        return next((row for row in self.rows if name.endswith(f", {row}")), "")

    def _shown(self, name: str) -> str:
        row = self._row(name)
        return name.removesuffix(f", {row}") if row else name

    def _repr_html_(self) -> str:
        buttons = "".join(self._button(name) for name in self.recordings if not self._row(name))
        words = [] if self.gain == 1 else [f"One gain for all: {self.gain:.2f}."]
        if any(self.ratio(name) is not None for name in self.recordings):
            words.append("Numbers: SDR of this very sound.")
        note = f'<span class="small">{" ".join(words)}</span>' if words else ""
        loop = (
            '<button type="button" class="loop" aria-pressed="false" aria-label="Play in a loop">'
            "↻</button>"
        )
        return f'<div class="sounds">{buttons}{loop}{note}</div>{self._rows()}'

    def _rows(self) -> str:
        lines, widest = [], 0
        for row in self.rows:
            names = [name for name in self.recordings if self._row(name) == row]
            widest = max(widest, len(names))
            lines.append(f"<span>{html.escape(row)}</span>{''.join(map(self._button, names))}")
        if not lines:
            return ""
        columns = f"grid-template-columns:max-content repeat({widest},1fr)"
        return f'<div class="sound-rows" style="{columns}">{"".join(lines)}</div>'
