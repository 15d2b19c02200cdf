"""Each widget in a real JupyterLab: dragged, painted and listened to."""

from __future__ import annotations

import statistics
from functools import partial

import pytest
from conftest import look

pytestmark = pytest.mark.browser

PIXELS = """canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum = (sum * 31 + data[i] + 7 * data[i + 1]) % 1e9;
    return sum;
}"""

# From the browser's own time of an input to the moment after the frame that shows its effect.
WATCH = """(node, type) => {
    window.sepeduMoves = [];
    node.addEventListener(type, (event) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () =>
            window.sepeduMoves.push(performance.now() - event.timeStamp);
        requestAnimationFrame(() => channel.port2.postMessage(0));
    });
}"""

# From now to the next change of an element's text or attribute.
AWAIT_CHANGE = """(node, attribute) => {
    const began = performance.now();
    window.sepeduChange = new Promise((resolve) => {
        const what = attribute
            ? {attributes: true, attributeFilter: [attribute]}
            : {childList: true, characterData: true, subtree: true};
        new MutationObserver(() => resolve(performance.now() - began)).observe(node, what);
    });
}"""


def widget(page, title: str):
    """The widget whose title begins so."""
    found = page.locator(f'.jp-OutputArea .sepedu-widget[aria-label^="{title}"]')
    found.scroll_into_view_if_needed()
    return found


def fingerprint(found, picture: int) -> int:
    """A number that changes with the pixels of a picture."""
    return found.locator("canvas").nth(picture).evaluate(PIXELS)


def quantiles(values: list[float]) -> str:
    best = statistics.quantiles(values, n=10)
    return f"{statistics.median(values):5.0f} {best[0]:5.0f} {best[-1]:5.0f}"


def drag(page, slider, moves: int = 50) -> list[float]:
    """Drag a slider's thumb with the mouse; milliseconds from each input to its picture."""
    slider.scroll_into_view_if_needed()
    slider.evaluate(WATCH, "input")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    for move in range(moves):
        page.mouse.move(box["x"] + box["width"] * (0.2 + 0.6 * move / moves), middle)
        page.wait_for_timeout(25)
    page.mouse.up()
    page.wait_for_timeout(100)
    return page.evaluate("window.sepeduMoves")


def changes(page, node, action, attribute: str | None = None) -> float:
    """Milliseconds from an action to the next change of a node, which must come."""
    node.evaluate(AWAIT_CHANGE, attribute)
    action()
    return page.evaluate("window.sepeduChange")


def until(page, condition, seconds: float = 15.0) -> None:
    """Wait for a condition that Python looks at."""
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {seconds} s")


def settled(page, found) -> None:
    """Wait until the reading has not changed for a while: the kernel may be drawing what stays."""
    reading, calm = None, 0
    while calm < 15:
        now = found.locator(".sepedu-reading").inner_text()
        calm = calm + 1 if now == reading else 0
        reading = now
        page.wait_for_timeout(100)


TITLES = (
    *("Threshold explorer", "What the network says", "Paint a mask"),
    *("The short-time Fourier transform", "Blind listening", "Training of 60 epochs"),
)


@pytest.mark.parametrize("title", TITLES)
def test_a_widget_fits_into_one_view_beside_the_file_browser(page, title):
    """At 1280 x 800."""
    assert page.locator(".jp-DirListing").is_visible()
    found = widget(page, title)
    found.evaluate("node => node.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(500)
    look(page, f"whole {title}")
    view, box = page.locator(".jp-WindowedPanel-outer").bounding_box(), found.bounding_box()
    assert box["height"] <= view["height"]
    assert box["x"] >= view["x"] and box["x"] + box["width"] <= view["x"] + view["width"]


def test_threshold_explorer(page, latencies):
    found = widget(page, "Threshold explorer")
    slider = found.locator("input.sepedu-slider")
    sound = found.locator("audio[data-sound=estimate]")
    mixture = found.locator("audio[data-sound=mixture]")
    reading = found.locator(".sepedu-reading")
    before = [fingerprint(found, picture) for picture in range(4)]
    heard = (sound.get_attribute("src"), mixture.get_attribute("src"))
    latencies["threshold: slider to picture"] = quantiles(drag(page, slider))
    until(page, lambda: sound.get_attribute("src") != heard[0])
    assert mixture.get_attribute("src") == heard[1]
    after = [fingerprint(found, picture) for picture in range(4)]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, False]
    settled(page, found)

    # By keyboard, and each rest measured to the sound that it brings.
    slider.focus()
    rests = []
    for _ in range(8):
        rests.append(changes(page, sound, partial(page.keyboard.press, "ArrowLeft"), "src"))
        settled(page, found)
    latencies["threshold: rest to sound and SDR"] = quantiles(rests)

    # A number typed stays in its field, and is what the reading and the numbers say.
    number = found.locator("input[type=number]")
    number.fill("0.05")
    until(page, lambda: reading.inner_text().startswith("T = 0.05: "))
    share, sdr = found.locator(".sepedu-numbers output").all_inner_texts()
    assert share in reading.inner_text() and sdr in reading.inner_text()
    assert slider.get_attribute("aria-valuetext") == "T = 0.05"
    assert page.locator(".jp-CodeCell").count() == 8  # no key became a command of the notebook

    for end in ("Home", "End"):
        slider.focus()
        page.keyboard.press(end)
        settled(page, found)
    until(page, lambda: reading.inner_text().startswith("T = 10: "))
    found.get_by_label("soft, the ratio mask").check()
    until(page, lambda: reading.inner_text().startswith("The ratio mask"))
    assert slider.is_disabled()
    found.get_by_label("binary").check()
    until(page, lambda: reading.inner_text().startswith("T = 10"))


