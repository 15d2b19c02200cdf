"""The command line: `sepedu doctor`, `lab`, `separate`, `train`, `evaluate`, `data` and others."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .. import __version__
from ..errors import SepeduError
from . import commands
from . import data as data_actions

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 2 for bad input, 130 after Ctrl-C."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except SepeduError as error:
        print(f"sepedu: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except MemoryError:
        print("sepedu: There is not enough memory. Close other programs.", file=sys.stderr)
        return EXIT_BAD_INPUT
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(
            "\nsepedu: stopped; finished files are whole, unfinished ones absent. "
            "Give the same command again to do the rest.",
            file=sys.stderr,
        )
        return EXIT_INTERRUPTED
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        print(f"sepedu: {name}{error.strerror or error}.", file=sys.stderr)
        return EXIT_BAD_INPUT


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, as all other errors are told."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_INPUT, f"sepedu: {message}. See: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each names the function that runs it."""
    parser = Parser("sepedu", description="A course on music source separation.")
    parser.add_argument("--version", action="version", version=f"sepedu {__version__}")
    words = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: object, summary: str) -> argparse.ArgumentParser:
        added = words.add_parser(name, help=summary, description=summary)
        added.set_defaults(run=run)
        return added

    command("doctor", commands.doctor, "Check that this machine has all that the course needs.")

    lab = command("lab", commands.lab, "Open the course in JupyterLab.")
    lab.add_argument("--port", type=int, help="port to listen on")
    lab.add_argument("--host", help="address to listen on; by default this machine only")

    separate = command("separate", commands.separate, "Separate songs into their sources.")
    separate.add_argument(
        "songs", type=Path, nargs="+", metavar="SONG", help="songs, and folders of songs"
    )
    separate.add_argument("--out", type=Path, required=True, metavar="DIR")
    separate.add_argument(
        "--sources", type=_names, help="such as vocals,drums; by default all four"
    )
    separate.add_argument(
        "--mask",
        choices=("best", "soft", "binary", "shared", "wiener", "sharpened", "refined"),
        default="best",
        help="by default the best of each source on the validation songs",
    )
    separate.add_argument("--threshold", type=float, default=0.5, help="of the binary mask")
    separate.add_argument("--residual", action="store_true", help="also write what is left over")
    separate.add_argument(
        "--model", type=Path, help="a checkpoint of yours, or a folder of them with their refiner"
    )
    separate.add_argument("--workers", type=int, default=1, metavar="N", help="songs at a time")

    train = command("train", commands.train, "Train the network of a source.")
    train.add_argument(
        "source",
        metavar="SOURCE",
        help="vocals, drums, bass, other, all of them and their refiner, or refiner alone",
    )
    _add_data(train)
    train.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.safetensors",
        help="where the network goes; for all, and for the refiner, the folder of the four",
    )
    train.add_argument("--epochs", type=int, default=7)
    train.add_argument("--batch", type=int, default=64, help="stretches of a step")
    train.add_argument("--stretch", type=int, default=1, help="frames of a stretch")
    train.add_argument("--loss", choices=("mse", "bce"), default="bce")
    train.add_argument("--output", choices=("mask", "magnitude"), default="mask")
    train.add_argument("--threshold", type=float, default=0.5, help="T of the binary mask")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--plain", action="store_true", help="without remixing and other changes")
    train.add_argument(
        "--store",
        nargs="?",
        type=Path,
        const=True,
        default=False,
        metavar="FOLDER",
        help="with --plain: read what `sepedu data prepare` made instead of the sound",
    )
    train.add_argument("--resume", action="store_true", help="go on after an interruption")
    train.add_argument(
        "--accumulate", type=int, default=1, metavar="N", help="portions of a step, for less memory"
    )
    train.add_argument("--log", choices=("tensorboard",), help="training curves for TensorBoard")

    evaluate = command(
        "evaluate", commands.evaluate, "Measure the networks beside guesses and oracles."
    )
    _add_data(evaluate)
    evaluate.add_argument("--subset", choices=("train", "test"), default="train")
    evaluate.add_argument("--split", choices=("train", "valid"))
    evaluate.add_argument("--sources", type=_names)
    evaluate.add_argument("--threshold", type=float, default=0.5, help="T of the true mask")
    evaluate.add_argument("--out", type=Path, metavar="FILE.json", help="write every row there")

    results = command("results", commands.results, "Rebuild every published number.")
    _add_data(results)
    results.add_argument("--subset", choices=("train", "test"), default="train")
    results.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    results.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="networks of yours, SOURCE.safetensors"
    )
    results.add_argument(
        "--clone", type=Path, help="a clone whose README and card of networks to renew, too"
    )

    reproduce = command(
        "reproduce", commands.reproduce, "Train the four networks and measure them, from the songs."
    )
    _add_data(reproduce)
    reproduce.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where everything goes; by default my-reproduction, or my-quick-reproduction",
    )
    reproduce.add_argument(
        "--plain", action="store_true", help="without remixing: from a store, in little memory"
    )
    reproduce.add_argument(
        "--quick", action="store_true", help="one short epoch, to see that the chain works"
    )

    data = command("data", data_actions.info, "Look at, fetch or build the songs.")
    actions = data.add_subparsers(title="actions", metavar="ACTION")
    info = actions.add_parser("info", help="say what is there")
    info.set_defaults(run=data_actions.info)
    fetch = actions.add_parser("fetch", help="download the MUSDB18 excerpts of seven seconds")
    fetch.add_argument("name", choices=("musdb7",))
    fetch.set_defaults(run=data_actions.fetch)
    prepare = actions.add_parser("prepare", help="decode each song once, for fast plain training")
    _add_data(prepare)
    prepare.add_argument("--out", type=Path, metavar="FOLDER", help="by default in the cache")
    prepare.add_argument("--workers", type=int, help="processes; by default as many as fit")
    prepare.set_defaults(run=data_actions.prepare)
    build = actions.add_parser("build", help="compose and render the embedded set again")
    build.add_argument("--out", type=Path, help="folder of the set; by default data/minimus")
    build.set_defaults(run=data_actions.build)
    compare = actions.add_parser("compare", help="put the embedded set beside MUSDB18 excerpts")
    compare.set_defaults(run=data_actions.compare)
    return parser


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} names no source")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"{text!r} does not name different sources")
    return names


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="WHERE",
        help="musdb7, stempeg, or a folder of MUSDB18 or MUSDB18-HQ; by default the embedded set",
    )
