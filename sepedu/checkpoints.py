"""Trained networks on disk: safetensors with all that a reader must know beside the weights."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from .engine.files import atomic_write, clear_parts
from .engine.refiner import REFINER, Refiner
from .errors import SepeduError
from .model import MaskCNN
from .songs import SOURCES, data_folder
from .stft import STFT

FORMAT = 1
"""Version of the layout; a newer one is refused instead of misread."""


def weights_path(source: str, folder: Path | None = None) -> Path:
    """Place of the network of one source: by default of that which comes with the course."""
    if source not in SOURCES:
        raise SepeduError(f"Source {source!r} is unknown", f"Use one of {', '.join(SOURCES)}")
    return (folder or data_folder() / "weights") / f"{source}.safetensors"


def save_checkpoint(
    path: str | os.PathLike[str],
    model: MaskCNN,
    about: dict[str, Any],
    state: dict[str, Tensor] | None = None,
) -> Path:
    """Write a network with its settings and its story.

    The file is written aside and then renamed: an interruption leaves the old one whole. What a
    killed process has left aside goes with the next writing.

    Parameters
    ----------
    path : str or path
        Ends in `.safetensors`.
    model : MaskCNN
    about : dict
        Anything JSON can hold: source, threshold, data, epochs, seed, metrics, commit.
    state : dict of torch.Tensor, optional
        What a training needs to go on, besides the network.

    Raises
    ------
    SepeduError
        If the file cannot be written.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"state.{name}": value for name, value in (state or {}).items()}
    return _write(
        Path(path), tensors, {"output": model.output, "stft": asdict(model.stft), **about}
    )


def save_refiner(path: Path, refiner: Refiner, about: dict[str, Any]) -> Path:
    """Write a refiner with its story, as `save_checkpoint` writes a network.

    Raises
    ------
    SepeduError
        If the file cannot be written.
    """
    return _write(path, refiner.state_dict(), {"stft": asdict(STFT()), **about})


def _write(path: Path, tensors: Mapping[str, Tensor], story: dict[str, Any]) -> Path:
    contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    story = json.loads(json.dumps({"format": FORMAT, **story}))  # as a reader will find it
    story["digest"] = _digest(story, contiguous)
    content = save(contiguous, {"sepedu": json.dumps(story, sort_keys=True)})
    clear_parts(path.parent, glob.escape(path.name))
    with atomic_write(path) as part:
        # Not safetensors' own writing of files, which leaves a part of its own if killed.
        part.write_bytes(content)
        with part.open("rb+") as file:
            os.fsync(file.fileno())  # or a power failure could leave a name without its content
    return path


def _digest(story: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of a checkpoint's story and values: no byte may change on the way unnoticed."""
    digest = hashlib.sha256(json.dumps(story, sort_keys=True).encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def load_checkpoint(
    path: str | os.PathLike[str],
) -> tuple[MaskCNN, dict[str, Any], dict[str, Tensor]]:
    """Read a network back, in evaluation mode, after checking that the file is one.

    Returns
    -------
    model : MaskCNN
    about : dict
        What `save_checkpoint` was told, with `output` and `stft`.
    state : dict of torch.Tensor
        Empty unless a training left it.

    Raises
    ------
    SepeduError
        If the file is missing, corrupt, a pickle, from a newer version, of another network, or
        made with other STFT settings.
    """
    path = Path(path)
    tensors, about = _read(path)
    network = {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
    try:
        model = MaskCNN(output=about.get("output", "mask"))
        model.load_state_dict(network)
    except (RuntimeError, SepeduError) as error:
        raise SepeduError(
            f"The weights in {path} are not those of the course's network",
            "Train one with: sepedu train",
        ) from error
    _check_finite(path, network)
    state = {k.removeprefix("state."): v for k, v in tensors.items() if k.startswith("state.")}
    return model.eval(), about, state


def load_refiner(path: Path | None = None) -> tuple[Refiner, dict[str, Any]]:
    """Read a refiner back, in evaluation mode, with its story.

    Parameters
    ----------
    path : path, optional
        By default that of the refiner that comes with the course.

    Raises
    ------
    SepeduError
        As `load_checkpoint`.

    Lesson: 08
    """
    path = path or weights_path(SOURCES[0]).with_name(REFINER)
    tensors, about = _read(path, "sepedu train refiner")
    refiner = Refiner()
    try:
        refiner.load_state_dict(tensors)
    except RuntimeError as error:
        raise SepeduError(
            f"The weights in {path} are not those of a refiner", "Fit one: sepedu train refiner"
        ) from error
    _check_finite(path, tensors)
    return refiner.eval(), about


def find_refiner(folder: Path) -> Refiner | None:
    """The refiner of the networks in a folder, if it has one.

    Raises
    ------
    SepeduError
        As `load_refiner`.
    """
    path = folder / REFINER
    return load_refiner(path)[0] if path.is_file() else None


def _check_finite(path: Path, tensors: Mapping[str, Tensor]) -> None:
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise SepeduError(
            f"The weights in {path} contain values that are not finite",
            "Train again with a smaller learning rate, or fetch the file again",
        )


def _read(path: Path, command: str = "sepedu train") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Values and story of a file of this course, or what is wrong with it and how to get one."""
    if not os.path.isfile(path):  # unlike Path's, it takes a name that is too long
        raise SepeduError(f"There is no checkpoint {path}", f"Train one with: {command}")
    try:
        # Read at once: Ctrl-C inside of safe_open comes out as if the file were damaged.
        content = path.read_bytes()
        tensors = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        about = json.loads(header["__metadata__"]["sepedu"])
        newer = about["format"] > FORMAT
        said = about.pop("digest", None)  # the first checkpoints have none
        changed = said is not None and said != _digest(about, tensors)
    except (SafetensorError, OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise SepeduError(
            f"{path} is not a checkpoint of this course, or it is damaged",
            "Only safetensors files that sepedu wrote are read; pickled files are never opened. "
            f"Fetch it again, or train one with: {command}",
        ) from error
    if newer:
        raise SepeduError(
            f"The checkpoint {path} has format {about['format']}, newer than {FORMAT}",
            "Update the course: git pull, then make lab",
        )
    if about.get("stft") != asdict(STFT()):
        raise SepeduError(
            f"The checkpoint {path} was made with the STFT settings {about.get('stft')}",
            f"The network expects {asdict(STFT())}: train it again with these",
        )
    if changed:
        raise SepeduError(
            f"The checkpoint {path} is damaged: its values are not those that were written",
            f"Copy or fetch it again, or train one with: {command}",
        )
    return tensors, about