def test_predicted_mask_explorer(page, latencies):
    found = widget(page, "What the network says")
    decision, place = (found.locator("input.sepedu-slider").nth(i) for i in (0, 1))
    sound = found.locator("audio[data-sound=estimate]")
    reading = found.locator(".sepedu-reading")
    before = [fingerprint(found, picture) for picture in range(7)]
    heard = sound.get_attribute("src")
    latencies["predicted: decision to picture"] = quantiles(drag(page, decision))
    until(page, lambda: sound.get_attribute("src") != heard)
    settled(page, found)
    after = [fingerprint(found, picture) for picture in range(7)]
    same = [a == b for a, b in zip(before, after, strict=True)]
    assert same[:2] == [True, True] and same[2:5] == [False, False, False]
    assert same[5] and not same[6]  # the window stays, its answers change with the threshold
    right = found.locator(".sepedu-numbers output").first.inner_text()
    assert f"{right} of the points are right" in reading.inner_text()

    latencies["predicted: frame to window and answers"] = quantiles(drag(page, place, 30))
    moved = [fingerprint(found, picture) for picture in range(7)]
    assert moved[:5] == after[:5] and moved[5] != after[5]
    canvas = found.locator("canvas").first
    canvas.click(position={"x": 3, "y": 20})
    assert int(place.input_value()) < 10


def test_mask_painter(page, latencies):
    found = widget(page, "Paint a mask")
    canvas = found.locator("canvas[data-picture=paint]")
    sound = found.locator("audio[data-sound=estimate]")
    reading = found.locator(".sepedu-reading")
    share, sdr, _ = (found.locator(".sepedu-numbers output").nth(i) for i in range(3))
    assert (share.inner_text(), sdr.inner_text()) == ("0.0 %", "0.0 dB")
    empty, silence = fingerprint(found, 0), sound.get_attribute("src")

    canvas.scroll_into_view_if_needed()
    canvas.evaluate(WATCH, "pointermove")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 20)
    page.mouse.down()
    for move in range(50):
        page.mouse.move(box["x"] + 30 + 8 * move, box["y"] + box["height"] - 20 - move)
        page.wait_for_timeout(15)
    page.mouse.up()
    latencies["painter: brush to picture"] = quantiles(page.evaluate("window.sepeduMoves"))
    until(page, lambda: sound.get_attribute("src") != silence)
    settled(page, found)
    painted = fingerprint(found, 0)
    assert painted != empty and share.inner_text() != "0.0 %"
    assert reading.inner_text().startswith(f"{share.inner_text()} of the points are painted")
    assert sdr.inner_text() in reading.inner_text()

    found.get_by_role("button", name="Undo").click()
    assert fingerprint(found, 0) == empty and share.inner_text() == "0.0 %"
    found.get_by_role("button", name="Redo").click()
    assert fingerprint(found, 0) == painted
    found.get_by_label("erase").check()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + box["height"] - 41, steps=20)
    page.mouse.up()
    settled(page, found)
    assert fingerprint(found, 0) not in (empty, painted)

    # The rectangle, by keyboard alone.
    found.locator("summary").focus()
    page.keyboard.press("Enter")
    high = found.get_by_label("Highest frequency, in hertz")
    high.fill("11025")
    found.get_by_label("Lowest frequency, in hertz").fill("0")
    found.get_by_label("To, in seconds").fill("99")
    found.get_by_role("button", name="Do it").focus()
    rest = changes(page, sound, lambda: page.keyboard.press("Enter"), "src")
    latencies["painter: stroke to sound and SDR (one)"] = f"{rest:5.0f}"
    assert share.inner_text() == "100.0 %"
    settled(page, found)
    found.get_by_label("Show the ideal mask beside it").check()
    assert found.locator("canvas").nth(1).is_visible()
    found.get_by_role("button", name="Clear all").click()
    until(page, lambda: reading.inner_text().startswith("0.0 % of the points are painted"))


