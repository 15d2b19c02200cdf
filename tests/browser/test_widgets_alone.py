"""The widgets in a page without a kernel: the browser computes what the library computes."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import Complaints
from test_widgets_in_lab import changes, quantiles, until

from sepedu.checkpoints import load_unet
from sepedu.evaluation import sdr
from sepedu.songs import load_song, open_dataset
from sepedu.training import Recipe
from sepedu.widgets import (
    BlindListening,
    MaskPainter,
    PredictedMaskExplorer,
    STFTExplorer,
    ThresholdExplorer,
    TrainingMonitor,
)
from sepedu.widgets.listening import verdict
from sepedu.widgets.material import level_bytes
from sepedu.widgets.threshold import THRESHOLDS
from sepedu.windows import make_example
from tools.slides.live import Live

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "vendor" / "axe.min.js"

SAMPLES = """async (audio) => {
    const bytes = new Uint8Array(await (await fetch(audio.src)).arrayBuffer());
    let text = '';
    for (let i = 44; i < bytes.length; i += 4096) {
        text += String.fromCharCode(...bytes.subarray(i, i + 4096));
    }
    return btoa(text);
}"""
RED = """(canvas) => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((_, i) => i % 4 === 0);
}"""
INKED = """(canvas) => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((_, i) => i % 4 === 0).map((red) => (red < 128 ? '1' : '0')).join('');
}"""


@pytest.fixture(scope="module")
def alone(browser, tmp_path_factory):
    """A page from a file, with widgets over eight seconds of an embedded song."""
    track = next(t for t in open_dataset(subset="test") if t.name == "Rock - Last Tram")
    song = load_song(track)
    widgets = {
        "threshold": ThresholdExplorer(song, "vocals"),
        "predicted": PredictedMaskExplorer(song, load_unet(), "vocals"),
        "painter": MaskPainter(song, "vocals"),
        "transform": STFTExplorer(song),
        "listening": BlindListening(song, "vocals", trials=3),
        "monitor": TrainingMonitor(Recipe(), [make_example(song, "vocals")]),
    }
    body = "".join(Live(widget)._repr_html_() for widget in widgets.values())
    path = tmp_path_factory.mktemp("alone") / "page.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Widgets</title>'
    path.write_text(f"{head}<h1>Widgets</h1><main>{body}</main></html>", encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = Complaints()
    complaints.listen(page)
    page.goto(path.as_uri())
    yield SimpleNamespace(page=page, **widgets)
    page.close()
    assert complaints == []


def part(alone, widget, sound="estimate"):
    found = alone.page.locator(f'.sepedu-widget[aria-label="{widget.title}"]')
    until(alone.page, lambda: found.locator(f"audio[data-sound={sound}]").get_attribute("src"))
    return found


def compare(found, widget, mask: np.ndarray) -> None:
    """Sound and SDR in the page, beside those of the library."""
    expected = widget.material.estimate(mask)
    sound = found.locator("audio[data-sound=estimate]")
    samples = np.frombuffer(base64.b64decode(sound.evaluate(SAMPLES)), np.float32)
    assert np.abs(samples / widget.heard["gain"] - expected).max() < 1e-4
    assert abs(sdr(widget.material.reference, samples) - widget.material.sdr(expected)) < 0.05


def drawn(found, picture: int, shape: tuple[int, int]) -> np.ndarray:
    """A mask as its picture shows it, lowest frequency first."""
    text = found.locator("canvas").nth(picture).evaluate(INKED)
    return (np.frombuffer(text.encode(), np.uint8) == ord("1")).reshape(shape)[::-1]


def test_threshold_explorer(alone, latencies):
    widget, found = alone.threshold, part(alone, alone.threshold)
    reading = found.locator(".sepedu-reading")
    sound = found.locator("audio[data-sound=estimate]")
    assert reading.inner_text() == widget.reading
    slider = found.locator("input.sepedu-slider")
    slider.focus()
    rests = []
    for _ in range(5):
        press = lambda: alone.page.keyboard.press("PageUp")  # noqa: E731
        rests.append(changes(alone.page, sound, press, "src"))
    latencies["threshold, without a kernel: slider to sound"] = quantiles(rests)
    position = int(slider.input_value())
    widget.position = position
    until(alone.page, lambda: reading.inner_text() == widget.reading)
    assert THRESHOLDS[position] > 0.5
    assert np.array_equal(drawn(found, 2, widget.material.shape), widget.mask)
    compare(found, widget, widget.mask)
    found.get_by_label("soft, the ratio mask").check()
    widget.kind = "ratio"
    until(alone.page, lambda: reading.inner_text() == widget.reading)
    compare(found, widget, widget.mask)


def test_predicted_mask_explorer(alone):
    widget, found = alone.predicted, part(alone, alone.predicted)
    reading = found.locator(".sepedu-reading")
    assert reading.inner_text() == widget.reading
    found.locator("input[type=number]").first.fill("0.31")
    widget.decision = 0.31
    until(alone.page, lambda: reading.inner_text() == widget.reading)
    assert np.array_equal(drawn(found, 3, widget.material.shape), widget.mask)
    compare(found, widget, widget.mask)


def test_mask_painter_by_keyboard(alone):
    widget, found = alone.painter, part(alone, alone.painter)
    reading = found.locator(".sepedu-reading")
    assert reading.inner_text() == widget.reading
    found.locator("summary").focus()
    alone.page.keyboard.press("Enter")
    found.get_by_role("button", name="Do it").focus()
    alone.page.keyboard.press("Enter")
    until(alone.page, lambda: not reading.inner_text().startswith("0.0 %"))
    # 0 to 4 seconds and 200 to 2000 Hz, to the nearest bin and frame.
    bins, frames = widget.material.shape
    seconds, hertz = widget.axes["seconds"], widget.axes["hertz"]
    mask = np.zeros((bins, frames), bool)
    mask[round(200 / hertz * bins) : round(2000 / hertz * bins), : round(4 / seconds * frames)] = 1
    widget.mask = mask
    until(alone.page, lambda: reading.inner_text() == widget.reading)
    compare(found, widget, mask)


def test_stft_explorer(alone):
    widget, found = alone.transform, part(alone, alone.transform, "signal")
    reading = found.locator(".sepedu-reading")
    sound = found.locator("audio[data-sound=signal]")
    for label, trait, choices in (
        ("Window length", "n_fft", (128, 8192)),
        ("Hop", "overlap", (2, 8)),
        ("Window", "window", ("hamming", "blackman", "rectangle")),
        ("Signal", "signal", ("clicks", "tones", "both")),
    ):
        for choice in choices:
            setattr(widget, trait, choice)
            field = found.get_by_label(label, exact=True)
            if trait == "n_fft":
                field.fill(str(widget.sizes.index(choice)))
            else:
                field.select_option(str(choice))
            until(alone.page, lambda: reading.inner_text() == widget.reading.strip())
    samples = np.frombuffer(base64.b64decode(sound.evaluate(SAMPLES)), np.float32)
    assert np.abs(samples - widget.audio).max() < 1e-4
    shown = widget._shown(np.abs(widget.stft.forward(widget.audio)))
    levels = np.frombuffer(level_bytes(shown, shown.max()), np.uint8)
    expected = np.frombuffer(widget.magma, np.uint8)[::3][levels]
    red = found.locator("canvas").evaluate(RED)
    assert (np.array(red) != expected).mean() < 0.001
    widget.signal = "song"
    found.get_by_label("Signal", exact=True).select_option("song")
    until(alone.page, lambda: reading.inner_text() == widget.reading.strip())


def test_blind_listening(alone):
    found = part(alone, alone.listening, "x")
    assert not found.locator(".sepedu-kernel").is_visible()
    reading = found.locator(".sepedu-reading")
    sounds = [found.locator(f"audio[data-sound={letter}]") for letter in "abx"]
    run = []
    for right in (True, False, True):
        a, _, x = (sound.get_attribute("src") for sound in sounds)
        letter = "AB"[(a == x) != right]
        found.get_by_role("button", name=f"X is {letter}").click()
        run.append(right)
        until(alone.page, lambda: verdict(run, 3) in reading.inner_text())
    found.get_by_label("A is", exact=True).select_option("mixture")
    until(alone.page, lambda: reading.inner_text().startswith("A: mixture. "))
    assert verdict([], 3) in reading.inner_text()


def test_axe_finds_nothing_serious(alone):
    alone.page.add_script_tag(path=AXE)
    found = alone.page.evaluate("axe.run()")["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in serious] == []
