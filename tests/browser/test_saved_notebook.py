"""Lessons 02 and 06 at 1280 x 800, saved, and opened again when their kernel is gone."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from conftest import TOKEN, Complaints, look
from test_widgets_in_lab import fingerprint, settled, until, widget

from sepedu.cli.opening import STATE
from sepedu.exercises import lesson02, lesson06

pytestmark = pytest.mark.browser
MASKS, MEASURES = "02-binary-masks.ipynb", "06-separating-and-measuring.ipynb"
ANSWERED = {MASKS: lesson02.my_binary_mask, MEASURES: lesson06.my_sdr}
CELLS = {
    MASKS: (
        *("import matplotlib", "X = ", "estimate = ", "Player(\n    {\n", "figure, rows"),
        *("# What the pic", "from sepedu.widgets import", "from sepedu.exercises.choice"),
    ),
    MEASURES: ("import matplotlib", "data = ", "PredictedMaskExplorer(", "BlindListening("),
}
"""How the cells begin that widgets and sound need; all of a lesson would take a minute."""
RUN = """async () => {
    const app = window.jupyterapp;
    const {context} = app.shell.currentWidget;
    await context.sessionContext.ready;
    await context.sessionContext.session.kernel.info;
    await app.commands.execute('notebook:run-all-cells');
}"""
RUN_AGAIN = """async (start) => {
    const app = window.jupyterapp;
    const {content} = app.shell.currentWidget;
    content.activeCellIndex = content.widgets.findIndex(
        ({model}) => model.sharedModel.getSource().includes(start));
    await app.commands.execute('notebook:run-cell');
}"""
KEEP = """async () => {
    const app = window.jupyterapp;
    const {context} = app.shell.currentWidget;
    await context.save();
    await context.sessionContext.shutdown();
}"""
COMPLAINT = "Error displaying widget"


def contents(lab: str, name: str, notebook: dict | None = None) -> dict:
    """Read a notebook from JupyterLab's server, or put one there."""
    body = {"type": "notebook", "format": "json", "content": notebook}
    words = {"Content-Type": "application/json"}
    address = f"{lab}/api/contents/{name}?token={TOKEN}"
    request = Request(address, json.dumps(body).encode(), words, method="PUT")
    with urlopen(request if notebook else address) as answer:
        return json.load(answer)


def shortened(lesson: Path) -> dict:
    """A lesson as it is handed out, with one answer in it and without the cells that take long."""
    exercise = ANSWERED[lesson.name]
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    kept = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
            if source == exercise.stub:
                cell["source"] = exercise.reference
            elif f"ex.{exercise.name}.check" not in source and not source.startswith(
                CELLS[lesson.name]
            ):
                continue
        kept.append(cell)
    return notebook | {"cells": kept}


