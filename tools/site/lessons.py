"""A lesson as a page: what one can do without a kernel, and no cell that waits for one."""

from __future__ import annotations

import html
import importlib
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_output

from .. import glossary

CHECK = re.compile(r"^ex\.(\w+)\.check\(", re.MULTILINE)
HINT = re.compile(r"^# ex\.\w+\.hint\(\)")


def as_page(source: str, path: Path, runs: Path) -> str:
    """A lesson's notebook, as JSON, with what a page shows beside or instead of its outputs.

    Parameters
    ----------
    source : str
        The notebook.
    path : Path
        Where it lies.
    runs : Path
        Folder of what `tools.site.run` kept of a run of it: sound and live widgets.
    """
    book = nbformat.reads(source, as_version=4)
    number = path.name[:2]
    exercises = importlib.import_module(f"sepedu.exercises.lesson{number}")
    cells = []
    for cell in book.cells:
        if cell.cell_type == "code":
            if HINT.match(cell.source):
                continue
            if found := CHECK.search(cell.source):
                cell = new_markdown_cell(invitation(getattr(exercises, found[1])))
        cells.append(cell)
    cells.insert(1, new_markdown_cell(head(path)))
    last = len(cells) - cells[-1].source.startswith("**Next**")
    cells.insert(last, new_markdown_cell(rooms(number)))
    book.cells = cells
    return nbformat.writes(book)


def invitation(exercise) -> str:
    """What stands below the cell of an exercise: how to work on it, and its hints."""
    hints = "".join(
        f"\n<details><summary>Hint {n}</summary>\n\n{hint}\n\n</details>\n"
        for n, hint in enumerate(exercise.hints, 1)
    )
    return (
        ":::{admonition} Your turn\n:class: sepedu-exercise\n"
        "The cell above is yours to fill in the notebook of this lesson. There "
        f"`ex.{exercise.name}.check()` tells whether it is right, and what went wrong if it is "
        f"not.\n{hints}:::"
    )


def head(path: Path) -> str:
    """The ways to work with a lesson: its notebook and its slides."""
    return (
        f"{{download}}`Notebook <{path.name}>` · "
        f'<a href="../decks/{path.stem}.html">Slides</a> · '
        "[How to start](../README.md#start)\n{.sepedu-ways}"
    )


def rooms(number: str) -> str:
    """What the library holds of a lesson."""
    lines = ["## In the library", ""]
    for idea in glossary.ideas():
        if number in idea.lessons:
            lines.append(f"- `sepedu.{idea.name}`: {idea.sentence}")
    return "\n".join(lines)
