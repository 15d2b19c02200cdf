"""Which samples are audio, and the one gain at which several recordings are heard."""

from __future__ import annotations

import numpy as np

from .errors import SepeduError

CLIP_LIMIT = 1.0
"""Largest sample that a player or a file of whole numbers can hold."""
LARGEST = 1e12
"""Samples beyond this are no sound; sums of their squares would leave the range of float32."""


def check_audio(audio: np.ndarray, name: str = "the audio given") -> np.ndarray:
    """Return audio as float32 [shape=(channels, samples) or (samples,)], or say why it is unfit.

    Parameters
    ----------
    audio : np.ndarray [shape=(samples,) or (channels, samples)]
        Whole numbers are scaled by the largest their type can hold; bytes without sign are
        8-bit audio around 128.
    name : str
        What to call it in an error.

    Raises
    ------
    SepeduError
        If there are no samples, the shape is not one of audio, or a value is not finite.
    """
    audio = np.asarray(audio)
    if audio.dtype == np.uint8:
        audio = (audio.astype(np.float32) - 128) / 128
    elif audio.dtype.kind == "i":
        audio = audio.astype(np.float32) / -float(np.iinfo(audio.dtype).min)
    if not np.issubdtype(audio.dtype, np.floating) or audio.ndim not in (1, 2):
        raise SepeduError(
            f"Audio of shape {audio.shape} and type {audio.dtype} in {name} is not understood",
            "Give real samples of shape (samples,) or (channels, samples)",
        )
    if audio.size == 0:
        raise SepeduError(f"There are no samples in {name}", "Give at least one sample")
    if not np.isfinite(audio).all():
        raise SepeduError(
            f"There are values that are not finite (NaN or infinity) in {name}",
            "Export it again from the program that made it",
        )
    largest = float(np.abs(audio).max())  # a float, for half precision does not hold the limit
    if largest > LARGEST:
        raise SepeduError(
            f"There are values that are too large, up to {largest:.0e}, in {name}",
            "Full level is 1: export it again from the program that made it",
        )
    if audio.ndim == 2 and audio.shape[0] > 64:
        raise SepeduError(
            f"Audio of shape {audio.shape} in {name} would have {audio.shape[0]} channels",
            "Put the channels first: audio.T turns (samples, channels) round",
        )
    return audio.astype(np.float32, copy=False)


def common_gain(*recordings: np.ndarray) -> float:
    """One gain for all of several recordings that keeps the loudest from clipping, at most 1."""
    peak = max(float(np.abs(recording).max(initial=0.0)) for recording in recordings)
    return 1.0 if peak <= CLIP_LIMIT else CLIP_LIMIT / peak
