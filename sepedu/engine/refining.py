"""Fit the refiner to four trained networks: what they say of the training songs, bin by bin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..checkpoints import load_checkpoint, load_refiner, save_refiner
from ..errors import SepeduError
from ..masks import binary_mask
from ..model import MaskCNN
from ..songs import SOURCES, Song, load_song, open_dataset
from ..stft import STFT
from .distributed import bfloat16_is_fast
from .gates import predict_gates
from .interrupts import defer_interrupt
from .provenance import fingerprint
from .refiner import REACH, REFINER, Refiner
from .runs import commit, dataset_name

CROPS, FRAMES = 5, 96
"""Taken of each song, however long it is: memory stays bounded, at about 20 MB a song."""
EPOCHS, BATCH, LEARNING_RATE = 40, 4, 3e-3
LOUDEST = 200.0
"""Times the mean energy, from which on bins count alike: one chord must not drown out the rest."""


def fit_refiner(
    models: Mapping[str, MaskCNN],
    songs: Iterable[Song],
    seed: int = 0,
    progress: Callable[[Iterable], Iterable] = iter,
    threshold: float = 0.5,
) -> Refiner:
    r"""Fit a refiner to what four networks say of training songs.

    With the mixture X and the sources S_i, all complex, its shares g_i minimise over the bins of
    all songs

    .. math:: \sum_i |S_i - g_i X|^2 = \sum_i |X|^2 (g_i - r_i)^2 + \text{const},
        \quad r_i = \operatorname{Re}(S_i X^*) / |X|^2

    and its masks the binary cross-entropy to B_i = (|S_i| > T |X|). Each song counts alike, however
    loud or long it is; within it each bin does for the masks.

    Parameters
    ----------
    models : mapping of str to MaskCNN
        Of all four sources.
    songs : iterable of Song
        Mono, at 22,050 Hz, none that validates. They are heard one after the other.
    seed : int
    progress : callable, optional
        Wraps the epochs, for example `tqdm`.
    threshold : float
        T of the binary masks.

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
    crops = [crop for song in songs for crop in _crops(refiner, models, song, threshold, random)]
    if not crops:
        raise SepeduError("There are no songs to fit the refiner to", 'Open some, split="train"')
    with defer_interrupt():
        optimizer = torch.optim.AdamW(refiner.parameters(), lr=LEARNING_RATE)
    for epoch in progress(range(EPOCHS)):
        order = random.permutation(len(crops))
        for start in range(0, len(crops), BATCH):
            done = (epoch + start / len(crops)) / EPOCHS
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - done)
            with defer_interrupt():
                optimizer.zero_grad()
                for number in order[start : start + BATCH]:
                    (_loss(refiner, *crops[number]) / BATCH).backward()
                torch.nn.utils.clip_grad_norm_(refiner.parameters(), 1.0)
                optimizer.step()
    return refiner.eval()


def _loss(refiner: Refiner, values: Tensor, masks: Tensor, best: Tensor, energy: Tensor) -> Tensor:
    """Cross-entropy of the masks, and the error of the shares, of a crop."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_fast(values.device)):
        likely, shares = refiner.scores(values.float())
    shared = energy * (shares.float().softmax(dim=0) - best) ** 2
    return F.binary_cross_entropy_with_logits(likely.float(), masks.float()) + shared.mean()


def _crops(
    refiner: Refiner,
    models: Mapping[str, MaskCNN],
    song: Song,
    threshold: float,
    random: np.random.Generator,
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Crops of a song: what the refiner sees, true masks, best shares, and energy of each bin."""
    stft = STFT()
    spectrum = stft.forward(song.mixture)
    magnitude = np.abs(spectrum)
    gates = predict_gates({source: models[source] for source in SOURCES}, magnitude)
    wanted = [stft.forward(song.sources[source]) for source in SOURCES]
    masks = np.stack([binary_mask(np.abs(one), magnitude, threshold) for one in wanted])
    # Where sources cancel, the best factor is far outside of what a gate can be.
    best = [(one * spectrum.conj()).real / np.maximum(magnitude**2, 1e-9) for one in wanted]
    best = np.stack(best).clip(-1, 2).astype(np.float16)
    energy = magnitude**2 / max(float(np.mean(magnitude**2)), 1e-12)
    energy = energy.clip(max=LOUDEST).astype(np.float16)
    for start in random.integers(max(magnitude.shape[1] - FRAMES, 0) + 1, size=CROPS):
        crop = np.s_[..., start : start + FRAMES]
        first = max(start - REACH, 0)
        around = np.s_[..., first : start + FRAMES + REACH]
        with torch.inference_mode():
            values = refiner.values(*map(torch.from_numpy, (gates[around], magnitude[around])))
            values = values[..., start - first : start - first + FRAMES].half()
        yield values.clone(), *(torch.from_numpy(of[crop].copy()) for of in (masks, best, energy))


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
        If a network is missing, or they were trained for different thresholds, or see
        `open_dataset`.
    """
    models, thresholds = _networks(folder)
    if len(set(thresholds)) > 1:
        raise SepeduError(
            f"The networks in {folder} were trained for thresholds {thresholds}",
            "Train all four with the same",
        )
    tracks = open_dataset(data, split="train")
    songs = (load_song(track) for track in progress(tracks))
    refiner = fit_refiner(models, songs, seed, progress, thresholds[0])
    about = {
        "data": dataset_name(data),
        "songs": len(tracks),
        "seed": seed,
        "threshold": thresholds[0],
        "commit": commit(),
        "networks": {source: fingerprint(model) for source, model in models.items()},
    }
    return save_refiner(folder / REFINER, refiner, about)


def is_refined(folder: Path) -> bool:
    """Whether a folder has a refiner, and it was fitted to the networks that are there now."""
    if not (folder / REFINER).is_file():
        return False
    told = load_refiner(folder / REFINER)[1].get("networks")
    return told == {source: fingerprint(model) for source, model in _networks(folder)[0].items()}


def _networks(folder: Path) -> tuple[dict[str, MaskCNN], list[float]]:
    """The four networks of a folder, and the threshold that each was trained for."""
    loaded = {source: load_checkpoint(folder / f"{source}.safetensors") for source in SOURCES}
    models = {source: model for source, (model, _, _) in loaded.items()}
    return models, [about.get("threshold", 0.5) for _, about, _ in loaded.values()]
