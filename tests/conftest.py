"""What every test may ask for."""

import os
import signal
import threading
from itertools import groupby
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

if threading.current_thread() is threading.main_thread():
    # A shell starts what runs in the background with Ctrl-C ignored, and so do its children:
    # the tests of interruptions need it heard.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def clone() -> Path:
    """Return the folder of the clone."""
    return Path(__file__).resolve().parent.parent


SHORTER = {"EPOCHS = 5\n": "EPOCHS = 1\n"}
"""What lesson 05 trains with here, unless SEPEDU_SOAK is set: as written it takes ten minutes."""


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
