"""Networks as ONNX, and the page that separates a song with them in the browser."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soundfile
import torch
from torch import Tensor, nn

from ..audio import common_gain, read_audio
from ..dense import CHUNK, dense_scores
from ..errors import SepeduError
from ..model import MaskCNN
from ..separation import (
    BLOCK,
    STEP,
    TRAINING_LEVEL,
    Networks,
    SeparationSettings,
    song_name,
)
from ..songs import SOURCES, embedded_root
from ..stft import HALF_CONTEXT
from ..unet import MaskUNet
from .files import write_text

PAGE = Path(__file__).parent / "song_page"
SHARED = Path(__file__).parent.parent / "widgets"
"""The transform and what writes sounds are the widgets' own."""
SCRIPTS = ("stft.js", "fft.js", "wav.js")
DESCRIPTION = "page.json"
"""Says which networks and songs the page has."""
OURS = ("Pop - Morning Train", "Rock - Last Tram", "Electronic - Blue Hour")
"""Embedded songs that the page offers: of the test set, so that no network has learnt them."""


class UNetMasks(nn.Module):
    """The U-Net's soft masks, as the page asks for them.

    [shape=(1, 2, 513, frames), (1,) -> (4 sources, 2, 513, frames)]; frames are a multiple of
    `STEP`. One channel is given twice.
    """

    def __init__(self, model: MaskUNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, magnitude: Tensor, level: Tensor) -> Tensor:
        return self.model(magnitude, level)[0]


class WindowMasks(nn.Module):
    """Soft masks of the talk's networks by their dense evaluation, see `predict_soft_mask`.

    [shape=(1, 1, 513, frames + 24), (1,) -> (sources, 1, 513, frames)]
    """

    def __init__(self, models: Sequence[MaskCNN]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, magnitude: Tensor, level: Tensor) -> Tensor:
        heard = magnitude[:, 0] * (TRAINING_LEVEL / level.clamp(min=1e-9))
        masks = []
        for model in self.models:
            mask = model.finish(dense_scores(model, model.features(heard)))
            if model.output == "magnitude":
                middle = heard[..., HALF_CONTEXT:-HALF_CONTEXT]
                mask = (mask.exp() - 1).clamp(min=0) / middle.clamp(min=1e-8)
                mask = mask.clamp(max=1)
            masks.append(mask)
        return torch.stack(masks)


