"""The short-time Fourier transform, its inverse, and the features that the network reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from .errors import SepeduError, check_kind, check_number, shown

Array = TypeVar("Array", np.ndarray, Tensor)

CONTEXT = 25
"""Frames that the network sees at a time: 12 before the one it predicts, that one, 12 after."""
HALF_CONTEXT = CONTEXT // 2


@dataclass(frozen=True)
class STFT:
    r"""The settings of a short-time Fourier transform, with the transform and its inverse.

    .. math:: X[k, m] = \sum_{n=0}^{N-1} x[n + mH - N/2]\, w[n]\, e^{-2\pi i k n / N}

    where N is `n_fft`, H is `hop_length` and w is the Hann window of N samples. Frame m is
    centred on sample mH; beyond its ends the recording counts as silence.

    Parameters
    ----------
    sample_rate : int
        Samples per second of the audio that the settings are meant for.
    n_fft : int
        Length of a window in samples, even; it gives `n_fft // 2 + 1` frequency bins.
    hop_length : int
        Samples from one frame to the next, at most `n_fft // 2`, so that windows overlap
        enough to be inverted.

    Raises
    ------
    SepeduError
        If a setting is not a positive whole number, or the windows cannot be inverted.

    References
    ----------
    J. Allen, "Short term spectral analysis, synthesis, and modification by discrete Fourier
    transform", IEEE Transactions on Acoustics, Speech, and Signal Processing 25(3), 1977.

    Lesson: 01

    Examples
    --------
    >>> stft = STFT()
    >>> spectrum = stft.forward(np.zeros(22050))
    >>> spectrum.shape
    (513, 87)
    """

    sample_rate: int = 22050
    n_fft: int = 1024
    hop_length: int = 256

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise SepeduError(
                    f"STFT setting {name}={shown(value)} is not a positive whole number",
                    "The course uses STFT(sample_rate=22050, n_fft=1024, hop_length=256)",
                )
        if self.n_fft % 2 or self.hop_length > self.n_fft // 2:
            raise SepeduError(
                f"STFT with n_fft={self.n_fft} and hop_length={self.hop_length} cannot be inverted",
                "Use an even n_fft and a hop_length of at most half of it",
            )

    @property
    def bins(self) -> int:
        """Number of frequency bins, `n_fft // 2 + 1`."""
        return self.n_fft // 2 + 1

    @property
    def frequencies(self) -> np.ndarray:
        """Centre of each bin in hertz [shape=(bins,)]."""
        return np.arange(self.bins) * self.sample_rate / self.n_fft

    @property
    def frames_per_second(self) -> float:
        """Frames per second, `sample_rate / hop_length`: about 86 with the course's settings."""
        return self.sample_rate / self.hop_length

    def frames(self, samples: int) -> int:
        """Number of frames of a recording of `samples` samples."""
        return 1 + samples // self.hop_length

    def times(self, frames: int) -> np.ndarray:
        """Centre of each of the first `frames` frames in seconds [shape=(frames,)]."""
        return np.arange(frames) * self.hop_length / self.sample_rate

    def forward(self, audio: Array) -> Array:
        """Transform audio into its complex spectrum.

        Parameters
        ----------
        audio : np.ndarray or torch.Tensor [shape=(..., samples)], real
            One or several channels of at least one sample.

        Returns
        -------
        spectrum : same kind as `audio` [shape=(..., bins, frames)], complex
            `frames` is `1 + samples // hop_length`. Single precision gives complex64, double
            precision complex128.

        Raises
        ------
        SepeduError
            If the audio is empty, complex, or not finite.
        """
        signal = self._tensor(audio)
        if signal.is_complex() or signal.ndim == 0 or signal.numel() == 0:
            raise SepeduError(
                f"Audio of shape {tuple(signal.shape)}, {signal.dtype}, cannot be transformed",
                "Give real samples, time last, at least one of them",
            )
        if not torch.isfinite(signal).all():
            raise SepeduError(
                "Audio contains values that are not finite (NaN or infinity)",
                "Repair the recording, or look for a division by zero before this step",
            )
        signal = signal if signal.is_floating_point() else signal.double()
        flat = signal.reshape(-1, signal.shape[-1])
        spectrum = torch.stft(
            flat,
            self.n_fft,
            self.hop_length,
            window=self._window(flat),
            center=True,
            pad_mode="constant",
            return_complex=True,
        )
        spectrum = spectrum.reshape(*signal.shape[:-1], *spectrum.shape[-2:])
        return spectrum if isinstance(audio, Tensor) else spectrum.numpy()

    def inverse(self, spectrum: Array, length: int) -> Array:
        r"""Transform a complex spectrum back into `length` samples of audio.

        Overlap-add of the windowed inverse transforms, divided by the sum of squared windows:

        .. math:: x[n] = \frac{\sum_m w[n - mH]\, x_m[n - mH]}{\sum_m w^2[n - mH]}

        Of all recordings it is the one whose spectrum is nearest to the given one in the
        least-squares sense.

        Parameters
        ----------
        spectrum : np.ndarray or torch.Tensor [shape=(..., bins, frames)], complex
        length : int
            Samples to return, at least 1: those of the recording that was transformed.

        Returns
        -------
        audio : same kind as `spectrum` [shape=(..., length)], real

        Raises
        ------
        SepeduError
            If the spectrum is real (the phase is missing), has another number of bins, or has
            not the number of frames that belongs to `length`.

        References
        ----------
        D. Griffin and J. Lim, "Signal estimation from modified short-time Fourier transform",
        IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984.

        Lesson: 01
        """
        values = self._tensor(spectrum)
        if not values.is_complex():
            raise SepeduError(
                "A magnitude alone cannot be inverted: the spectrum given is real",
                "Give it the mixture's phase first, for example with apply_mask",
            )
        check_number("length", length, 1, whole=True, usual="that of the recording: len(audio)")
        if values.ndim < 2 or values.shape[-2] != self.bins:
            raise SepeduError(
                f"A spectrum of shape {tuple(values.shape)} cannot become {length} samples",
                f"Expected (..., {self.bins}, frames)",
            )
        if values.shape[-1] != self.frames(length):
            raise SepeduError(
                f"{values.shape[-1]} frames do not belong to {length} samples, "
                f"which have {self.frames(length)}",
                "Pass the length of the recording that was transformed, and its hop_length",
            )
        flat = values.reshape(-1, *values.shape[-2:])
        audio = torch.istft(
            flat,
            self.n_fft,
            self.hop_length,
            window=self._window(flat.real),
            center=True,
            length=length,
        ).reshape(*values.shape[:-2], length)
        return audio if isinstance(spectrum, Tensor) else audio.numpy()

    def _window(self, like: Tensor) -> Tensor:
        return torch.hann_window(self.n_fft, dtype=like.dtype, device=like.device)

    @staticmethod
    def _tensor(values: Array) -> Tensor:
        if isinstance(values, Tensor):
            return values
        try:
            return torch.from_numpy(np.ascontiguousarray(values))
        except (TypeError, ValueError) as error:
            raise SepeduError(
                f"What is to be transformed must be an array of numbers, got {shown(values)}",
                "Use a NumPy array or a tensor",
            ) from error


