"""`sepedu train`: train the network of a source."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .common import EXIT_INTERRUPTED, add_data, new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "train", run, "Train the network of a source.")
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="vocals, drums, bass, other, or all of them",
    )
    add_data(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.safetensors",
        help="where the network goes; for all, the folder of the four",
    )
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--batch", type=int, default=64, help="windows of a step")
    parser.add_argument("--loss", choices=("mse", "bce"), default="bce")
    parser.add_argument("--output", choices=("mask", "magnitude"), default="mask")
    parser.add_argument("--threshold", type=float, default=0.5, help="T of the binary mask")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="without remixing and other changes")
    parser.add_argument(
        "--store",
        nargs="?",
        type=Path,
        const=True,
        default=False,
        metavar="FOLDER",
        help="with --plain: read what `sepedu data prepare` made instead of the sound",
    )
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    parser.add_argument(
        "--accumulate",
        type=int,
        default=1,
        metavar="N",
        help="micro-batches of a step, for less memory",
    )
    parser.add_argument("--log", choices=("tensorboard",), help="training curves for TensorBoard")


def run(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from ..checkpoints import load_checkpoint, weights_path
    from ..engine.distributed import is_first
    from ..engine.runs import AUGMENTATION, RECIPE, train_all, train_source
    from ..excerpts import Augmentation
    from ..songs import SOURCES

    recipe = replace(RECIPE, epochs=options.epochs, loss=options.loss, seed=options.seed)
    settings = {
        "augmentation": Augmentation() if options.plain else AUGMENTATION,
        "output": options.output,
        "threshold": options.threshold,
        "batch": options.batch,
        "resume": options.resume,
        "store": options.store,
        "accumulate": options.accumulate,
        "log": options.log,
    }
    if options.source == "all":
        histories = train_all(options.data, options.out, recipe, **settings)
        places = {source: weights_path(source, options.out) for source in SOURCES}
    else:
        history = train_source(options.source, options.data, options.out, recipe, **settings)
        histories, places = {options.source: history}, {options.source: options.out}
    stopped = [source for source, history in histories.items() if history.stopped]
    if not is_first():
        return EXIT_INTERRUPTED if stopped else 0
    for source, place in places.items():
        if place.is_file():
            if options.source == "all":
                print(f"{source}{'' if source in histories else ', finished before'}")
            for name, value in load_checkpoint(place)[1]["metrics"].items():
                print(f"{name:16} {value:.4f}")
    for source in stopped:
        print(
            f"sepedu: stopped after {len(histories[source].rows)} of {options.epochs} epochs; "
            f"{places[source]} holds the best of them. To go on, give the same command with "
            "--resume.",
            file=sys.stderr,
        )
    return EXIT_INTERRUPTED if stopped else 0
