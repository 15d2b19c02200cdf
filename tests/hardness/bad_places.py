"""Folders that cannot be written, and disks that are full."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workbench import Case, Workbench

try:
    import resource
except ImportError:  # Windows
    resource = None

DISK = "Folders and disks"
NOBODY = 65534


@contextlib.contextmanager
def full_disk(room: int = 4096) -> Iterator[None]:
    """No file may grow beyond so many bytes: each write then fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def read_only() -> Iterator[None]:
    """Be a user who may read everything and write nothing; root may write everywhere."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(os.getuid())


def _locked(bench: Workbench) -> list[str]:
    """A folder that others may look into and not write to, with a song and a network in it."""
    folder = Path(tempfile.mkdtemp(prefix="locked-", dir=tempfile.gettempdir()))
    for file in (bench.good, bench.network):
        os.chmod(shutil.copy(file, folder), 0o644)
    folder.chmod(0o555)
    return [
        *("separate", str(folder / bench.good.name), "--out", str(folder / "out")),
        *("--model", str(folder / bench.network.name)),
    ]


CASES = (
    [
        Case(DISK, "a read-only folder", _locked, "cannot be written", around=read_only),
        Case(
            DISK,
            "a full disk, while separating",
            lambda b: b.separate(b.good),
            "cannot be written",
            around=full_disk,
        ),
        Case(
            DISK,
            "a full disk, while decoding MP4",
            lambda b: b.separate(b.encode("song.mp4")),
            "no room",
            around=full_disk,
        ),
    ]
    if resource
    else []
)
