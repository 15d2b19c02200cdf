"""The player in an exported page: with its script, and where no script may run."""

from __future__ import annotations

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter

from sepedu.audio import Player

pytestmark = pytest.mark.browser
RATE = 22050
TIMES = """() => [...document.querySelectorAll('audio')].map((a) => [a.paused, a.currentTime])"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> str:
    """A notebook with two players as a page; its address."""
    time = np.arange(4 * RATE) / RATE
    clips = {
        f"{hertz} Hz": np.sin(2 * np.pi * hertz * time).astype("float32") for hertz in (220, 330)
    }
    notebook = nbformat.v4.new_notebook()
    for exact in (False, True):
        data = {"text/html": Player(clips, RATE, exact=exact)._repr_html_()}
        notebook.cells.append(nbformat.v4.new_code_cell("Player(...)"))
        notebook.cells[-1].outputs = [nbformat.v4.new_output("display_data", data)]
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    return path.as_uri()


def test_one_clip_at_a_time_in_an_exported_page(browser, exported):
    page = browser.new_page()
    page.goto(exported)
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    first, second = page.locator(".sepedu-players").all()
    first.get_by_role("button", name="Play: 220 Hz").click()
    page.wait_for_function(f"({TIMES})()[0][1] > 0.5")
    first.get_by_role("button", name="Play: 330 Hz").click()
    page.wait_for_function(f"!({TIMES})()[1][0] && ({TIMES})()[1][1] > 0.5")
    assert page.evaluate(TIMES)[0][0]
    second.get_by_role("button", name="Play: 220 Hz").click()
    page.wait_for_function(f"({TIMES})()[1][0] && !({TIMES})()[2][0]")
    second.get_by_label("Position in the clips").focus()
    page.keyboard.press("End")  # the end of a clip that does not go round
    page.wait_for_function(f"({TIMES})()[2][0]")
    second.get_by_role("button", name="Play: 220 Hz").click()
    page.wait_for_function(f"({TIMES})()[2][1] < 2")
    assert errors == []
    page.close()


def test_where_no_script_runs_the_browsers_controls_stay(browser, exported):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(exported)
    sounds = page.locator("audio[controls]")
    assert sounds.count() == 4 and sounds.first.is_visible()
    assert sounds.first.get_attribute("aria-label") == "220 Hz"
    page.close()
