"""`sepedu results`: rebuild every published number."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..errors import SepeduError
from .common import add_data, new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "results", run, "Rebuild every published number.")
    add_data(parser)
    parser.add_argument("--subset", choices=("train", "test"), default="train")
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    parser.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="networks of yours, SOURCE.safetensors"
    )
    parser.add_argument(
        "--clone", type=Path, help="a clone whose README and card of networks to renew, too"
    )


def run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ..engine.files import write_text
    from ..engine.gates import best_masks_path
    from ..engine.results import collect_results, update_readme, weights_card, write_results
    from ..engine.resume import history_path

    if options.clone and options.subset != "train":
        raise SepeduError("The test songs choose nothing", "Leave --subset or --clone away")
    if options.clone and options.weights:
        raise SepeduError(
            "A clone tells of the networks that come with it", "Leave --weights or --clone away"
        )
    results = collect_results(
        options.data, options.subset, lambda songs: tqdm(songs, unit="song"), options.weights
    )
    for path in write_results(results, options.out):
        print(path)
    if options.clone:
        update_readme(options.clone / "README.md", results)
        weights = options.clone / "data" / "weights"
        histories = {
            source: json.loads(history_path(weights / f"{source}.safetensors").read_text())
            for source in results["training"]
        }
        write_text(weights / "README.md", weights_card(results, histories))
        write_text(
            weights / best_masks_path().name, json.dumps(results["best_masks"], indent=1) + "\n"
        )
