"""The page that takes a song apart in the browser: the library's result, and nothing sent."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
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
MEASURING = "document.getElementById('status').textContent.startsWith('Measuring')"
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
    page.wait_for_function(DONE, timeout=120_000)
    with capsys.disabled():
        print(f"\n{network}: {page.inner_text('#status')}")
    track = next(t for t in open_dataset(subset="test") if t.name == SONG)
    stems = load_song(track, rate, stereo=True).between(START, START + SECONDS[network]).sources
    expected = separate(audio, rate, model=network)
    for source in SOURCES:
        estimate, its_rate = saved(page, source, tmp_path)
        assert (its_rate, estimate.shape) == (rate, audio.shape)
        assert sdr(expected[source], estimate) > 50
        stem = stems[source]
        assert abs(sdr(stem, estimate) - sdr(stem, expected[source])) < 0.1


def saved(page, source: str, folder: Path) -> tuple[np.ndarray, int]:
    """The page's WAV of a source, read, and its sample rate."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"WAV of {source}").click()
    download.value.save_as(folder / "estimate.wav")
    estimate, rate = soundfile.read(folder / "estimate.wav", dtype="float32")
    return estimate.T, rate


def test_the_mixer_plays_by_keyboard(page):
    page.wait_for_function(DONE, timeout=120_000)
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
    original = page.get_by_role("button", name="Original")
    original.press("Space")
    assert original.get_attribute("aria-pressed") == "true"
    drums.get_by_role("button", name="Solo drums").press("Space")
    assert original.get_attribute("aria-pressed") == "false"  # that asks for a source again
    page.locator("#play").press("Space")
    assert page.inner_text("#play") == "Play"


# Sources of noise in blocks, played into a recording in place of the loudspeaker.
MIX = """async (asOriginal) => {
    const {Mixer} = await import('./mixer.js');
    const {pack} = await import('./samples.js');
    const [rate, samples, block] = [44100, 130000, 40000];
    const noise = () => Float32Array.from({length: samples}, () => Math.random() - 0.5);
    const whole = {one: [noise(), noise()], two: [noise(), noise()], three: [noise(), noise()]};
    const {three, ...parts} = Object.fromEntries(Object.entries(whole).map(([name, channels]) => {
        const list = [];
        for (let i = 0; i < samples; i += block) {
            const {values, scale} = pack(channels.map((values) => values.slice(i, i + block)));
            list.push({blob: new Blob([values]), scale});
        }
        return [name, list];
    }));
    const real = window.AudioContext;
    let context;
    window.AudioContext = function ({sampleRate}) {
        context = new OfflineAudioContext(2, samples + 10000, sampleRate);
        context.close = () => {};
        return context;
    };
    const mixer = new Mixer(
        {parts, original: three, rate, samples, block, channels: 2, onMove: () => {}});
    mixer.set('two', {gain: 0.5});
    mixer.hearOriginal(asOriginal);
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
            const [one, two, original] = Object.values(whole).map((w) => w[channel][from + i]);
            const expected = asOriginal ? original : one + 0.5 * two;
            worst = Math.max(worst, Math.abs(values[first + i] - expected));
        }
    }
    return worst;
}"""


@pytest.mark.parametrize("as_original", [False, True])
def test_the_mixer_plays_blocks_without_a_seam(page, as_original):
    assert page.evaluate(MIX, as_original) < 1e-4


def memory(browser) -> dict[str, int]:
    """Megabytes of the largest tab: its own of now, and the most that it had with all it shares."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    tabs = []
    for process in processes:
        if process["type"] == "renderer":
            lines = Path(f"/proc/{process['id']}/status").read_text().splitlines()
            told = dict(line.split(":", 1) for line in lines)
            names = ("RssAnon", "VmHWM")
            tabs.append({name: int(told[name].split()[0]) // 1000 for name in names})
    return max(tabs, key=lambda tab: tab["VmHWM"])


@pytest.mark.skipif(sys.platform != "linux", reason="reads a tab's memory from /proc")
def test_a_long_song_is_not_held_in_the_page(browser, site, tmp_path):
    """Five minutes are 106 MB as they are decoded; a worker with its network is under 100 MB."""
    soundfile.write(tmp_path / "long.flac", np.zeros((300 * 44100, 2), np.int16), 44100)
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'hardwareConcurrency', {value: 1})")
    page.goto(site[0])
    page.set_input_files("#file", tmp_path / "long.flac")
    page.wait_for_function(MEASURING, timeout=60_000)
    now = memory(browser)["RssAnon"]
    print(f"{now} MB")
    page.locator("#stop").click()
    page.close()
    assert now < 220


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


@pytest.mark.skipif("SEPEDU_SONG" not in os.environ, reason="SEPEDU_SONG names a file to measure")
@pytest.mark.parametrize("network", ["unet", "cnn"])
@pytest.mark.parametrize("song", ["the stempeg mixture", "SEPEDU_SONG"])
def test_what_a_song_takes(browser, site, tmp_path, song, network, capsys):
    """Time, memory, and how near the page's estimates are to the library's."""
    stems = {}
    if song == "SEPEDU_SONG":
        path = Path(os.environ["SEPEDU_SONG"]).resolve()
    else:
        track = open_dataset("stempeg", subset="test")[0]
        loaded = load_song(track, int(track.rate), stereo=True)
        stems = loaded.sources
        path = tmp_path / "mixture.wav"
        soundfile.write(path, loaded.mixture.T, loaded.sample_rate, subtype="FLOAT")
    context = browser.new_context()  # in a process of its own
    page = context.new_page()
    page.goto(site[0])
    page.get_by_label("U-Net" if network == "unet" else "The small network").check()
    page.set_input_files("#file", path)
    page.wait_for_function(DONE, timeout=3_600_000)
    told = [f"{network}, {path.name}: {page.inner_text('#status')}"]
    if sys.platform == "linux":
        told.append(f"at most {memory(browser)['VmHWM']} MB in the tab")
    audio, rate = read_audio(path)
    for source, expected in separate(audio, rate, model=network).items():
        estimate, its_rate = saved(page, source, tmp_path)
        assert its_rate == rate, "the page plays at 44,100 Hz: give a song at this rate"
        told.append(f"{source}: {sdr(expected, estimate):.1f} dB from the library's")
        if stems:
            both = [sdr(stems[source], one) for one in (estimate, expected)]
            told[-1] += ", SDR {:.2f} dB, the library's {:.2f} dB".format(*both)
            assert abs(both[0] - both[1]) < 0.1
    context.close()
    with capsys.disabled():
        print("\n" + "\n  ".join(told))
