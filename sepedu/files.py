"""Separate a file into files, block by block, so that its length does not matter."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import soundfile

from .audio import open_audio, read_samples
from .datasets import SOURCES
from .errors import SepeduError
from .model import MaskCNN
from .plan import Plan, check_request
from .provenance import stories
from .refiner import Refiner
from .separation import blocks, separate_block
from .whole import folder_aside

RF64_FROM = 4 * 10**9
"""Bytes from which a WAV file needs the 64-bit layout RF64."""


def separate_file(
    song: str | os.PathLike[str],
    out: str | os.PathLike[str],
    sources: Sequence[str] = SOURCES,
    mask: str = "best",
    threshold: float = 0.5,
    residual: bool = False,
    models: Mapping[str, MaskCNN] | None = None,
    refiner: Refiner | None = None,
    progress: Callable[[list], Sequence] = list,
) -> dict[str, Path]:
    """Separate a song into 32-bit float WAV files of its own rate, channels and length.

    Memory stays bounded: a block of about 12 seconds is read, separated and written at a time.
    The files appear under their names only when all of them are whole, and say in their comment
    how they were made.

    Parameters
    ----------
    song : str or path
        Any format that `read_audio` reads; of a stem file, the mixture.
    out : str or path
        The files go to `OUT/NAME/SOURCE.wav`, NAME being that of the song without its ending.
    sources, mask, threshold, residual, models, refiner
        As in `separate`.
    progress : callable, optional
        Wraps the list of blocks, for example `tqdm`.

    Returns
    -------
    files : dict of pathlib.Path
        By source, and "residual" if asked for.

    Raises
    ------
    SepeduError
        If the song cannot be read, the folder cannot be written, or `separate` would refuse.
    """
    song = Path(song)
    with ExitStack() as stack:
        recording = open_audio(song, stack)
        if recording.frames < 1:
            raise SepeduError(f"There are no samples in {song}", "Give a recording with sound")
        rate = recording.samplerate
        plan = check_request(sources, mask, threshold, rate, models, refiner)
        files = estimates_of(song, out, sources, residual)
        folder = next(iter(files.values())).parent
        told = stories(song, plan, residual)
        if any(file.exists() and file.samefile(song) for file in files.values()):
            raise SepeduError(
                f"An estimate of {song} would take the place of the song itself",
                "Choose another folder",
            )
        try:
            aside = stack.enter_context(folder_aside(folder))
            large = recording.frames * recording.channels * 4 > RF64_FROM
            with ExitStack() as writers:
                parts = {}
                for name, story in told.items():
                    file = soundfile.SoundFile(
                        aside / f"{name}.wav",
                        "w",
                        rate,
                        recording.channels,
                        "FLOAT",
                        format="RF64" if large else "WAV",
                    )
                    parts[name] = writers.enter_context(file)
                    file.comment = story
                for block in progress(list(blocks(recording.frames, rate))):
                    _separate_block(recording, parts, block, plan, song)
            for name, file in files.items():
                (aside / f"{name}.wav").replace(file)
        # soundfile meets a full disk with an assertion.
        except (OSError, soundfile.LibsndfileError, AssertionError) as error:
            raise SepeduError(
                f"The estimates of {song} cannot be written to {folder} ({error or 'no room'})",
                "Choose a folder that may be written and has room",
            ) from error
    return files


def estimates_of(
    song: Path, out: str | os.PathLike[str], sources: Sequence[str], residual: bool
) -> dict[str, Path]:
    """Where a song's estimates go, by source; never to a place outside of the folder `out`."""
    name = song.name.removesuffix(song.suffix).removesuffix(".stem")
    folder = Path(out) / ("song" if name.strip(". ") == "" else name)
    names = [*sources, "residual"] if residual else list(sources)
    return {name: folder / f"{name}.wav" for name in names}


def _separate_block(
    recording: soundfile.SoundFile,
    parts: Mapping[str, soundfile.SoundFile],
    block: tuple[int, int, int, int],
    plan: Plan,
    song: Path,
) -> None:
    """Write a block of each estimate as soon as it is made."""
    first, last, margin_first, margin_last = block
    channels = read_samples(recording, margin_last - margin_first, song, first=margin_first)
    inside = slice(first - margin_first, last - margin_first)
    left = channels[:, inside].copy()
    for source, estimate in separate_block(channels, recording.samplerate, plan):
        parts[source].write(estimate[:, inside].T)
        left -= estimate[:, inside]
    if "residual" in parts:
        parts["residual"].write(left.T)
