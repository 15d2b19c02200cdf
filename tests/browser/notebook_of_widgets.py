"""The notebook that the browser opens: a song made of sines and noise, and a widget per cell."""

SONG = """
import time
from types import SimpleNamespace
import numpy as np
import torch
from sepedu.songs import Song
from sepedu.windows import make_example
from sepedu.model import MaskCNN
from sepedu.training import History, Recipe
from sepedu.widgets import *

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
torch.manual_seed(0)
model = MaskCNN()
"""

# A training as the monitor sees it: epochs of half a second, sixty of them unless it is stopped.
TRAINING = """
under_way = SimpleNamespace(history=History(), train=range(5), seen=[])
monitor.on_start(under_way)
for epoch in range(1, 61):
    under_way.seen = []
    for batch in under_way.train:
        time.sleep(0.1 if epoch > 1 else 0.5)
        under_way.seen.append([0.3 + 0.01 * batch, 0.5])
        monitor.on_batch(under_way)
    loss = 0.2 + 0.1 / epoch
    row = dict(epoch=epoch, train_loss=loss, train_accuracy=0.8 - loss, valid_loss=loss + 0.01,
               valid_accuracy=0.78 - loss, seconds=0.5)
    under_way.history.rows.append(row)
    if monitor.on_epoch(under_way):
        break
monitor.on_end(under_way)
print("epochs:", epoch)
"""

WIDGETS = [
    'threshold = ThresholdExplorer(song, "vocals")\nthreshold',
    'predicted = PredictedMaskExplorer(song, model, "vocals", seconds=3)\npredicted',
    'painter = MaskPainter(song, "vocals")\npainter',
    "transform = STFTExplorer(song)\ntransform",
    'listening = BlindListening(song, "vocals", seed=0, trials=3)\nlistening',
    'monitor = TrainingMonitor(Recipe(epochs=60), [make_example(song, "vocals")])\nmonitor',
]

CELLS = [SONG, *WIDGETS, TRAINING]
