"""Draw the README's pictures: a song and two networks' masks, and the talk's network.

python tools/readme_picture.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from sepedu import STFT, binary_mask, load_song, open_dataset, plots, predict_mask
from sepedu.checkpoints import load_models, load_unet
from sepedu.songs import SOURCES
from sepedu.unet import predict_masks

CLONE = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write docs/separation.png (mixture, true mask of the vocals, the talk's network, the U-Net)
    and docs/network.png."""
    song = load_song(open_dataset(subset="test")[0])
    stft = STFT()
    mixture = np.abs(stft.forward(song.mixture))
    vocals = np.abs(stft.forward(song.sources["vocals"]))
    by_windows = predict_mask(load_models(["vocals"])["vocals"], mixture)
    by_picture = predict_masks(load_unet(), mixture[None])[SOURCES.index("vocals"), 0]

    figure, axes = plt.subplots(
        2, 2, figsize=(11, 5.6), sharex=True, sharey=True, dpi=110, layout="constrained"
    )
    loudest = float(mixture.max())
    plots.spectrogram(mixture, stft, "What is heard: the mixture", axes[0, 0], loudest)
    plots.mask(binary_mask(vocals, mixture, 0.5), stft, "The true mask of the vocals", axes[0, 1])
    plots.mask(by_windows, stft, "The talk's network: a window a frame", axes[1, 0])
    plots.mask(by_picture, stft, "The U-Net: the whole picture", axes[1, 1])
    for panel in axes.flat:
        panel.label_outer()
    figure.savefig(CLONE / "docs" / "separation.png")
    plots.network().savefig(CLONE / "docs" / "network.png", dpi=90)


if __name__ == "__main__":
    main()
