"""The command line `sepedu`: one module a command, its words and what it does.

Each imports what it needs when it runs, so that `sepedu --help` answers at once.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from ..engine.interrupts import heed_termination
from ..errors import SepeduError, printable
from . import (
    data,
    doctor,
    evaluate,
    export,
    grade,
    lab,
    progress,
    reproduce,
    results,
    separate,
    train,
    update,
)
from .common import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED

COMMANDS = (
    *(doctor, lab, update, progress, separate, train, evaluate, export),
    *(results, reproduce, data, grade),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0, or 1 where it found something wrong; 2 for bad input, 130 after Ctrl-C, 143 after SIGTERM.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console need not have the letters of a name
            stream.reconfigure(errors="backslashreplace")
    parser = build_parser()
    options = parser.parse_args(arguments)
    with heed_termination() as signals:
        status = _run(options)
    return EXIT_TERMINATED if signals.terminated else status


def _run(options: argparse.Namespace) -> int:
    try:
        return int(options.run(options) or 0)
    except SepeduError as error:
        print(printable(f"sepedu: {error}"), file=sys.stderr)
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
        print(printable(f"sepedu: {name}{error.strerror or error}."), file=sys.stderr)
        return EXIT_BAD_INPUT


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, as all other errors are told."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_INPUT, f"sepedu: {printable(message)}. See: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each names the function that runs it."""
    parser = Parser("sepedu", description="A course on music source separation.")
    parser.add_argument("--version", action="version", version=f"sepedu {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser
