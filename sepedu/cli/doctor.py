"""`sepedu doctor`: check that this machine can run the course; a remedy where it cannot."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import SepeduError, printable
from .common import new_command

REINSTALL = "delete the folder .venv and give `make lab` again"
MEMORY_NEEDED = 1.5  # GiB: JupyterLab, one lesson's kernel with PyTorch, and some room
DISK_NEEDED = 1.0  # GiB: estimates, checkpoints and the 7 s excerpts, with some room
LAB_EXTENSIONS = {
    "ipywidgets": "@jupyter-widgets/jupyterlab-manager",
    "anywidget": "anywidget",
}


class Finding(NamedTuple):
    """What one check found; with a remedy, it is something to mend."""

    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"[FAIL] {self.text}: {self.remedy}" if self.remedy else f"[OK] {self.text}"


def add(commands: argparse._SubParsersAction) -> None:
    new_command(commands, "doctor", run, "Check that this machine has all that the course needs.")


def run(options: argparse.Namespace | None = None) -> int:
    """Print a line for each thing the course needs; return 0 if all is well, else 1."""
    status = 0
    for check in CHECKS:
        for finding in carry_out(check):
            print(printable(str(finding)), flush=True)
            status = 1 if finding.remedy else status
    return status


def carry_out(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds; where it breaks, the break is the finding."""
    try:
        yield from check()
    except SepeduError as error:
        yield Finding(error.problem.rstrip("."), error.remedy)
    except Exception as error:  # whatever breaks here is what the doctor is asked to report
        name = check.__name__.removeprefix("check_").replace("_", " ")
        yield Finding(f"{name}: {type(error).__name__}: {error}", REINSTALL)


def check_python() -> Iterator[Finding]:
    """Compare Python with what the package asks for."""
    import platform
    from importlib import metadata

    from packaging.specifiers import SpecifierSet

    wanted = metadata.metadata("sepedu")["Requires-Python"]
    text = f"Python {platform.python_version()} (needs {wanted})"
    good = SpecifierSet(wanted).contains(platform.python_version(), prereleases=True)
    yield Finding(text, "" if good else "install a newer one from python.org, then " + REINSTALL)


def check_packages() -> Iterator[Finding]:
    """Compare each installed package with its requirement."""
    from importlib import metadata

    from packaging.requirements import Requirement

    for line in metadata.requires("sepedu") or []:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        wanted = f"{requirement.name}{requirement.specifier}"
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Finding(f"{requirement.name} is not installed (needs {wanted})", REINSTALL)
            continue
        good = requirement.specifier.contains(version, prereleases=True)
        yield Finding(f"{requirement.name} {version} (needs {wanted})", "" if good else REINSTALL)


def check_ffmpeg() -> Iterator[Finding]:
    """Start ffmpeg and ffprobe."""
    import subprocess

    from ..engine.ffmpeg import ensure_ffmpeg

    for name, place in ensure_ffmpeg().items():
        try:
            answer = subprocess.run([place, "-version"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            yield Finding(f"{name} at {place} does not start ({error})", "install ffmpeg")
            continue
        yield Finding(f"{name} {answer.stdout.split()[2]} ({place})")


def check_audio_writing() -> Iterator[Finding]:
    """Write one second as WAV and as MP3, read it back and compare the lengths."""
    import tempfile

    import numpy as np
    import soundfile

    sample_rate = 22050
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(sample_rate) / sample_rate)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("WAV", "MP3"):
            file = Path(folder) / f"tone.{kind.lower()}"
            soundfile.write(file, tone, sample_rate, format=kind)
            samples = len(soundfile.read(file)[0])
            text = f"audio writing, {kind}: {samples} of {sample_rate} samples read back"
            yield Finding(text, "" if samples == sample_rate else REINSTALL)


def check_embedded_data() -> Iterator[Finding]:
    """Open the songs that travel with the package."""
    from ..songs import open_dataset

    songs = sum(len(open_dataset(subset=subset).tracks) for subset in ("train", "test"))
    yield Finding(f"embedded data: {songs} songs")


def check_trained_weights() -> Iterator[Finding]:
    """Read the trained networks that travel with the package."""
    from ..checkpoints import load_checkpoint, weights_path
    from ..songs import SOURCES

    trained = [source for source in SOURCES if weights_path(source).is_file()]
    for source in trained:
        load_checkpoint(weights_path(source))
    if trained:
        yield Finding(f"trained weights: {', '.join(trained)}")
    else:
        yield Finding("trained weights: none found", "clone the course again, or reinstall sepedu")


def check_widget_extension() -> Iterator[Finding]:
    """Look for the browser half of the widgets, where this JupyterLab looks."""
    from jupyter_core.paths import jupyter_path

    for package, extension in LAB_EXTENSIONS.items():
        places = [Path(folder) / extension for folder in jupyter_path("labextensions")]
        good = any((place / "package.json").is_file() for place in places)
        yield Finding(f"widget extension of {package}", "" if good else REINSTALL)


def check_memory() -> Iterator[Finding]:
    """Compare free memory with what a lesson takes."""
    import psutil

    free = psutil.virtual_memory().available / 2**30
    good = free >= MEMORY_NEEDED
    text = f"free memory {free:.1f} GiB (needs {MEMORY_NEEDED} GiB)"
    yield Finding(text, "" if good else "close other programs and notebooks")


def check_disk() -> Iterator[Finding]:
    """Compare free disk space with what the course writes."""
    import shutil

    free = shutil.disk_usage(Path.cwd()).free / 2**30
    text = f"free disk {free:.1f} GiB (needs {DISK_NEEDED} GiB)"
    yield Finding(text, "" if free >= DISK_NEEDED else "make room on this disk")


def check_accelerator() -> Iterator[Finding]:
    """Name what PyTorch can compute on; a CPU is enough for every lesson."""
    import torch

    if torch.cuda.is_available():
        yield Finding(f"accelerator: CUDA, {torch.cuda.get_device_name()}")
    elif torch.backends.mps.is_available():
        yield Finding("accelerator: MPS (Apple)")
    else:
        yield Finding(f"accelerator: none, CPU with {torch.get_num_threads()} threads (enough)")


CHECKS = (
    check_python,
    check_packages,
    check_ffmpeg,
    check_audio_writing,
    check_embedded_data,
    check_trained_weights,
    check_widget_extension,
    check_memory,
    check_disk,
    check_accelerator,
)
