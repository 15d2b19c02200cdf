"""Every deck, built once and stepped through in a real browser without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch

from tools.slides.build import find_decks
from tools.slides.pdf import print_pdf

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DECKS = [path.stem for path in find_decks()]

FAULTS = """() => {
    const slide = Reveal.getCurrentSlide(), paper = slide.getBoundingClientRect(), faults = [];
    const inner = '.column > *, table, pre, p, li, mjx-container';
    for (const part of [...slide.children, ...slide.querySelectorAll(inner)]) {
        if (part.closest('aside, svg, .live')) continue;
        const box = part.getBoundingClientRect();
        const sides = [box.right - paper.right, box.bottom - paper.bottom, paper.left - box.left];
        if (Math.max(...sides) > 1) faults.push(`${part.tagName} leaves the slide`);
    }
    const heading = slide.querySelector('h1, h2').getBoundingClientRect();
    for (const column of slide.querySelectorAll('.column')) {
        const first = column.firstElementChild;
        if (first && first.getBoundingClientRect().top < heading.bottom - 1)
            faults.push('the body covers the heading');
    }
    for (const figure of slide.querySelectorAll('svg.figure')) {
        const box = figure.getBoundingClientRect(), wanted = figure.viewBox.baseVal;
        const scale = Math.min(box.width / wanted.width, box.height / wanted.height) * 72 / 100;
        if (scale < 0.8) faults.push(`a figure at ${scale.toFixed(2)} of its size is hard to read`);
        const letters = figure.dataset.smallest * scale * (100 / 72) * 1.5;
        if (letters < 22) faults.push(`letters of ${letters.toFixed(0)} px on a canvas of 1920`);
        if (!figure.getAttribute('aria-label')) faults.push('a figure has no description');
    }
    for (const picture of slide.querySelectorAll('img:not([alt])')) faults.push('no alt text');
    for (const code of slide.querySelectorAll('pre code'))
        if (code.getBoundingClientRect().right > code.parentElement.getBoundingClientRect().right)
            faults.push('code is wider than its box');
    for (const math of slide.querySelectorAll('.math'))
        if (!math.querySelector('mjx-container svg')) faults.push(`raw: ${math.textContent}`);
    if (slide.querySelector('[data-mml-node=merror]')) faults.push('an error in mathematics');
    const notes = slide.querySelector('aside.notes');
    if (!notes || notes.textContent.length < 60) faults.push('no notes');
    if (!/^Minutes .* of /.test(notes.querySelector('.plan').textContent)) faults.push('no plan');
    const foot = slide.querySelector('.foot').getBoundingClientRect();
    for (const part of slide.querySelectorAll('.column > *, .data'))
        if (part.getBoundingClientRect().bottom > foot.top + 1) faults.push('the foot is covered');
    if (!(slide.dataset.timing > 0)) faults.push('no minutes');
    return faults.map((fault) => `${Reveal.getIndices().h + 1}: ${fault}`);
}"""

SOUND = """async () => {
    const context = new OfflineAudioContext(1, 1, 22050), wrong = [];
    for (const sound of document.querySelectorAll('.sound audio')) {
        const bytes = Uint8Array.from(atob(sound.src.split(',')[1]), (c) => c.charCodeAt(0));
        const heard = await context.decodeAudioData(bytes.buffer);
        if (!(heard.duration > 0.5)) wrong.push(sound.parentElement.textContent);
    }
    return wrong;
}"""


@pytest.fixture
def opened(built, browser, request) -> Iterator[tuple]:
    """A deck in a browser, and what went wrong in it."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on(
        "console",
        lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None,
    )
    page.on(
        "request",
        lambda asked: (
            complaints.append(f"request: {asked.url[:80]}")
            if not asked.url.startswith(("data:", "blob:", "file:"))
            else None
        ),
    )
    page.goto(built(request.param).as_uri())
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    yield page, complaints
    page.close()


@pytest.mark.parametrize("opened", DECKS, indirect=True)
def test_step_through(opened):
    page, complaints = opened
    faults = []
    slides = page.evaluate("Reveal.getTotalSlides()")
    for number in range(slides):
        page.evaluate(f"Reveal.slide({number}, 0, -1)")
        while page.evaluate("Reveal.availableFragments().next"):
            page.evaluate("Reveal.nextFragment()")
        faults += page.evaluate(FAULTS)
    assert faults == []
    assert slides >= 12
    assert page.evaluate(SOUND) == []
    assert complaints == []


@pytest.mark.parametrize("deck", DECKS)
def test_size_and_sounds(built, deck):
    """Coding errors lie 25 dB below what is played, and its ratio is the one on the button."""
    page = built(deck)
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_size < (12e6 if "data-widget" in text else 8e6)
    sounds = json.loads(page.with_suffix(".json").read_text())
    for sound in sounds:
        print("{name}: coding error {coding error:.1f} dB below".format_map(sound))
        assert sound["coding error"] >= 25, sound
        if sound["said"] is not None:
            assert abs(sound["said"] - sound["heard"]) < 0.3, sound
    assert text.count('class="sound"') == len(sounds)


def test_where_artefacts_are_the_lesson_sounds_are_exact(built):
    exact = {
        "01-sound-as-a-picture": "zero phase",
        "02-binary-masks": "masked, T = 0.5",
        "06-separating-and-measuring": "loud cells wrong",
    }
    for deck, name in exact.items():
        sounds = json.loads(built(deck).with_suffix(".json").read_text())
        assert {s["coding error"] > 60 for s in sounds if s["name"] == name} == {True}, deck


def test_what_decks_say_of_windows_and_levels(built):
    text = built("01-sound-as-a-picture").read_text(encoding="utf-8")
    spread = float(re.search(r"Hann: \} ([\d.]+)", text)[1])
    assert 1 / (4 * np.pi) < spread < 1.05 / (4 * np.pi), "Gabor's limit, nearly reached"
    assert "<strong>86 Hz</strong>" in text, "the main lobe, 4 bins of 21.5 Hz"
    flips = re.search(
        r"(\d+)\u00a0% of cells flip", built("05-training-the-cnn").read_text("utf-8")
    )
    assert int(flips[1]) > 10, "the talk's network answers softer songs otherwise"


@pytest.mark.parametrize("opened", ["00-hear-the-problem"], indirect=True)
def test_prints(opened, chromium, tmp_path):
    """As slides, as a handout without answers, as notes three a page, and by plain Ctrl+P."""
    page, _ = opened
    file = tmp_path / "deck.html"
    file.write_bytes(Path(urlsplit(page.url).path).read_bytes())
    slides = page.evaluate("Reveal.getTotalSlides()")
    made = {path.name: path.read_bytes() for path in print_pdf(file, chromium, slides)}
    pages = {name: len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) for name, pdf in made.items()}
    assert pages == {
        "deck.pdf": slides,
        "deck-handout.pdf": slides,
        "deck-notes.pdf": -(-slides // 3),
    }
    plain = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", plain)) == slides
    assert set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", plain)) == {(b"960", b"540")}
    hidden = "getComputedStyle(document.querySelector('.answer')).visibility"
    page.goto(f"{file.as_uri()}?print-pdf&print=handout")
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    assert page.evaluate(hidden) == "hidden"
    page.goto(f"{file.as_uri()}?print=notes")
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    assert page.evaluate(hidden) == "visible"
    assert page.evaluate("document.querySelector('.handed section').offsetHeight") == 720


@pytest.mark.parametrize("opened", ["00-hear-the-problem"], indirect=True)
def test_answers_sounds_keys_and_speaker_view(opened):
    page, complaints = opened
    go_to_slide_with(page, ".answer")
    answer = page.locator("section.present .answer")
    assert not answer.is_visible() or "visible" not in answer.get_attribute("class").split()
    page.keyboard.press("Space")
    assert "visible" in answer.get_attribute("class").split()

    four = "Reveal.getSlides().findIndex((slide) => slide.querySelectorAll('.sound').length === 4)"
    page.evaluate(f"Reveal.slide({four})")
    first, second = (page.locator("section.present .sound").nth(n) for n in (0, 1))
    first.click()
    page.wait_for_function("document.querySelector('section.present audio').currentTime > 0.3")
    page.keyboard.press("2")
    assert first.get_attribute("aria-pressed") == "false"
    assert second.get_attribute("aria-pressed") == "true"
    assert second.locator("audio").evaluate("(sound) => sound.currentTime") > 0.2
    page.wait_for_selector("section.present svg .playhead", state="attached")
    page.keyboard.press("l")
    assert second.locator("audio").evaluate("(sound) => sound.loop")
    page.keyboard.press("ArrowRight")
    assert page.locator(".sound[aria-pressed=true]").count() == 0
    page.keyboard.press("ArrowLeft")
    first.click()
    page.keyboard.press("b")
    assert page.locator(".sound[aria-pressed=true]").count() == 0, "black silences"
    page.keyboard.press("b")
    page.wait_for_selector(".pause-overlay", state="hidden")

    page.keyboard.press("w")
    page.mouse.move(500, 300)
    page.mouse.down()
    page.mouse.move(600, 400)
    page.mouse.up()
    drawn = page.locator("section.present .drawing path")
    assert "L" in drawn.get_attribute("d")
    page.keyboard.press("x")
    assert drawn.count() == 0
    page.keyboard.press("w")

    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    with page.context.expect_page() as window:
        page.keyboard.press("s")
    speaker = window.value
    speaker.wait_for_selector(".speaker-controls-notes:not(.hidden) .value p", timeout=30_000)
    assert "Minutes " in speaker.locator(".speaker-controls-notes .value").inner_text()
    speaker.wait_for_timeout(500)
    speaker.keyboard.press("1")
    page.wait_for_selector("section.present .sound[aria-pressed=true]")
    speaker.keyboard.press("d")
    page.wait_for_selector("html[data-theme=light]")
    speaker.keyboard.press("b")
    page.wait_for_selector(".reveal.paused")
    assert page.locator(".sound[aria-pressed=true]").count() == 0
    speaker.close()
    assert complaints == []


def go_to_slide_with(page, piece: str) -> None:
    """Show the first slide that holds what a selector finds."""
    find = f"Reveal.getSlides().findIndex((slide) => slide.querySelector('{piece}'))"
    page.evaluate(f"Reveal.slide({find})")


@pytest.mark.parametrize("opened", ["02-binary-masks"], indirect=True)
def test_the_explorer_lives_without_a_kernel(opened):
    page, complaints = opened
    go_to_slide_with(page, ".live")
    live = page.locator("section.present .live")
    mask = live.locator("canvas").nth(2)
    before, told = mask.screenshot(), live.locator("output").nth(0).inner_text()
    slider = live.locator("input.sepedu-slider")
    slider.fill("40")
    page.wait_for_timeout(200)
    assert mask.screenshot() != before
    assert live.locator("output").nth(0).inner_text() != told
    assert complaints == []


@pytest.mark.parametrize("opened", ["04-building-the-cnn"], indirect=True)
def test_the_kernel_slides_as_a_convolution(opened):
    """The numbers of the widget are those of PyTorch, for any weights."""
    page, complaints = opened
    go_to_slide_with(page, ".kernel")
    live = page.locator("section.present .kernel")
    weights = [0, 3, -1, -2, 1, 0, 1, 0, 2]
    before = live.locator("canvas").nth(1).screenshot()
    for place, weight in enumerate(weights):
        live.locator("input[type=number]").nth(place).fill(str(weight))
    assert live.locator("canvas").nth(1).screenshot() != before
    seen = live.locator(".kernel-seen span:not(.outside)").all_inner_texts()
    places = len(seen)
    live.locator("input[type=range]").fill(str(places - 1))
    shown = live.locator(".kernel-found span").all_inner_texts()
    columns = (
        live.locator(".kernel-grid")
        .nth(1)
        .evaluate("(grid) => getComputedStyle(grid).gridTemplateColumns.split(' ').length")
    )
    picture = torch.tensor([float(text) for text in seen]).reshape(1, 1, -1, columns)
    kernel = torch.tensor(weights, dtype=torch.float32).reshape(1, 1, 3, 3)
    wanted = torch.nn.functional.conv2d(picture, kernel, padding=1).ravel().tolist()
    assert [float(text.replace("−", "-")) for text in shown] == wanted
    assert live.locator("output").inner_text().endswith(f"= {shown[-1]}")
    assert complaints == []


@pytest.mark.parametrize("opened", ["07-four-sources"], indirect=True)
def test_predicted_masks_of_four_sources_sound(opened):
    """Another source, the same threshold; the slide's keys play it, another slide stops it."""
    page, complaints = opened
    go_to_slide_with(page, ".live")
    live = page.locator("section.present .live")
    live.locator("input.sepedu-slider").first.fill("70")
    told = live.locator("output").first.inner_text()
    live.locator(".choices button", has_text="bass").click()
    assert live.locator("input.sepedu-slider").first.input_value() == "70"
    assert live.locator("output").first.inner_text() != told
    page.wait_for_function("document.querySelectorAll('section.present audio')[1].duration > 3")
    page.keyboard.press("2")
    page.wait_for_function(
        "document.querySelectorAll('section.present audio')[1].currentTime > 0.1"
    )
    page.keyboard.press("ArrowRight")
    clips = "[...document.querySelectorAll('audio.sepedu-clip')]"
    assert page.evaluate(f"{clips}.every((sound) => sound.paused)")
    assert page.locator(".on-site").count() == 0, "no pages lie beside a deck on a stick"
    assert complaints == []
