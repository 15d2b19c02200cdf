"""How far an estimate is from its source: the signal-to-distortion ratio and its kin."""

from __future__ import annotations

import numpy as np

from .errors import SepeduError


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
    """Median over windows of one second of `sdr`: what museval reports for a song.

    Windows where the reference is silent do not count; NaN if there are no others.

    Lesson: 06
    """
    reference, estimate = _same_shape(reference, estimate)
    length = int(seconds * sample_rate)
    starts = range(0, max(reference.shape[-1] - length, 0) + 1, length)
    values = [sdr(reference[..., s : s + length], estimate[..., s : s + length]) for s in starts]
    heard = [value for value in values if not np.isnan(value)]
    return float(np.median(heard)) if heard else float("nan")


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
        NaN where the reference or the estimate is silent.

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
    return sdr(float((reference * estimate).sum()) / energy * reference, estimate)


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
