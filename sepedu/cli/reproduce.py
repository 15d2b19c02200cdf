"""`sepedu reproduce`: train the four networks and measure them, from the songs."""

from __future__ import annotations

import argparse
from pathlib import Path

from .common import add_data, new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(
        commands, "reproduce", run, "Train the four networks and measure them, from the songs."
    )
    add_data(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where everything goes; by default my-reproduction, or my-quick-reproduction",
    )
    parser.add_argument(
        "--plain", action="store_true", help="without remixing: from a store, in little memory"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one short epoch, to see that the chain works"
    )


def run(options: argparse.Namespace) -> None:
    from ..engine.reproduction import as_published, quick, reproduce, summary

    config = quick() if options.quick else as_published()
    if options.plain:
        config = config.plain()
    out = options.out or Path("my-quick-reproduction" if options.quick else "my-reproduction")
    print(summary(reproduce(options.data, out, config), out))
