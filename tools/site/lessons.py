"""A lesson as a page: it sounds and turns without a kernel, and no cell waits for one."""

from __future__ import annotations

import gzip
import html
import importlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_markdown_cell, new_output

import sepedu.widgets
from sepedu import audio
from sepedu.engine.files import atomic_write, write_text
from sepedu.exercises.working_copy import without_outputs

from .. import glossary
from ..slides import live
from .run import STAND_IN

CHECK = re.compile(r"^ex\.(\w+)\.check\(", re.MULTILINE)
HINT = re.compile(r"^# ex\.\w+\.hint\(\)")
ideas = lru_cache(glossary.ideas)
GUESS = (
    '<label class="sepedu-guess">My guess, before I go on'
    '<textarea rows="2" spellcheck="false"></textarea></label>'
)
INSTEAD = (
    f"The notebook plays a song of MUSDB18 here, which may not be passed on. This page plays "
    f"“{STAND_IN}” from the course's own songs through the same code, so what you hear differs "
    "from what the text describes."
)


def as_page(source: str, path: Path, runs: Path, out: Path) -> str:
    """A lesson's notebook, as JSON, with what a page shows beside or instead of its outputs.

    Parameters
    ----------
    source : str
        The notebook.
    path : Path
        Where it lies.
    runs : Path
        Folder of what `tools.site.run` kept of a run of it: sound and live widgets.
    out : Path
        Folder of the built site.
    """
    book = nbformat.reads(source, as_version=4)
    write_text(out / "lessons" / path.name, nbformat.writes(without_outputs(book)) + "\n")
    number = path.name[:2]
    exercises = importlib.import_module(f"sepedu.exercises.lesson{number}")
    file = runs / f"{path.stem}.json"
    run = json.loads(file.read_text("utf-8"))["cells"] if file.is_file() else {}
    cells = []
    for cell in book.cells:
        if cell.cell_type == "markdown":
            if cell.source.strip() == "*My guess:*":
                cell.source = GUESS
        elif HINT.match(cell.source):
            continue
        elif found := CHECK.search(cell.source):
            cell = new_markdown_cell(invitation(getattr(exercises, found[1])))
        else:
            for kept in run.get(cell.id, []):
                enliven(cell, kept, out)
        cells.append(cell)
    cells.insert(1, new_markdown_cell(head(path)))
    last = len(cells) - cells[-1].source.startswith("**Next**")
    cells.insert(last, new_markdown_cell(rooms(number)))
    book.cells = cells
    return nbformat.writes(book)


def enliven(cell: nbformat.NotebookNode, kept: dict[str, Any], out: Path) -> None:
    """Put a player in the place of its list of recordings, a live widget below its picture."""
    if "player" in kept:
        words = next(o.data["text/plain"] for o in cell.outputs if "data" in o)
        seconds = float(re.search(r"\((\d+\.\d+) s\)", words)[1])
        sounds, text = player(kept)
        page = f"{sounds}<script>{text}</script></div>"
        if seconds < 7:  # our own songs last ten
            page += f'<p class="sepedu-instead">{INSTEAD}</p>'
        cell.outputs = [new_output("display_data", {"text/html": page})]
    else:
        place = out / "lessons" / "live" / f"{cell.id}.bin"
        pack(script(kept["widget"], kept["state"]), place)
        title = html.escape(kept["state"]["title"])
        page = (
            f'<div class="sepedu-live" data-packed="live/{place.name}">'
            f"<button>Turn it here</button> <span>{title}</span></div>"
        )
        if STAND_IN in title:
            words = INSTEAD.replace("plays", "shows").replace("hear", "see and hear")
            page += f'<p class="sepedu-instead">{words}</p>'
        cell.outputs.append(new_output("display_data", {"text/html": page}))


def pack(text: str, place: Path) -> None:
    """Write a script that the page unpacks and runs when it is asked for."""
    with atomic_write(place) as file:
        file.write_bytes(gzip.compress(text.encode(), mtime=0))


def player(kept: dict[str, Any]) -> tuple[str, str]:
    """A player's sounds as HTML, without its end, and the script of now that enlivens them."""
    folder = Path(audio.__file__).parent / "widgets"
    style = (folder / "player.css").read_text("utf-8")
    text = (folder / "player.js").read_text("utf-8").replace("export class", "class")
    text += audio.ENLIVEN % kept["gain"]
    return f"{kept['player']}<style>{style}</style>", f"(() => {{{text}}})();"


def script(name: str, state: dict[str, Any]) -> str:
    """A widget as one script, which draws it inside of the element that the script is in."""
    widget = getattr(sepedu.widgets, name)
    style = json.dumps(widget._css)
    return (
        f"document.currentScript.before(Object.assign(document.createElement('style'), "
        f"{{textContent: {style}}}));\n{live.script(widget, state, {'': {}})}"
    )


def invitation(exercise: Any) -> str:
    """What stands below the cell of an exercise: how to work on it, and its hints."""
    hints = "".join(
        f"\n<details><summary>Hint {n}</summary>\n\n{hint}\n\n</details>\n"
        for n, hint in enumerate(exercise.hints, 1)
    )
    return (
        ":::{admonition} Your turn\n:class: tip\n"
        "The cell above is yours to fill in, in the notebook of this lesson. There "
        f"`ex.{exercise.name}.check()` tells whether it is right, and what went wrong if it is "
        f"not.\n{hints}:::"
    )


def head(path: Path) -> str:
    """The ways to work with a lesson: its notebook and its slides."""
    deck = f"../decks/{path.stem}.html"
    return (
        f'<a href="{path.name}" download>Notebook</a> · [How to run it](../README.md#start) · '
        f'<a href="{deck}">Slides on a page of their own</a> · '
        '<a href="../song/index.html">Take your own song apart</a>\n\n'
        '<details class="sepedu-deck"><summary>Slides of this lesson</summary>'
        f'<iframe src="{deck}" loading="lazy" title="Slides of lesson {path.name[:2]}"></iframe>'
        "</details>"
    )


def rooms(number: str) -> str:
    """What the library holds of a lesson."""
    lines = ["## In the library", ""]
    for idea in ideas():
        if number in idea.lessons:
            lines.append(f"- `sepedu.{idea.name}`: {idea.sentence}")
    return "\n".join(lines)
