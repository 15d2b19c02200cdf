"""What a wish for estimates comes to: which networks, which masks, which refiner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .checkpoints import find_refiner, load_checkpoint, load_refiner, weights_path
from .datasets import SOURCES
from .errors import SepeduError
from .gates import JOINT, MASKS, REFINED, best_masks
from .model import MaskCNN
from .refiner import Refiner


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
