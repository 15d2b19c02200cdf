"""Audio in, estimates out: any sample rate, any number of channels, any length."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from .audio import check_audio, mono, open_audio, read_samples, resample
from .checkpoints import find_refiner, load_checkpoint, load_refiner, weights_path
from .engine.files import folder_aside
from .engine.gates import (
    JOINT,
    MASKS,
    REFINED,
    best_masks,
    combine_all,
    combine_gates,
    predict_gate,
    predict_gates,
)
from .engine.refiner import Refiner
from .errors import SepeduError
from .masks import apply_mask
from .model import MaskCNN
from .songs import SOURCES
from .stft import STFT


def load_models(sources: Sequence[str] = SOURCES) -> dict[str, MaskCNN]:
    """Load the trained networks that come with the course, by source.

    Raises
    ------
    SepeduError
        If a source is unknown, or its network is missing.

    Lesson: 06
    """
    return {source: load_checkpoint(weights_path(source))[0] for source in sources}


@dataclass(frozen=True)
class Plan:
    """What a request comes to.

    Attributes
    ----------
    models : dict of str to MaskCNN
        The networks needed: those of the wanted sources first, in their order.
    masks : dict of str to str
        How each wanted source's gate is made, one of `MASKS`.
    threshold : float
        Of the binary masks.
    refiner : Refiner, optional
        Where a gate is refined.
    """

    models: dict[str, MaskCNN]
    masks: dict[str, str]
    threshold: float
    refiner: Refiner | None = None


def check_request(
    sources: Sequence[str],
    mask: str,
    threshold: float,
    sample_rate: int,
    models: Mapping[str, MaskCNN] | None,
    refiner: Refiner | None = None,
) -> Plan:
    """Return the networks and the masks for these sources, or say what is wrong."""
    if isinstance(sources, str) or not sources or len(set(sources)) != len(sources):
        raise SepeduError(
            f"Sources {sources!r} are not a list of different names",
            f"Give some of {', '.join(SOURCES)}",
        )
    if mask not in ("best", *MASKS):
        raise SepeduError(f"Mask {mask!r} is unknown", f"Use best, {', '.join(MASKS)}")
    if not 0 <= threshold <= 1:
        raise SepeduError(f"Threshold {threshold!r} is outside 0 to 1", "Try 0.5")
    if isinstance(sample_rate, bool) or int(sample_rate) != sample_rate or sample_rate < 1:
        raise SepeduError(f"Sample rate {sample_rate!r} is not in whole hertz", "Often it is 44100")
    known = SOURCES if models is None else tuple(models)
    for source in sources:
        if source not in known:
            raise SepeduError(
                f"There is no network for the source {source!r}",
                f"There are networks for: {', '.join(known)}",
            )
    masks = dict.fromkeys(sources, mask)
    if mask == "best":
        out_of_reach = [] if set(SOURCES) <= set(known) else [*JOINT]
        if models is not None and refiner is None:
            out_of_reach += REFINED
        best = best_masks()
        masks = {s: MASKS[0] if best[s] in out_of_reach else best[s] for s in sources}
    needed = list(sources)
    if set(masks.values()) & set(JOINT):
        needed += [source for source in SOURCES if source not in sources]
        missing = [source for source in needed if source not in known]
        if missing:
            raise SepeduError(
                f"The mask {mask!r} needs networks of all four sources; there is none for "
                + ", ".join(missing),
                "Use soft or binary",
            )
    refined = set(masks.values()) & set(REFINED)
    if refined and models is None:
        refiner = load_refiner()[0]
    elif refined and refiner is None:
        raise SepeduError(
            f"The mask {mask!r} needs a refiner of these very networks",
            "Fit one with sepedu train refiner, or use soft, binary, shared or wiener",
        )
    models = load_models(needed) if models is None else models
    networks = {source: models[source] for source in needed}
    return Plan(networks, masks, threshold, refiner if refined else None)


def read_networks(place: Path) -> tuple[dict[str, MaskCNN], Refiner | None]:
    """Read networks of one's own: a checkpoint, or a folder of them with their refiner.

    Returns
    -------
    models : dict of str to MaskCNN
        By source; of a folder, those of its files `SOURCE.safetensors`.
    refiner : Refiner or None
        The folder's `refiner.safetensors`, if it has one.

    Raises
    ------
    SepeduError
        If there is no network, one does not say its source, or see `load_checkpoint`.
    """
    if place.is_dir():
        paths = [place / f"{source}.safetensors" for source in SOURCES]
        paths = [path for path in paths if path.is_file()]
        if not paths:
            raise SepeduError(f"The folder {place} has no network", "Train some: sepedu train all")
    else:
        paths = [place]
    models = {}
    for path in paths:
        model, about, _ = load_checkpoint(path)
        if about.get("source") not in SOURCES:
            raise SepeduError(
                f"The checkpoint {path} does not say which source it is for",
                "Train one with: sepedu train",
            )
        models[about["source"]] = model
    return models, find_refiner(place) if place.is_dir() else None


__all__ = ["load_models", "separate", "separate_block"]
BLOCK_FRAMES = 1024
"""Frames separated at a time, about 12 seconds: memory stays bounded however long a song is."""
MARGIN_FRAMES = 72
"""Frames beyond a block that are computed and thrown away, so that its borders are not heard."""


def separate(
    audio: np.ndarray,
    sample_rate: int,
    sources: Sequence[str] = SOURCES,
    mask: str = "best",
    threshold: float = 0.5,
    residual: bool = False,
    models: Mapping[str, MaskCNN] | None = None,
    refiner: Refiner | None = None,
) -> dict[str, np.ndarray]:
    """Separate a mixture into estimates of its sources.

    The network hears the mean of the channels at 22,050 Hz; its mask is applied to each channel,
    whose phase is kept. Above 11,025 Hz the network hears nothing: the estimates hold nothing
    there, and the residual holds it all.

    Parameters
    ----------
    audio : np.ndarray [shape=(samples,) or (channels, samples)]
        The mixture, of any length from one sample up.
    sample_rate : int
        In hertz.
    sources : sequence of str
        Which of "drums", "bass", "other", "vocals" to estimate.
    mask : {"best", "soft", "binary", "shared", "wiener", "sharpened", "refined"}
        "soft" multiplies by the network's output, "binary" by whether it exceeds the threshold.
        "shared", "wiener" and "refined" let the networks of all four sources share out each bin,
        see `shared_gates`, `wiener_gates` and `refined_gates`; "sharpened" makes soft masks of what
        they say, see `sharpened_gates`. "best" is, source by source, the one with which the
        course's networks have the best SDR on the validation songs; "soft" where the networks or
        the refiner that it needs are not given.
    threshold : float
        For the binary mask, in [0, 1].
    residual : bool
        Also return "residual": what is left of the mixture when the estimates are taken away.
    models : mapping of str to MaskCNN, optional
        Networks by source, to use instead of those that come with the course.
    refiner : Refiner, optional
        Of these networks; the course's belongs to the course's.

    Returns
    -------
    estimates : dict of np.ndarray
        By source, of the audio's own shape, sample rate and length, float32. A peak may exceed
        1, and is neither clipped nor scaled.

    Raises
    ------
    SepeduError
        If the audio is unfit, a source or a mask is unknown, or a network is missing.

    Lesson: 00, 06

    Examples
    --------
    >>> from sepedu.model import MaskCNN
    >>> song = np.zeros((2, 44100))
    >>> separate(song, 44100, ["vocals"], models={"vocals": MaskCNN()})["vocals"].shape
    (2, 44100)
    """
    audio = check_audio(audio)
    plan = check_request(sources, mask, threshold, sample_rate, models, refiner)
    channels = np.atleast_2d(audio)
    names = [*sources, "residual"] if residual else list(sources)
    estimates = {name: np.empty_like(channels) for name in names}
    for first, last, margin_first, margin_last in blocks(channels.shape[1], sample_rate):
        inside = slice(first - margin_first, last - margin_first)
        piece = channels[:, margin_first:margin_last]
        left = channels[:, first:last].copy() if residual else None
        for source, estimate in separate_block(piece, sample_rate, plan):
            estimates[source][:, first:last] = estimate[:, inside]
            if left is not None:
                left -= estimate[:, inside]
        if left is not None:
            estimates["residual"][:, first:last] = left
    return {name: estimate.reshape(audio.shape) for name, estimate in estimates.items()}


def blocks(samples: int, sample_rate: int) -> Iterator[tuple[int, int, int, int]]:
    """Divide a recording into blocks that can be separated one by one.

    A block and its margins start at a sample that is also a whole sample at the network's rate
    and the centre of a frame there, so that the blocks together give what one pass would give.

    Yields
    ------
    first, last, margin_first, margin_last : int
        Sample positions, at the recording's own rate.
    """
    stft = STFT()
    step = stft.sample_rate // math.gcd(stft.sample_rate, sample_rate)
    unit_frames = step // math.gcd(step, stft.hop_length)  # fewest frames of whole samples
    unit = unit_frames * stft.hop_length * sample_rate // stft.sample_rate
    block = unit * math.ceil(BLOCK_FRAMES / unit_frames)
    margin = unit * math.ceil(MARGIN_FRAMES / unit_frames)
    for first in range(0, samples, block):
        last = min(first + block, samples)
        yield first, last, max(first - margin, 0), min(last + margin, samples)


def separate_block(
    channels: np.ndarray, sample_rate: int, plan: Plan
) -> Iterator[tuple[str, np.ndarray]]:
    """Separate a short recording in one pass, one wanted source after the other.

    Each is forgotten before the next is made, so that the memory is that of one.

    Yields
    ------
    source : str
    estimate : np.ndarray [shape=(channels, samples)], float32
        Of the shape of `channels`.
    """
    stft = STFT()
    low = resample(channels, sample_rate, stft.sample_rate)
    spectrum = stft.forward(low)
    magnitude = np.abs(stft.forward(mono(low)))
    for source, gate in _gates(magnitude, plan):
        estimate = stft.inverse(apply_mask(gate, spectrum), low.shape[1])
        back = resample(estimate, stft.sample_rate, sample_rate)[:, : channels.shape[1]]
        missing = channels.shape[1] - back.shape[1]
        yield source, np.pad(back, ((0, 0), (0, missing))) if missing else back


def _gates(magnitude: np.ndarray, plan: Plan) -> Iterator[tuple[str, np.ndarray]]:
    """The gate of each wanted source, in order [each shape=(513, frames)]."""
    together: dict[str, np.ndarray] = {}
    if set(plan.masks.values()) & set(JOINT):
        models = {source: plan.models[source] for source in SOURCES}
        soft = predict_gates(models, magnitude)
        together = combine_all(soft, plan.masks.values(), plan.threshold, magnitude, plan.refiner)
    for source, mask in plan.masks.items():
        if together:
            yield source, together[mask][SOURCES.index(source)]
        else:
            gate = predict_gate(plan.models[source], magnitude)
            yield source, combine_gates(gate, mask, plan.threshold)


RF64_FROM = 4 * 10**9
"""Bytes from which a WAV file needs the 64-bit layout RF64."""


def separate_file(
    song: str | os.PathLike[str],
    out: str | os.PathLike[str],
    sources: Sequence[str] = SOURCES,
    mask: str = "best",
    threshold: float = 0.5,
    residual: bool = False,
    models: Mapping[str, MaskCNN] | None = None,
    refiner: Refiner | None = None,
    progress: Callable[[list], Sequence] = list,
) -> dict[str, Path]:
    """Separate a song into 32-bit float WAV files of its own rate, channels and length.

    Memory stays bounded: a block of about 12 seconds is read, separated and written at a time.
    The files appear under their names only when all of them are whole, and say in their comment
    how they were made.

    Parameters
    ----------
    song : str or path
        Any format that `read_audio` reads; of a stem file, the mixture.
    out : str or path
        The files go to `OUT/NAME/SOURCE.wav`, NAME being that of the song without its ending.
    sources, mask, threshold, residual, models, refiner
        As in `separate`.
    progress : callable, optional
        Wraps the list of blocks, for example `tqdm`.

    Returns
    -------
    files : dict of pathlib.Path
        By source, and "residual" if asked for.

    Raises
    ------
    SepeduError
        If the song cannot be read, the folder cannot be written, or `separate` would refuse.
    """
    song = Path(song)
    with ExitStack() as stack:
        recording = open_audio(song, stack)
        if recording.frames < 1:
            raise SepeduError(f"There are no samples in {song}", "Give a recording with sound")
        rate = recording.samplerate
        plan = check_request(sources, mask, threshold, rate, models, refiner)
        files = estimates_of(song, out, sources, residual)
        folder = next(iter(files.values())).parent
        from .engine.provenance import stories

        told = stories(song, plan, residual)
        if any(file.exists() and file.samefile(song) for file in files.values()):
            raise SepeduError(
                f"An estimate of {song} would take the place of the song itself",
                "Choose another folder",
            )
        try:
            aside = stack.enter_context(folder_aside(folder))
            large = recording.frames * recording.channels * 4 > RF64_FROM
            with ExitStack() as writers:
                parts = {}
                for name, story in told.items():
                    file = soundfile.SoundFile(
                        aside / f"{name}.wav",
                        "w",
                        rate,
                        recording.channels,
                        "FLOAT",
                        format="RF64" if large else "WAV",
                    )
                    parts[name] = writers.enter_context(file)
                    file.comment = story
                for block in progress(list(blocks(recording.frames, rate))):
                    _separate_block(recording, parts, block, plan, song)
            for name, file in files.items():
                (aside / f"{name}.wav").replace(file)
        # soundfile meets a full disk with an assertion.
        except (OSError, soundfile.LibsndfileError, AssertionError) as error:
            raise SepeduError(
                f"The estimates of {song} cannot be written to {folder} ({error or 'no room'})",
                "Choose a folder that may be written and has room",
            ) from error
    return files


def estimates_of(
    song: Path, out: str | os.PathLike[str], sources: Sequence[str], residual: bool
) -> dict[str, Path]:
    """Where a song's estimates go, by source; never to a place outside of the folder `out`."""
    name = song.name.removesuffix(song.suffix).removesuffix(".stem")
    folder = Path(out) / ("song" if name.strip(". ") == "" else name)
    names = [*sources, "residual"] if residual else list(sources)
    return {name: folder / f"{name}.wav" for name in names}


def _separate_block(
    recording: soundfile.SoundFile,
    parts: Mapping[str, soundfile.SoundFile],
    block: tuple[int, int, int, int],
    plan: Plan,
    song: Path,
) -> None:
    """Write a block of each estimate as soon as it is made."""
    first, last, margin_first, margin_last = block
    channels = read_samples(recording, margin_last - margin_first, song, first=margin_first)
    inside = slice(first - margin_first, last - margin_first)
    left = channels[:, inside].copy()
    for source, estimate in separate_block(channels, recording.samplerate, plan):
        parts[source].write(estimate[:, inside].T)
        left -= estimate[:, inside]
    if "residual" in parts:
        parts["residual"].write(left.T)
