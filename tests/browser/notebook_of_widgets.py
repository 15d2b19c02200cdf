"""The notebook that the browser opens: a song made of sines and noise, and a widget per cell."""

SONG = """
import numpy as np
from sepedu.datasets import Song

rate, seconds = 22050, 6.0
rng = np.random.default_rng(0)
t = np.arange(int(rate * seconds)) / rate
note = 220 * 2 ** (np.floor(t * 2) % 5 / 12) * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * t))
phase = 2 * np.pi * np.cumsum(note) / rate
sung = (np.sin(np.pi * ((t * 2) % 1)) ** 0.5) * ((t % 3) < 2)
vocals = 0.3 * sung * sum(np.sin(k * phase) / k for k in range(1, 24))
drums = 0.5 * rng.standard_normal(len(t)) * np.exp(-25 * ((t * 2) % 1))
bass = 0.3 * np.sin(2 * np.pi * 55 * 2 ** (np.floor(t) % 3 / 6) * t)
other = 0.1 * sum(np.sin(2 * np.pi * f * t + f) for f in (261.6, 329.6, 392.0, 523.3, 1046.5))
sources = {
    name: audio.astype("float32")
    for name, audio in dict(drums=drums, bass=bass, other=other, vocals=vocals).items()
}
song = Song("made of sines", sum(sources.values()), sources, rate)
"""

CELLS = [
    SONG,
    """
from sepedu.widgets.threshold import ThresholdExplorer

threshold = ThresholdExplorer(song, "vocals")
threshold
""",
]
