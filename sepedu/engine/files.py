"""Write a file whole or not at all, and find out beforehand whether it can be written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import SepeduError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, and rename it to `path` afterwards.

    An interruption, an error or a full disk leaves the old file as it was, and no temporary one.
    Where `path` is a symbolic link, the file that it points to is replaced; a device or a pipe is
    written to directly.

    Raises
    ------
    SepeduError
        If the file cannot be written.
    """
    # Only the end of the name, which tells its kind: the whole may have the largest length.
    target = _target(path)
    part = target.with_name(f".{target.name[-50:]}.{os.getpid()}.part")
    try:
        if _is_device(target):
            yield target
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield part
            part.replace(target)
    except OSError as error:
        raise _cannot_be_written(path, error) from error
    finally:
        _remove(part)


def _target(path: Path) -> Path:
    """The file that a symbolic link points to; any other path as it is."""
    linked = os.path.islink(path) and not _is_device(path)
    return Path(os.path.realpath(path)) if linked else path


def _is_device(path: Path) -> bool:
    """Whether there is something that is neither a file nor a folder: a device, a pipe."""
    return os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))


def _cannot_be_written(path: Path, error: OSError) -> SepeduError:
    return SepeduError(
        f"The file {path} cannot be written ({error})",
        "Choose a folder that may be written and has room",
    )


def clear_parts(folder: Path, names: str) -> None:
    """Remove temporary files of killed processes, for names that match a glob pattern.

    Those of a process that still runs stay.
    """
    for part in folder.glob(f".{names}.*.part"):
        _remove_left(part, part.name.rsplit(".", 2)[1])


def _remove_left(path: Path, process: str) -> None:
    """Remove a file or a folder if the process of this number, which made it, runs no more."""
    import psutil  # here: the doctor tells if it is missing

    if process.isdecimal() and not psutil.pid_exists(int(process)):
        _remove(path)


@contextmanager
def folder_aside(folder: Path) -> Iterator[Path]:
    """Yield a hidden temporary folder in a folder; afterwards it is gone with what it holds.

    So are those that killed processes have left there, and the folder itself if it was made for
    this and nothing has come into it.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    aside, new = folder / f".unfinished-{os.getpid()}", not folder.exists()
    for left in folder.glob(".unfinished-*"):
        _remove_left(left, left.name.rpartition("-")[2])
    try:
        aside.mkdir(parents=True, exist_ok=True)
        yield aside
    finally:
        _remove(aside)
        if new:
            with suppress(OSError):  # something lies there
                folder.rmdir()


def _remove(path: Path) -> None:
    """Remove a file or a folder, and finish that even if Ctrl-C is pressed again meanwhile."""
    interrupted = False
    for _ in range(9):
        try:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
            break
        except KeyboardInterrupt:
            interrupted = True
        except OSError:  # its folder cannot be written, so nothing was left there
            break
    if interrupted:
        raise KeyboardInterrupt


def write_synced(path: Path, content: bytes) -> None:
    """Write bytes to the disk itself: a power failure cannot leave a name without its content."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all; surrogates, such as bytes of a name, are escaped."""
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")


def check_place(path: Path) -> None:
    """Find out before hours of work, not after them, whether a file can be written there.

    Raises
    ------
    SepeduError
        If it is a folder, or stands in one that cannot be written.
    """
    if path.is_dir():
        raise SepeduError(f"{path} is a folder", "Give the name of a file in it")
    target = _target(path)
    if _is_device(target):
        return
    trial = target.with_name(f".{target.name[-50:]}.trial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        trial.touch()
    except OSError as error:
        raise _cannot_be_written(path, error) from error
    finally:
        _remove(trial)
