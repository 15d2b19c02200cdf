"""Each widget in a real JupyterLab: dragged, painted and listened to."""

from __future__ import annotations

import statistics

import pytest

pytestmark = pytest.mark.browser

PIXELS = """canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum = (sum * 31 + data[i] + 7 * data[i + 1]) % 1e9;
    return sum;
}"""

# From the browser's own time of the input to the moment after the frame that shows it.
WATCH = """(slider) => {
    const canvas = slider.closest('.sepedu-widget').querySelectorAll('canvas')[WHICH];
    window.sepeduMoves = [];
    slider.addEventListener('input', (event) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () =>
            window.sepeduMoves.push(performance.now() - event.timeStamp);
        requestAnimationFrame(() => channel.port2.postMessage(0));
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
    return f"{statistics.median(values):6.0f} {statistics.quantiles(values, n=10)[-1]:6.0f}"


def drag(page, slider, moves: int = 50) -> list[float]:
    """Drag a slider's thumb with the mouse; milliseconds from each input to its picture."""
    slider.evaluate(WATCH.replace("WHICH", "0"))
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


def until(page, condition, seconds: float = 10.0) -> None:
    """Wait for a condition that Python looks at."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"not within {seconds} s")


def test_threshold_explorer(page, latencies):
    found = widget(page, "Threshold explorer")
    slider = found.locator("input[type=range]")
    sound = found.locator("audio[data-sound=estimate]")
    before = [fingerprint(found, picture) for picture in range(4)]
    heard = sound.get_attribute("src")
    times = drag(page, slider)
    latencies["threshold: slider to picture"] = quantiles(times)
    until(page, lambda: sound.get_attribute("src") != heard)
    after = [fingerprint(found, picture) for picture in range(4)]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, False]
