"""Fill the folder of songs that a class reads but cannot write, once, by the teacher.

    python deploy/fill_cache.py FOLDER

Afterwards every lesson finds there what it would otherwise put into the student's own cache
folder. The excerpts of MUSDB18, if a class is to use them, come into the same folder by
`SEPEDU_CACHE=FOLDER sepedu data fetch musdb7`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sepedu import open_dataset
from sepedu.errors import SepeduError


def fill(folder: Path) -> None:
    """Put the one real song of the lessons into a folder, and let everybody read it."""
    folder.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("SEPEDU_CACHE")
    os.environ["SEPEDU_CACHE"] = str(folder)
    try:
        open_dataset("stempeg", subset="test")
    finally:
        if before is None:
            del os.environ["SEPEDU_CACHE"]
        else:
            os.environ["SEPEDU_CACHE"] = before
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Which folder? Expected: python deploy/fill_cache.py FOLDER")
    try:
        fill(Path(sys.argv[1]))
    except SepeduError as error:
        sys.exit(str(error))
