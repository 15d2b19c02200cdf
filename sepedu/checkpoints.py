"""Trained networks on disk: safetensors with all that a reader must know beside the weights."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from .engine.files import atomic_write, clear_parts, write_synced
from .errors import SepeduError
from .model import MaskCNN
from .songs import SOURCES, data_folder
from .stft import STFT
from .unet import MaskUNet, fold_normalisation

FORMAT = 1
"""Version of a checkpoint's layout; a newer one is refused instead of misread."""
UNET = "unet"
"""Name of the one network for all four sources among the files of networks."""


def weights_path(source: str, folder: Path | None = None) -> Path:
    """Place of the network of one source, or of "unet": by default of the course's own."""
    if source not in (*SOURCES, UNET):
        known = ", ".join((*SOURCES, UNET))
        raise SepeduError(f"Source {source!r} is unknown", f"Use one of {known}")
    return (folder or data_folder() / "weights") / f"{source}.safetensors"


def save_checkpoint(
    path: str | os.PathLike[str],
    model: MaskCNN | MaskUNet,
    metadata: dict[str, Any],
    state: dict[str, Tensor] | None = None,
) -> Path:
    """Write a network with its settings and its metadata.

    The file is written aside and then renamed: an interruption leaves the old one whole. What a
    killed process has left aside goes with the next writing.

    Parameters
    ----------
    path : str or path
        Ends in `.safetensors`.
    model : MaskCNN or MaskUNet
    metadata : dict
        Anything JSON can hold: source, threshold, data, epochs, seed, metrics, commit.
    state : dict of torch.Tensor, optional
        What a training run needs to go on, besides the network.

    Raises
    ------
    SepeduError
        If the file cannot be written.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"state.{name}": value for name, value in (state or {}).items()}
    settings = {"network": type(model).__name__, "stft": asdict(model.stft), **model.settings}
    return _write(Path(path), tensors, settings | metadata)


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, Any]) -> Path:
    contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    metadata = json.loads(json.dumps({"format": FORMAT, **metadata}))  # as a reader will find it
    metadata["digest"] = _digest(metadata, contiguous)
    content = save(contiguous, {"sepedu": json.dumps(metadata, sort_keys=True)})
    clear_parts(path.parent, glob.escape(path.name))
    with atomic_write(path) as part:
        # Not safetensors' own writing of files, which leaves a part of its own if killed.
        write_synced(part, content)
    return path


def _digest(metadata: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of a checkpoint's metadata and values: no byte may change on the way unnoticed."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def load_checkpoint(
    path: str | os.PathLike[str],
) -> tuple[MaskCNN | MaskUNet, dict[str, Any], dict[str, Tensor]]:
    """Read a network back, in evaluation mode, after checking that the file is one.

    Returns
    -------
    model : MaskCNN or MaskUNet
    metadata : dict
        What `save_checkpoint` was told, with `network`, its settings and `stft`.
    state : dict of torch.Tensor
        Empty unless a training run left it.

    Raises
    ------
    SepeduError
        If the file is missing, corrupt, a pickle, from a newer version, of another network, or
        made with other STFT settings.
    """
    path = Path(path)
    tensors, metadata = _read(path)
    network = {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
    try:
        if metadata.get("network") == MaskUNet.__name__:
            model = MaskUNet(metadata["channels"], metadata["dense"])
        else:
            model = MaskCNN(output=metadata.get("output", "mask"))
        model.load_state_dict(network)
    except (RuntimeError, KeyError, TypeError, ValueError, SepeduError) as error:
        raise SepeduError(
            f"The weights in {path} are not those of the course's network",
            "Train one with: sepedu train",
        ) from error
    if not all(torch.isfinite(value).all() for value in network.values()):
        raise SepeduError(
            f"The weights in {path} contain values that are not finite",
            "Train again with a smaller learning rate, or fetch the file again",
        )
    state = {k.removeprefix("state."): v for k, v in tensors.items() if k.startswith("state.")}
    return model.eval(), metadata, state


def load_unet(path: str | os.PathLike[str] | None = None) -> MaskUNet:
    """Read a U-Net to separate with: in evaluation mode, its normalisation folded in.

    Parameters
    ----------
    path : str or path, optional
        By default that of the one that comes with the course.

    Raises
    ------
    SepeduError
        As `load_checkpoint`, and if the network is another one.

    Lesson: 09
    """
    path = weights_path(UNET) if path is None else path
    model = load_checkpoint(path)[0]
    if not isinstance(model, MaskUNet):
        raise SepeduError(f"The network in {path} is no U-Net", "Train one: sepedu train unet")
    return fold_normalisation(model)


def load_models(sources: Sequence[str] = SOURCES) -> dict[str, MaskCNN]:
    """Load the talk's networks that come with the course, by source.

    Raises
    ------
    SepeduError
        If a source is unknown, or its network is missing.

    Lesson: 06
    """
    return {source: load_checkpoint(weights_path(source))[0] for source in sources}


def read_networks(place: Path) -> MaskUNet | dict[str, MaskCNN]:
    """Read networks of one's own, for `separate`: a checkpoint, or a folder of them.

    Parameters
    ----------
    place : path
        Of a folder, its files `SOURCE.safetensors` count.

    Returns
    -------
    model : MaskUNet, or dict of str to MaskCNN
        The talk's networks by source.

    Raises
    ------
    SepeduError
        If there is no network, one does not say its source, or see `load_checkpoint`.
    """
    if place.is_dir():
        paths = [weights_path(source, place) for source in SOURCES]
        paths = [path for path in paths if path.is_file()]
        if not paths:
            raise SepeduError(f"The folder {place} has no network", "Train some: sepedu train all")
    else:
        paths = [place]
    models = {}
    for path in paths:
        model, metadata, _ = load_checkpoint(path)
        if isinstance(model, MaskUNet):
            return fold_normalisation(model)
        if metadata.get("source") not in SOURCES:
            raise SepeduError(
                f"The checkpoint {path} does not say which source it is for",
                "Train one with: sepedu train",
            )
        models[metadata["source"]] = model
    return models


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Values and metadata of a file of this course, or SepeduError with how to get one."""
    if not os.path.isfile(path):  # unlike Path's, it takes a name that is too long
        raise SepeduError(f"There is no checkpoint {path}", "Train one with: sepedu train")
    try:
        # Read at once: Ctrl-C inside of safe_open comes out as if the file were damaged.
        content = path.read_bytes()
        tensors = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = json.loads(header["__metadata__"]["sepedu"])
        newer = metadata["format"] > FORMAT
        said = metadata.pop("digest", None)  # the first checkpoints have none
        changed = said is not None and said != _digest(metadata, tensors)
    except (SafetensorError, OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise SepeduError(
            f"{path} is not a checkpoint of this course, or it is damaged",
            "Only safetensors files that sepedu wrote are read; pickled files are never opened. "
            "Fetch it again, or train one with: sepedu train",
        ) from error
    if newer:
        raise SepeduError(
            f"The checkpoint {path} has format {metadata['format']}, newer than {FORMAT}",
            "Update the course: git pull, then make lab",
        )
    if metadata.get("stft") != asdict(STFT()):
        raise SepeduError(
            f"The checkpoint {path} was made with the STFT settings {metadata.get('stft')}",
            f"The network expects {asdict(STFT())}: train it again with these",
        )
    if changed:
        raise SepeduError(
            f"The checkpoint {path} is damaged: its values are not those that were written",
            "Copy or fetch it again, or train one with: sepedu train",
        )
    return tensors, metadata
