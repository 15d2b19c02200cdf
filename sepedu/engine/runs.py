"""A whole training as one call: open the songs, train one source's network, measure it, keep it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..checkpoints import load_checkpoint, save_checkpoint, weights_path
from ..errors import SepeduError
from ..evaluation import accuracy, evaluate, mean_squared_error, sdr_of_mask, summarise
from ..excerpts import Augmentation, Excerpts, SegmentAugmentation, Segments
from ..model import MaskCNN
from ..objectives import MaskObjective, Objective, UNetObjective, check_loss
from ..separation import predict_soft_mask
from ..songs import SOURCES, Song, load_song, load_songs, open_dataset
from ..stft import STFT
from ..training import Callback, History, Recipe, Training, fit
from ..unet import MaskUNet
from ..windows import Example, make_example
from .curves import Curves, ProgressBar, curves_path
from .distributed import Processes, accelerator, is_first, launched
from .files import check_place
from .interrupts import defer_interrupt
from .memory import keep_freed_memory
from .prepare import store_folder
from .resume import Checkpoint, check_resumable, last_path, read_state
from .store import RELEASED, SUM, StoredExamples, StoredExcerpts, open_store

DROPOUT = (0.15, 0.15, 0.3)
RECIPE = Recipe(epochs=7, loss="bce", average=0.998, autocast=True)
BATCH = 64
AUGMENTATION = Augmentation(remix=0.5, gain=6.0, speed=0.1, channels=True)
"""What the networks that come with the course were trained with."""
UNET_RECIPE = Recipe(epochs=60, learning_rate=2e-3, loss="log L2", average=0.999, autocast=True)
SEGMENT_AUGMENTATION = SegmentAugmentation(
    remix=0.5, gain=4.0, speed=0.1, channels=True, pan=0.5, equaliser=1.0
)
"""How `sepedu train unet` trains. The U-Net that comes with the course was trained otherwise, by
`tools/experiments/unet.py` and on CC0 songs, too: the metadata of its checkpoint says how."""


@dataclass(frozen=True)
class RunOptions:
    """How a training run is carried out, whatever is trained.

    Attributes
    ----------
    resume : bool
        Go on after an interruption.
    progress : bool
        Show a bar with the time left.
    accumulate : int
        Micro-batches that a step is computed in, for less memory.
    log : {"tensorboard"}, optional
        Write event files, too, into the folder `NAME.tensorboard` beside the checkpoint.
    """

    resume: bool = False
    progress: bool = True
    accumulate: int = 1
    log: str | None = None


def train_source(
    source: str,
    data: str | os.PathLike[str] | None,
    out: Path,
    recipe: Recipe = RECIPE,
    augmentation: Augmentation = AUGMENTATION,
    output: str = "mask",
    threshold: float = 0.5,
    batch: int = BATCH,
    store: Path | bool = False,
    options: RunOptions = RunOptions(),
) -> History:
    """Train the network of one source on a dataset and write it with its metadata.

    The songs of the split "train" train it, those of "valid" choose the best epoch. The
    normalisation and the average mask come from the training songs.

    Parameters
    ----------
    source : str
        "drums", "bass", "other" or "vocals".
    data : str or path, optional
        As `open_dataset` takes it.
    out : path
        Ends in `.safetensors`; see `Checkpoint` for what is written beside it.
    recipe : Recipe
    augmentation : Augmentation
    output : {"mask", "magnitude"}
    threshold : float
        T of the binary mask.
    batch : int
        Windows in a training step.
    store : path or bool
        Read the songs from the store that `prepare` made, in this folder or, if True, in the
        user's cache folder. Only without augmentation; memory then stays bounded.
    options : RunOptions

    Returns
    -------
    history : History

    Raises
    ------
    SepeduError
        See `open_dataset`, `load_song`, `open_store` and `fit`, or if a store is to be augmented.
    """
    if source not in SOURCES:
        raise SepeduError(f"Source {source!r} is unknown", f"Use one of {', '.join(SOURCES)}")
    if not (np.isfinite(threshold) and threshold >= 0):
        raise SepeduError(f"threshold must be a number of at least 0, got {threshold}", "Try 0.5")
    check_loss(recipe.loss, output)
    if store and augmentation != Augmentation():
        raise SepeduError("Songs in a store cannot be remixed", "Add --plain, or leave --store out")
    metadata = {"data": dataset_name(data), "commit": commit()} | ({"store": True} if store else {})
    callbacks = _callbacks(out, metadata, options)
    tracks, valid_tracks = (open_dataset(data, split=split) for split in ("train", "valid"))
    torch.manual_seed(recipe.seed)
    with defer_interrupt():  # Ctrl-C in the middle of making weights could leave gradients off
        model = MaskCNN(output=output, dropout=DROPOUT)
    if store:
        folder = store_folder(tracks.root) if store is True else store
        stored = open_store(folder, tracks, SUM)
        model.features.fit(song.magnitude("mixture").T for song in stored)
        train = StoredExcerpts(stored, source, output, threshold, batch)
        stored_valid = open_store(folder, valid_tracks, RELEASED)
        examples = StoredExamples(stored_valid, source, threshold, output)
        songs = StoredExamples(stored, source, threshold)
        valid = (load_song(track) for track in valid_tracks)
    else:
        stereo = load_songs(tracks, stereo=True)
        stft = STFT()
        model.features.fit(np.abs(stft.forward(song.sum_of_sources.mean(0))) for song in stereo)
        train = Excerpts(stereo, source, output, threshold, batch, augmentation)
        valid = load_songs(valid_tracks)
        examples = [make_example(song, source, threshold, output) for song in valid]
        # As training hears them: mono, with the sum of the sources as mixture.
        songs = (replace(song, mixture=song.sum_of_sources).to_mono() for song in stereo)
    objective = MaskObjective(model, recipe.loss, threshold)
    history = _fit(objective, train, examples, recipe, callbacks, options.accumulate)
    if is_first():
        finish(out, songs, valid)
    return history


class ClipGradients(Callback):
    """Clip the norm of the gradients: one odd segment must not undo a training run."""

    def __init__(self, max_norm: float) -> None:
        self.max_norm = max_norm

    def on_start(self, training: Training) -> None:
        """Do it before each step."""
        weights = list(training.model.parameters())
        optimizer = getattr(training.optimizer, "optimizer", training.optimizer)  # Accelerate's own

        def clip(*_: object) -> None:
            nn.utils.clip_grad_norm_(weights, self.max_norm)

        optimizer.register_step_pre_hook(clip)


def train_unet(
    data: str | os.PathLike[str] | None,
    out: Path,
    recipe: Recipe = UNET_RECIPE,
    augmentation: SegmentAugmentation = SEGMENT_AUGMENTATION,
    frames: int = 128,
    batch: int = 8,
    options: RunOptions = RunOptions(),
) -> History:
    """Train the network of all four sources on a dataset and write it with its metadata.

    Parameters and errors as those of `train_source`, but for

    Parameters
    ----------
    recipe : Recipe
        Its loss is one that `share_loss` takes.
    frames : int
        Frames of a segment.
    batch : int
        Segments in a training step.
    """
    metadata = {"data": dataset_name(data), "commit": commit(), "sources": list(SOURCES)}
    callbacks = [*_callbacks(out, metadata, options), ClipGradients(5.0)]
    songs, valid = (
        load_songs(open_dataset(data, split=split), stereo=True) for split in ("train", "valid")
    )
    torch.manual_seed(recipe.seed)
    objective = UNetObjective(MaskUNet().fit_statistics(songs), recipe.loss)
    train = Segments(songs, frames, batch, augmentation)
    history = _fit(objective, train, valid, recipe, callbacks, options.accumulate)
    if is_first():
        model, metadata, _ = load_checkpoint(out)
        table = summarise(evaluate((song.to_mono() for song in valid), {}, unet=model))["sdr"]
        sdr = {f"{name}_sdr": float(table[name, "U-Net, soft"]) for name in SOURCES}
        save_checkpoint(out, model, metadata | {"metrics": metadata["metrics"] | sdr})
    return history


def _fit(
    objective: Objective,
    train: Excerpts | Segments,
    valid: Sequence[Any],
    recipe: Recipe,
    callbacks: Sequence[Callback],
    accumulate: int,
) -> History:
    """Train on the fastest device; KeyboardInterrupt if it was stopped with nothing to keep."""
    keep_freed_memory()
    # A launcher gives each process a device of its own, which Accelerate finds out.
    model = objective.model.to(torch.device("cpu") if launched() else accelerator())
    backend = Processes(recipe.autocast, accumulate)
    history = fit(
        model, train, valid, recipe, objective=objective, callbacks=callbacks, backend=backend
    )
    if not history.rows:
        raise KeyboardInterrupt
    return history


def _callbacks(out: Path, metadata: dict[str, Any], options: RunOptions) -> list[Callback]:
    """What accompanies a training; raises SepeduError before hours of work, not after them."""
    if out.suffix != ".safetensors":
        raise SepeduError(f"A network cannot be written as {out}", "End the name in .safetensors")
    if is_first():
        check_place(out)
        if options.resume:
            check_resumable(out)
    callbacks: list[Callback] = [Checkpoint(out, metadata, options.resume)]
    if options.log and is_first():
        callbacks.append(Curves(curves_path(out)))
    return [*callbacks, ProgressBar()] if options.progress else callbacks


def finish(out: Path, train: Iterable[Song | Example], valid: Iterable[Song]) -> dict[str, Any]:
    """Measure a trained network on both sets of songs and complete its checkpoint.

    Adds `metrics` (accuracy and mean squared error of the mask over all frames, median SDR over
    the validation songs in decibels, shares of ones) and the training songs' average mask. Songs
    are heard one after the other; training songs may be given as examples with masks.
    """
    model, metadata, _ = load_checkpoint(out)
    source, threshold = metadata["source"], metadata["threshold"]
    stft = STFT()
    metrics: dict[str, float] = {"epoch": metadata["metrics"]["epoch"]}
    ones, frames = np.zeros(stft.bins), 0
    for part, songs in (("train", train), ("valid", valid)):
        rows, lengths, ratios = [], [], []
        for song in songs:
            example = song if isinstance(song, Example) else make_example(song, source, threshold)
            target = example.target
            mask = predict_soft_mask(model, example.mixture)
            rows.append((accuracy(mask, target), mean_squared_error(mask, target), target.mean()))
            lengths.append(target.shape[1])
            if part == "train":
                ones += target.sum(axis=1)  # not kept: masks of 10 hours would fill a gigabyte
                frames += target.shape[1]
            else:
                spectrum = stft.forward(song.mixture)
                ratios.append(sdr_of_mask(mask, spectrum, song.sources[source]))
        names = (f"{part}_accuracy", f"{part}_mse", f"{part}_ones")
        values = np.average(rows, axis=0, weights=lengths).tolist()
        metrics |= dict(zip(names, values, strict=True))
    metrics["valid_sdr"] = float(np.nanmedian(ratios))
    average_mask = torch.from_numpy((ones / frames)[:, None].astype(np.float32))
    save_checkpoint(out, model, metadata | {"metrics": metrics}, {"average_mask": average_mask})
    return metrics


def dataset_name(where: str | os.PathLike[str] | None) -> str:
    """What to call a dataset in a checkpoint: its name, never a path of one machine."""
    names = {None: "minimus", "musdb7": "MUSDB18 excerpts of 7 s", "stempeg": "stempeg example"}
    return names.get(where) or Path(os.path.abspath(where)).name  # of `.`, too


def commit() -> str:
    """The git commit of the clone, or "unknown" outside of one."""
    here = Path(__file__).parent
    try:
        command = ["git", "-C", str(here), "rev-parse", "--short", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def train_all(
    data: str | os.PathLike[str] | None,
    folder: Path,
    recipe: Recipe = RECIPE,
    options: RunOptions = RunOptions(),
    **settings: Any,
) -> dict[str, History]:
    """Train the network of each source, in sequence, as `SOURCE.safetensors` in a folder.

    To resume leaves out what is finished, goes on with what was begun, and starts the rest.
    `settings` are the others of `train_source`. The histories are of the sources that were trained
    now; Ctrl-C stops the one that runs, and begins no other.
    """
    if folder.suffix == ".safetensors" or folder.is_file():
        raise SepeduError(f"Four networks do not fit into {folder}", "Give --out a folder")
    places = {source: weights_path(source, folder) for source in SOURCES}

    def find_states() -> dict[str, str]:
        return {s: progress_of(out, recipe, data, settings) for s, out in places.items()}

    # One process looks for all: while it still measures a network, others would see it unfinished.
    states = Processes(recipe.autocast).from_first(find_states) if options.resume else {}
    histories: dict[str, History] = {}
    for source, out in places.items():
        if states.get(source) == "finished":
            continue
        each = replace(options, resume=states.get(source) == "begun")
        histories[source] = train_source(source, data, out, recipe, options=each, **settings)
        if histories[source].stopped:
            break
    return histories


def progress_of(
    out: Path,
    recipe: Recipe,
    data: str | os.PathLike[str] | None,
    settings: dict[str, Any],
) -> str:
    """How far the training of a network has come: "new", "begun" or "finished".

    It is finished when it has come to its end and the network is measured. One with other settings
    counts as begun: to go on with it is refused, and says why.
    """
    if not last_path(out).is_file():
        return "new"
    wanted: dict[str, Any] = {"recipe": asdict(recipe), "data": dataset_name(data)}
    wanted |= {
        name: settings[name] for name in ("threshold", "batch", "output") if name in settings
    }
    if "augmentation" in settings:
        wanted["augmentation"] = asdict(settings["augmentation"])
    try:
        history = History(read_state(out, wanted).rows)
        measured = "average_mask" in load_checkpoint(out)[2]
    except SepeduError:
        return "begun"
    return "finished" if measured and history.is_complete(recipe) else "begun"
