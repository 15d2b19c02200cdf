"""Decode every training song once, in parallel, into a store that training reads from."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import torch
from tqdm.auto import tqdm

from ..errors import SepeduError, printable
from ..songs import cache_folder, load_song, open_dataset
from ..stft import STFT
from .ffmpeg import ensure_ffmpeg
from .files import clear_parts
from .pools import run_in_processes
from .store import (
    RELEASED,
    SUM,
    StoredSong,
    build_key,
    fingerprints,
    song_bytes,
    song_path,
    write_song,
)

if TYPE_CHECKING:
    import musdb

WORKER_BYTES, BYTES_A_SECOND = 400 * 10**6, 8 * 10**6
"""Memory to leave for a worker: for itself, and for each second of the song that it decodes.
docs/scale.md says what one was seen to take."""


def store_folder(root: str | os.PathLike[str]) -> Path:
    """Where the store of a dataset with this root stands if no other folder is asked for."""
    root = Path(root).resolve()
    digest = hashlib.sha256(str(root).encode()).hexdigest()
    return cache_folder() / "store" / f"{root.name}-{digest[:8]}"


def prepare(
    where: str | os.PathLike[str] | None = None,
    out: Path | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> Path:
    """Decode the training and validation songs of a dataset into a store.

    A song whose file is there, made from the same source files with the same settings, is kept:
    the same call goes on after an interruption, and renews what has changed. Training songs keep
    the sum of their sources as mixture, since training mixes it so; validation songs keep the
    mixture as released. Test songs are not prepared: they are measured as sound.

    Parameters
    ----------
    where : str or path, optional
        As `open_dataset` takes it.
    out : path, optional
        Folder of the store; by default one in the user's cache folder.
    workers : int, optional
        Processes; by default as many as there are cores and free memory for the longest song.
    progress : bool
        Show a bar with the time left.

    Returns
    -------
    folder : pathlib.Path
        With a file `SONG.safetensors` for each song; see `write_song`.

    Raises
    ------
    SepeduError
        If there is no room, or a song cannot be prepared; then all others have been.
    """
    if workers is not None and workers < 1:
        raise SepeduError(f"workers must be at least 1, got {workers}", "Use 1")
    dataset = open_dataset(where)
    folder = Path(out) if out else store_folder(dataset.root)
    clear_parts(folder, "*.safetensors")
    validation = set(dataset.setup["validation_tracks"])
    tasks = [(track, folder, RELEASED if track.name in validation else SUM) for track in dataset]
    _check_room(folder, [task[0] for task in tasks])
    failed: list[SepeduError] = []
    workers = workers or default_workers(max(track.duration for track in dataset))
    bar = tqdm(total=len(tasks), unit="song", disable=not progress)
    with bar, closing(_run(tasks, min(workers, len(tasks)))) as outcomes:
        for error in outcomes:
            if error:
                failed.append(error)
                bar.write(printable(f"sepedu: {error}"))
            bar.update()
    if failed:
        raise SepeduError(
            f"{len(failed)} of {len(tasks)} songs could not be prepared, first: "
            f"{failed[0].problem}",
            f"{failed[0].remedy}; then give the same command again, the others are kept",
        )
    return folder


def is_up_to_date(path: Path, key: dict[str, Any]) -> bool:
    """Whether a song's file is there and was made in this way."""
    try:
        return StoredSong(path).has_key(key)
    except SepeduError:
        return False


def default_workers(seconds: float) -> int:
    """As many processes as there are cores for this one, while each has memory for such a song."""
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    free = psutil.virtual_memory().available
    return max(1, min(cores, int(free / (WORKER_BYTES + BYTES_A_SECOND * seconds))))


def _run(tasks: list[tuple], workers: int) -> Iterator[SepeduError | None]:
    """Prepare songs in some processes, and say of each in the order they end what failed."""
    if workers == 1:
        yield from map(_prepare_song, tasks)
        return
    ensure_ffmpeg()  # once, not in each process at the same time
    for _, error in run_in_processes(_make_worker, tasks, workers):
        yield error


def _make_worker() -> Callable[[tuple], SepeduError | None]:
    torch.set_num_threads(1)
    return _prepare_song


def _prepare_song(task: tuple[musdb.MultiTrack, Path, str]) -> SepeduError | None:
    """Decode one song into a store, unless it is there already; say what failed."""
    track, folder, mixture = task
    path = song_path(folder, track.name)
    try:
        files = fingerprints(track)
        if not is_up_to_date(path, build_key(mixture, files)):
            write_song(path, load_song(track), mixture, files)
    except SepeduError as error:
        return error
    return None


def _check_room(folder: Path, tracks: list[musdb.MultiTrack]) -> None:
    """Raise SepeduError if what is missing in a store has no room on its disk."""
    stft = STFT()
    missing = [track for track in tracks if not song_path(folder, track.name).is_file()]
    seconds = sum(track.duration for track in missing)
    needed = song_bytes(int(seconds * stft.frames_per_second) + 2 * len(missing))
    place = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise SepeduError(
            f"The store {folder} needs {needed / 1e9:.1f} GB more; {free / 1e9:.1f} GB are free",
            "Free some, or name another folder with --out",
        )
