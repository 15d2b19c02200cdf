"""Audio in, estimates out: any sample rate, any number of channels, any length."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from .audio import (
    Recording,
    check_audio,
    check_rate,
    name_for_libsndfile,
    open_audio,
    read_samples,
    write_speakers,
)
from .checkpoints import load_models, load_unet
from .dense import predict_mask
from .engine.files import folder_aside
from .errors import SepeduError, check_choice, check_kind, check_number
from .masks import MASKS, apply_mask, convert_masks
from .model import MaskCNN
from .songs import SOURCES, check_sources
from .stft import HALF_CONTEXT, STFT
from .unet import MaskUNet, measure_level, predict_masks

__all__ = [
    "Networks",
    "SeparationSettings",
    "load_models",  # lessons import it from here
    "predict_soft_mask",
    "separate",
    "separate_file",
]

ALGORITHM = 2
"""Version of what is computed: raise it when the estimates change for the same networks, so that
`sepedu separate` does not take earlier estimates for what it would make now."""
BLOCK = 512
"""Frames separated at a time, about 6 seconds: memory is bounded however long a song is."""
STEP = 16
"""Margins are multiples of this many frames, and `BLOCK` is too: the `step` of the trained U-Net,
whose greatest depth then has the same frames in a block as in the whole recording."""
TRAINING_LEVEL = 0.91
"""Mean over the 80 training songs of MUSDB18's excerpts of their level, see `measure_level`."""
FADE, FADE_WIDTH = 490, 3.5
"""Around this bin, 10.55 kHz, songs fade out that were resampled to 22,050 Hz, as those were that
the networks learned from. They hear others as if these had been, too: see docs/experiments.md."""
HEARD, TOP_BINS = 480, 16
"""Bins that hardly fade, and the highest of them, whose mean mask is that of everything above."""
CANCELLED = 0.1
"""A sum of channels with less than this share of the channels' energy has lost the music."""
RF64_FROM = 4 * 10**9
"""Bytes from which a WAV file needs the 64-bit layout RF64."""

Networks = MaskUNet | Mapping[str, MaskCNN]


def check_networks(model: Networks) -> None:
    """Raise SepeduError unless it is a U-Net, or a dict of the talk's networks."""
    usual = "load_unet() or load_models()"
    check_kind("model", model, (MaskUNet, Mapping), "a MaskUNet or a dict of MaskCNN", usual)
    for network in model.values() if isinstance(model, Mapping) else ():
        check_kind("Each network", network, MaskCNN, "a MaskCNN", usual)


