"""Each check writes one line beside the notebooks; `progress` reads them."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

FILE = "progress.jsonl"
"""In the working copy, a line of JSON for each check. Nothing leaves the machine."""
HANDED_OUT = ".lessons.json"
"""In the working copy, the version of each lesson that was handed out last. Only where this file
stands are checks recorded."""


def record(
    lesson: str, name: str, outcome: str, mistake: str = "", folder: Path | None = None
) -> None:
    """Note the outcome of an exercise or a question, if the notebook stands in a working copy.

    A check must never fail for want of room or rights, so problems with the file are passed over.
    """
    folder = Path.cwd() if folder is None else folder
    if not (folder / HANDED_OUT).is_file():
        return
    line = {
        "lesson": lesson,
        "exercise": name,
        "outcome": outcome,
        "mistake": mistake,
        "when": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    with suppress(OSError), (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