def opened(lab: str, browser, name: str, workspace: str):
    """A notebook in a page of 1280 x 800 with the file browser beside it."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    complaints = Complaints()
    complaints.listen(page)
    page.goto(f"{lab}/lab/workspaces/{workspace}/tree/{name}?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.locator(".jp-DirListing").wait_for()
    return page, complaints


def alive(lab: str, browser, name: str, workspace: str):
    """The saved notebook in a page of its own, its two widgets alive.

    Where the machine is busy, JupyterLab may look for the widgets before it has read what was
    saved of them, and give up; the pictures stand there then, until the page is loaded again.
    """
    page, complaints = opened(lab, browser, name, workspace)
    widgets = page.locator(".sepedu-widget")
    for _ in range(3):
        until(page, lambda: widgets.count() == 2 or page.get_by_text(COMPLAINT).count(), 60)
        page.wait_for_timeout(500)
        if widgets.count() == 2:
            break
        complaints.clear()
        page.reload()
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    assert widgets.count() == 2
    return page, complaints


@pytest.fixture(scope="module")
def lessons(lab, browser, clone):
    """Both lessons with their cells run, and what went wrong in their pages."""
    pages = {}
    for name in CELLS:
        contents(lab, name, shortened(clone / "lessons" / name))
        page, complaints = opened(lab, browser, name, name[:2])
        page.evaluate(RUN)
        errors = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
        assert errors.all_inner_texts() == []
        until(page, lambda page=page: page.locator(".sepedu-widget").count() == 2, 60)
        pages[name] = page, complaints
    yield pages
    for page, _ in pages.values():
        page.close()


@pytest.mark.parametrize(
    "lesson, title, masks",
    [(MASKS, "Threshold explorer", (2, 3)), (MEASURES, "What the network says", (3, 4))],
)
def test_slider_mask_sound_and_sdr_stand_in_one_view(lessons, lesson, title, masks):
    page, _ = lessons[lesson]
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


def test_a_threshold_of_zero_or_less_answers(lessons):
    page, _ = lessons[MASKS]
    found = widget(page, "Threshold explorer")
    number = found.locator("input[type=number]")
    number.fill("-1")
    note = found.get_by_role("status").filter(has_text="never negative")
    note.wait_for()
    number.fill("0")
    found.get_by_role("status").filter(has_text="however faintly").wait_for()
    number.fill("0.5")
    until(page, lambda: not note.is_visible())


def test_clips_do_not_play_on_top_of_each_other(lessons):
    page, complaints = lessons[MASKS]
    complaints.clear()
    player = page.locator(".sepedu-player").first
    player.scroll_into_view_if_needed()
    look(page, "Player")
    mixture, vocals = player.locator("audio").all()[:2]
    player.get_by_role("button", name="Play: mixture").click()
    until(page, lambda: mixture.evaluate("audio => audio.currentTime") > 0.5)
    player.get_by_role("button", name="Play: vocals, true").click()
    until(page, lambda: not vocals.evaluate("audio => audio.paused"))
    assert mixture.evaluate("audio => audio.paused")
    assert vocals.evaluate("audio => audio.currentTime") > 0.4  # goes on, does not begin
    seek = player.get_by_label("Position in the clips")
    box = seek.bounding_box()
    assert box["width"] > 300 and box["height"] >= 24
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    until(page, lambda: vocals.evaluate("audio => audio.currentTime") > 4)
    assert "of 5.8 s" in seek.get_attribute("aria-valuetext")
    player.get_by_role("button", name="Loop").click()
    assert vocals.evaluate("audio => audio.loop")
    # A widget's clip silences the player's, too.
    found = widget(page, "Threshold explorer")
    found.get_by_role("button", name="Play: Mixture").click()
    until(page, lambda: vocals.evaluate("audio => audio.paused"))
    found.get_by_role("button", name="Pause: Mixture").click()
    assert complaints == []


def reading(found) -> str:
    return found.locator(".sepedu-reading").inner_text()


def turn(page, found, value: str, words: str) -> str:
    """Type a number into a widget's first slider; return the reading that begins with words."""
    found.locator("input[type=number]").first.fill(value)
    until(page, lambda: reading(found).startswith(words))
    return reading(found)


def follows(page, found, picture: int, value: str, words: str) -> None:
    """A slider moves picture, numbers and sound, where no kernel runs."""
    sound = found.locator("audio[data-sound=estimate]")
    until(page, lambda: (sound.get_attribute("src") or "").startswith("blob:"))
    heard, shown = sound.get_attribute("src"), fingerprint(found, picture)
    numbers = found.locator(".sepedu-numbers").inner_text()
    turn(page, found, value, words)
    assert fingerprint(found, picture) != shown
    assert found.locator(".sepedu-numbers").inner_text() != numbers
    until(page, lambda: sound.get_attribute("src") != heard)
    found.get_by_role("button", name="Play: Estimate").click()
    until(page, lambda: sound.evaluate("audio => audio.currentTime") > 0.1)
    found.get_by_role("button", name="Pause: Estimate").click()
    found.get_by_text("Python does not hear of it").wait_for(timeout=10_000)


def same_answer(page, lesson: str) -> None:
    """The student's answer and the verdict on it stand there."""
    name = ANSWERED[lesson].name
    cells = page.locator(".jp-CodeCell")
    assert cells.filter(has_text=f"def {name}").count() == 1
    assert "Right." in cells.filter(has_text=f"ex.{name}.check()").inner_text()


