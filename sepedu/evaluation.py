"""How good is an estimate, and how good could it have been: a ladder from silence to oracle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from .errors import SepeduError, check_kind
from .masks import MASKS, accuracy, apply_mask, binary_mask, convert_masks, ratio_mask
from .model import MaskCNN
from .separation import check_networks, predict_soft_mask
from .songs import SOURCES, Song, check_songs, check_sources
from .stft import STFT
from .unet import MaskUNet, predict_masks

__all__ = [
    "CITATION",
    "METHODS",
    "accuracy",
    "evaluate",
    "framewise_sdr",
    "mean_squared_error",
    "read_results",
    "results_path",
    "sdr",
    "sdr_of_mask",
    "si_sdr",
    "summarise",
    "talk_results",
]


def sdr(reference: np.ndarray, estimate: np.ndarray) -> float:
    r"""Signal-to-distortion ratio of an estimate, in decibels.

    .. math:: \text{SDR} = 10 \log_{10} \frac{\sum s^2}{\sum (s - \hat s)^2}

    It is the SDR of museval (BSSEval v4) for one window that spans the recording.

    Parameters
    ----------
    reference, estimate : np.ndarray [shape=(samples,) or (channels, samples)]

    Returns
    -------
    sdr : float
        NaN where the reference is silent, since nothing can then be right; infinite for a
        perfect estimate; 0 for silence.

    References
    ----------
    F.-R. Stöter, A. Liutkus, N. Ito, "The 2018 signal separation evaluation campaign",
    LVA/ICA 2018.

    Lesson: 06

    Examples
    --------
    >>> sdr(np.array([1.0, -1.0]), np.array([0.0, 0.0]))
    0.0
    """
    reference, estimate = _same_shape(reference, estimate)
    energy = float((reference**2).sum())
    error = float(((reference - estimate) ** 2).sum())
    if energy == 0:
        return float("nan")
    return float("inf") if error == 0 else float(10 * np.log10(energy / error))


def framewise_sdr(
    reference: np.ndarray, estimate: np.ndarray, sample_rate: int, seconds: float = 1.0
) -> float:
    """Median over windows of one second of `sdr`: a song's figure, nearly as in museval.

    Windows where the reference is silent do not count; NaN if there are no others. museval leaves
    out a window for all sources where any of them, or of the estimates, is silent.

    Lesson: 06
    """
    reference, estimate = _same_shape(reference, estimate)
    length = int(seconds * sample_rate)
    starts = range(0, max(reference.shape[-1] - length, 0) + 1, length)
    values = [sdr(reference[..., s : s + length], estimate[..., s : s + length]) for s in starts]
    measured = [value for value in values if not np.isnan(value)]
    return float(np.median(measured)) if measured else float("nan")


def si_sdr(reference: np.ndarray, estimate: np.ndarray) -> float:
    r"""Scale-invariant SDR, in decibels: the estimate's level does not count.

    .. math:: \text{SI-SDR} = 10 \log_{10} \frac{\|\alpha s\|^2}{\|\alpha s - \hat s\|^2},
        \quad \alpha = \frac{\langle \hat s, s \rangle}{\|s\|^2}

    Parameters
    ----------
    reference, estimate : np.ndarray [shape=(samples,) or (channels, samples)]

    Returns
    -------
    si_sdr : float
        NaN where the reference or the estimate is silent; minus infinity where an estimate that
        is not has nothing of the reference (they are orthogonal).

    References
    ----------
    J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?",
    ICASSP 2019.

    Lesson: 06
    """
    reference, estimate = _same_shape(reference, estimate)
    energy = float((reference**2).sum())
    if energy == 0 or not estimate.any():
        return float("nan")
    scale = float((reference * estimate).sum()) / energy
    return sdr(scale * reference, estimate) if scale else float("-inf")


def _same_shape(reference: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if np.shape(reference) != np.shape(estimate):
        raise SepeduError(
            f"Reference of shape {np.shape(reference)} and estimate of shape "
            f"{np.shape(estimate)} cannot be compared",
            "Both must have the same channels and length",
        )
    reference, estimate = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    if not (np.isfinite(reference).all() and np.isfinite(estimate).all()):
        raise SepeduError(
            "There are values that are not finite (NaN or infinity) in what is to be compared",
            "Look for a division by zero in the step before",
        )
    return reference, estimate


def sdr_of_mask(mask: np.ndarray, spectrum: np.ndarray, reference: np.ndarray) -> float:
    """`framewise_sdr` of what a mask leaves of a mixture.

    [shapes=(513, frames) twice, (samples,)]
    """
    stft = STFT()
    estimate = stft.inverse(apply_mask(mask, spectrum), reference.shape[-1])
    return framewise_sdr(reference, estimate, stft.sample_rate)


CITATION = (
    "O. Tkachuk, Development of a sound source separation system based on machine learning "
    "methods, talk, Lviv Polytechnic National University"
)

TALK_FIGURES = (
    # source, part, accuracy, mean squared error
    ("vocals", "train", 0.772, 0.153),
    ("vocals", "valid", 0.743, 0.174),
    ("drums", "train", 0.766, 0.159),
    ("drums", "valid", 0.685, 0.203),
    ("bass", "train", 0.944, 0.044),
    ("bass", "valid", 0.939, 0.051),
    ("other", "train", 0.764, 0.158),
    ("other", "valid", 0.732, 0.179),
)
"""The four tables of results: accuracy and loss on training and on validation frames."""


def talk_results() -> pd.DataFrame:
    """Return the four result tables of the original talk as one.

    The talk states neither the threshold T nor how frames were divided into training and
    validation, so its figures cannot be measured again exactly; they can be put beside others.

    Returns
    -------
    table : pandas.DataFrame, indexed by source and part ("train" or "valid")
        Columns `accuracy` (share of bins) and `mse` (mean squared error of the mask).

    References
    ----------
    O. Tkachuk, "Development of a sound source separation system based on machine learning
    methods", Lviv Polytechnic National University.

    Lesson: 07

    Examples
    --------
    >>> float(talk_results().loc[("bass", "valid"), "accuracy"])
    0.939
    """
    table = pd.DataFrame(TALK_FIGURES, columns=["source", "part", "accuracy", "mse"])
    return table.set_index(["source", "part"])


def results_path() -> Path:
    """Where a clone keeps the results that `sepedu results` measured."""
    return Path(__file__).resolve().parents[1] / "docs" / "results.json"


def read_results(path: Path | None = None) -> pd.DataFrame | None:
    """Read the results that the project publishes, one row per source and method.

    Parameters
    ----------
    path : path, optional
        A JSON file whose entry "rows" is a list of rows; by default `docs/results.json`.

    Returns
    -------
    table : pandas.DataFrame or None
        Columns `data` (the set, such as "musdb7"), `part` ("train", "valid" or "test"),
        `source`, `method`, and those of `sepedu.evaluation.summarise`. None where there is no
        such file, as in an installed wheel.

    Raises
    ------
    SepeduError
        If the file is there and is not one of results.

    Lesson: 07
    """
    path = path or results_path()
    if not path.is_file():
        return None
    try:
        table = pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["rows"])
        missing = {"data", "part", "source", "method", "accuracy", "mse"} - set(table.columns)
    except (ValueError, KeyError, TypeError) as error:
        raise SepeduError(
            f"{path} does not hold results", "Make it again: sepedu results"
        ) from error
    if missing:
        raise SepeduError(
            f"The results in {path} lack {', '.join(sorted(missing))}",
            "Make them again: sepedu results",
        )
    return table


METHODS = (
    "silence",
    "mixture",
    "majority class",
    "average mask",
    "network, binary",
    "network, soft",
    "network, ratio",
    "network, wiener",
    "U-Net, binary",
    "U-Net, soft",
    "ideal binary mask",
    "ideal ratio mask",
)
"""Rungs of the ladder, from what needs no knowledge to what knows the answer."""


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
    unet: MaskUNet | None = None,
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
        The talk's networks by source; sources without one get the other rows. The masks that
        share out each bin need those of all four sources.
    average_masks : mapping of str to np.ndarray [each shape=(513, 1)], optional
        Of training songs, see `average_mask`.
    sources : sequence of str
    threshold : float
        T of the binary mask that accuracy and mean squared error are measured against.
    progress : callable, optional
        Wraps the songs, for example `tqdm`.
    unet : MaskUNet, optional
        In evaluation mode.

    Returns
    -------
    table : pandas.DataFrame
        A row per song, source and method, with `frames`, `ones` (share of ones in the true
        mask), `accuracy`, `mse`, `sdr` (median of one-second windows, see `framewise_sdr`),
        `sdr_song` (whole song) and `si_sdr`, in decibels. NaN where the source is silent.

    Raises
    ------
    SepeduError
        If there are no songs, or one lacks a source, has another sample rate, or two channels.

    Notes
    -----
    The talk's networks hear each song at its own level, as in `predict_mask`; `separate` first
    brings it to the level of the songs that they were trained on. The U-Net does so by itself.

    Lesson: 06
    """
    check_kind("songs", songs, Iterable, "a list of songs", "load_songs(open_dataset())")
    check_kind("models", models, Mapping, "a dict of MaskCNN", "load_models()")
    check_networks(models)
    check_kind("unet", unet, (MaskUNet, type(None)), "a MaskUNet", "load_unet()")
    wanted = "a dict of masks", '{"vocals": average_mask(masks)}'
    check_kind("average_masks", average_masks, (Mapping, type(None)), *wanted)
    check_sources(sources)
    stft = STFT()
    rows = []
    for song in progress(songs):
        check_songs(song)
        song.check(stft.sample_rate, sources)
        spectrum = stft.forward(song.mixture)
        mixture = np.abs(spectrum)
        magnitudes = {name: np.abs(stft.forward(audio)) for name, audio in song.sources.items()}
        predicted = _predicted(models, unet, mixture, sources)
        ratios = dict(zip(magnitudes, ratio_mask(np.stack(list(magnitudes.values()))), strict=True))
        for source in sources:
            target = binary_mask(magnitudes[source], mixture, threshold)
            masks = {
                "silence": np.zeros_like(mixture),
                "mixture": np.ones_like(mixture),
                "ideal binary mask": target.astype(np.float32),
                "ideal ratio mask": ratios[source],
            }
            if average_masks and source in average_masks:
                flat = np.broadcast_to(average_masks[source], mixture.shape)
                masks["average mask"] = flat
            masks |= predicted[source]
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
    if not rows:
        raise SepeduError("There is nothing to measure", "Give at least one song and one source")
    table = pd.DataFrame(rows)
    for source in table.source.unique():
        each = table[(table.source == source) & (table.method == "silence")]
        majority = "mixture" if np.average(each.ones, weights=each.frames) > 0.5 else "silence"
        same_as = table[(table.source == source) & (table.method == majority)]
        table = pd.concat([table, same_as.assign(method="majority class")])
    order = pd.Categorical(table["method"], METHODS, ordered=True)
    return (
        table.assign(method=order)
        .sort_values(["source", "method", "song"], ignore_index=True)
        .astype({"method": str})
    )


