"""What the table of bad inputs is made with: good files to spoil, and a command's outcome."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch

from sepedu import MaskCNN
from sepedu.checkpoints import save_checkpoint
from sepedu.cli import main
from sepedu.engine.ffmpeg import ensure_ffmpeg

RATE = 44100
SAMPLES = 6000
SOUND = 0.2 * np.random.default_rng(0).standard_normal((SAMPLES, 2)).clip(-3, 3)


class Workbench:
    """A folder with a good song and a good network in it, and a new folder for each case."""

    def __init__(self, root: Path) -> None:
        self.root = root
        torch.manual_seed(0)
        self.network = save_checkpoint(root / "vocals.safetensors", MaskCNN(), {"source": "vocals"})
        self.good = root / "good.wav"
        soundfile.write(self.good, SOUND, RATE)
        self.count = 0

    @property
    def folder(self) -> Path:
        """The folder of the case at hand."""
        return self.root / f"case {self.count}"

    def new_case(self) -> None:
        self.count += 1
        self.folder.mkdir()

    def write(self, name: str, audio: np.ndarray = SOUND, rate: int = RATE, **how: str) -> Path:
        """A file of audio that soundfile can write."""
        path = self.folder / name
        soundfile.write(path, audio, rate, **how)
        return path

    def encode(self, name: str, *how: str) -> Path:
        """A file that only ffmpeg can write, made of the good song."""
        path = self.folder / name
        words = [str(ensure_ffmpeg()["ffmpeg"]), "-v", "error", "-i", str(self.good), *how]
        subprocess.run([*words, f"file:{path}"], check=True)
        return path

    def separate(self, song: Path | str, *more: str) -> list[str]:
        """The words that separate a song into the case's folder."""
        words = ["separate", str(song), "--out", str(self.folder / "out")]
        return [*words, "--model", str(self.network), *more]

    def estimates(self) -> list[Path]:
        """Every file that the case has left under its folder of estimates, hidden ones too."""
        return [path for path in (self.folder / "out").rglob("*") if path.is_file()]


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its status, what it printed, and the error that escaped, if any."""

    status: int | None
    printed: str
    complaint: str
    escaped: str = ""

    @property
    def errors(self) -> list[str]:
        """The lines of the complaint; bars of progress and notes about missing rows left out."""
        lines = re.split(r"[\r\n]+", self.complaint)
        return [line for line in lines if line and not re.search(r"\d/\d+ \[|are left out", line)]


def run(words: list[str]) -> Outcome:
    """Run `sepedu` with these words in this process, as the terminal would."""
    printed, complaint = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaint):
        try:
            status: int | None = main(words)
            escaped = ""
        except SystemExit as end:  # argparse leaves this way
            status, escaped = end.code if isinstance(end.code, int) else 1, ""
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            status, escaped = None, f"{type(error).__name__}: {error}"
    return Outcome(status, printed.getvalue(), complaint.getvalue().strip(), escaped)


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes
    ----------
    kind : str
        Heading under which the row stands.
    what : str
        The input, for a reader.
    make : callable
        Spoils something on the workbench and gives the words of the command; or, for many of a
        kind, one after the other.
    says : str
        A piece of the one line that the user gets; empty where the command must work.
    warns : str
        Where the command works with a warning, a piece of its one line. With `says`: some of many
        tries end so, some so.
    around : callable
        Gives the conditions under which the command runs, such as a full disk.
    """

    kind: str
    what: str
    make: Callable[[Workbench], list[str] | Iterator[list[str]]]
    says: str = ""
    warns: str = ""
    around: Callable[[], AbstractContextManager] = nullcontext
