"""The measurements of the benchmark, each in alternation with what it is compared with."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch

from sepedu.checkpoints import load_unet
from sepedu.dense import dense_scores, predict_mask, window_scores
from sepedu.model import MaskCNN
from sepedu.separation import separate, separate_file
from sepedu.songs import SOURCES
from sepedu.stft import CONTEXT

from .peak import peak
from .peers import htdemucs, is_peers_python, open_unmix

RATE = 44100
SECONDS = 24
"""Of audio that the systems separate; three segments of HTDemucs."""
BATCHES = (4, 8, 16, 32, 64)
PER_FRAME = (
    513 * 32 * 3 * (3 + 2 + 2)  # conv1: three taps of shared columns, two of each own one
    + 513 * 32 * 16 * 3 * (3 + 2 + 1)  # conv2: shared, first, last
    + 171 * 16 * 64 * 3 * (3 + 2 + 1)  # conv3: the same
    + 171 * 64 * 16 * 3 * (3 + 2 + 3 + 1)  # conv4: shared, columns 0, 1 and 6
    + 1824 * 128
    + 128 * 513
)
"""Multiply-adds that the dense evaluation needs for a frame."""


def alternate(cases: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of each case, run one after the other, round after round."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()
    for _ in range(runs):
        for name, case in cases.items():
            started = time.perf_counter()
            case()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def forward(runs: int) -> dict[str, float]:
    """Microseconds a frame of dense evaluation and of windows, without gradients."""
    frames = 512
    model = MaskCNN().eval()
    tuned = MaskCNN().eval().to(memory_format=torch.channels_last)
    magnitude = np.random.default_rng(0).gamma(1, 1, (513, frames)).astype(np.float32)
    features = torch.from_numpy(magnitude)[None]
    features = torch.nn.functional.pad(features, (12, 12))
    windows = features[0].unfold(-1, CONTEXT, 1).transpose(0, 1).unsqueeze(1)

    def plain() -> None:
        for start in range(0, frames, 64):
            window_scores(model, features[..., start : start + 64 + CONTEXT - 1])

    def best(batch: int) -> None:
        for start in range(0, frames, batch):
            piece = windows[start : start + batch]
            tuned.scores(piece.contiguous(memory_format=torch.channels_last))

    cases: dict[str, Callable[[], object]] = {
        "dense": lambda: predict_mask(model, magnitude),
        "dense bfloat16": lambda: predict_mask(model, magnitude, bfloat16=True),
        "plain": plain,
    }
    cases |= {str(batch): lambda batch=batch: best(batch) for batch in BATCHES}
    with torch.inference_mode():
        measured = alternate(cases, runs)
    return {name: seconds / frames * 1e6 for name, seconds in measured.items()}


def compiled(runs: int) -> dict[str, float] | None:
    """Microseconds a frame as it is and through `torch.compile`; none without a C++ compiler."""
    model, frames = MaskCNN().eval(), 256
    features = torch.rand(1, 513, frames + CONTEXT - 1)
    faster = torch.compile(dense_scores, dynamic=False)
    try:
        with torch.no_grad():
            faster(model, features)
    except Exception as error:  # what is missing, and how that shows, differs from system to system
        print(f"torch.compile does not work here: {type(error).__name__}")
        return None
    cases: dict[str, Callable[[], object]] = {
        "dense": lambda: dense_scores(model, features),
        "compiled": lambda: faster(model, features),
    }
    with torch.no_grad():
        measured = alternate(cases, runs)
    return {name: seconds / frames * 1e6 for name, seconds in measured.items()}


def systems(runs: int) -> dict[str, float]:
    """Seconds of computing per second of stereo audio at 44,100 Hz, from audio to estimates."""
    audio = 0.1 * np.random.default_rng(0).standard_normal((2, RATE * SECONDS), dtype=np.float32)
    unet, talk = load_unet(), {source: MaskCNN().eval() for source in SOURCES}
    cases: dict[str, Callable[[], object]] = {
        "the talk's, one source": lambda: separate(audio, RATE, ["vocals"], talk),
        "the talk's, four sources": lambda: separate(audio, RATE, model=talk, mask="wiener"),
        "U-Net, four sources": lambda: separate(audio, RATE, model=unet),
        "U-Net, bfloat16": lambda: separate(audio, RATE, model=unet, bfloat16=True),
    }
    if is_peers_python():
        mixture = torch.from_numpy(audio)[None]
        unmix, demucs = open_unmix(), htdemucs()
        cases |= {"Open-Unmix": lambda: unmix(mixture), "HTDemucs": lambda: demucs(mixture)}
    with torch.inference_mode():
        measured = alternate(cases, runs)
    return {name: seconds / SECONDS for name, seconds in measured.items()}


def write_noise(song: Path, minutes: int, rate: int = RATE) -> Path:
    """Write stereo noise as a song."""
    noise = 0.1 * np.random.default_rng(0).standard_normal((rate * 10, 2))
    with soundfile.SoundFile(song, "w", rate, 2, "PCM_16") as file:
        for _ in range(6 * minutes):
            file.write(noise)
    return song


def peak_memory(through: str, rate: int = RATE) -> float:
    """Megabytes that a fresh process takes at most for four sources of ten minutes of stereo."""
    with tempfile.TemporaryDirectory() as folder:
        song = write_noise(Path(folder) / "song.wav", 10, rate)
        command = [sys.executable, "-m", "tools.bench", "--separate", through, str(song), folder]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def separate_and_tell(through: str, song: Path, folder: Path) -> None:
    """What `peak_memory` starts: separate, then print this process's peak in megabytes."""
    if through == "separate_file":
        separate_file(song, folder)
    else:
        audio, rate = soundfile.read(song, dtype="float32")
        separate(audio.T, rate)
    print(peak() / 1e6)


def beside_others(runs: int) -> dict[str, float]:
    """Seconds that `sepedu separate` takes for two minutes of stereo, from word to files.

    Alone, beside two busy processes, and beside them with `nice`.
    """
    spin = [sys.executable, "-c", "while True: pass"]
    nice = ["nice", "-n", "10"] if shutil.which("nice") else []
    with tempfile.TemporaryDirectory() as folder:
        song = write_noise(Path(folder) / "song.wav", 2)

        def seconds(busy: bool, before: Sequence[str] = ()) -> float:
            command = [*before, sys.executable, "-m", "sepedu", "separate", str(song), "--out"]
            with tempfile.TemporaryDirectory() as out:
                others = [subprocess.Popen(spin) for _ in range(2 * busy)]
                started = time.perf_counter()
                try:
                    subprocess.run([*command, out], check=True, capture_output=True)
                    return time.perf_counter() - started
                finally:
                    for other in others:
                        other.kill()
                        other.wait()

        rounds = [(seconds(False), seconds(True), seconds(True, nice)) for _ in range(runs)]
    medians = map(statistics.median, zip(*rounds, strict=True))
    return dict(zip(("alone", "beside", "nice"), medians, strict=True))


def matrix_rate(runs: int) -> float:
    """Multiply-adds a second of the faster of a large matrix product and a large convolution."""
    square, picture = torch.rand(1024, 1024), torch.rand(1, 32, 96, 513)
    picture = picture.contiguous(memory_format=torch.channels_last)
    kernel = torch.rand(32, 32, 3, 3).contiguous(memory_format=torch.channels_last)
    cases = {
        "matrix": lambda: square @ square,
        "convolution": lambda: torch.conv2d(picture, kernel, padding=1),
    }
    seconds = alternate(cases, 4 * runs)
    return max(1024**3 / seconds["matrix"], 96 * 513 * 32 * 32 * 9 / seconds["convolution"])
