"""Masks: which parts of a mixture's spectrogram belong to a source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from torch import Tensor

from .errors import SepeduError, check_choice, check_kind, check_number, shown
from .stft import Array, check_values

MASKS = ("soft", "binary", "ratio", "wiener")
"""How the masks that networks predict are applied; see `convert_masks`."""


def binary_mask(source: Array, mixture: Array, threshold: float = 0.5) -> Array:
    r"""Say for each time-frequency point whether the source is loud enough in the mixture.

    .. math:: B = (S > T \cdot M)

    The masks of several sources need not exclude one another: at T = 0.5 two sources of
    opposite phase can both pass, and below T = 0.5 two of equal magnitude do. With T = 1 few
    points pass, since a source is seldom louder than the mixture that contains it. A point where
    both magnitudes are 0 does not belong to the source.

    Wang's ideal binary mask compares the source with the sum of all else instead of the mixture;
    at T = 0.5 the two are equal only where source and rest are in phase.

    Parameters
    ----------
    source, mixture : np.ndarray or torch.Tensor [shape=(..., 513, frames)], real, >= 0
        Magnitudes, on a linear scale, of equal shape.
    threshold : float
        T, at least 0.

    Returns
    -------
    mask : same kind and shape, bool

    Raises
    ------
    SepeduError
        If the shapes differ, a magnitude is complex, negative or not finite, or the threshold is
        negative or not finite.

    References
    ----------
    D. Wang, "On ideal binary mask as the computational goal of auditory scene analysis", in
    Speech Separation by Humans and Machines, 2005.

    Lesson: 02

    Examples
    --------
    >>> binary_mask(np.array([1.0, 3.0, 0.0]), np.array([4.0, 4.0, 0.0]), threshold=0.5)
    array([False,  True, False])
    """
    check_values(source=source, mixture=mixture)
    check_number("threshold", threshold, 0, usual=0.5)
    if tuple(source.shape) != tuple(mixture.shape):
        raise SepeduError(
            f"Source of shape {tuple(source.shape)} and mixture of shape {tuple(mixture.shape)} "
            "cannot be compared",
            "Transform both with the same STFT and cut them to the same frames",
        )
    return source > threshold * mixture


def ratio_mask(sources: Array, power: float = 1.0) -> Array:
    r"""Share out each point among the sources in proportion to their magnitudes.

    .. math:: R_i = \frac{S_i^p}{\sum_j S_j^p}

    With p = 1 it is the ratio mask, with p = 2 that of a Wiener filter. The masks of all
    sources sum to one; where every source is silent, each gets the same share.

    Parameters
    ----------
    sources : np.ndarray or torch.Tensor [shape=(sources, ..., 513, frames)], real, >= 0
        Magnitudes of all the sources of a mixture.
    power : float
        p, above 0.

    Returns
    -------
    masks : same kind and shape, in [0, 1]

    Raises
    ------
    SepeduError
        If a magnitude is complex, negative or not finite, or the power is not above 0.

    References
    ----------
    A. Liutkus and R. Badeau, "Generalized Wiener filtering with fractional power spectrograms",
    ICASSP 2015.

    Lesson: 08
    """
    check_values(sources=sources)
    check_number("power", power, 0, above=True, usual="1 or 2")
    # Dividing by the largest first keeps tiny magnitudes from vanishing when they are squared.
    largest = sources.max(0) if isinstance(sources, np.ndarray) else sources.amax(0)
    silent = largest == 0
    shares = (sources / (largest + silent)) ** power + silent
    return shares / shares.sum(0)


def accuracy(prediction: Array, target: Array) -> float | Tensor:
    """Share of bins where the prediction, taken as a mask above 0.5, agrees with a binary mask.

    Parameters
    ----------
    prediction : np.ndarray or torch.Tensor, real or bool
    target : same kind and shape, bool or 0 and 1

    Returns
    -------
    accuracy : float, or torch.Tensor [shape=()] of tensors

    Lesson: 05
    """
    right = (prediction > 0.5) == target
    return float(right.mean()) if isinstance(right, np.ndarray) else right.float().mean()


def average_mask(masks: Sequence[np.ndarray]) -> np.ndarray:
    r"""Average masks over time: the share of training frames in which each frequency passed.

    It knows nothing of the song it is applied to, and never changes with time. Lesson 02
    shows how far that carries, and how it breaks.

    Parameters
    ----------
    masks : sequence of np.ndarray [each shape=(513, frames)], bool or in [0, 1]
        Masks of the training songs; each frame counts once.

    Returns
    -------
    mask : np.ndarray [shape=(513, 1)], float32, in [0, 1]
        Broadcasts over the frames of any mixture.

    Raises
    ------
    SepeduError
        If there is no mask, or one has no frames or other values.

    Lesson: 02
    """
    check_kind("masks", masks, Iterable, "a list of masks", "those of the training songs")
    masks = [np.asarray(mask) for mask in masks]
    for mask in masks:
        check_values(mask=mask)
    frames = sum(mask.shape[-1] for mask in masks)
    if frames == 0:
        raise SepeduError("An average of no masks was asked for", "Give at least one frame")
    total = sum(mask.sum(axis=-1, keepdims=True, dtype=np.float64) for mask in masks)
    return (total / frames).astype(np.float32)


def apply_mask(mask: Array, mixture: Array) -> Array:
    """Multiply the mixture's spectrum by a mask, keeping the mixture's phase.

    Parameters
    ----------
    mask : np.ndarray or torch.Tensor [shape=(..., 513, frames) or (513, 1)], bool or real
    mixture : same kind [shape=(..., 513, frames)], complex

    Returns
    -------
    estimate : same kind and shape as `mixture`, complex

    Raises
    ------
    SepeduError
        If the mixture is real: without its phase the estimate could not be heard. Or if the mask
        has another number of bins, or neither one frame nor as many as the mixture.

    Lesson: 02
    """
    if "complex" not in str(getattr(mixture, "dtype", "")):
        raise SepeduError(
            f"A mask was to be applied to {shown(mixture)}, whose phase is lost",
            "Apply it to the complex spectrum that STFT.forward returns",
        )
    picture = tuple(mixture.shape[-2:])
    if tuple(np.shape(mask)[-2:]) not in (picture, (*picture[:-1], 1)):
        raise SepeduError(
            f"A mask of shape {tuple(np.shape(mask))} does not fit a mixture of shape "
            f"{tuple(mixture.shape)}",
            "Give it the mixture's bins, and as many frames or a single one",
        )
    return mask * mixture


def convert_masks(masks: Array, mask: str, threshold: float = 0.5) -> Array:
    r"""Turn soft masks, such as networks predict, into masks of another kind.

    The networks of several sources know nothing of one another. Their soft masks p share out each
    point in proportion to what they say, or by the energies of the soft estimates, one step of
    Wiener filtering; the mixture's magnitude cancels:

    .. math:: \text{ratio: } \frac{p_i}{\sum_j p_j} \qquad \text{Wiener: }
        \frac{(p_i M)^2}{\sum_j (p_j M)^2} = \frac{p_i^2}{\sum_j p_j^2}

    Such masks sum to one, and so the estimates to the mixture; see `ratio_mask`.

    Parameters
    ----------
    masks : np.ndarray or torch.Tensor [shape=(sources, ..., 513, frames)], in [0, 1]
        Soft masks; for "ratio" and "wiener" those of all the sources.
    mask : {"soft", "binary", "ratio", "wiener"}
        "soft" leaves them as they are, "binary" is 1 where they exceed the threshold.
    threshold : float
        Of "binary": the probability to exceed, unlike the T of `binary_mask`.

    Returns
    -------
    masks : same kind, shape and dtype, in [0, 1]

    Raises
    ------
    SepeduError
        If the mask is unknown, the threshold not in [0, 1], or a value complex, negative or not
        finite.

    Lesson: 08

    Examples
    --------
    >>> convert_masks(np.array([0.9, 0.3]), "wiener").round(3)
    array([0.9, 0.1])
    """
    check_choice("Mask", mask, MASKS)
    check_number("threshold", threshold, 0, 1, usual=0.5)
    check_values(masks=masks)
    if mask == "soft":
        return masks
    if mask == "binary":
        passes = masks > threshold
        cast = passes.astype if isinstance(masks, np.ndarray) else passes.to
        return cast(masks.dtype)
    return ratio_mask(masks, power=1 if mask == "ratio" else 2)
