"""Draw the README's picture, docs/separation.png, from an embedded song and the vocals network.

python tools/readme_picture.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from sepedu import STFT, binary_mask, load_song, open_dataset, plots, predict_mask
from sepedu.separation import load_models

CLONE = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the picture: mixture, predicted mask, true mask, and estimate of the vocals."""
    song = load_song(open_dataset(subset="test")[0])
    stft = STFT()
    mixture = np.abs(stft.forward(song.mixture))
    vocals = np.abs(stft.forward(song.sources["vocals"]))
    predicted = predict_mask(load_models(["vocals"])["vocals"], mixture)

    figure, axes = plt.subplots(2, 2, figsize=(11, 5.6), sharex=True, sharey=True, dpi=110)
    loudest = float(mixture.max())
    plots.spectrogram(mixture, stft, "What is heard: the mixture", axes[0, 0], loudest)
    plots.mask(predicted, stft, "What the network answers", axes[0, 1])
    plots.spectrogram(predicted * mixture, stft, "Mixture times answer", axes[1, 0], loudest)
    plots.mask(binary_mask(vocals, mixture, 0.5), stft, "The true mask of the vocals", axes[1, 1])
    for panel in axes.flat:
        panel.label_outer()
    figure.tight_layout()
    figure.savefig(CLONE / "docs" / "separation.png")


if __name__ == "__main__":
    main()