@dataclass(frozen=True, eq=False)
class SeparationSettings:
    """A validated request; see `separate` for what each setting means.

    Attributes
    ----------
    sources : tuple of str
    model : MaskUNet, or dict of str to MaskCNN
        The networks themselves, where a name was given.
    mask : str
    threshold : float
    residual : bool
    bfloat16 : bool

    Raises
    ------
    SepeduError
        If a setting is unknown or does not go with another, or a network is missing.
    """

    sources: Sequence[str] = SOURCES
    model: str | Networks = "unet"
    mask: str = "soft"
    threshold: float = 0.5
    residual: bool = False
    bfloat16: bool = False

    def __post_init__(self) -> None:
        sources, model = self.sources, self.model
        check_sources(sources)
        check_choice("Mask", self.mask, MASKS)
        check_number("threshold", self.threshold, 0, 1, usual=0.5)
        if isinstance(model, str) and model not in ("unet", "cnn"):
            raise SepeduError(f"Model {model!r} is unknown", "Use unet, cnn, or networks")
        if not isinstance(model, str):
            check_networks(model)
        known = model if isinstance(model, Mapping) else SOURCES
        for source in sources:
            if source not in known:
                raise SepeduError(
                    f"There is no network for the source {source!r}",
                    f"There are networks for: {', '.join(known)}",
                )
        needed = list(sources)
        if self.mask in ("ratio", "wiener"):
            if model == "unet" or isinstance(model, MaskUNet):
                raise SepeduError(
                    f"The mask {self.mask!r} is made of the talk's four networks",
                    "Use soft, which shares out each bin, or binary; or the model cnn",
                )
            missing = [source for source in SOURCES if source not in known]
            if missing:
                raise SepeduError(
                    f"The mask {self.mask!r} needs networks of all four sources; there is none "
                    f"for {', '.join(missing)}",
                    "Use soft or binary",
                )
            needed += [source for source in SOURCES if source not in sources]
        if model == "unet":
            model = load_unet()
        elif model == "cnn":
            model = load_models(needed)
        elif isinstance(model, Mapping):
            model = {source: model[source] for source in needed}
        object.__setattr__(self, "sources", tuple(sources))
        object.__setattr__(self, "model", model)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what is made of a song."""
        return (*self.sources, "residual") if self.residual else self.sources

    @property
    def margin(self) -> int:
        """Frames beyond a block that can change its estimates."""
        context = HALF_CONTEXT
        if isinstance(self.model, MaskUNet):
            context = self.model.receptive_field
        return -(-(context + 3) // STEP) * STEP  # the windows at both ends of a piece are cut


def separate(
    audio: np.ndarray,
    sample_rate: int,
    sources: Sequence[str] = SOURCES,
    model: str | Networks = "unet",
    mask: str = "soft",
    threshold: float = 0.5,
    residual: bool = False,
    bfloat16: bool = False,
) -> dict[str, np.ndarray]:
    """Separate a mixture into estimates of its sources.

    A mask is applied to the spectrum of each channel, whose phase is kept. Nothing is resampled:
    windows of 46 ms every 12 ms have the bins that the networks know at any sample rate. Above
    10.3 kHz, which the networks hardly hear, the mean mask of the highest bins below is applied.
    The U-Net hears two channels as two; otherwise the networks hear the mean of the channels.
    Level and constant offset of the recording do not change the masks.

    Parameters
    ----------
    audio : np.ndarray [shape=(samples,) or (channels, samples)]
        The mixture, of any length from one sample up.
    sample_rate : int
        In hertz.
    sources : sequence of str
        Which of "drums", "bass", "other", "vocals" to estimate.
    model : {"unet", "cnn"}, MaskUNet, or mapping of str to MaskCNN
        "unet" is one network for all four sources, "cnn" the talk's network, one for each source.
        Your own networks may stand in their place, those of the talk by source.
    mask : {"soft", "binary", "ratio", "wiener"}
        "soft" multiplies by what the network predicts, "binary" by whether its probability exceeds
        the threshold. The U-Net's soft masks share out each bin. With the talk's networks "ratio"
        and "wiener" do so, see `convert_masks`.
    threshold : float
        Of "binary": the probability to exceed, in [0, 1], unlike the T of `binary_mask`.
    residual : bool
        Also return "residual": what is left of the mixture when the estimates are taken away.
    bfloat16 : bool
        Compute in half precision: faster on processors that have it; masks differ by about 0.01.

    Returns
    -------
    estimates : dict of np.ndarray
        By source, of the audio's own shape, sample rate and length, float32. A peak may exceed
        1, and is neither clipped nor scaled. Where masks share out each bin, the estimates of all
        four sources sum to the mixture.

    Raises
    ------
    SepeduError
        If the audio is unfit, the sample rate is out of bounds (see `check_rate`), a setting is
        unknown, or a network is missing.

    Lesson: 00, 06, 09

    Examples
    --------
    >>> song = np.zeros((2, 44100))
    >>> separate(song, 44100, ["vocals"])["vocals"].shape
    (2, 44100)
    """
    settings = SeparationSettings(sources, model, mask, threshold, residual, bfloat16)
    audio = check_audio(audio)
    channels = np.atleast_2d(audio)
    estimates = {name: np.empty_like(channels) for name in settings.outputs}

    def read(first: int, last: int) -> np.ndarray:
        return channels[:, first:last]

    for name, first, part in separate_blocks(read, channels.shape[1], sample_rate, settings):
        estimates[name][:, first : first + part.shape[1]] = part
    return {name: estimate.reshape(audio.shape) for name, estimate in estimates.items()}


def separate_file(
    song: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: SeparationSettings | None = None,
    comments: Callable[[Recording], Mapping[str, str]] | None = None,
    progress: Callable[[list], Sequence] = list,
) -> dict[str, Path]:
    """Separate a song into 32-bit float WAV files of its own rate, channels and length.

    Memory is bounded: a block of about 6 seconds is read, separated and written at a time. The
    files appear under their names only when all of them are whole.

    Parameters
    ----------
    song : str or path
        Any format that `read_audio` reads; of a stem file, the mixture.
    out : str or path
        The files go to `OUT/NAME/SOURCE.wav`, NAME being that of the song without its ending.
    settings : SeparationSettings, optional
    comments : callable, optional
        Gives, for the open recording, what each file says of itself in its comment, by source.
    progress : callable, optional
        Wraps the list of blocks, for example `tqdm`.

    Returns
    -------
    files : dict of pathlib.Path
        By source, and "residual" if it is wanted.

    Raises
    ------
    SepeduError
        If the song cannot be read, or the folder cannot be written.
    """
    song = Path(song)
    settings = settings or SeparationSettings()
    with ExitStack() as stack:
        recording = open_audio(song, stack)
        texts = comments(recording) if comments else {}
        rate = recording.samplerate
        files = estimate_paths(song, out, settings)
        folder = next(iter(files.values())).parent
        if any(file.exists() and file.samefile(song) for file in files.values()):
            raise SepeduError(
                f"An estimate of {song} would take the place of the song itself",
                "Choose another folder",
            )

        def read(first: int, last: int) -> np.ndarray:
            return read_samples(recording, last - first, song, first=first)

        try:
            aside = stack.enter_context(folder_aside(folder))
            large = recording.frames * recording.channels * 4 > RF64_FROM
            with ExitStack() as writers:
                parts = {}
                for name in files:
                    file = soundfile.SoundFile(
                        name_for_libsndfile(aside / f"{name}.wav"),
                        "w",
                        rate,
                        recording.channels,
                        "FLOAT",
                        format="RF64" if large else "WAVEX" if recording.speakers else "WAV",
                    )
                    parts[name] = writers.enter_context(file)
                    if name in texts:
                        file.comment = texts[name]
                for name, _, part in separate_blocks(
                    read, recording.frames, rate, settings, progress
                ):
                    parts[name].write(part.T)
            for name, file in files.items():
                if recording.speakers:
                    write_speakers(aside / f"{name}.wav", recording.speakers)
                (aside / f"{name}.wav").replace(file)
        # soundfile meets a full disk with an assertion.
        except (OSError, soundfile.LibsndfileError, AssertionError) as error:
            raise SepeduError(
                f"The estimates of {song} cannot be written to {folder} ({error or 'no room'})",
                "Choose a folder that may be written and has room",
            ) from error
    return files


def estimate_paths(
    song: Path, out: str | os.PathLike[str], settings: SeparationSettings
) -> dict[str, Path]:
    """Where a song's estimates go, by source; never to a place outside of the folder `out`."""
    name = song_name(song)
    folder = Path(out) / ("song" if name.strip(". ") == "" else name)
    return {name: folder / f"{name}.wav" for name in settings.outputs}