def export_onnx(model: Networks, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Write a network as ONNX: magnitudes and the recording's level in, soft masks out.

    Parameters
    ----------
    model : MaskUNet, or mapping of str to MaskCNN
        The talk's networks by source go into one file.
    path : str or path

    Returns
    -------
    network : dict
        What the page must know of it: sources, channels, frames of context and of a pass.

    Raises
    ------
    SepeduError
        If the package onnx is not installed.
    """
    if importlib.util.find_spec("onnx") is None:  # PyTorch's exporter imports it
        raise SepeduError(
            "A network is written as ONNX with the package onnx, which is not installed",
            'Install it: pip install "sepedu[export]"',
        )
    if isinstance(model, MaskUNet):
        wrapped, frames, dynamic = UNetMasks(model), 4 * STEP, {"magnitude": {3: "frames"}}
        about = {"title": "U-Net: one network for all sources", "channels": 2}
        about |= {"sources": list(SOURCES), "window": 0, "context": 0}
    else:
        wrapped, frames, dynamic = WindowMasks(list(model.values())), CHUNK + 2 * HALF_CONTEXT, {}
        about = {"title": "The small network of lesson 04, one for each source", "channels": 1}
        about |= {"sources": list(model), "window": CHUNK, "context": HALF_CONTEXT}
    example = torch.rand(1, about["channels"], 513, frames), torch.ones(1)
    with torch.no_grad(), warnings.catch_warnings():
        # PyTorch's newer exporter takes a minute for the dense evaluation, and this one 2 seconds.
        # What it warns of is that it is the older one, and that it follows one way through the
        # code: the tests compare what comes out.
        warnings.filterwarnings("ignore", module=r"torch\.onnx|sepedu|copyreg")
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
        torch.onnx.export(
            wrapped.eval(),
            example,
            str(path),
            input_names=["magnitude", "level"],
            output_names=["masks"],
            dynamic_axes=dynamic,
            dynamo=False,
        )
    margin = SeparationSettings(about["sources"], model).margin
    whole = set(about["sources"]) == set(SOURCES)
    outputs = about["sources"] if whole else [*about["sources"], "residual"]
    return about | {"outputs": outputs, "block": BLOCK, "margin": margin, "step": STEP}


def write_song_page(
    folder: str | os.PathLike[str],
    models: Sequence[Networks],
    songs: Sequence[str | os.PathLike[str]] | None = None,
    home: str | None = None,
) -> Path:
    """Write a page where a visitor's song is separated inside the browser.

    The page needs a web server, any that serves files, and nothing from elsewhere.

    Parameters
    ----------
    folder : str or path
        New, empty, or of such a page. It gets `index.html` and what belongs to it: 5 MB, and about
        5 MB for each network.
    models : sequence of MaskUNet or mapping of str to MaskCNN
        What the visitor can choose from: `load_unet()`, `load_models()`, or your own.
    songs : sequence of path, optional
        Recordings to offer beside the visitor's own; by default three of the embedded ones.
    home : str, optional
        Address for a link back, seen from `index.html`.

    Returns
    -------
    page : pathlib.Path
        Of `index.html`.

    Raises
    ------
    SepeduError
        If a song cannot be read, the folder holds something else or cannot be written, or the
        package onnx is not installed.

    Examples
    --------
    >>> from sepedu.checkpoints import load_models, load_unet
    >>> write_song_page("build/site/song", [load_unet(), load_models()], home="../index.html")
    ... # doctest: +SKIP
    """
    folder = Path(folder)
    if folder.is_file() or (folder.is_dir() and not _is_page(folder)):
        raise SepeduError(
            f"{folder} holds something else than such a page",
            "Give a new or an empty folder",
        )
    if songs is None:
        songs = [embedded_root() / "test" / f"{name}.stem.mp4" for name in OURS]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        left_out = shutil.ignore_patterns("fetch.sh", "ort.wasm")
        shutil.copytree(PAGE, folder, dirs_exist_ok=True, ignore=left_out)
        # A quarter of the size, whether or not the server packs what it sends.
        packed = gzip.compress((PAGE / "vendor" / "ort.wasm").read_bytes(), mtime=0)
        (folder / "vendor" / "ort.wasm.packed").write_bytes(packed)
        for script in SCRIPTS:
            shutil.copyfile(SHARED / script, folder / script)
        networks = []
        for number, model in enumerate(models):
            file = f"network{number}.onnx"
            networks.append(export_onnx(model, folder / file) | {"file": file})
        offered = []
        for number, song in enumerate(map(Path, songs)):
            audio, rate = read_audio(song)
            file = f"song{number}.flac"
            gain = common_gain(audio)  # FLAC of 16 bits would clip what exceeds full level
            soundfile.write(folder / file, gain * audio.T, rate)
            offered.append({"name": song_name(song), "file": file, "rate": rate})
        # Last of all: with it the page is whole.
        page = {"networks": networks, "songs": offered, "home": home}
        write_text(folder / DESCRIPTION, json.dumps(page, indent=1))
    except (OSError, soundfile.LibsndfileError) as error:
        raise SepeduError(
            f"The page cannot be written to {folder} ({error})",
            "Choose a folder that may be written and has room",
        ) from error
    return folder / "index.html"


def _is_page(folder: Path) -> bool:
    """Whether a folder holds a page, what an interruption left of one, or nothing."""
    names = [path.name for path in folder.iterdir()]
    own = {path.name for path in PAGE.iterdir()} | set(SCRIPTS)
    made = re.compile(r"network\d+\.onnx|song\d+\.flac")
    return DESCRIPTION in names or all(name in own or made.fullmatch(name) for name in names)
