"""The page that takes a song apart in the browser: the library's result, and nothing sent."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import soundfile
from conftest import Complaints

from sepedu.audio import read_audio
from sepedu.checkpoints import load_models, load_unet
from sepedu.engine.export import PAGE, write_song_page
from sepedu.evaluation import sdr
from sepedu.separation import separate
from sepedu.songs import SOURCES, embedded_root, load_song, open_dataset

pytest.importorskip("onnx", reason="onnx is not installed")
pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SONG = "Rock - Last Tram"
START = 2
SECONDS = {"unet": 6, "cnn": 2}
DONE = "document.getElementById('status').textContent.startsWith('Done')"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[str, dict[str, Path]]]:
    """Address of a page with both networks and parts of a song, and their files."""
    folder = tmp_path_factory.mktemp("song")
    audio, rate = read_audio(embedded_root() / "test" / f"{SONG}.stem.mp4")
    songs = {}
    for network, seconds in SECONDS.items():
        songs[network] = folder / f"{seconds} seconds.flac"
        soundfile.write(songs[network], audio[:, START * rate : (START + seconds) * rate].T, rate)
    write_song_page(folder / "page", [load_unet(), load_models()], list(songs.values()))
    handler = functools.partial(Quiet, directory=folder / "page")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", songs
        server.shutdown()


@pytest.fixture(scope="module")
def page(browser, site):
    """The page in Chromium; afterwards nothing may have gone wrong or been asked elsewhere."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = Complaints()
    complaints.listen(page)
    page.goto(site[0])
    yield page
    page.close()
    assert complaints == []


@pytest.mark.parametrize("network", ["unet", "cnn"])
def test_the_page_separates_as_the_library_does(page, site, tmp_path, network, capsys):
    file = site[1][network]
    audio, rate = read_audio(file)
    page.get_by_label("U-Net" if network == "unet" else "The small network").check()
    page.get_by_role("button", name=file.stem).focus()
    page.keyboard.press("Enter")
    page.wait_for_function(DONE)
    with capsys.disabled():
        print(f"\n{network}: {page.inner_text('#status')}")
    track = next(t for t in open_dataset(subset="test") if t.name == SONG)
    stems = load_song(track, rate, stereo=True).between(START, START + SECONDS[network]).sources
    expected = separate(audio, rate, model=network)
    for source in SOURCES:
        with page.expect_download() as download:
            page.get_by_role("link", name=f"WAV of {source}").click()
        download.value.save_as(tmp_path / "estimate.wav")
        estimate, its_rate = soundfile.read(tmp_path / "estimate.wav", dtype="float32")
        assert (its_rate, estimate.T.shape) == (rate, audio.shape)
        assert sdr(expected[source], estimate.T) > 50
        stem = stems[source]
        assert abs(sdr(stem, estimate.T) - sdr(stem, expected[source])) < 0.1


def test_the_mixer_plays_by_keyboard(page):
    page.wait_for_function(DONE)
    page.locator("#play").focus()
    page.keyboard.press("Space")
    page.wait_for_function("Number(document.getElementById('position').value) > 0.5")
    assert page.inner_text("#play") == "Pause"
    drums = page.get_by_role("article", name="Drums")
    for button in ("Mute drums", "Solo drums"):
        drums.get_by_role("button", name=button).press("Space")
        assert drums.get_by_role("button", name=button).get_attribute("aria-pressed") == "true"
    drums.get_by_label("Gain of drums").press("ArrowLeft")
    assert drums.locator("output").inner_text() == "−1 dB"
    page.locator("#position").press("Home")
    assert page.inner_text("#play") == "Pause"  # it goes on from there
    page.locator("#play").press("Space")
    assert page.inner_text("#play") == "Play"


# Two sources of noise in blocks, played into a recording in place of the loudspeaker.
MIX = """async () => {
    const {Mixer} = await import('./mixer.js');
    const [rate, samples, block] = [44100, 130000, 40000];
    const noise = (length) => Float32Array.from({length}, () => Math.random() - 0.5);
    const whole = {one: noise(2 * samples), two: noise(2 * samples)};
    const parts = {};
    for (const [name, values] of Object.entries(whole)) {
        parts[name] = [];
        for (let i = 0; i < 2 * samples; i += 2 * block) {
            parts[name].push(new Blob([values.slice(i, i + 2 * block)]));
        }
    }
    const real = window.AudioContext;
    let context;
    window.AudioContext = function ({sampleRate}) {
        context = new OfflineAudioContext(2, samples + 10000, sampleRate);
        context.close = () => {};
        return context;
    };
    const mixer = new Mixer({parts, rate, samples, block, channels: 2, onMove: () => {}});
    mixer.set('two', {gain: 0.5});
    mixer.place = 0.5;
    await mixer.play();
    const heard = await context.startRendering();
    clearInterval(mixer.timer);
    window.AudioContext = real;
    const first = Math.ceil(0.1 * rate), from = 0.5 * rate;
    let worst = 0;
    for (const channel of [0, 1]) {
        const values = heard.getChannelData(channel);
        for (let i = 0; i < samples - from; i++) {
            const place = 2 * (from + i) + channel;
            const expected = whole.one[place] + 0.5 * whole.two[place];
            worst = Math.max(worst, Math.abs(values[first + i] - expected));
        }
    }
    return worst;
}"""


def test_the_mixer_plays_blocks_without_a_seam(page):
    assert page.evaluate(MIX) < 1e-4


def test_axe_finds_nothing_serious(page):
    page.add_script_tag(path=AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = page.evaluate("axe.run()")["violations"]
        serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in serious] == []


def test_a_wrong_file_gets_one_line(page):
    file = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"la la la"}
    page.set_input_files("#file", files=[file])
    page.locator("#problem:not([hidden])").wait_for()
    assert page.inner_text("#problem") == (
        "notes.txt is no sound file that this browser can play. Try WAV, MP3, FLAC, Ogg or M4A."
    )
    assert not page.locator("#result").is_visible()


def test_opened_as_a_file_the_page_says_what_it_needs(browser):
    page = browser.new_page()
    page.goto((PAGE / "index.html").as_uri())
    assert page.get_by_text("python -m http.server").is_visible()
    assert not page.locator("#app").is_visible()
    page.close()