class Features(nn.Module):
    r"""What the network reads: log-compressed magnitudes, normalised per frequency.

    .. math:: Z[k, m] = \frac{\log(1 + |X[k, m]|) - \mu[k]}{\sigma[k]}

    The mean and the standard deviation of each frequency come from the training songs and
    travel with the network. Statistics of the song at hand would make an excerpt look
    different from its song.

    Lesson: 03
    """

    def __init__(self, bins: int = 513) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bins))
        self.register_buffer("deviation", torch.ones(bins))

    def forward(self, magnitude: Tensor) -> Tensor:
        """Compress and normalise magnitudes [shape=(..., bins, frames)], keeping their shape."""
        return (torch.log1p(magnitude) - self.mean[:, None]) / self.deviation[:, None]

    def fit(self, magnitudes: Iterable[np.ndarray]) -> Features:
        """Set mean and standard deviation from training magnitudes [each shape=(bins, frames)].

        They are read one after the other, and not kept. SepeduError if there are none.
        """
        mean, deviation = mean_and_deviation(
            torch.log1p(torch.as_tensor(magnitude)) for magnitude in magnitudes
        )
        self.mean.copy_(mean)
        # A frequency without any energy (0 Hz after a high-pass, say) must not divide by zero.
        self.deviation.copy_(deviation.clamp(min=1e-3))
        return self


def check_values(**arrays: Array) -> None:
    """Raise SepeduError unless these, by name, are arrays of finite real values of at least 0."""
    usual = "absolute values of a spectrum, abs(stft.forward(audio)), or masks"
    for name, values in arrays.items():
        check_kind(name, values, (np.ndarray, Tensor), "an array or a tensor", usual)
        numpy = isinstance(values, np.ndarray)
        real = values.dtype.kind in "biuf" if numpy else not values.is_complex()
        if not real or values.ndim == 0:
            raise SepeduError(
                f"{name} must be an array of real values, got {values.dtype} of shape "
                f"{tuple(values.shape)}",
                f"Use {usual}",
            )
        # Both are NaN where a value is: two passes, with no array in between.
        least, most = (0, 0) if 0 in values.shape else (values.min().item(), values.max().item())
        if not 0 <= least <= most < np.inf:
            found = "NaN" if np.isnan(least) else f"values from {least:g} to {most:g}"
            raise SepeduError(f"{name} must be finite and at least 0, got {found}", f"Use {usual}")


def mean_and_deviation(pictures: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each frequency over the frames of several songs.

    Parameters
    ----------
    pictures : iterable of torch.Tensor [each shape=(bins, frames)], real
        Read one after the other, and not kept.

    Returns
    -------
    mean, deviation : torch.Tensor [each shape=(bins,)], float64

    Raises
    ------
    SepeduError
        If there is no frame.
    """
    count, total, squares = 0, 0.0, 0.0
    for picture in pictures:
        values = picture.double()
        count += values.shape[-1]
        total = total + values.sum(dim=-1)
        squares = squares + values.square().sum(dim=-1)
    if count == 0:
        raise SepeduError("There are no frames to take statistics of", "Give at least one song")
    mean = total / count
    variance = (squares / count - mean**2).clamp(min=0) * count / max(1, count - 1)
    return mean, variance.sqrt()
