"""Separate many songs, several at a time, and leave alone what is done already."""

from __future__ import annotations

import copy
import functools
import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from ..audio import Recording, is_leftover
from ..errors import SepeduError
from ..separation import SeparationSettings, estimate_paths, separate_file
from .pools import run_in_processes
from .provenance import find_done, is_estimate, metadata

ENDINGS = (
    *(".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".wma"),
    *(".aif", ".aiff", ".aifc", ".w64", ".rf64", ".au", ".caf", ".webm", ".mka"),
)
"""Files of a folder that are taken for songs."""


@dataclass(frozen=True)
class Job:
    """A song, the folder for its own folder of estimates, and what keeps it from a place there."""

    song: Path
    out: Path
    problem: SepeduError | None = None


class Outcome(NamedTuple):
    """What became of a song: "written", "already there" or "failed", why, and what to know."""

    job: Job
    result: str
    error: SepeduError | None = None
    warnings: Sequence[str] = ()


def find_songs(places: Sequence[Path], out: Path, settings: SeparationSettings) -> list[Job]:
    """Find the songs in files and folders, and where their estimates go.

    Estimates of the songs of a folder keep their place in it: FOLDER/ALBUM/SONG.flac goes to
    OUT/ALBUM/SONG. Linked folders are followed once; hidden files and what systems leave beside
    the songs are skipped, and so are estimates of an earlier run. "-" is standard input.

    A folder without songs or that cannot be read, and a song whose estimates have no place of
    their own, are jobs with a problem.
    """
    jobs: dict[str, Job] = {}
    for place in places:
        if str(place) == "-":
            found = [Job(Path("/dev/stdin"), out)]
        elif os.path.isdir(place):  # unlike Path's, it takes a name that is too long
            found = list(_songs_of(place, out))
        else:
            found = [Job(place, out)]
        for job in found:
            jobs.setdefault(os.path.realpath(job.song), job)
    taken: dict[str, Path] = {}
    return [
        job if job.problem else replace(job, problem=_misplaced(job, settings, jobs, taken))
        for job in jobs.values()
    ]


def _songs_of(folder: Path, out: Path) -> Iterator[Job]:
    refused: list[OSError] = []
    seen, count = set(), 0
    for parent, folders, names in os.walk(folder, onerror=refused.append, followlinks=True):
        real = os.path.realpath(parent)
        folders[:] = sorted(
            (name for name in folders if real not in seen and not is_leftover(name)),
            key=lambda name: (os.path.islink(os.path.join(parent, name)), name),
        )
        for name in sorted(names) if real not in seen else ():
            path = Path(parent, name)
            song = not is_leftover(name) and path.suffix.lower() in ENDINGS
            if song and not is_estimate(path):
                yield Job(path, out / path.parent.relative_to(folder))
                count += 1
        seen.add(real)
    for error in refused:
        yield Job(
            Path(error.filename),
            out,
            SepeduError(
                f"The folder {error.filename} cannot be read ({error.strerror})",
                "Ask for the right to read it",
            ),
        )
    if not count and not refused:
        problem = SepeduError(
            f"There are no songs in the folder {folder}",
            f"Names of songs end in {', '.join(ENDINGS)}",
        )
        yield Job(folder, out, problem)


def _misplaced(
    job: Job, settings: SeparationSettings, jobs: Mapping[str, Job], taken: dict[str, Path]
) -> SepeduError | None:
    """Why a song's estimates cannot go to their folder; otherwise note that it is taken."""
    files = estimate_paths(job.song, job.out, settings)
    folder = next(iter(files.values())).parent
    # Some systems tell neither large letters from small ones nor two spellings of an accent.
    key = unicodedata.normalize("NFC", str(folder)).casefold()
    if key in taken:
        return SepeduError(
            f"The estimates of {job.song} would go to the same folder as those of {taken[key]}, "
            f"{folder}",
            "Rename one, or separate them into different folders",
        )
    for file in files.values():
        if (other := jobs.get(os.path.realpath(file))) is not None and other != job:
            return SepeduError(
                f"An estimate of {job.song} would take the place of the song {other.song}",
                "Choose another folder",
            )
    taken[key] = job.song
    return None


def separate_songs(
    jobs: Sequence[Job],
    settings: SeparationSettings,
    workers: int = 1,
    begin: Callable[[Job], Callable[[list], Sequence]] = lambda _: list,
) -> Iterator[Outcome]:
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
    begin : callable, optional
        Called with each song that begins, in this process only; what it gives wraps the list of
        the song's blocks, for example `tqdm`.

    Yields
    ------
    outcome : Outcome
        In the order in which they end.

    Raises
    ------
    SepeduError
        If the number of workers is wrong, or a worker was ended from outside.
    """
    if workers < 1:
        raise SepeduError(f"workers must be at least 1, got {workers}", "Give 1 or more")
    left = []
    for job in jobs:
        if job.problem:
            yield Outcome(job, "failed", job.problem)
        elif (warnings := _find_done(job, settings)) is not None:
            yield Outcome(job, "already there", warnings=warnings)
        else:
            left.append(job)
    # A pipe can be read in this process only, and what is no file is soon told.
    together = [job for job in left if os.path.isfile(job.song)] if workers > 1 else []
    for job in left:
        if len(together) < 2 or job not in together:
            yield _attempt(settings, begin(job), job)
    if len(together) > 1:
        make = functools.partial(_make_worker, *_packed(settings))
        for _, outcome in run_in_processes(make, together, min(workers, len(together))):
            yield outcome


def _find_done(job: Job, settings: SeparationSettings) -> list[str] | None:
    files = estimate_paths(job.song, job.out, settings)
    # Unlike Path's, this question takes a name that is too long.
    there = all(os.path.isfile(path) for path in (job.song, *files.values()))
    return find_done(job.song, files, settings) if there else None


def _attempt(
    settings: SeparationSettings, progress: Callable[[list], Sequence], job: Job
) -> Outcome:
    """Separate a song; whatever goes wrong with it keeps no other song from being separated."""
    warnings: list[str] = []

    def comments(recording: Recording) -> dict[str, str]:
        warnings.extend(recording.warnings)
        return metadata(recording, settings)

    try:
        separate_file(job.song, job.out, settings, comments, progress)
    except SepeduError as error:
        problem = error
    except MemoryError:
        problem = SepeduError(
            f"There is not enough memory for {job.song}",
            "Close other programs, or use fewer workers",
        )
    except OSError as error:
        problem = SepeduError(
            f"{job.song} cannot be separated ({error.strerror or error})",
            "Check the disk and your rights on it",
        )
    except Exception as error:
        problem = SepeduError(
            f"{job.song} cannot be separated ({type(error).__name__}: {error})",
            "Report this, please, with the file if you may",
        )
    else:
        return Outcome(job, "written", None, warnings)
    return Outcome(job, "failed", problem)


def _packed(settings: SeparationSettings) -> tuple[SeparationSettings, list[dict]]:
    """Settings without weights, and the weights as arrays.

    PyTorch's own way to hand tensors to another process keeps files open.
    """
    model = copy.deepcopy(settings.model)
    weights = []
    for network in _networks(model):
        weights.append({name: value.numpy() for name, value in network.state_dict().items()})
        network.to("meta")
    return replace(settings, model=model), weights


def _make_worker(settings: SeparationSettings, weights: list[dict]) -> Callable[[Job], Outcome]:
    for network, arrays in zip(_networks(settings.model), weights, strict=True):
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        network.load_state_dict(tensors, assign=True)
    return functools.partial(_attempt, settings, list)


def _networks(model: nn.Module | Mapping[str, nn.Module]) -> list[nn.Module]:
    return [model] if isinstance(model, nn.Module) else list(model.values())
