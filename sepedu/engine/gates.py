"""Gates: the factor for each bin of a mixture, from what one network says or four say together.

A network answers for one source and knows nothing of the others. Alone, its output is a soft or a
binary mask. Together, the four outputs can be made to share out each bin, so that the four
estimates sum to the mixture.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ..dense import predict_mask
from ..errors import SepeduError
from ..masks import ratio_mask
from ..model import MaskCNN
from ..songs import SOURCES, data_folder
from .refiner import Refiner, answers

MASKS = ("soft", "binary", "shared", "wiener", "sharpened", "refined")
"""How a source's gate is made; the first is taken where nothing was measured."""
REFINED = ("sharpened", "refined")
"""Those that the refiner makes, both at once."""
JOINT = ("shared", "wiener", *REFINED)
"""Those that need the networks of all four sources."""


def predict_gate(model: MaskCNN, magnitude: np.ndarray) -> np.ndarray:
    """The factor for each bin of the mixture, whatever the network predicts.

    A network without the mask predicts the source's magnitude: its share of the mixture, at
    most 1, takes the mask's place. [shape=(513, frames)], float32 in [0, 1].
    """
    prediction = predict_mask(model, magnitude)
    if model.output == "magnitude":
        prediction = np.expm1(prediction).clip(min=0) / np.maximum(magnitude, 1e-8)
        prediction = prediction.clip(max=1)
    return prediction


def predict_gates(models: Mapping[str, MaskCNN], magnitude: np.ndarray) -> np.ndarray:
    """The soft gates of several networks, in their order [shape=(sources, 513, frames)]."""
    return np.stack([predict_gate(model, magnitude) for model in models.values()])


def combine_gates(
    gates: np.ndarray,
    mask: str,
    threshold: float = 0.5,
    magnitude: np.ndarray | None = None,
    refiner: Refiner | None = None,
) -> np.ndarray:
    """Turn soft gates into those of the kind wanted, float32.

    Parameters
    ----------
    gates : np.ndarray [shape=(sources, 513, frames)], float32 in [0, 1]
        Of all four sources for the masks of `JOINT`; otherwise of any shape.
    mask : {"soft", "binary", "shared", "wiener", "sharpened", "refined"}
    threshold : float
        Of "binary": the gate is 1 where the soft one exceeds it, and 0 elsewhere.
    magnitude : np.ndarray [shape=(513, frames)], optional
        Of the mixture, for "sharpened" and "refined".
    refiner : Refiner, optional
        For the same two.

    Returns
    -------
    gates : np.ndarray of the same shape, float32 in [0, 1]

    Raises
    ------
    SepeduError
        If the mask is unknown, or one of the refiner's lacks what it needs.
    """
    if mask == "binary":
        return (gates > threshold).astype(np.float32)
    if mask in REFINED:
        if magnitude is None or refiner is None:
            raise SepeduError(f"The mask {mask!r} needs the mixture and a refiner", "Give both")
        return answers(gates, magnitude, refiner)[REFINED.index(mask)]
    kinds = {"soft": np.asarray, "shared": shared_gates, "wiener": wiener_gates}
    if mask not in kinds:
        raise SepeduError(f"Mask {mask!r} is unknown", f"Use one of {', '.join(MASKS)}")
    return kinds[mask](gates)


def combine_all(
    gates: np.ndarray,
    masks: Iterable[str],
    threshold: float = 0.5,
    magnitude: np.ndarray | None = None,
    refiner: Refiner | None = None,
) -> dict[str, np.ndarray]:
    """The gates of several kinds, by kind; see `combine_gates`. The refiner runs once for both."""
    wanted = dict.fromkeys(masks)
    made: dict[str, np.ndarray] = {}
    if set(REFINED) <= set(wanted) and magnitude is not None and refiner is not None:
        made = dict(zip(REFINED, answers(gates, magnitude, refiner), strict=True))
    for mask in wanted:
        if mask not in made:
            made[mask] = combine_gates(gates, mask, threshold, magnitude, refiner)
    return made


def shared_gates(gates: np.ndarray) -> np.ndarray:
    r"""Share out each bin in proportion to what the networks say of it.

    .. math:: g_i = \frac{p_i}{\sum_j p_j}

    The gates sum to one, and so the estimates to the mixture. Where every network says 0, each
    source gets the same share.

    Parameters
    ----------
    gates : np.ndarray [shape=(sources, ..., 513, frames)], in [0, 1]
        p, the soft gates of all the sources.

    Returns
    -------
    gates : np.ndarray of the same shape and dtype, in [0, 1]

    References
    ----------
    A. Liutkus and R. Badeau, "Generalized Wiener filtering with fractional power spectrograms",
    ICASSP 2015: the exponent 1.

    Lesson: 08

    Examples
    --------
    >>> shared_gates(np.array([0.9, 0.3])).round(3)
    array([0.75, 0.25])
    """
    return ratio_mask(gates, power=1).astype(gates.dtype)


def wiener_gates(gates: np.ndarray) -> np.ndarray:
    r"""One step of Wiener filtering: share out each bin by the energies of the soft estimates.

    .. math:: g_i = \frac{(p_i M)^2}{\sum_j (p_j M)^2} = \frac{p_i^2}{\sum_j p_j^2}

    All soft estimates come from the same mixture, whose magnitude M cancels. As with
    `shared_gates` the gates sum to one.

    Parameters
    ----------
    gates : np.ndarray [shape=(sources, ..., 513, frames)], in [0, 1]
        p, the soft gates of all the sources.

    Returns
    -------
    gates : np.ndarray of the same shape and dtype, in [0, 1]

    References
    ----------
    A. Liutkus and R. Badeau, "Generalized Wiener filtering with fractional power spectrograms",
    ICASSP 2015: the exponent 2.

    Lesson: 08

    Examples
    --------
    >>> wiener_gates(np.array([0.9, 0.3])).round(3)
    array([0.9, 0.1])
    """
    return ratio_mask(gates, power=2).astype(gates.dtype)


def best_masks_path() -> Path:
    """Where it stands, beside the networks, which mask is the best of each one."""
    return data_folder() / "weights" / "masks.json"


def best_masks(path: Path | None = None) -> dict[str, str]:
    """The mask that gave each source the best SDR on the validation songs.

    `sepedu results --clone` writes it when it measures the networks that come with the course;
    "soft" where it has not.

    Raises
    ------
    SepeduError
        If what is written there names no mask.
    """
    path = path or best_masks_path()
    if not path.is_file():
        return dict.fromkeys(SOURCES, MASKS[0])
    try:
        best = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        best = None
    known = isinstance(best, dict) and set(best) <= set(SOURCES)
    if not known or not set(map(str, best.values())) <= set(MASKS):
        raise SepeduError(
            f"{path} does not say which mask is the best of each source",
            "Make it again: sepedu results --data musdb7 --clone .",
        )
    return dict.fromkeys(SOURCES, MASKS[0]) | best
