"""`sepedu data`: look at songs, fetch, prepare, build and compare them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import SepeduError, printable
from .common import add_data, new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "data", info, "Look at, fetch or build the songs.")
    actions = parser.add_subparsers(title="actions", metavar="ACTION")

    def action(name: str, run: Callable, summary: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=summary)
        added.set_defaults(run=run)
        return added

    action("info", info, "say what is there")
    words = action("fetch", fetch, "download the MUSDB18 excerpts of seven seconds")
    words.add_argument("name", choices=("musdb7",))
    words = action("prepare", prepare, "decode each song once, for fast plain training")
    add_data(words)
    words.add_argument("--out", type=Path, metavar="FOLDER", help="by default in the cache")
    words.add_argument("--workers", type=int, help="processes; by default as many as fit")
    words = action("build", build, "compose and render the embedded set again")
    words.add_argument("--out", type=Path, help="folder of the set; by default data/minimus")
    words.add_argument("--student", metavar="NAME", help="instead: a mixture for one student")
    words.add_argument("--secret", type=Path, metavar="FILE", help="a text that only you know")
    add_data(words)
    action("compare", compare, "put the embedded set beside MUSDB18 excerpts")


def info(options: argparse.Namespace) -> None:
    from ..songs import open_dataset

    sets = ((None, "train"), (None, "test"), ("stempeg", "test"), ("musdb7", "train"))
    for where, subset in sets:
        name = where or "embedded"
        try:
            dataset = open_dataset(where, subset)
        except SepeduError as error:
            print(f"{name:9} {subset:6} not here: {printable(error.remedy)}.")
            continue
        seconds = sum(track.duration for track in dataset)
        print(f"{name:9} {subset:6} {len(dataset):3} songs, {seconds / 60:.1f} minutes")


def fetch(options: argparse.Namespace) -> None:
    from ..engine.download import fetch_musdb7

    print(printable(str(fetch_musdb7())))


def prepare(options: argparse.Namespace) -> None:
    from ..engine.prepare import prepare as prepare_songs

    print(printable(str(prepare_songs(options.data, options.out, options.workers))))


def build(options: argparse.Namespace) -> int:
    """Render in an environment of its own: the instruments are no part of the course."""
    if options.student:
        return build_student(options)
    import subprocess
    import venv

    clone = _clone_with("data/build/render.py")
    environment = clone / ".venv-build"
    programs = "Scripts" if sys.platform == "win32" else "bin"
    python = environment / programs / "python"
    finished = environment / "finished"
    if not finished.is_file():
        print("Setting up the instruments in .venv-build, once (minutes) ...", flush=True)
        venv.create(environment, with_pip=True, clear=True)
        requirements = str(clone / "data" / "build" / "requirements.txt")
        if subprocess.call([str(python), "-m", "pip", "install", "-q", "-r", requirements]):
            raise SepeduError(
                "The instruments could not be installed; pip says why above",
                "data/build/README.md names what the system must have first",
            )
        finished.touch()
    words = ["--out", str(options.out.resolve())] if options.out else []
    return subprocess.call([str(python), "-m", "data.build.render", *words], cwd=clone)


def build_student(options: argparse.Namespace) -> int:
    """Mix what only the instructor can take apart, from stems of the test songs."""
    from ..exercises.capstone import make_mixture, write_mixture
    from ..songs import load_songs, open_dataset

    if not options.secret or not options.out:
        raise SepeduError("--student needs --secret and --out", "Give a file and a folder")
    try:
        secret = options.secret.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SepeduError(
            f"The secret cannot be read from {options.secret} ({type(error).__name__})",
            "Write a line of text into a file that only you have",
        ) from error
    songs = list(load_songs(open_dataset(options.data, "test")))
    mixture, stems = write_mixture(make_mixture(songs, options.student, secret), options.out)
    print(printable(f"{mixture} for the student; keep {stems} to yourself"))
    return 0


def compare(options: argparse.Namespace) -> int:
    """Run the comparison of the clone: its data/ is no part of the installed package."""
    import subprocess

    from ..songs import open_dataset

    clone = _clone_with("data/build/compare.py")
    excerpts = Path(open_dataset("musdb7").root).resolve()
    words = ["-m", "data.build.compare", "--musdb7", str(excerpts)]
    return subprocess.call([sys.executable, *words], cwd=clone)


def _clone_with(file: str) -> Path:
    """The clone that the library is read from, or SepeduError where it was installed as a wheel."""
    clone = Path(__file__).resolve().parents[2]
    if not (clone / file).is_file():
        raise SepeduError(
            f"There is no {file} beside the library: an installed package has only the songs",
            "Clone the course and give the command there",
        )
    return clone
