"""Lesson 00 in a real JupyterLab: every cell runs, and its sound plays."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

import pytest
from conftest import TOKEN, Complaints

pytestmark = pytest.mark.browser
LESSON = "00-hear-the-problem.ipynb"


@pytest.fixture
def lesson(lab, browser, clone):
    """The lesson opened in JupyterLab, with what went wrong in the page."""
    notebook = json.loads((clone / "lessons" / LESSON).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    body = json.dumps({"type": "notebook", "format": "json", "content": notebook}).encode()
    address = f"{lab}/api/contents/{LESSON}?token={TOKEN}"
    urlopen(Request(address, body, {"Content-Type": "application/json"}, method="PUT")).close()
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    complaints = Complaints()
    complaints.listen(page)
    page.goto(f"{lab}/lab/workspaces/lesson/tree/{LESSON}?token={TOKEN}")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    yield page, sum(cell["cell_type"] == "code" for cell in notebook["cells"]), complaints
    page.close()


def test_every_cell_runs_and_the_sound_plays(lesson):
    page, cells, complaints = lesson
    complaints.clear()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    # From the cells themselves: a folded one shows no number.
    executed = """(cells) => {
        const shown = window.jupyterapp.shell.currentWidget.content.widgets;
        return shown.filter(cell => cell.model.executionCount).length >= cells;
    }"""
    page.wait_for_function(executed, arg=cells, timeout=150_000)
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert page.locator(".jp-OutputArea-output img").count() >= 2
    players = page.locator(".sepedu-player audio")
    assert players.count() >= 10
    played = players.first.evaluate(
        """async (audio) => {
            audio.muted = true;
            await audio.play();
            return [audio.error === null, audio.duration, audio.duration > 0];
        }"""
    )
    assert played[0] and 5 < played[1] < 7
    assert complaints == []
