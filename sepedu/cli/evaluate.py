"""`sepedu evaluate`: measure the networks beside guesses and oracles."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..errors import SepeduError, check_number
from .common import add_data, new_command, source_names


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(
        commands, "evaluate", run, "Measure the networks beside guesses and oracles."
    )
    add_data(parser)
    parser.add_argument("--subset", choices=("train", "test"), default="train")
    parser.add_argument("--split", choices=("train", "valid"))
    parser.add_argument("--sources", type=source_names)
    parser.add_argument("--threshold", type=float, default=0.5, help="T of the true mask")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write every row there")


def run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ..checkpoints import load_checkpoint, load_unet, weights_path
    from ..engine.files import check_place, write_text
    from ..evaluation import evaluate, summarise
    from ..songs import SOURCES, load_song, open_dataset

    check_number("threshold", options.threshold, 0, usual=0.5)
    sources = options.sources or list(SOURCES)
    for source in sources:
        if source not in SOURCES:
            raise SepeduError(f"Source {source!r} is unknown", f"Use one of {', '.join(SOURCES)}")
    if options.out:
        check_place(options.out)
    dataset = open_dataset(options.data, options.subset, options.split)
    models, average_masks = {}, {}
    # Masks that share out each bin need all four networks, even if one source is asked for.
    for source in [*sources, *(other for other in SOURCES if other not in sources)]:
        if not weights_path(source).is_file():
            print(f"There is no network for {source} yet: its rows are left out.", file=sys.stderr)
            continue
        models[source], _, state = load_checkpoint(weights_path(source))
        if "average_mask" in state:  # a training run that was stopped has not made it yet
            average_masks[source] = state["average_mask"].numpy()
    songs = (load_song(track) for track in dataset)
    table = evaluate(
        songs,
        models,
        average_masks,
        sources,
        options.threshold,
        progress=lambda songs: tqdm(songs, total=len(dataset), unit="song"),
        unet=load_unet() if weights_path("unet").is_file() else None,
    )
    print(summarise(table).round(3).to_string())
    if options.out:
        rows = json.loads(table.to_json(orient="records", double_precision=6))
        write_text(options.out, json.dumps(rows, indent=1) + "\n")