def song_name(song: Path) -> str:
    """The name of a song's file without its ending; of a stem file, without both."""
    return song.name.removesuffix(song.suffix).removesuffix(".stem")


def separate_blocks(
    read: Callable[[int, int], np.ndarray],
    samples: int,
    sample_rate: int,
    settings: SeparationSettings,
    progress: Callable[[list], Sequence] = list,
) -> Iterator[tuple[str, int, np.ndarray]]:
    """Separate a recording block by block, with the result of one pass over all of it.

    Parameters
    ----------
    read : callable
        `read(first, last)` returns these samples [shape=(channels, last - first)], float32.
    samples : int
        Length of the recording.
    sample_rate : int
        In hertz.
    settings : SeparationSettings
    progress : callable, optional
        Wraps the list of blocks, for example `tqdm`.

    Yields
    ------
    name : str
        A source or "residual"; all of a block come before those of the next one.
    first : int
        Sample at which this part begins.
    estimate : np.ndarray [shape=(channels, samples of the block)], float32
    """
    stft = grid(sample_rate)
    predictor = MaskPredictor.of(read, samples, stft, settings)
    for first, last, start, end in progress(list(blocks(samples, stft, settings.margin))):
        piece = read(start, end)
        inside = slice(first - start, last - start)
        spectrum = stft.forward(piece)  # (channels, bins, frames)
        masks = predictor.masks(spectrum, piece.shape[1])
        left = piece[:, inside].copy() if settings.residual else None
        for source, mask in zip(settings.sources, masks, strict=True):
            estimate = stft.inverse(apply_mask(mask, spectrum), piece.shape[1])[:, inside]
            if left is not None:
                left -= estimate
            yield source, first, estimate
        if left is not None:
            yield "residual", first, left


