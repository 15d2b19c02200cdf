"""A slider moved a thousand times in a real JupyterLab: neither kernel nor page grows."""

from __future__ import annotations

import json
import os
from urllib.request import Request, urlopen

import numpy as np
import psutil
import pytest
from conftest import RUN_ALL_BUT_THE_LAST, TOKEN, Complaints, notebook
from notebook_of_widgets import SONG, WIDGETS

pytestmark = pytest.mark.browser
MOVES = int(os.environ.get("SEPEDU_SOAK", "80"))
SOAK = "soak.ipynb"
ROOM = 8 * 2**20
"""Bytes that the second half of the moves may add. 500 were seen to add 0.12 MiB to the kernel and
0.05 MiB to the page; each makes arrays of 1 MiB and sends 30 KiB of sound."""
KERNEL = "window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"

# What a cell prints, without the cell.
PRINTED = f"""async (code) => {{
    const future = {KERNEL}.requestExecute({{code}});
    let printed = '';
    future.onIOPub = (message) => {{
        if (message.header.msg_type === 'stream') printed += message.content.text;
    }};
    await future.done;
    return printed;
}}"""

COUNT_MODELS = "from ipywidgets.widgets.widget import _instances; print(len(_instances))"

# One place of the slider, and the sound that follows it.
MOVE = """([slider, sound, place]) => new Promise((resolve) => {
    const seen = new MutationObserver(() => { seen.disconnect(); resolve(); });
    seen.observe(sound, {attributes: true, attributeFilter: ['src']});
    slider.value = place;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
})"""


@pytest.fixture
def page(lab, browser):
    """A notebook with one widget, its cells run, and a kernel of its own that ends with it."""
    body = {"type": "notebook", "format": "json", "content": notebook([SONG, WIDGETS[0], ""])}
    address = f"{lab}/api/contents/{SOAK}?token={TOKEN}"
    words = {"Content-Type": "application/json"}
    urlopen(Request(address, json.dumps(body).encode(), words, method="PUT")).close()
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    complaints = Complaints()
    complaints.listen(page)
    page.goto(f"{lab}/lab/workspaces/soak/tree/{SOAK}?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    complaints.clear()
    page.evaluate(RUN_ALL_BUT_THE_LAST)
    page.locator(".jp-OutputArea .sepedu-widget").wait_for(timeout=120_000)
    yield page
    assert complaints == []
    kernel = page.evaluate(f"{KERNEL}.id")
    address = f"{lab}/api/kernels/{kernel}?token={TOKEN}"
    page.close()
    urlopen(Request(address, method="DELETE")).close()


def process_of(kernel: str) -> psutil.Process:
    """The process of a kernel, known by its connection file."""
    for process in psutil.process_iter(["cmdline"]):
        if any(f"kernel-{kernel}.json" in word for word in process.info["cmdline"] or ()):
            return process
    raise AssertionError(f"no process has the kernel {kernel}")


def open_files(process: psutil.Process) -> int:
    return process.num_fds() if hasattr(process, "num_fds") else process.num_handles()


def places(moves: int):
    """Up and down the 241 places of the slider, in steps of seven."""
    place, step = 100, 7
    for _ in range(moves):
        if not 0 <= place + step <= 240:
            step = -step
        place += step
        yield place


def growth(values: list[int]) -> float:
    """Bytes that the second half of a series adds, along a line through it."""
    half = values[len(values) // 2 :]
    return float(np.polyfit(np.arange(len(half)), half, 1)[0]) * len(half)


def test_a_slider_moved_many_times(page, capsys):
    """SEPEDU_SOAK=1000 for the whole soak; each move is drawn, measured and encoded anew."""
    found = page.locator(".jp-OutputArea .sepedu-widget")
    slider = found.locator("input.sepedu-slider").element_handle()
    sound = found.locator("audio[data-sound=estimate]").element_handle()
    kernel = process_of(page.evaluate(f"{KERNEL}.id"))
    browser = page.context.new_cdp_session(page)
    models = page.evaluate(PRINTED, COUNT_MODELS)
    memory, files, heap, nodes = [], [], [], []
    for number, place in enumerate(places(MOVES)):
        page.evaluate(MOVE, [slider, sound, str(place)])
        memory.append(kernel.memory_info().rss)
        files.append(open_files(kernel))
        if number % max(1, MOVES // 10) == 0:
            browser.send("HeapProfiler.collectGarbage")
            heap.append(page.evaluate("performance.memory.usedJSHeapSize"))
            nodes.append(browser.send("Memory.getDOMCounters")["nodes"])
    half = (MOVES + 1) // 2
    with capsys.disabled():
        print(
            f"\n{MOVES} moves: kernel {growth(memory) / half / 1024:+.2f} KiB each, "
            f"{files[-1]} open files; page {growth(heap) / half / 1024:+.2f} KiB each, "
            f"{nodes[-1]} nodes"
        )
    assert growth(memory) < ROOM and growth(heap) < ROOM
    assert max(files[half:]) <= max(files[:half])
    # The fewest seen, and less than one a move: some dozens of JupyterLab's own come and go.
    middle = len(nodes) // 2
    assert min(nodes[middle:]) - min(nodes[:middle]) < half
    assert int(models) > 0 and page.evaluate(PRINTED, COUNT_MODELS) == models