def test_stft_explorer(page, latencies):
    found = widget(page, "The short-time Fourier transform")
    reading = found.locator(".sepedu-reading")
    sound = found.locator("audio[data-sound=signal]")
    length = found.get_by_label("Window length")
    before, heard = fingerprint(found, 0), sound.get_attribute("src")
    length.focus()
    turns = []
    for key in ["ArrowRight"] * 3 + ["ArrowLeft"] * 3 + ["ArrowRight"] * 3:
        turns.append(changes(page, reading, partial(page.keyboard.press, key)))
        settled(page, found)
    latencies["STFT: window length to picture and words"] = quantiles(turns)
    assert "window of 8192 samples" in reading.inner_text()
    assert "The two clicks, 30 ms apart, run together" in reading.inner_text()
    assert fingerprint(found, 0) != before and sound.get_attribute("src") == heard
    found.get_by_label("Signal", exact=True).select_option("song")
    until(page, lambda: sound.get_attribute("src") != heard)
    assert not found.get_by_text("Tones apart").is_visible()
    for label, choice in (("Hop", "8"), ("Window", "rectangle")):
        shown = fingerprint(found, 0)
        found.get_by_label(label, exact=True).select_option(choice)
        until(page, lambda shown=shown: fingerprint(found, 0) != shown)
    assert reading.inner_text().startswith("A rectangle window of 8192 samples")
    page.wait_for_timeout(2600)  # the note would appear after two and a half seconds
    assert not found.locator(".sepedu-kernel").is_visible()


def test_blind_listening(page, latencies):
    found = widget(page, "Blind listening")
    reading = found.locator(".sepedu-reading")
    sounds = {letter: found.locator(f"audio[data-sound={letter}]") for letter in "abx"}
    sources = [sound.get_attribute("src") for sound in sounds.values()]
    assert sources[0] != sources[1] and sources[2] in sources[:2]
    found.get_by_role("button", name="Play: X").click()
    until(page, lambda: sounds["x"].evaluate("audio => audio.currentTime") > 0.3)
    found.get_by_role("button", name="Play: A").click()
    assert sounds["x"].evaluate("audio => audio.paused")
    assert sounds["a"].evaluate("audio => audio.currentTime") > 0.2  # goes on, does not begin
    found.get_by_role("button", name="Pause: A").click()

    for trial in range(3):  # the ears of this listener are perfect: they compare addresses
        addresses = [sounds[letter].get_attribute("src") for letter in "abx"]
        letter = "AB"[addresses.index(addresses[2])]
        taken = changes(page, reading, found.get_by_role("button", name=f"X is {letter}").click)
        until(page, lambda trial=trial: f"{trial + 1} of {trial + 1} right" in reading.inner_text())
    latencies["listening: answer to score (one)"] = f"{taken:5.0f}"
    assert "at least that in 12.5 % of runs" in reading.inner_text()
    assert found.get_by_role("button", name="X is A").is_disabled()
    found.get_by_label("A is", exact=True).select_option("mixture")
    until(page, lambda: reading.inner_text().startswith("A: mixture"))
    assert sounds["a"].get_attribute("src") != sources[0]
    assert found.get_by_role("button", name="X is A").is_enabled()


def test_training_monitor_stops_a_training(page):
    found = widget(page, "Training of 60 epochs")
    stop = found.get_by_role("button", name="Stop, and keep the best")
    assert stop.is_disabled() and "has not begun" in found.inner_text()
    cell = page.locator(".jp-CodeCell").last
    cell.click()
    page.keyboard.press("Control+Enter")
    until(page, lambda: "then batch 2 of 5" in found.inner_text())
    assert stop.is_enabled() and "is under way" in found.inner_text()
    assert "Loss of the batch 0.3" in found.inner_text()  # before there is an epoch
    until(page, lambda: found.locator("circle").count() > 8)
    assert "left" in found.locator(".sepedu-reading").inner_text()
    look(page, "whole training")
    stop.click()
    until(page, lambda: "training is over" in found.locator(".sepedu-reading").inner_text())
    output = cell.locator(".jp-OutputArea-output")
    until(page, lambda: output.count() > 0)
    assert 2 <= int(output.inner_text().split(":")[1]) < 60


def test_without_a_kernel_picture_sound_and_numbers_follow(notebook_page):
    """The last test: it ends the kernel."""
    page, complaints = notebook_page
    complaints.clear()
    found = widget(page, "Threshold explorer")
    assert not found.locator(".sepedu-kernel").is_visible()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Shut Down Kernel", exact=True).click()
    page.get_by_text("No Kernel | ").first.wait_for()
    sound = found.locator("audio[data-sound=estimate]")
    before, heard = fingerprint(found, 2), sound.get_attribute("src")
    found.locator("input.sepedu-slider").focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    assert fingerprint(found, 2) != before
    until(page, lambda: sound.get_attribute("src") != heard)
    made = found.locator("input[type=number]").input_value()
    until(page, lambda: f"T = {made}: " in found.locator(".sepedu-reading").inner_text())
    assert found.get_by_role("button", name="Play: Estimate").inner_text().endswith(f"T = {made}")
    found.get_by_text("Python does not hear of it").wait_for(timeout=10_000)
    # That nobody listens is said by ipywidgets too; nothing else may go wrong.
    assert all("Could not send widget sync message" in text for text in complaints)
