"""What several commands share: exit statuses, and the words that mean the same in each."""

from __future__ import annotations

import argparse
from collections.abc import Callable

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def new_command(
    commands: argparse._SubParsersAction, name: str, run: Callable, summary: str
) -> argparse.ArgumentParser:
    """Add a command, with the function that runs it, and return its parser."""
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(run=run)
    return parser


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add ``--data WHERE``."""
    parser.add_argument(
        "--data",
        metavar="WHERE",
        help="musdb7, stempeg, or a folder of MUSDB18 or MUSDB18-HQ; by default the embedded set",
    )


def source_names(text: str) -> list[str]:
    """Read a list of sources such as ``vocals,drums``."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} names no source")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"{text!r} does not name different sources")
    return names
