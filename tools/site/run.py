"""Run lessons once for what their pages play and show live, with a song that may be passed on.

The committed notebooks hold no sound: it would make them large, and the song of six seconds that
most of them play is MUSDB18's, which is not to be passed on. So the same cells run here with one of
the course's own songs in its place, and only their players and widgets are kept.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from sepedu import separate
from sepedu.audio import Player, write_audio
from sepedu.engine.files import write_text
from sepedu.songs import load_song, open_dataset

from ..slides import live

CLONE = Path(__file__).resolve().parents[2]
STAND_IN = "Rock - Last Tram"
KEPT = "application/x-sepedu-site+json"
LONGEST = 1800
"""Seconds that a cell may take; lesson 05 trains a network."""

PREPARE = """
def _prepare():  # a function, since the lesson's own names must not reach what it defines
    import sys
    sys.path.append({clone!r})
    import sepedu
    from IPython.display import display
    from sepedu import songs
    from sepedu.audio import Player
    from sepedu.widgets.base import LessonWidget
    from tools.slides.live import state_of

    opened = songs.open_dataset
    def open_dataset(where=None, subset="train", split=None):
        return opened({stand_in!r} if where == "stempeg" else where, subset, split)
    songs.open_dataset = sepedu.open_dataset = open_dataset

    def kept_player(self, **_):
        return {{{kept!r}: {{"player": self._repr_html_().split("<style>")[0], "gain": self.gain}}}}
    Player._repr_mimebundle_ = kept_player

    def kept_widget(self):
        if type(self).__name__ == "TrainingMonitor":  # it has nothing to watch on a page
            return
        display({{{kept!r}: {{"widget": type(self).__name__, "state": state_of(self)}}}}, raw=True)
    LessonWidget._ipython_display_ = kept_widget
_prepare()
"""


def run(path: Path, runs: Path) -> dict[str, Any]:
    """Run a lesson, unless that was done; return what its players and widgets show, by cell.

    Parameters
    ----------
    path : Path
        The notebook.
    runs : Path
        Folder to keep the results in.
    """
    lesson = nbformat.read(path, as_version=4)
    wanted = [place for place, cell in enumerate(lesson.cells) if has_piece(cell)]
    lesson.cells = lesson.cells[
        : max(wanted, default=-1) + 1
    ]  # what comes after serves nothing here
    file = runs / f"{path.stem}.json"
    code = (cell.source for cell in lesson.cells if cell.cell_type == "code")
    key = run_key(PREPARE, *code)
    if file.is_file():
        found = json.loads(file.read_text("utf-8"))
        if found["key"] == key and found["widgets"] in (None, widgets_key()):
            return found
    started = time.perf_counter()
    prepare = PREPARE.format(stand_in=str(stand_in(runs)), kept=KEPT, clone=str(CLONE))
    lesson.cells.insert(0, new_code_cell(prepare))
    client = NotebookClient(
        lesson,
        timeout=LONGEST,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns of talking by TCP
        allow_errors=True,  # what a text says of the other song need not hold of this one
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.comm_open_handlers = {}  # no browser answers the widgets here
    client.execute()
    for cell in lesson.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                print(f"{path.name}, {cell.id}: {output.ename}: {output.evalue}", flush=True)
    cells = {
        cell.id: [o.data[KEPT] for o in cell.outputs if KEPT in o.get("data", {})]
        for cell in lesson.cells
        if cell.cell_type == "code"
    }
    cells = {name: kept for name, kept in cells.items() if kept}
    has_widgets = any("widget" in one for kept in cells.values() for one in kept)
    found = {"key": key, "widgets": widgets_key() if has_widgets else None, "cells": cells}
    write_text(file, json.dumps(found))
    print(f"{path.name}: run for its sound in {time.perf_counter() - started:.0f} s", flush=True)
    return found


def has_piece(cell: nbformat.NotebookNode) -> bool:
    """Whether the committed notebook has a player or a widget here."""
    shown = [output.get("data", {}) for output in cell.get("outputs", [])]
    return any(
        data.get("text/plain", "").startswith("Player at")
        or "sepedu-left" in data.get("text/html", "")
        for data in shown
    )


def widgets_key() -> str:
    """What the state of a widget depends on beside its lesson."""
    files = [*sorted((CLONE / "sepedu" / "widgets").glob("*.py")), Path(live.__file__)]
    return run_key(*(file.read_text("utf-8") for file in files))


def run_front(runs: Path) -> None:
    """Make what the front page plays, unless that was done."""
    file = runs / "front.json"
    key = run_key("front, four seconds")
    if file.is_file() and json.loads(file.read_text("utf-8"))["key"] == key:
        return
    song = load_song(open_dataset(str(stand_in(runs)), "test")[0]).between(1, 5)
    parts = separate(song.mixture, song.sample_rate, ["vocals"], residual=True)
    clips = {
        f"{STAND_IN}, one of the course's songs": song.mixture,
        "its vocals, by the U-Net": parts["vocals"],
        "the rest, by the U-Net": parts["residual"],
    }
    kept = Player(clips, song.sample_rate)
    page = kept._repr_html_().split("<style>")[0]
    write_text(file, json.dumps({"key": key, "player": page, "gain": kept.gain}))


def run_key(*sources: str) -> str:
    """What a run depends on: its code and the trained networks."""
    digest = hashlib.sha256("".join(sources).encode())
    for weights in sorted((CLONE / "data" / "weights").glob("*.safetensors")):
        digest.update(weights.read_bytes())
    return digest.hexdigest()


def stand_in(folder: Path) -> Path:
    """A set like MUSDB18-HQ with six seconds of one of our songs, as long as the one it is for."""
    root = folder / "stand-in"
    place = root / "test" / STAND_IN
    track = next(track for track in open_dataset(subset="test") if track.name == STAND_IN)
    start, frames = 2 * int(track.rate), 268_288
    stems = {"mixture": track, **track.targets}
    place.mkdir(parents=True, exist_ok=True)
    for name in ("mixture", *track.sources):
        audio = stems[name].audio.T[:, start : start + frames]
        write_audio(place / f"{name}.wav", audio, int(track.rate))
    return root
