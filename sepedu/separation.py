"""Audio in, estimates out: any sample rate, any number of channels, any length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .audio import check_audio, mono, resample
from .datasets import SOURCES
from .gates import (
    JOINT,
    combine_all,
    combine_gates,
    predict_gate,
    predict_gates,
)
from .masks import apply_mask
from .model import MaskCNN
from .plan import Plan, check_request, load_models
from .refiner import Refiner
from .stft import STFT

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
