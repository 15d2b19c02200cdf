"""How good is an estimate, and how good could it have been: a ladder from silence to oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from .datasets import SOURCES, Song
from .distortion import framewise_sdr, sdr, si_sdr
from .gates import JOINT, MASKS, REFINED, combine_all, predict_gates
from .masks import apply_mask, binary_mask, ratio_mask
from .model import MaskCNN
from .refiner import Refiner
from .stft import STFT

METHODS = (
    "silence",
    "mixture",
    "majority class",
    "mask made beforehand",
    "network, binary",
    "network, soft",
    "network, shared",
    "network, wiener",
    "network, sharpened",
    "network, refined",
    "ideal binary mask",
    "ideal ratio mask",
)
"""Rungs of the ladder, from what needs no knowledge to what knows the answer."""
__all__ = [
    "METHODS",
    "accuracy",
    "evaluate",
    "framewise_sdr",
    "mean_squared_error",
    "sdr",
    "si_sdr",
    "summarise",
]


def accuracy(prediction: np.ndarray, target: np.ndarray) -> float:
    """Share of bins where the prediction, taken as a mask above 0.5, agrees with a binary mask.

    Lesson: 05
    """
    return float(np.mean((prediction > 0.5) == target))


def mean_squared_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean over all bins of the squared difference between prediction and binary mask."""
    return float(np.mean((prediction.astype(np.float64) - target) ** 2))


def evaluate(
    songs: Iterable[Song],
    models: Mapping[str, MaskCNN],
    average_masks: Mapping[str, np.ndarray] | None = None,
    sources: Sequence[str] = SOURCES,
    threshold: float = 0.5,
    progress: Callable[[Iterable], Iterable] = iter,
    refiner: Refiner | None = None,
) -> pd.DataFrame:
    """Measure networks on whole songs, beside what guessing and knowing reach on the same frames.

    Every method is a mask over the mixture's bins: silence is 0 everywhere and the mixture is 1,
    the majority class is whichever of the two is more often right over these songs, and the
    ideal masks are made from the sources themselves.

    Parameters
    ----------
    songs : iterable of Song
        Mono, at 22,050 Hz.
    models : mapping of str to MaskCNN
        Networks by source; sources without one get the other rows. The masks that share out
        each bin, and "sharpened", need those of all four sources.
    average_masks : mapping of str to np.ndarray [each shape=(513, 1)], optional
        Masks made beforehand from training songs.
    sources : sequence of str
    threshold : float
        T of the binary mask that accuracy and mean squared error are measured against.
    progress : callable, optional
        Wraps the songs, for example `tqdm`.
    refiner : Refiner, optional
        Of these networks; without one there are no rows of its masks.

    Returns
    -------
    table : pandas.DataFrame
        A row per song, source and method, with `frames`, `ones` (share of ones in the true
        mask), `accuracy`, `mse`, `sdr` (median of one-second windows, as museval reports),
        `sdr_song` (whole song) and `si_sdr`, in decibels. NaN where the source is silent.

    Lesson: 06
    """
    stft = STFT()
    rows = []
    shares: dict[str, list[tuple[float, int]]] = {source: [] for source in sources}
    for song in progress(songs):
        spectrum = stft.forward(song.mixture)
        mixture = np.abs(spectrum)
        magnitudes = {name: np.abs(stft.forward(audio)) for name, audio in song.sources.items()}
        gates = _gates(models, mixture, sources, refiner)
        ratios = dict(zip(magnitudes, ratio_mask(np.stack(list(magnitudes.values()))), strict=True))
        for source in sources:
            target = binary_mask(magnitudes[source], mixture, threshold)
            shares[source].append((float(target.mean()), target.shape[1]))
            masks = {
                "silence": np.zeros_like(mixture),
                "mixture": np.ones_like(mixture),
                "ideal binary mask": target.astype(np.float32),
                "ideal ratio mask": ratios[source],
            }
            if average_masks and source in average_masks:
                flat = np.broadcast_to(average_masks[source], mixture.shape)
                masks["mask made beforehand"] = flat
            masks |= {f"network, {mask}": gate for mask, gate in gates[source].items()}
            for method, mask in masks.items():
                estimate = stft.inverse(apply_mask(mask, spectrum), len(song.mixture))
                reference = song.sources[source]
                rows.append(
                    {
                        "song": song.name,
                        "source": source,
                        "method": method,
                        "frames": target.shape[1],
                        "ones": float(target.mean()),
                        "accuracy": accuracy(mask, target),
                        "mse": mean_squared_error(mask, target),
                        "sdr": framewise_sdr(reference, estimate, stft.sample_rate),
                        "sdr_song": sdr(reference, estimate),
                        "si_sdr": si_sdr(reference, estimate),
                    }
                )
    table = pd.DataFrame(rows)
    for source, share in shares.items():
        ones = sum(s * n for s, n in share) / sum(n for _, n in share)
        same_as = table[(table.source == source) & (table.method == _constant(ones))]
        table = pd.concat([table, same_as.assign(method="majority class")])
    order = pd.Categorical(table["method"], METHODS, ordered=True)
    return (
        table.assign(method=order)
        .sort_values(["source", "method", "song"], ignore_index=True)
        .astype({"method": str})
    )


def _gates(
    models: Mapping[str, MaskCNN],
    mixture: np.ndarray,
    sources: Sequence[str],
    refiner: Refiner | None,
) -> dict[str, dict[str, np.ndarray]]:
    """Every gate that the networks make of a mixture, by source and mask."""
    joint = set(SOURCES) <= set(models)
    needed = SOURCES if joint else [source for source in sources if source in models]
    found: dict[str, dict[str, np.ndarray]] = {source: {} for source in sources}
    if needed:
        soft = predict_gates({source: models[source] for source in needed}, mixture)
        masks = [mask for mask in MASKS if joint or mask not in JOINT]
        if not refiner:
            masks = [mask for mask in masks if mask not in REFINED]
        for mask, made in combine_all(soft, masks, magnitude=mixture, refiner=refiner).items():
            for source, gate in zip(needed, made, strict=True):
                if source in found:
                    found[source][mask] = gate
    return found


def _constant(ones: float) -> str:
    """The constant answer that is right more often."""
    return "mixture" if ones > 0.5 else "silence"


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Condense `evaluate`'s rows to one per source and method.

    Returns
    -------
    summary : pandas.DataFrame, indexed by source and method
        `songs`, `silent` (songs whose source is silent, which have no SDR), `ones`, `accuracy`
        and `mse` (means over frames), `sdr` and `si_sdr` (medians over songs), `sdr_mean` (mean
        over songs).

    Lesson: 06
    """

    def condense(group: pd.DataFrame) -> pd.Series:
        weights = group["frames"]
        finite = group["sdr"].replace([np.inf, -np.inf], np.nan)
        return pd.Series(
            {
                "songs": len(group),
                "silent": int(group["sdr"].isna().sum()),
                "ones": np.average(group["ones"], weights=weights),
                "accuracy": np.average(group["accuracy"], weights=weights),
                "mse": np.average(group["mse"], weights=weights),
                "sdr": group["sdr"].median(),
                "sdr_mean": finite.mean(),
                "si_sdr": group["si_sdr"].median(),
            }
        )

    grouped = table.groupby(["source", "method"], observed=True, sort=False)
    summary = grouped[list(table.columns)].apply(condense)
    present = [(s, m) for s in table["source"].unique() for m in METHODS]
    return summary.reindex([pair for pair in present if pair in summary.index]).astype(
        {"songs": int, "silent": int}
    )