def _predicted(
    models: Mapping[str, MaskCNN],
    unet: MaskUNet | None,
    mixture: np.ndarray,
    sources: Sequence[str],
) -> dict[str, dict[str, np.ndarray]]:
    """Every mask that the networks make of a mixture, by source and method."""
    joint = set(SOURCES) <= set(models)
    needed = SOURCES if joint else [source for source in sources if source in models]
    found: dict[str, dict[str, np.ndarray]] = {source: {} for source in SOURCES}
    if needed:
        soft = np.stack([predict_soft_mask(models[source], mixture) for source in needed])
        for mask in MASKS if joint else ("soft", "binary"):
            for source, made in zip(needed, convert_masks(soft, mask), strict=True):
                found[source][f"network, {mask}"] = made
    if unet:
        shares = predict_masks(unet, mixture[None])[:, 0]
        likely = predict_masks(unet, mixture[None], "binary")[:, 0]
        for source, share, binary in zip(SOURCES, shares, likely > 0.5, strict=True):
            found[source]["U-Net, soft"] = share
            found[source]["U-Net, binary"] = binary.astype(np.float32)
    return found


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Condense `evaluate`'s rows to one per source and method.

    Returns
    -------
    summary : pandas.DataFrame, indexed by source and method
        `songs`, `silent` (songs whose source is silent, which have no SDR), `ones`, `accuracy`
        and `mse` (means over frames), `sdr` and `si_sdr` (medians over songs), `sdr_mean` (mean
        over the songs where it is finite).

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
