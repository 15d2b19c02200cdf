"""What every test may ask for."""

import base64
import io
import json
import os
import re
import signal
import threading
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import soundfile
from nbval.plugin import IPyNbCell

if threading.current_thread() is threading.main_thread():
    # A shell starts what runs in the background with Ctrl-C ignored, and so do its children:
    # the tests of interruptions need it heard.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def clone() -> Path:
    """Return the folder of the clone."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def built(tmp_path_factory, request) -> Callable[[str], Path]:
    """Build a deck when it is first asked for, once for all files and workers; give its HTML.

    Beside it lies `NAME.json`: of each of its sounds the coding error, and what its button says.
    """
    from filelock import FileLock

    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        folder = folder.parent
    folder /= "decks"
    folder.mkdir(exist_ok=True)

    def deck(name: str) -> Path:
        file = folder / f"{name}.html"
        with FileLock(folder / f"{name}.lock"):
            if not file.is_file():
                build_and_listen(name, folder)
        return file

    return deck


def build_and_listen(name: str, folder: Path) -> None:
    """Build a deck without PDFs, and write down what its buttons play and what they say of it."""
    from sepedu.evaluation import sdr
    from tools.slides import build
    from tools.slides.sounds import Sounds

    told = []

    def listen(self: Sounds, words: str) -> str:
        button = write(self, words)
        data = base64.b64decode(button.split(";base64,", 1)[1].split('"', 1)[0])
        heard = soundfile.read(io.BytesIO(data), dtype="float32")[0].T
        audio = self.gain * self.recordings[words]
        lost = np.sum((heard - audio) ** 2)
        said = re.search(r"<b>([−\d.]+) dB</b>", button)
        told.append(
            {
                "name": words,
                "coding error": float(10 * np.log10(np.sum(audio**2) / lost)) if lost else 99.0,
                "said": float(said[1].replace("−", "-")) if said else None,
                "heard": float(sdr(self.gain * self.truths[words], heard)) if said else None,
            }
        )
        return button

    write, Sounds._button = Sounds._button, listen
    try:
        build([name], out=folder, pdf=False)
    finally:
        Sounds._button = write
    (folder / f"{name}.json").write_text(json.dumps(told))


SHORTER = {
    "EPOCHS = 5\n": "EPOCHS = 1\n",
    "Recipe(epochs=6, ": "Recipe(epochs=4, ",
    "STEPS = 100  #": "STEPS = 40  #",
}
"""What lessons 05 and 09 train with here, unless SEPEDU_SOAK is set: as written, 15 minutes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each lesson's cells run again in the kernel of their first run, as a student may.

    Once more from top to bottom, then from bottom to top. Cells with the tag "long" run once: they
    train, or measure many songs.
    """
    ordered = []
    for _file, group in groupby(items, key=lambda item: item.parent):
        cells = list(group)
        ordered += cells
        cells = [cell for cell in cells if isinstance(cell, IPyNbCell)]
        for cell in cells if "SEPEDU_SOAK" not in os.environ else ():
            for long, short in SHORTER.items():
                cell.cell.source = cell.cell.source.replace(long, short)
        quick = [cell for cell in cells if "long" not in cell.cell.metadata.get("tags", [])]
        for words, again in (("again", quick), ("backwards", quick[::-1])):
            for cell in again:
                parts = {"cell_num": cell.cell_num, "cell": cell.cell, "options": cell.options}
                name = f"{cell.name}, {words}"
                ordered.append(IPyNbCell.from_parent(cell.parent, name=name, **parts))
                ordered[-1].add_marker(pytest.mark.slow)
    items[:] = ordered
    for cell in items:
        if isinstance(cell, IPyNbCell):
            cell.output_timeout = 60  # seconds; a busy machine takes longer than nbval's 5
