"""What an estimate says of how it was made, so that a second run knows what is done.

The story stands in the file itself, in the field for comments of a WAV file: which mask, which
networks, and the size of the song. Other settings, other networks or another song tell another
story, and then the estimate is made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import soundfile
from torch import nn

from ..model import MaskCNN
from ..separation import SeparationSettings
from ..songs import SOURCES
from ..unet import MaskUNet

MAKER = "sepedu"


def stories(song: Path, settings: SeparationSettings) -> dict[str, str]:
    """What each estimate of a song will say, by source, and "residual" if there is one."""
    mask = settings.mask + (f" at {settings.threshold:g}" if settings.mask == "binary" else "")
    told = {}
    if isinstance(settings.model, MaskUNet):
        prints = {"unet": fingerprint(settings.model)}
    else:
        prints = {source: fingerprint(model) for source, model in settings.model.items()}
    for source in settings.sources:
        alone = settings.mask in ("soft", "binary") and source in prints
        told[source] = {
            "made by": MAKER,
            "estimate": source,
            "mask": mask,
            "networks": [prints[source]] if alone else [prints[name] for name in sorted(prints)],
            "bfloat16": settings.bfloat16,
            "bytes of the song": song.stat().st_size,
        }
    if settings.residual:
        told["residual"] = {"made by": MAKER, "what is left beside": dict(told)}
    return {name: json.dumps(story, sort_keys=True) for name, story in told.items()}


def fingerprint(model: nn.Module) -> str:
    """Twelve digits that differ for networks that differ in any weight."""
    digest = hashlib.sha256(model.output.encode() if isinstance(model, MaskCNN) else b"")
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def is_done(song: Path, files: Mapping[str, Path], told: Mapping[str, str]) -> bool:
    """Whether all these files are there, newer than the song, and tell these stories."""
    try:
        changed = song.stat().st_mtime
        return all(
            path.stat().st_mtime >= changed and _comment(path) == told[name]
            for name, path in files.items()
        )
    except OSError:
        return False


def is_estimate(path: Path) -> bool:
    """Whether a file is an estimate that `separate_file` wrote, and no song."""
    if path.suffix != ".wav" or path.stem not in (*SOURCES, "residual"):
        return False
    try:
        return json.loads(_comment(path)).get("made by") == MAKER
    except (ValueError, AttributeError):
        return False


def _comment(path: Path) -> str:
    try:
        with soundfile.SoundFile(path) as file:
            return file.comment
    except (soundfile.LibsndfileError, OSError):
        return ""
