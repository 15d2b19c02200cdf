"""What an estimate says of how it was made, so that a second run knows what is done.

It stands in the file itself, in the field for comments of a WAV file: which mask, which networks,
which version of the computation, and the SHA-256 of the song. Where one of them has changed the
estimate is made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import soundfile
from torch import nn

from ..audio import Recording, name_for_libsndfile
from ..model import MaskCNN
from ..separation import ALGORITHM, SeparationSettings
from ..songs import SOURCES
from ..unet import MaskUNet

MAKER = "sepedu"


def metadata(recording: Recording, settings: SeparationSettings) -> dict[str, str]:
    """What each estimate of a recording says of itself, as JSON by its name."""
    more: dict[str, object] = {"frames": recording.frames}
    if recording.warnings:
        more["warnings"] = recording.warnings
    return {
        name: json.dumps(made | more, sort_keys=True)
        for name, made in _made(recording.source, settings).items()
    }


def _made(song: Path, settings: SeparationSettings) -> dict[str, dict]:
    """How each estimate of a song is made, by its name."""
    with song.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    mask = settings.mask + (f" at {settings.threshold:g}" if settings.mask == "binary" else "")
    if isinstance(settings.model, MaskUNet):
        prints = {"unet": fingerprint(settings.model)}
    else:
        prints = {source: fingerprint(model) for source, model in settings.model.items()}
    made = {}
    for source in settings.sources:
        alone = settings.mask in ("soft", "binary") and source in prints
        made[source] = {
            "made by": MAKER,
            "algorithm": ALGORITHM,
            "estimate": source,
            "mask": mask,
            "networks": [prints[source]] if alone else [prints[name] for name in sorted(prints)],
            "bfloat16": settings.bfloat16,
            "sha256 of the song": digest,
        }
    if settings.residual:
        made["residual"] = {"made by": MAKER, "what is left beside": dict(made)}
    return made


def fingerprint(model: nn.Module) -> str:
    """Twelve digits that differ for networks that differ in any weight."""
    digest = hashlib.sha256(model.output.encode() if isinstance(model, MaskCNN) else b"")
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def find_done(
    song: Path, files: Mapping[str, Path], settings: SeparationSettings
) -> list[str] | None:
    """What the listener of these files must know, if they are done; otherwise None.

    That is, made of this song with these settings, and whole.
    """
    comments, warnings = {}, []
    for name, path in files.items():
        made, frames = _read_comment(path)
        warnings = made.pop("warnings", [])
        if not made or made.pop("frames", frames) != frames:
            return None
        comments[name] = made
    try:
        return warnings if comments == _made(song, settings) else None
    except OSError:  # the song cannot be read, and whoever separates it will say so
        return None


def is_estimate(path: Path) -> bool:
    """Whether a file is an estimate that `separate_file` wrote, and no song."""
    named = path.suffix == ".wav" and path.stem in (*SOURCES, "residual")
    return named and _read_comment(path)[0].get("made by") == MAKER


def _read_comment(path: Path) -> tuple[dict, int]:
    """What an estimate says of itself, nothing where a file is none; and how many frames it has."""
    try:
        with soundfile.SoundFile(name_for_libsndfile(path)) as file:
            comment, frames = json.loads(file.comment), file.frames
    except (soundfile.LibsndfileError, OSError, ValueError):
        return {}, 0
    return (comment if isinstance(comment, dict) else {}), frames
