"""Run lessons from top to bottom and keep their outputs: `python tools/execute.py 05 07`.

Without a number, all of them. Sound and live widgets stay out of the files, pictures keep their
description and are made small; a lesson in which a cell fails is left as it was.
"""

from __future__ import annotations

import base64
import io
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

LESSONS = Path(__file__).resolve().parents[1] / "lessons"
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
"""What viewers need to colour the cells; the version would differ from machine to machine."""
LARGE = 70_000
"""Bytes from which a picture is tried as JPEG."""
LONGEST = 900
"""Seconds that a cell may take."""


def execute(path: Path) -> float:
    """Run a lesson, write its outputs into it, and return the seconds that it took."""
    lesson = nbformat.read(path, 4)
    client = NotebookClient(
        lesson,
        timeout=LONGEST,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.comm_open_handlers = {}  # no browser answers the widgets here
    started = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - started
    for cell in lesson.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = joined([o for output in cell.outputs if (o := without_sound(output))])
    lesson.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": LANGUAGE,
    }
    nbformat.validate(lesson)
    path.write_text(nbformat.writes(lesson).rstrip("\n") + "\n", encoding="utf-8")
    return seconds


def without_sound(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """What of an output goes into the file, or None."""
    if output.output_type == "stream":
        return None if output.name == "stderr" else output
    data = output.get("data", {})
    data.pop("application/vnd.jupyter.widget-view+json", None)
    if "<audio" in data.get("text/html", "") or "sepedu-player" in data.get("text/html", ""):
        del data["text/html"]
    drawn = re.search(r'<img src="data:image/png;base64,([^"]+)"', data.get("text/html", ""))
    if drawn:  # the page's own picture, in few colours, serves for both
        output.metadata["image/png"] = output.metadata.pop("image/jpeg", None) or (
            output.metadata.get("image/png", {})
        )
        data.pop("image/jpeg", None)
        data["image/png"] = drawn[1]
    elif "image/png" in data:
        make_small(output)
    return output if data else None


def joined(outputs: Sequence[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs, with what was printed in several goes as one."""
    whole: list[nbformat.NotebookNode] = []
    for output in outputs:
        if whole and output.output_type == whole[-1].output_type == "stream":
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def make_small(output: nbformat.NotebookNode) -> None:
    """Turn a large picture into a JPEG where that saves a fifth, with the same description."""
    picture = base64.b64decode(output.data["image/png"])
    if len(picture) <= LARGE:
        return
    memory = io.BytesIO()
    shown = Image.open(io.BytesIO(picture)).convert("RGB")
    shown.save(memory, "JPEG", quality=82, optimize=True)
    if len(memory.getvalue()) < 0.8 * len(picture):
        del output.data["image/png"]
        output.data["image/jpeg"] = base64.b64encode(memory.getvalue()).decode()
        output.metadata["image/jpeg"] = output.metadata.pop("image/png", {})


def main(numbers: Sequence[str]) -> None:
    for path in sorted(LESSONS.glob("[0-9]*.ipynb")):
        if not numbers or path.name[:2] in numbers:
            print(f"{path.name:40} {execute(path):6.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
