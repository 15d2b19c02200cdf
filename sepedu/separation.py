"""Audio in, estimates out: any sample rate, any number of channels, any length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .audio import check_audio, mono, resample
from .checkpoints import load_checkpoint, weights_path
from .datasets import SOURCES
from .dense import predict_mask
from .errors import SepeduError
from .masks import apply_mask
from .model import MaskCNN
from .stft import STFT

BLOCK_FRAMES = 8192
"""Frames separated at a time, about 95 seconds: memory stays bounded however long a song is."""
MARGIN_FRAMES = 64
"""Frames beyond a block that are computed and thrown away, so that its borders are not heard."""


def load_models(sources: Sequence[str] = SOURCES) -> dict[str, MaskCNN]:
    """Load the trained networks that come with the course, by source.

    Raises
    ------
    SepeduError
        If a source is unknown, or its network is missing.

    Lesson: 06
    """
    return {source: load_checkpoint(weights_path(source))[0] for source in sources}


def separate(
    audio: np.ndarray,
    sample_rate: int,
    sources: Sequence[str] = SOURCES,
    mask: str = "soft",
    threshold: float = 0.5,
    residual: bool = False,
    models: Mapping[str, MaskCNN] | None = None,
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
    mask : {"soft", "binary"}
        "soft" multiplies by the network's output, which gives the better SDR; "binary" by
        whether it exceeds the threshold.
    threshold : float
        For the binary mask, in [0, 1].
    residual : bool
        Also return "residual": what is left of the mixture when the estimates are taken away.
    models : mapping of str to MaskCNN, optional
        Networks to use instead of those that come with the course.

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
    models = check_request(sources, mask, threshold, sample_rate, models)
    channels = np.atleast_2d(audio)
    names = [*sources, "residual"] if residual else list(sources)
    estimates = {name: np.empty_like(channels) for name in names}
    for first, last, margin_first, margin_last in blocks(channels.shape[1], sample_rate):
        piece = separate_block(
            channels[:, margin_first:margin_last], sample_rate, models, mask, threshold
        )
        inside = slice(first - margin_first, last - margin_first)
        for source in sources:
            estimates[source][:, first:last] = piece[source][:, inside]
    if residual:
        estimates["residual"] = channels - sum(estimates[source] for source in sources)
    return {name: estimate.reshape(audio.shape) for name, estimate in estimates.items()}


def check_request(
    sources: Sequence[str],
    mask: str,
    threshold: float,
    sample_rate: int,
    models: Mapping[str, MaskCNN] | None,
) -> dict[str, MaskCNN]:
    """Return the networks for these sources, or say what is wrong with the request."""
    if isinstance(sources, str) or not sources or len(set(sources)) != len(sources):
        raise SepeduError(
            f"Sources {sources!r} are not a list of different names",
            f"Give some of {', '.join(SOURCES)}",
        )
    if mask not in ("soft", "binary"):
        raise SepeduError(f"Mask {mask!r} is unknown", 'Use "soft" or "binary"')
    if not 0 <= threshold <= 1:
        raise SepeduError(f"Threshold {threshold!r} is outside 0 to 1", "Try 0.5")
    if isinstance(sample_rate, bool) or int(sample_rate) != sample_rate or sample_rate < 1:
        raise SepeduError(f"Sample rate {sample_rate!r} is not in whole hertz", "Often it is 44100")
    if models is None:
        return load_models(sources)
    for source in sources:
        if source not in models:
            raise SepeduError(
                f"There is no network for the source {source!r}",
                f"There are networks for: {', '.join(models)}",
            )
    return {source: models[source] for source in sources}


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
    channels: np.ndarray,
    sample_rate: int,
    models: Mapping[str, MaskCNN],
    mask: str = "soft",
    threshold: float = 0.5,
) -> dict[str, np.ndarray]:
    """Separate a short recording in one pass [shape=(channels, samples)], per source the same."""
    stft = STFT()
    low = resample(channels, sample_rate, stft.sample_rate)
    spectrum = stft.forward(low)
    magnitude = np.abs(stft.forward(mono(low)))
    estimates = {}
    for source, model in models.items():
        gate = predict_gate(model, magnitude, mask, threshold)
        estimate = stft.inverse(apply_mask(gate, spectrum), low.shape[1])
        back = resample(estimate, stft.sample_rate, sample_rate)[:, : channels.shape[1]]
        missing = channels.shape[1] - back.shape[1]
        estimates[source] = np.pad(back, ((0, 0), (0, missing)))
    return estimates


def predict_gate(
    model: MaskCNN, magnitude: np.ndarray, mask: str = "soft", threshold: float = 0.5
) -> np.ndarray:
    """The factor for each bin of the mixture, whatever the network predicts.

    A network without the mask predicts the source's magnitude: its share of the mixture, at
    most 1, takes the mask's place. [shape=(513, frames)], float32 in [0, 1].
    """
    prediction = predict_mask(model, magnitude)
    if model.output == "magnitude":
        prediction = np.expm1(prediction).clip(min=0) / np.maximum(magnitude, 1e-8)
        prediction = prediction.clip(max=1)
    return (prediction > threshold).astype(np.float32) if mask == "binary" else prediction