def test_masks_live_again_without_their_kernel(lab, browser, lessons):
    page, _ = lessons[MASKS]
    assert page.locator(".sepedu-left:visible").count() == 0  # living widgets stand alone
    page.evaluate(RUN_AGAIN, "MaskPainter(")  # leaves the first painter behind
    found = widget(page, "Threshold explorer")
    turn(page, found, "2", "T = 2: ")
    canvas = widget(page, "Paint a mask")
    canvas.locator("summary").click()
    canvas.get_by_role("button", name="Do it").click()
    settled(page, canvas)
    turned, painted, shown = reading(found), reading(canvas), fingerprint(canvas, 0)
    assert not painted.startswith("0.0 %")
    left = page.locator(".sepedu-left")  # not seen while the widgets live
    for place, words in enumerate((turned, painted)):
        until(page, lambda p=place, w=words: w in left.nth(p).text_content(), 60)
    page.evaluate(KEEP)

    page, complaints = alive(lab, browser, MASKS, "second")
    assert page.get_by_text(COMPLAINT).filter(visible=True).count() == 0
    assert page.locator(".sepedu-left:visible").count() == 0
    found, canvas = widget(page, "Threshold explorer"), widget(page, "Paint a mask")
    assert (reading(found), reading(canvas)) == (turned, painted)
    assert fingerprint(canvas, 0) == shown
    follows(page, found, 2, "0.5", "T = 0.5: ")
    assert turn(page, found, "2", "T = 2: ") == turned  # as Python worded it
    found.evaluate("node => node.scrollIntoView({block: 'start'})")
    look(page, "alive threshold")
    canvas.get_by_role("button", name="Clear all").click()
    until(page, lambda: reading(canvas).startswith("0.0 % of the points are painted"))
    same_answer(page, MASKS)
    player = page.locator(".sepedu-player").first
    player.get_by_role("button", name="Play: vocals, true").click()
    sound = player.locator("audio").nth(1)
    until(page, lambda: sound.evaluate("audio => audio.currentTime") > 0.2)
    assert page.locator('img[alt^="The mixture, its vocals"]').is_visible()
    assert complaints == []
    page.close()

    # Each widget's state once, and small enough to hand in.
    saved = contents(lab, MASKS)
    assert saved["size"] < 8e6
    states = saved["content"]["metadata"].pop("widgets")[STATE]["state"]
    titles = [each["state"].get("title", "") for each in states.values()]
    assert sum(title.startswith("Paint a mask") for title in titles) == 1

    # Without the states, as under JupyterLab's own settings: pictures with their readings.
    contents(lab, MASKS, saved["content"])
    page, _ = opened(lab, browser, MASKS, "third")
    left = page.locator(".sepedu-left")
    until(page, lambda: left.count() == 2 and left.first.is_visible(), 60)
    # JupyterLab looks for the models for a while, in the new kernel.
    until(page, lambda: page.get_by_text(COMPLAINT).count() == 3, 60)
    assert page.get_by_text(COMPLAINT).filter(visible=True).count() == 0
    for place, words in enumerate((turned, painted)):
        image = left.nth(place).locator("img")
        assert words in left.nth(place).inner_text()
        assert words in image.get_attribute("alt")
        assert image.evaluate("image => image.naturalWidth") > 300
        assert "Run this cell to turn it again." in left.nth(place).inner_text()
        left.nth(place).evaluate("node => node.scrollIntoView({block: 'start'})")
        look(page, f"left {place}")
    same_answer(page, MASKS)
    page.close()


def test_prediction_and_listening_live_again_without_their_kernel(lab, browser, lessons):
    page, _ = lessons[MEASURES]
    found = widget(page, "What the network says")
    turn(page, found, "0.2", "Decision threshold 0.20: ")
    heard = widget(page, "Blind listening")
    heard.get_by_role("button", name="X is A").click()
    until(page, lambda: "of 1 right" in reading(heard))
    settled(page, found)
    turned, score = reading(found), reading(heard)
    page.evaluate(KEEP)

    page, complaints = alive(lab, browser, MEASURES, "fourth")
    found, heard = widget(page, "What the network says"), widget(page, "Blind listening")
    assert (reading(found), reading(heard)) == (turned, score)
    follows(page, found, 3, "0.5", "Decision threshold 0.50: ")
    assert turn(page, found, "0.2", "Decision threshold 0.20: ") == turned
    look(page, "alive predicted")
    heard.get_by_text("this page draws X").wait_for()
    heard.get_by_role("button", name="X is A").click()
    until(page, lambda: "of 2 right" in reading(heard))
    look(page, "alive listening")
    same_answer(page, MEASURES)
    assert complaints == []
    page.close()
