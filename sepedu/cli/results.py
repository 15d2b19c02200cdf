"""`sepedu results`: rebuild every published number."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import printable
from .common import add_data, new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "results", run, "Rebuild every published number.")
    add_data(parser)
    parser.add_argument("--subset", choices=("train", "test"), default="train")
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    parser.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="your own networks, SOURCE.safetensors"
    )


def run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ..engine.results import collect_results, write_results

    results = collect_results(
        options.data, options.subset, lambda songs: tqdm(songs, unit="song"), options.weights
    )
    for path in write_results(results, options.out):
        print(printable(str(path)))