def grid(sample_rate: int) -> STFT:
    """The transform with the hertz per bin and the seconds per frame of `STFT()` at another rate.

    At 44,100 Hz its windows have 2048 samples, every 512. To whole samples it is exact at
    multiples of 22,050 Hz, and within 0.54 % from 8,000 Hz up.

    Raises
    ------
    SepeduError
        If the sample rate is out of bounds (see `check_rate`).
    """
    sample_rate, usual = check_rate(sample_rate), STFT()
    hop = round(usual.hop_length * sample_rate / usual.sample_rate)
    return STFT(sample_rate, usual.n_fft // usual.hop_length * hop, hop)


def blocks(samples: int, stft: STFT, margin: int) -> Iterator[tuple[int, int, int, int]]:
    """Divide a recording into blocks that can be separated one by one.

    Yields
    ------
    first, last, start, end : int
        Samples of a block, and of the piece that it is computed from, with a margin of frames on
        both sides.
    """
    block, margin = BLOCK * stft.hop_length, margin * stft.hop_length
    for first in range(0, samples, block):
        last = min(first + block, samples)
        yield first, last, max(first - margin, 0), min(last + margin, samples)


@dataclass(frozen=True, eq=False)
class MaskPredictor:
    """Predicts the masks of a recording block by block, whatever its level and its offset.

    Attributes
    ----------
    settings : SeparationSettings
    stft : STFT
        Of the recording.
    weights : np.ndarray [shape=(input channels, channels)]
        How the networks' input is mixed: each channel by itself, the mean of all, or the loudest
        one where the channels cancel in the mean.
    offset : np.ndarray [shape=(input channels,)]
        Constant (DC) offset of the input.
    level : float
        Mean magnitude of the input over the whole recording, see `measure_level`.
    """

    settings: SeparationSettings
    stft: STFT
    weights: np.ndarray
    offset: np.ndarray
    level: float = 0.0

    @classmethod
    def of(
        cls,
        read: Callable[[int, int], np.ndarray],
        samples: int,
        stft: STFT,
        settings: SeparationSettings,
    ) -> MaskPredictor:
        """Measure the offset and the level of a recording, in bounded memory."""
        pieces = list(blocks(samples, stft, STEP))
        total, products = 0.0, 0.0
        for first, last, _, _ in pieces:
            piece = read(first, last).astype(np.float64)
            total, products = total + piece.sum(1), products + piece @ piece.T
        offset = total / samples
        covariance = products / samples - np.outer(offset, offset)  # (channels, channels)
        energy = covariance.diagonal()
        weights = np.eye(len(energy))
        if not isinstance(settings.model, MaskUNet) or len(energy) > 2:
            cancelled = covariance.mean() < CANCELLED * energy.mean()
            weights = weights[[energy.argmax()]] if cancelled else weights.mean(0, keepdims=True)
        # Every second frame is enough for the level.
        coarse = replace(stft, hop_length=2 * stft.hop_length)
        predictor = cls(settings, coarse, weights.astype(np.float32), weights @ offset)
        levels, frames = 0.0, 0
        for first, last, start, end in pieces:
            heard = predictor.magnitude(coarse.forward(read(start, end)), end - start)
            count = coarse.frames(last - first) - (last < samples)
            heard = heard[..., (first - start) // coarse.hop_length :][..., :count]
            levels += float(measure_level(heard.astype(np.float64))) * heard.shape[-1]
            frames += heard.shape[-1]
        return replace(predictor, stft=stft, level=levels / frames)

    def magnitude(self, spectrum: np.ndarray, samples: int) -> np.ndarray:
        """Magnitudes of the networks' input [shape=(input channels, 513, frames)], float32."""
        heard = np.tensordot(self.weights, spectrum, 1)
        heard -= self.offset.astype(np.float32)[:, None, None] * _constant(self.stft, samples)
        usual = STFT()
        heard = np.abs(heard[:, : usual.bins]) * np.float32(usual.n_fft / self.stft.n_fft)
        if self.stft.n_fft > usual.n_fft:
            heard *= 1 / (1 + np.exp((np.arange(usual.bins)[:, None] - FADE) / FADE_WIDTH))
        return np.pad(heard, ((0, 0), (0, usual.bins - heard.shape[1]), (0, 0)))

    def masks(self, spectrum: np.ndarray, samples: int) -> Iterator[np.ndarray]:
        """Mask of each wanted source [shape=(channels or 1, bins, frames)], float32."""
        settings = self.settings
        magnitude = self.magnitude(spectrum, samples)
        if isinstance(settings.model, MaskUNet):
            answers = predict_masks(
                settings.model,
                magnitude,
                "binary" if settings.mask == "binary" else "share",
                self.level,
                settings.bfloat16,
                block=-(-magnitude.shape[-1] // settings.model.step) * settings.model.step,
            )
            masks = dict(zip(SOURCES, answers, strict=True))
        else:
            masks = {
                source: predict_soft_mask(model, magnitude[0], self.level, settings.bfloat16)[None]
                for source, model in settings.model.items()
            }
            if settings.mask in ("ratio", "wiener"):
                shared = convert_masks(np.stack(list(masks.values())), settings.mask)
                masks = dict(zip(masks, shared, strict=True))
        for source in settings.sources:
            mask = _all_bins(masks[source], self.stft.bins)
            if settings.mask == "binary":
                mask = convert_masks(mask, "binary", settings.threshold)
            yield mask


@functools.lru_cache(maxsize=1)
def _constant(stft: STFT, samples: int) -> np.ndarray:
    """Spectrum of a constant 1 [shape=(bins, frames)], complex64."""
    return stft.forward(np.ones(samples, np.float32))


def _all_bins(masks: np.ndarray, bins: int) -> np.ndarray:
    """Masks of 513 bins for a transform with more or with fewer [shape=(..., bins, frames)]."""
    if bins <= masks.shape[-2]:
        return masks[..., :bins, :]
    heard = masks[..., :HEARD, :]
    top = heard[..., -TOP_BINS:, :].mean(-2, keepdims=True)
    return np.concatenate([heard, np.repeat(top, bins - HEARD, axis=-2)], axis=-2)


def predict_soft_mask(
    model: MaskCNN, magnitude: np.ndarray, level: float | None = None, bfloat16: bool = False
) -> np.ndarray:
    """Predict the soft mask of the talk's network, whatever it was trained to predict.

    A network without the mask predicts the source's magnitude: its share of the mixture, at most
    1, takes the mask's place.

    Parameters
    ----------
    model : MaskCNN
    magnitude : np.ndarray [shape=(513, frames)], real, >= 0
        Of the mixture.
    level : float, optional
        Of the whole recording, see `measure_level`: the network then hears it at the level of the
        songs that it was trained on. By default it hears the magnitudes as they are.
    bfloat16 : bool
        As `predict_mask`.

    Returns
    -------
    mask : np.ndarray [shape=(513, frames)], float32 in [0, 1]

    Raises
    ------
    SepeduError
        As `predict_mask`.

    Lesson: 06
    """
    if level:
        magnitude = magnitude * np.float32(TRAINING_LEVEL / level)
    prediction = predict_mask(model, magnitude, bfloat16=bfloat16)
    if model.output == "magnitude":
        prediction = np.expm1(prediction).clip(min=0) / np.maximum(magnitude, 1e-8)
        prediction = prediction.clip(max=1)
    return prediction
