"""Make what the data card shows: the loudness table and the pictures of four songs.

Run `python -m data.build.card` from the root of the clone, with the library installed.
"""

from __future__ import annotations

from pathlib import Path

import librosa
import matplotlib
import numpy as np

from .catalogue import SET
from .decode import SAMPLE_RATE, STREAMS, read_song
from .measures import ANALYSIS_RATE, HOP_LENGTH, N_FFT
from .tables import markdown, write_table

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
SHOWN = (
    "Rock - Paper Lanterns",
    "Funk - Corner Shop",
    "Ballad - Harbour Lights",
    "Electronic - Night Bus Home",
)


def levels(streams: np.ndarray) -> np.ndarray:
    """RMS in dBFS and peak of each stream [shape=(5, 2)] of a song [shape=(5, samples, 2)]."""
    rms = np.sqrt(np.mean(streams.astype(np.float64) ** 2, axis=(1, 2)))
    return np.column_stack([20 * np.log10(rms), np.abs(streams).max(axis=(1, 2))])


def loudness_table(of_songs: dict[str, list[np.ndarray]]) -> str:
    """Mean RMS and highest peak of each stream in each folder, from `levels` of its songs."""
    head = [
        "stream",
        *(
            f"{what}, {folder}"
            for folder in of_songs
            for what in ("RMS (dBFS)", "from", "to", "highest peak")
        ),
    ]
    rows = []
    for index, name in enumerate(STREAMS):
        row = [name]
        for songs in of_songs.values():
            rms, peak = np.stack(songs)[:, index].T
            row += [
                f"{rms.mean():.1f}",
                f"{rms.min():.1f}",
                f"{rms.max():.1f}",
                f"{peak.max():.2f}",
            ]
        rows.append(row)
    return markdown(head, rows)


def picture(streams: np.ndarray, title: str, path: Path) -> None:
    """Draw the spectrograms of a mixture and its stems [shape=(5, samples, 2)] side by side."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    mono = librosa.resample(
        streams.mean(axis=2), orig_sr=SAMPLE_RATE, target_sr=ANALYSIS_RATE, res_type="soxr_hq"
    )
    magnitude = np.abs(librosa.stft(mono, n_fft=N_FFT, hop_length=HOP_LENGTH))
    level = librosa.amplitude_to_db(magnitude, ref=magnitude.max(), top_db=None)
    figure, axes = plt.subplots(1, 5, figsize=(13, 2.6), sharey=True, layout="constrained")
    extent = (0, mono.shape[1] / ANALYSIS_RATE, 0, ANALYSIS_RATE / 2000)
    for axis, name, values in zip(axes, STREAMS, level, strict=True):
        axis.imshow(
            values, origin="lower", aspect="auto", extent=extent, vmin=-80, vmax=0, cmap="magma"
        )
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("seconds", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0].set_ylabel("kHz", fontsize=8)
    figure.suptitle(title, fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    # No date and no program in the file: the same picture is the same bytes.
    figure.savefig(path, dpi=70, metadata={"Software": None})
    plt.close(figure)


def main(root: Path = SET) -> None:
    """Read every song once; write the table into the card and the pictures beside it."""
    of_songs: dict[str, list[np.ndarray]] = {}
    for folder in ("train", "test"):
        of_songs[folder] = []
        for path in sorted((root / folder).glob("*.stem.mp4")):
            streams = read_song(path)
            of_songs[folder].append(levels(streams))
            name = path.name.removesuffix(".stem.mp4")
            if name in SHOWN:
                picture(streams, name, PICTURES / f"{name.split(' - ')[0].lower()}.png")
    write_table("loudness", loudness_table(of_songs))


if __name__ == "__main__":
    main()
