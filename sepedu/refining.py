"""Fit the refiner to four trained networks: what they say of the training songs, bin by bin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .checkpoints import load_checkpoint, load_refiner, save_refiner
from .datasets import SOURCES, Song, load_song, open_dataset
from .errors import SepeduError
from .gates import predict_gates
from .interruption import Uninterrupted
from .model import MaskCNN
from .provenance import fingerprint
from .refiner import REFINER, Refiner
from .runs import commit, dataset_name
from .stft import STFT

BINS = 40_000
"""Bins drawn from each song, half of them in proportion to their energy."""
STEPS, BATCH, LEARNING_RATE = 2000, 4096, 3e-3


def fit_refiner(
    models: Mapping[str, MaskCNN],
    songs: Iterable[Song],
    seed: int = 0,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Refiner:
    r"""Fit a refiner to what four networks say of training songs.

    With the mixture X and the sources S_i, all complex, it minimises over the bins of all songs

    .. math:: \sum_i |S_i - g_i X|^2 = \sum_i |X|^2 (g_i - r_i)^2 + \text{const},
        \quad r_i = \operatorname{Re}(S_i X^*) / |X|^2

    Each song counts alike, however loud or long it is.

    Parameters
    ----------
    models : mapping of str to MaskCNN
        Of all four sources.
    songs : iterable of Song
        Mono, at 22,050 Hz, none that validates. They are heard one after the other.
    seed : int
    progress : callable, optional
        Wraps the songs, for example `tqdm`.

    Returns
    -------
    refiner : Refiner

    Raises
    ------
    SepeduError
        If a source has no network, or there are no songs.

    Lesson: 08
    """
    missing = [source for source in SOURCES if source not in models]
    if missing:
        raise SepeduError(f"There is no network for {', '.join(missing)}", "Train all four first")
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    refiner = Refiner()
    refiner.features.load_state_dict(models[SOURCES[0]].features.state_dict())
    drawn = [_draw(refiner, models, song, random) for song in progress(songs)]
    if not drawn:
        raise SepeduError("There are no songs to fit the refiner to", 'Open some, split="train"')
    values, best, weight = (torch.cat(parts) for parts in zip(*drawn, strict=True))
    with Uninterrupted():
        optimizer = torch.optim.AdamW(refiner.layers.parameters(), lr=LEARNING_RATE)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / STEPS)
        chosen = torch.randint(len(values), (BATCH,))
        with Uninterrupted():
            shares = refiner.layers(values[chosen]).softmax(dim=-1)
            loss = (weight[chosen, None] * (shares - best[chosen]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return refiner.eval()


def _draw(
    refiner: Refiner, models: Mapping[str, MaskCNN], song: Song, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Some bins of a song: what the refiner sees, the best gates, and how much each counts."""
    stft = STFT()
    spectrum = stft.forward(song.mixture)
    magnitude = np.abs(spectrum)
    gates = predict_gates({source: models[source] for source in SOURCES}, magnitude)
    energy = (magnitude.astype(np.float64) ** 2).ravel()
    energy = energy / max(energy.mean(), 1e-12)
    likely = 0.5 / energy.size + 0.5 * energy / max(energy.sum(), 1e-12)
    chosen = random.choice(energy.size, BINS, p=likely / likely.sum())
    with torch.inference_mode():
        seen = refiner.values(torch.from_numpy(gates), torch.from_numpy(magnitude))
    best = [
        (stft.forward(song.sources[source]) * spectrum.conj()).real.ravel()[chosen]
        / np.maximum(magnitude.ravel()[chosen] ** 2, 1e-9)
        for source in SOURCES
    ]
    return (
        seen.flatten(0, 1)[torch.from_numpy(chosen)].clone(),
        # Where sources cancel, the best factor is far outside of what a gate can be.
        torch.from_numpy(np.stack(best, axis=-1).clip(-1, 2).astype(np.float32)),
        torch.from_numpy((energy[chosen] / (likely[chosen] * energy.size)).astype(np.float32)),
    )


def train_refiner(
    data: str | os.PathLike[str] | None,
    folder: Path,
    seed: int = 0,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Path:
    """Fit the refiner of the four networks in a folder on a dataset's training songs.

    Parameters
    ----------
    data : str or path, optional
        As `open_dataset` takes it.
    folder : path
        Holds `SOURCE.safetensors` of all four; `refiner.safetensors` goes beside them.
    seed : int
    progress : callable, optional

    Returns
    -------
    path : path
        Of the refiner.

    Raises
    ------
    SepeduError
        If a network is missing, or see `open_dataset`.
    """
    models = _models(folder)
    tracks = open_dataset(data, split="train")
    songs = (load_song(track) for track in progress(tracks))
    refiner = fit_refiner(models, songs, seed)
    about = {
        "data": dataset_name(data),
        "songs": len(tracks),
        "seed": seed,
        "commit": commit(),
        "networks": {source: fingerprint(model) for source, model in models.items()},
    }
    return save_refiner(folder / REFINER, refiner, about)


def is_refined(folder: Path) -> bool:
    """Whether a folder has a refiner, and it was fitted to the networks that are there now."""
    if not (folder / REFINER).is_file():
        return False
    told = load_refiner(folder / REFINER)[1].get("networks")
    return told == {source: fingerprint(model) for source, model in _models(folder).items()}


def _models(folder: Path) -> dict[str, MaskCNN]:
    return {source: load_checkpoint(folder / f"{source}.safetensors")[0] for source in SOURCES}
