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
from sepedu.engine.export import write_song_page
from sepedu.evaluation import sdr
from sepedu.separation import separate
from sepedu.songs import SOURCES, embedded_root, load_song, open_dataset

pytest.importorskip("onnx", reason="onnx is not installed")
pytestmark = pytest.mark.browser
SONG = "Rock - Last Tram"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Address of a page with both networks and six seconds of a song, and that song's file."""
    folder = tmp_path_factory.mktemp("song")
    audio, rate = read_audio(embedded_root() / "test" / f"{SONG}.stem.mp4")
    song = folder / f"{SONG}.flac"
    soundfile.write(song, audio[:, 2 * rate : 8 * rate].T, rate)
    write_song_page(folder / "page", [load_unet(), load_models()], [song])
    handler = functools.partial(Quiet, directory=folder / "page")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", song
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


@pytest.mark.parametrize(("network", "model"), [("U-Net", "unet"), ("The talk", "cnn")])
def test_the_page_separates_as_the_library_does(page, site, tmp_path, network, model, capsys):
    audio, rate = read_audio(site[1])
    page.get_by_label(network).check()
    page.get_by_role("button", name=SONG).click()
    page.wait_for_function("document.getElementById('status').textContent.startsWith('Done')")
    with capsys.disabled():
        print(f"\n{network}: {page.inner_text('#status')}")
    track = next(t for t in open_dataset(subset="test") if t.name == SONG)
    stems = load_song(track, rate, stereo=True).sources
    expected = separate(audio, rate, model=model)
    for source in SOURCES:
        with page.expect_download() as download:
            page.get_by_role("link", name=f"WAV of {source}").click()
        download.value.save_as(tmp_path / "estimate.wav")
        estimate, its_rate = soundfile.read(tmp_path / "estimate.wav", dtype="float32")
        assert (its_rate, estimate.T.shape) == (rate, audio.shape)
        assert sdr(expected[source], estimate.T) > 50
        stem = stems[source][:, 2 * rate : 8 * rate]
        assert abs(sdr(stem, estimate.T) - sdr(stem, expected[source])) < 0.1
