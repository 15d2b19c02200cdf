"""What decks draw from: songs that may be given away, networks, results; each opened once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd
import torch

from sepedu.checkpoints import load_checkpoint, weights_path
from sepedu.errors import SepeduError
from sepedu.evaluation import read_results, sdr
from sepedu.model import MaskCNN
from sepedu.separation import separate
from sepedu.songs import SOURCES, Song, load_song, open_dataset
from sepedu.stft import STFT
from sepedu.unet import MaskUNet

stft = STFT()


@lru_cache
def song(name: str = "Rock - Last Tram", start: float = 0.0, end: float = 60.0) -> Song:
    """A song of the embedded set by name, or a stretch of it, mono at 22,050 Hz.

    Its sound may stand in a deck that is given away; that of MUSDB18's songs may not.
    """
    for subset in ("test", "train"):
        for track in open_dataset(subset=subset):
            if track.name == name:
                return load_song(track).between(start, end)
    raise SepeduError(f"There is no song {name!r} in the embedded set", "See data/README.md")


def told(name: str, start: float, end: float) -> str:
    """How a slide names a stretch of a song: title, set, split and seconds."""
    tests = {track.name for track in open_dataset(subset="test")}
    split = "test" if name in tests else "training"
    return f"{name} (embedded set, {split} song), seconds {start:g} to {end:g}"


@lru_cache
def test_songs(start: float, end: float) -> dict[str, tuple[float, float]]:
    """SDR of the vocals by the talk's network and by the U-Net, both soft, by embedded test song.

    Without the networks, and for songs without vocals on this stretch, there is none.
    """
    reached = {}
    for track in open_dataset(subset="test") if lacking("networks") is None else ():
        part = song(track.name, start, end)
        voice = part.sources["vocals"]
        talk, unet = (
            sdr(voice, separate(part.mixture, part.sample_rate, ["vocals"], model=model)["vocals"])
            for model in ("cnn", "unet")
        )
        if np.isfinite(unet - talk):
            reached[track.name] = talk, unet
    return reached


@lru_cache
def middle_song(start: float, end: float) -> str:
    """Name of the embedded test song on which the U-Net gains as much as on most.

    What is played shall be typical and not picked by hand. So the test songs are put in order of
    what the U-Net's vocals gain in SDR over those of the talk's network on this stretch, and the
    one in the middle is taken; of two, the one that gains less.
    """
    gains = {name: unet - talk for name, (talk, unet) in test_songs(start, end).items()}
    ordered = sorted(gains, key=gains.__getitem__)
    return ordered[(len(ordered) - 1) // 2] if ordered else song_names("test")[0]


def song_names(subset: str) -> list[str]:
    """Names of the embedded set's songs of a subset."""
    return [track.name for track in open_dataset(subset=subset)]


MIDDLE = "the middle one of the test songs by gain"
"""How a slide says what `middle_song` took."""


@lru_cache
def training_songs(count: int = 9) -> tuple[Song, ...]:
    """Some training songs of the embedded set, spread over its styles; few, to build fast."""
    tracks = list(open_dataset(split="train"))
    return tuple(load_song(tracks[n * len(tracks) // count]) for n in range(count))


def magnitude(audio: np.ndarray) -> np.ndarray:
    """Magnitudes of the course's transform [shape=(513, frames)]."""
    return np.abs(stft.forward(audio))


@lru_cache
def network(source: str) -> MaskCNN:
    """The trained network that comes with the course."""
    return load_checkpoint(weights_path(source))[0]


@lru_cache
def unet_frames() -> tuple[int, int]:
    """Least and most frames that the U-Net's answer for one frame depends on, both sides together.

    It depends on where in a deepest frame the frame lies. Measured at a few places in a row.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        magnitude = torch.rand(1, 1, stft.bins, 256, requires_grad=True)
        masks = MaskUNet().eval()(magnitude, level=0.5)
    counts = []
    for middle in range(128, 132):
        answer = masks[..., middle].square().sum()
        (slope,) = torch.autograd.grad(answer, magnitude, retain_graph=True)
        touched = np.flatnonzero(slope.abs().sum((0, 1, 2)))
        counts.append(int(touched[-1] - touched[0]) + 1)
    return min(counts), max(counts)


@lru_cache
def story(source: str) -> dict:
    """What the checkpoint of a source tells of its training."""
    return load_checkpoint(weights_path(source))[1]


def results() -> pd.DataFrame | None:
    """The measured results that the project publishes, or None before they are made."""
    return read_results()


def measured(source: str, method: str, column: str = "accuracy", part: str = "valid") -> float:
    """One published figure: of real songs if there are any, otherwise of the embedded set."""
    table = results()
    rows = table[(table.source == source) & (table.method == method) & (table.part == part)]
    if rows.empty:
        raise SepeduError(
            f"There is no result for {source}, {method}, {part}", "Make it: sepedu results"
        )
    return float(rows.sort_values("data", key=lambda names: names == "minimus")[column].iloc[0])


def rungs(sources: Iterable[str]) -> dict[str, dict[str, float]]:
    """Published median SDR in decibels by source, from the mixture to the ideal ratio mask."""
    methods = {
        "mixture": "mixture",
        "average mask": "average mask",
        "talk's network": "network, soft",
        "U-Net": "U-Net, soft",
        "ideal ratio mask": "ideal ratio mask",
    }
    return {s: {name: measured(s, m, "sdr") for name, m in methods.items()} for s in sources}


def lacking(needs: str) -> str | None:
    """Why a slide cannot be shown here, or None if it can.

    Parameters
    ----------
    needs : str
        Nothing, "results", "networks" for all four, or the source of one network.
    """
    if needs == "results":
        missing = results() is None
        return "there is no docs/results.json; make it with: sepedu results" if missing else None
    if needs not in ("", "networks", *SOURCES):
        known = ", ".join(("results", "networks", *SOURCES))
        raise SepeduError(f"A slide needs {needs!r}, which is unknown", f"Use one of {known}")
    wanted = SOURCES if needs == "networks" else [needs] if needs else []
    missing = [source for source in wanted if not weights_path(source).is_file()]
    if missing:
        return f"there is no network for {', '.join(missing)}; train it with: sepedu train"
    return None
