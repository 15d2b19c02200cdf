"""Separate many songs, several at a time, and leave alone what is done already."""

from __future__ import annotations

import _thread
import multiprocessing
import os
import pickle
import signal
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

import torch

from ..errors import SepeduError
from ..separation import SeparationSettings, estimates_of, separate_file
from .pools import end_with_parent, interruptions_held_back
from .provenance import is_done, is_estimate, stories

ENDINGS = (
    *(".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".wma"),
    *(".aif", ".aiff", ".aifc", ".w64", ".rf64", ".au", ".caf", ".webm", ".mka"),
)
"""Files of a folder that are taken for songs."""


@dataclass(frozen=True)
class Job:
    """A song, and the folder in which its own folder of estimates belongs."""

    song: Path
    out: Path


def find_songs(places: Sequence[Path], out: Path, settings: SeparationSettings) -> list[Job]:
    """Find the songs in files and folders, and where their estimates go.

    Estimates of the songs of a folder keep their place in it: FOLDER/ALBUM/SONG.flac goes to
    OUT/ALBUM/SONG. Hidden files are left out, and so are estimates of an earlier run.

    Raises
    ------
    SepeduError
        If a folder holds no song or cannot be read, if two songs would share a folder of
        estimates, or if an estimate would take the place of a song.
    """
    jobs: dict[Path, Job] = {}
    for place in places:
        if not os.path.isdir(place):  # unlike Path's, it takes a name that is too long
            jobs.setdefault(_resolved(place), Job(place, out))
            continue
        found = list(_songs_of(place))
        if not found:
            raise SepeduError(
                f"There are no songs in the folder {place}",
                f"Names of songs end in {', '.join(ENDINGS)}",
            )
        for song in found:
            jobs.setdefault(_resolved(song), Job(song, out / song.parent.relative_to(place)))
    _check_places(jobs, settings)
    return list(jobs.values())


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _songs_of(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise SepeduError(
            f"The folder {error.filename} cannot be read ({error.strerror})",
            "Ask for the right to read it, or give only folders that you may read",
        ) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            hidden = name.startswith(".")
            if not hidden and path.suffix.lower() in ENDINGS and not is_estimate(path):
                yield path


def _check_places(jobs: Mapping[Path, Job], settings: SeparationSettings) -> None:
    taken: dict[str, Path] = {}
    for job in jobs.values():
        files = estimates_of(job.song, job.out, settings)
        folder = next(iter(files.values())).parent
        # Some systems tell neither large letters from small ones nor two spellings of an accent.
        key = unicodedata.normalize("NFC", str(folder)).casefold()
        if key in taken:
            raise SepeduError(
                f"The estimates of {taken[key]} and of {job.song} would go to the same folder, "
                f"{folder}",
                "Rename one, give the folder that holds both, or separate them one by one into "
                "different folders",
            )
        taken[key] = job.song
        for file in files.values():
            if (other := jobs.get(_resolved(file))) is not None and other != job:
                raise SepeduError(
                    f"An estimate of {job.song} would take the place of the song {other.song}",
                    "Choose another folder",
                )


def separate_songs(
    jobs: Sequence[Job],
    settings: SeparationSettings,
    workers: int = 1,
    progress: Callable[[list], Sequence] = list,
) -> Iterator[tuple[Job, str, SepeduError | None]]:
    """Separate songs, one after the other or several at a time.

    What is done already, with the same settings, is left as it is. A song that cannot be separated
    does not keep the others from it. An interruption leaves finished songs whole and nothing of
    the others; to stop early without one, close the iterator.

    Parameters
    ----------
    jobs : sequence of Job
    settings : SeparationSettings
    workers : int
        Processes; each needs the memory of one song. With one, the songs are separated in this
        process.
    progress : callable, optional
        Wraps the list of blocks of a song, for example `tqdm`; with one worker only.

    Yields
    ------
    job : Job
    outcome : {"already there", "written", "failed"}
    error : SepeduError or None
        Why it failed.

    Raises
    ------
    SepeduError
        If the number of workers is wrong, or a worker was ended from outside.
    """
    if workers < 1:
        raise SepeduError(f"workers must be at least 1, got {workers}", "Give 1 or more")
    left = []
    for job in jobs:
        if _is_done(job, settings):
            yield job, "already there", None
        else:
            left.append(job)
    if workers == 1 or len(left) < 2:
        for job in left:
            error = _attempt(job, settings, progress)
            yield job, "failed" if error else "written", error
    else:
        yield from _several(left, settings, min(workers, len(left)))


def _is_done(job: Job, settings: SeparationSettings) -> bool:
    files = estimates_of(job.song, job.out, settings)
    # Unlike Path's, this question takes a name that is too long.
    if not all(os.path.isfile(path) for path in (job.song, *files.values())):
        return False
    return is_done(job.song, files, stories(job.song, settings))


def _attempt(
    job: Job, settings: SeparationSettings, progress: Callable[[list], Sequence] = list
) -> SepeduError | None:
    """Separate a song, and return what kept it from that."""
    try:
        # Unlike Path's, this question takes a name that is too long.
        comments = stories(job.song, settings) if os.path.isfile(job.song) else None
        separate_file(job.song, job.out, settings, comments, progress)
    except SepeduError as error:
        return error
    except MemoryError:
        return SepeduError(
            f"There is not enough memory for {job.song}",
            "Close other programs, or use fewer workers",
        )
    except OSError as error:
        return SepeduError(
            f"{job.song} cannot be separated ({error.strerror or error})",
            "Check the disk and your rights on it",
        )
    return None


def _several(
    jobs: Sequence[Job], settings: SeparationSettings, workers: int
) -> Iterator[tuple[Job, str, SepeduError | None]]:
    # Spawned everywhere, as on Windows and macOS: a forked process would inherit the threads of
    # PyTorch in whatever state they are in.
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    threads = max(1, torch.get_num_threads() // workers)
    # As bytes: PyTorch's own way to hand tensors over keeps files open in shared memory.
    words = (pickle.dumps(settings), stop, threads)
    pool = ProcessPoolExecutor(workers, context, _begin, words)
    try:
        with interruptions_held_back():
            waiting = {pool.submit(_work, job): job for job in jobs}
        for future in as_completed(waiting):
            error = future.result()
            yield waiting[future], "failed" if error else "written", error
    except BrokenProcessPool as broken:
        raise SepeduError(
            "A worker was ended from outside, most often since memory ran out",
            "Give the same command again with fewer workers; what is done stays done",
        ) from broken
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


class _Worker:
    """What a worker knows of itself."""

    settings: SeparationSettings
    busy = False
    stopped = False  # a plain value: a signal's handler must not wait for the lock of an event


def _begin(settings: bytes, stop: Event, threads: int) -> None:
    """Prepare a worker: it stops when it is told to, and never outlives who started it."""
    _Worker.settings = pickle.loads(settings)  # what this very process's parent wrote

    def interrupt(*_: object) -> None:
        if _Worker.stopped and _Worker.busy:
            raise KeyboardInterrupt

    def obey() -> None:
        stop.wait()
        _Worker.stopped = True
        _thread.interrupt_main()

    signal.signal(signal.SIGINT, interrupt)
    threading.Thread(target=obey, daemon=True).start()
    end_with_parent()
    torch.set_num_threads(threads)


def _work(job: Job) -> SepeduError | None:
    """Separate a song in a worker."""
    _Worker.busy = True
    try:
        if not _Worker.stopped:
            return _attempt(job, _Worker.settings)
    except KeyboardInterrupt:
        pass
    finally:
        _Worker.busy = False
    return SepeduError(f"{job.song} was not separated", "Give the same command again")
