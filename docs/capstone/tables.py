"""Keep what a project measured, and put its table between its marks in docs/capstone.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepedu.engine.files import write_text

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "capstone.md"
END = "<!-- end -->"


def keep(project: str, results: dict[str, Any]) -> None:
    """Write what was measured into PROJECT.json beside the script."""
    write_text(HERE / f"{project}.json", json.dumps(results, indent=1) + "\n")


def read_kept(project: str) -> dict[str, Any]:
    """What the project's script measured when it last ran."""
    return json.loads((HERE / f"{project}.json").read_text(encoding="utf-8"))


def begin(project: str) -> str:
    """The mark above the project's table."""
    return f"<!-- written by capstone/{project}.py -->"


def table_on_page(project: str) -> str:
    """The project's table as it stands on the page."""
    text = PAGE.read_text(encoding="utf-8")
    return text.split(begin(project))[1].split(END)[0].strip()


def put_on_page(project: str, table: str) -> None:
    """Replace the project's table on the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(begin(project))
    after = rest.split(END, 1)[1]
    write_text(PAGE, f"{before}{begin(project)}\n{table}\n{END}{after}")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def decibels(value: float, digits: int) -> str:
    """A number of decibels, without a minus before a rounded zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
