"""`sepedu train`: train a network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import SepeduError, printable
from .common import EXIT_INTERRUPTED, add_data, new_command

CNN_DEFAULTS = {"loss": "bce", "output": "mask", "threshold": 0.5}
"""Settings that only the talk's architecture has, as ours were trained; the talk's loss was MSE."""


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "train", run, "Train a network.")
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="unet for all four sources at once; or vocals, drums, bass, other, or all of them, "
        "each with a network of the talk's",
    )
    add_data(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.safetensors",
        help="where the network goes; for all, the folder of the four",
    )
    parser.add_argument("--epochs", type=int, help="by default 7, of the U-Net 60")
    parser.add_argument(
        "--batch", type=int, help="windows of a step, by default 64; segments of the U-Net, 8"
    )
    parser.add_argument(
        "--loss", choices=("mse", "bce"), help="by default bce; not for the U-Net, as the next two"
    )
    parser.add_argument("--output", choices=("mask", "magnitude"), help="by default mask")
    parser.add_argument("--threshold", type=float, help="T of the binary mask, by default 0.5")
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

    from ..checkpoints import UNET, load_checkpoint, weights_path
    from ..engine import runs
    from ..engine.distributed import is_first
    from ..excerpts import Augmentation, SegmentAugmentation
    from ..songs import SOURCES

    unet = options.source == UNET
    cnn = {name: getattr(options, name) for name in CNN_DEFAULTS}
    given = [f"--{name}" for name, value in cnn.items() if value is not None]
    if unet and given:
        words = " and ".join(given)
        raise SepeduError(f"{words} cannot be chosen for the U-Net", f"Leave {words} out")
    cnn = {name: CNN_DEFAULTS[name] if cnn[name] is None else cnn[name] for name in cnn}
    recipe = runs.UNET_RECIPE if unet else replace(runs.RECIPE, loss=cnn["loss"])
    epochs = recipe.epochs if options.epochs is None else options.epochs
    recipe = replace(recipe, epochs=epochs, seed=options.seed)
    how = runs.RunOptions(options.resume, accumulate=options.accumulate, log=options.log)
    settings = {"options": how}
    if options.batch is not None:
        settings["batch"] = options.batch
    if options.plain:
        settings["augmentation"] = SegmentAugmentation() if unet else Augmentation()
    if not unet:
        settings |= {name: cnn[name] for name in ("output", "threshold")}
        settings["store"] = options.store
    elif options.store:
        raise SepeduError("The U-Net learns from sound, not from a store", "Leave --store out")
    places = {options.source: options.out}
    if options.source == "all":
        histories = runs.train_all(options.data, options.out, recipe, **settings)
        places = {source: weights_path(source, options.out) for source in SOURCES}
    elif unet:
        histories = {UNET: runs.train_unet(options.data, options.out, recipe, **settings)}
    else:
        history = runs.train_source(options.source, options.data, options.out, recipe, **settings)
        histories = {options.source: history}
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
            f"sepedu: stopped after {len(histories[source].rows)} of {epochs} epochs; "
            f"{printable(str(places[source]))} holds the best of them. To go on, give the same "
            "command with --resume.",
            file=sys.stderr,
        )
    return EXIT_INTERRUPTED if stopped else 0
