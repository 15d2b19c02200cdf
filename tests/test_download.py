"""Fetching the excerpts: whole or not at all."""

import io
import zipfile

import pytest

from sepedu import SepeduError
from sepedu.engine import download as fetch
from sepedu.engine.ffmpeg import ensure_ffmpeg


class Host:
    """What musdb reads from: a zip of so many made-up songs, perhaps cut off."""

    def __init__(self, train: int, test: int, breaks: bool = False):
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w") as archive:
            for subset, count in (("train", train), ("test", test)):
                for number in range(count):
                    archive.writestr(f"{subset}/song {number}.stem.mp4", b"made up")
        self.memory, self.breaks = io.BytesIO(memory.getvalue()), breaks

    def __call__(self, request):
        return self

    def info(self):
        return self

    def get_all(self, name):
        return None

    def read(self, size):
        if self.breaks and self.memory.tell():
            raise ConnectionResetError("the line broke")
        return self.memory.read(size)


@pytest.fixture
def host(monkeypatch, tmp_path):
    ensure_ffmpeg()
    monkeypatch.setenv("SEPEDU_CACHE", str(tmp_path))
    import musdb

    monkeypatch.setattr(musdb.DB, "load_mus_tracks", lambda self, **_: [])
    return lambda *songs, **how: monkeypatch.setattr(musdb, "urlopen", Host(*songs, **how))


def test_a_whole_download_is_put_in_place_and_kept(host):
    host(94, 50)
    folder = fetch.fetch_musdb7()
    assert len(list((folder / "train").iterdir())) == 94
    host(0, 0)  # a second call needs no host
    assert fetch.fetch_musdb7() == folder


def test_a_broken_download_leaves_nothing_and_can_be_repeated(host, tmp_path):
    host(94, 50, breaks=True)
    with pytest.raises(SepeduError, match="the line broke"):
        fetch.fetch_musdb7()
    assert not list(tmp_path.iterdir())
    host(94, 50)
    assert fetch.fetch_musdb7().is_dir()


def test_missing_songs_are_counted(host, tmp_path):
    host(94, 49)
    with pytest.raises(SepeduError, match="49 songs instead of 50"):
        fetch.fetch_musdb7()
    assert not list(tmp_path.iterdir())
