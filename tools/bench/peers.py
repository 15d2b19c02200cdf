"""Other separators to compare with, installed where only the benchmark sees them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import types
import venv
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from torch import Tensor

from sepedu.songs import SOURCES

ENVIRONMENT = Path(__file__).resolve().parents[2] / ".venv-bench"
PACKAGES = ("openunmix==1.3.0", "demucs==4.1.0", "julius==0.2.8", "einops>=0.8")
_PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def python_with_peers() -> Path:
    """Make the benchmark's environment if need be, and return its Python.

    It borrows all packages of the course, PyTorch among them, so that all systems compute with
    the same build; the peers are installed beside them, without what they would bring along.

    Raises
    ------
    OSError, subprocess.CalledProcessError
        If the environment cannot be made or pip fails.
    """
    finished = ENVIRONMENT / "peers.txt"
    if finished.is_file() and finished.read_text() == " ".join(PACKAGES):
        return _PYTHON
    venv.create(ENVIRONMENT, with_pip=False, clear=True, symlinks=os.name != "nt")
    of_peers = subprocess.run(
        [_PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    borrowed = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    Path(of_peers, "course.pth").write_text(borrowed, encoding="utf-8")
    subprocess.run([_PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES], check=True)
    finished.write_text(" ".join(PACKAGES))
    return _PYTHON


def is_peers_python() -> bool:
    """Whether this process runs in the benchmark's environment."""
    return Path(sys.prefix).resolve() == ENVIRONMENT.resolve()


def open_unmix() -> Callable[[Tensor], Tensor]:
    """Open-Unmix with its four targets, random weights and no Wiener iterations.

    [shape=(1, 2, samples) at 44,100 Hz -> (1, 4, 2, samples)]. The sizes are those of `umxhq`.

    References
    ----------
    F.-R. Stöter et al., "Open-Unmix: a reference implementation for music source separation",
    Journal of Open Source Software 4(41), 2019.
    """
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError):
        # Open-Unmix imports it to read and resample files, which nothing here does.
        sys.modules["torchaudio"] = types.ModuleType("torchaudio")
    from openunmix.model import OpenUnmix, Separator
    from openunmix.utils import bandwidth_to_max_bin

    highest = bandwidth_to_max_bin(rate=44100.0, n_fft=4096, bandwidth=16000)
    targets = {
        source: OpenUnmix(nb_bins=2049, nb_channels=2, hidden_size=512, max_bin=highest)
        for source in SOURCES
    }
    return Separator(targets, niter=0).eval()


def htdemucs() -> Callable[[Tensor], Tensor]:
    """HTDemucs with random weights, in overlapping segments as its command line runs it.

    [shape=(1, 2, samples) at 44,100 Hz -> (1, 4, 2, samples)]

    References
    ----------
    S. Rouard et al., "Hybrid transformers for music source separation", ICASSP 2023.
    """
    from demucs.apply import apply_model
    from demucs.htdemucs import HTDemucs

    # What the published `htdemucs`, with its 42 million parameters, sets otherwise than the class.
    model = HTDemucs(
        list(SOURCES), bottom_channels=512, dconv_mode=3, segment=Fraction(39, 5)
    ).eval()
    return lambda mixture: apply_model(model, mixture, shifts=0, split=True, overlap=0.25)
