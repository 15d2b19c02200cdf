"""The doctor: a line for everything the course needs, and a remedy on each that fails."""

import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from sepedu.cli import doctor
from sepedu.errors import SepeduError


@pytest.fixture(scope="module")
def report() -> SimpleNamespace:
    """Return what the doctor prints on this machine, and its exit status."""
    code = "import sys, sepedu.cli.doctor; sys.exit(sepedu.cli.doctor.run())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return SimpleNamespace(status=answer.returncode, lines=answer.stdout.splitlines())


def test_this_environment_is_well(report):
    failed = [line for line in report.lines if not line.startswith("[OK] ")]
    assert (failed, report.status) == ([], 0)


@pytest.mark.parametrize(
    "thing",
    [
        "Python 3.",
        "ffmpeg ",
        "ffprobe ",
        "audio writing, WAV",
        "audio writing, MP3",
        "embedded data",
        "trained weights",
        "widget extension of ipywidgets",
        "widget extension of anywidget",
        "free memory",
        "free disk",
        "accelerator",
    ],
)
def test_it_looks_at(report, thing):
    assert any(line.startswith(f"[OK] {thing}") for line in report.lines), report.lines


def test_it_looks_at_every_package(report):
    for line in metadata.requires("sepedu"):
        requirement = Requirement(line)
        if requirement.marker is None:
            assert any(line.startswith(f"[OK] {requirement.name} ") for line in report.lines)


def failing(check) -> list[str]:
    """Return the lines of a check that do not say [OK]."""
    lines = [str(finding) for finding in doctor.carry_out(check)]
    return [line for line in lines if not line.startswith("[OK] ")]


def test_an_old_and_a_missing_package_are_named(monkeypatch):
    versions = {"numpy": "1.20.0"}

    def version(name: str) -> str:
        if name == "torch":
            raise metadata.PackageNotFoundError(name)
        return versions.get(name, "999") if name == "numpy" else real(name)

    real = metadata.version
    monkeypatch.setattr(metadata, "version", version)
    old, missing = failing(doctor.check_packages)
    assert old.startswith("[FAIL] numpy 1.20.0 (needs numpy>=")
    assert missing.startswith("[FAIL] torch is not installed (needs torch>=")
    assert old.endswith(doctor.REINSTALL) and missing.endswith(doctor.REINSTALL)


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr("platform.python_version", lambda: "3.9.2")
    (line,) = failing(doctor.check_python)
    assert line.startswith("[FAIL] Python 3.9.2 (needs >=3.11): install a newer one")


def test_missing_ffmpeg_gets_the_remedy_of_its_error(monkeypatch):
    def ensure_ffmpeg():
        raise SepeduError("ffmpeg was not found", "Install it")

    monkeypatch.setattr("sepedu.engine.ffmpeg.ensure_ffmpeg", ensure_ffmpeg)
    assert failing(doctor.check_ffmpeg) == ["[FAIL] ffmpeg was not found: Install it"]


def test_an_ffmpeg_that_does_not_start_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "sepedu.engine.ffmpeg.ensure_ffmpeg", lambda: {"ffmpeg": tmp_path / "ffmpeg"}
    )
    (line,) = failing(doctor.check_ffmpeg)
    assert "does not start" in line and line.endswith(": install ffmpeg")


def test_missing_widget_extensions_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda name: [str(tmp_path)])
    assert [line.split(":")[0] for line in failing(doctor.check_widget_extension)] == [
        "[FAIL] widget extension of ipywidgets",
        "[FAIL] widget extension of anywidget",
    ]


def test_little_memory_and_a_full_disk_are_named(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=2**29))
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))
    assert failing(doctor.check_memory)[0].startswith("[FAIL] free memory 0.5 GiB (needs 1.5 GiB)")
    assert failing(doctor.check_disk)[0].startswith("[FAIL] free disk 0.0 GiB (needs 1.0 GiB)")


def test_a_check_that_breaks_is_a_line_and_status_1(monkeypatch, capsys):
    def check_torch_dll():
        raise OSError("the library could not be loaded")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_disk, check_torch_dll))
    assert doctor.run() == 1
    lines = capsys.readouterr().out.splitlines()
    expected = "[FAIL] torch dll: OSError: the library could not be loaded: " + doctor.REINSTALL
    assert lines[-1] == expected
