"""A notebook at 1280 x 800, saved, and opened again when its kernel is gone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from conftest import TOKEN, Complaints, notebook
from notebook_of_widgets import SONG
from test_widgets_in_lab import settled, until, widget

pytestmark = pytest.mark.browser
NAME = "left.ipynb"
CELLS = [
    SONG,
    'threshold = ThresholdExplorer(song, "vocals")\nthreshold',
    'predicted = PredictedMaskExplorer(song, model, "vocals")\npredicted',
    'painter = MaskPainter(song, "vocals")\npainter',
    'listening = BlindListening(song, "vocals", seed=0, trials=3)\nlistening',
    "from sepedu import plots\nimport matplotlib.pyplot as plt\n"
    "figure, axes = plt.subplots(figsize=(4, 1))\n"
    "plots.describe(figure, 'An empty \"picture\" & its frame.');",
    "from sepedu.audio import Player\n"
    'Player({"mixture": song.mixture, "vocals": song.sources["vocals"]}, rate)',
]
RUN = """async () => {
    const app = window.jupyterapp;
    const {context} = app.shell.currentWidget;
    await context.sessionContext.ready;
    await context.sessionContext.session.kernel.info;
    await app.commands.execute('notebook:run-all-cells');
}"""
KEEP = """async () => {
    const app = window.jupyterapp;
    const {context} = app.shell.currentWidget;
    await context.save();
    await context.sessionContext.shutdown();
}"""
COMPLAINT = "Error displaying widget"


def look(page, name: str) -> None:
    """Keep a screenshot where somebody wants to look at it."""
    if folder := os.environ.get("SEPEDU_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def opened(lab: str, browser, workspace: str):
    """The notebook in a page of 1280 x 800 with the file browser beside it."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    complaints = Complaints()
    complaints.listen(page)
    page.goto(f"{lab}/lab/workspaces/{workspace}/tree/{NAME}?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.locator(".jp-DirListing").wait_for()
    return page, complaints


@pytest.fixture(scope="module")
def first(lab, browser):
    """The notebook with all cells run, and what went wrong in its page."""
    body = {"type": "notebook", "format": "json", "content": notebook(CELLS)}
    address = f"{lab}/api/contents/{NAME}?token={TOKEN}"
    headers = {"Content-Type": "application/json"}
    urlopen(Request(address, json.dumps(body).encode(), headers, method="PUT")).close()
    page, complaints = opened(lab, browser, "first")
    page.evaluate(RUN)
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    until(page, lambda: page.locator(".jp-OutputArea .sepedu-widget").count() == 4)
    yield page, complaints
    page.close()


@pytest.mark.parametrize(
    "title, masks", [("Threshold explorer", (2, 3)), ("What the network says", (3, 4))]
)
def test_slider_mask_sound_and_sdr_stand_in_one_view(first, title, masks):
    page, _ = first
    found = widget(page, title)
    found.evaluate("node => node.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(500)
    look(page, title)
    view = page.locator(".jp-WindowedPanel-outer").bounding_box()
    parts = {
        "slider": found.locator("input.sepedu-slider").first,
        "mask": found.locator("canvas").nth(masks[0]),
        "masked mixture": found.locator("canvas").nth(masks[1]),
        "SDR": found.locator(".sepedu-numbers output").last,
        "player": found.locator(".sepedu-timeline"),
        "curve": found.locator(".sepedu-chart").first,
    }
    for name, part in parts.items():
        box = part.bounding_box()
        assert box["width"] > 0 and box["y"] >= view["y"] - 1, name
        assert box["y"] + box["height"] <= view["y"] + view["height"], name
        assert box["x"] + box["width"] <= view["x"] + view["width"], name
    assert found.locator("canvas").nth(masks[0]).bounding_box()["width"] > 200


def test_a_threshold_of_zero_or_less_answers(first):
    page, _ = first
    found = widget(page, "Threshold explorer")
    number = found.locator("input[type=number]")
    number.fill("-1")
    note = found.get_by_role("status").filter(has_text="never negative")
    note.wait_for()
    number.fill("0")
    found.get_by_role("status").filter(has_text="however faintly").wait_for()
    number.fill("0.5")
    until(page, lambda: not note.is_visible())


def test_clips_do_not_play_on_top_of_each_other(first):
    page, complaints = first
    player = page.locator(".sepedu-player")
    player.scroll_into_view_if_needed()
    look(page, "Player")
    mixture, vocals = player.locator("audio").all()
    player.get_by_role("button", name="Play: mixture").click()
    until(page, lambda: mixture.evaluate("audio => audio.currentTime") > 0.5)
    player.get_by_role("button", name="Play: vocals").click()
    until(page, lambda: not vocals.evaluate("audio => audio.paused"))
    assert mixture.evaluate("audio => audio.paused")
    assert vocals.evaluate("audio => audio.currentTime") > 0.4  # goes on, does not begin
    seek = player.get_by_label("Position in the clips")
    box = seek.bounding_box()
    assert box["width"] > 300 and box["height"] >= 24
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    until(page, lambda: vocals.evaluate("audio => audio.currentTime") > 4)
    assert "of 6.0 s" in seek.get_attribute("aria-valuetext")
    player.get_by_role("button", name="Loop").click()
    assert vocals.evaluate("audio => audio.loop")
    # A widget's clip silences the player's, too.
    found = widget(page, "Threshold explorer")
    found.get_by_role("button", name="Play: Mixture").click()
    until(page, lambda: vocals.evaluate("audio => audio.paused"))
    found.get_by_role("button", name="Pause: Mixture").click()
    assert complaints == []


def test_work_survives_the_kernel(lab, browser, first):
    """The last test: it ends the kernel."""
    page, _ = first
    pictures = page.locator('.jp-OutputArea-output img[alt^="An empty"]')
    assert pictures.get_attribute("alt") == 'An empty "picture" & its frame.'
    assert page.locator(".sepedu-left:visible").count() == 0  # living widgets stand alone
    found = widget(page, "Threshold explorer")
    found.locator("input[type=number]").fill("2")
    until(page, lambda: "T = 2: " in found.locator(".sepedu-reading").inner_text())
    canvas = widget(page, "Paint a mask")
    canvas.locator("summary").click()
    canvas.get_by_role("button", name="Do it").click()
    settled(page, canvas)
    heard = widget(page, "Blind listening")
    heard.get_by_role("button", name="X is A").click()
    until(page, lambda: "of 1 right" in heard.locator(".sepedu-reading").inner_text())
    titles = [found.get_attribute("aria-label")]
    readings = [each.locator(".sepedu-reading").inner_text() for each in (found, canvas, heard)]
    assert not readings[1].startswith("0.0 %")
    kept = page.locator(".sepedu-left")  # not seen while the widgets live
    for place, reading in zip((0, 2, 3), readings, strict=True):
        until(page, lambda p=place, r=reading: r in kept.nth(p).text_content(), 60)
    page.evaluate(KEEP)

    page, _ = opened(lab, browser, "second")
    left = page.locator(".sepedu-left")
    until(page, lambda: left.count() == 4 and left.first.is_visible(), 60)
    # JupyterLab looks for the models for a while, in the new kernel.
    until(page, lambda: page.get_by_text(COMPLAINT).count() == 4, 60)
    assert page.get_by_text(COMPLAINT).filter(visible=True).count() == 0
    for place, reading in zip((0, 2, 3), readings, strict=True):
        assert reading in left.nth(place).inner_text()
        assert reading in left.nth(place).locator("img").get_attribute("alt")
        assert left.nth(place).locator("img").evaluate("image => image.naturalWidth") > 300
        assert "Run this cell to turn it again." in left.nth(place).inner_text()
    assert titles[0] in left.first.inner_text()
    for place, name in enumerate(("threshold", "predicted", "painter", "listening")):
        left.nth(place).evaluate("node => node.scrollIntoView({block: 'start'})")
        page.wait_for_timeout(300)
        look(page, f"left {name}")
    player = page.locator(".sepedu-player")
    player.get_by_role("button", name="Play: vocals").click()
    until(page, lambda: player.locator("audio").last.evaluate("audio => audio.currentTime") > 0.2)
    assert page.locator('img[alt^="An empty"]').is_visible()
    page.close()
