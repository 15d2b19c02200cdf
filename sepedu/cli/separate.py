"""`sepedu separate`: write the sources of songs as files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import SepeduError, printable
from .common import new_command, source_names

NAME_LENGTH = 30
"""Characters of a song's name beside the progress bar."""


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(commands, "separate", run, "Separate songs into their sources.")
    parser.add_argument(
        "songs",
        type=song_or_folder,
        nargs="+",
        metavar="SONG",
        help="songs, and folders of songs; - reads standard input",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--sources", type=source_names, help="such as vocals,drums; by default all four"
    )
    parser.add_argument(
        "--model",
        default="unet",
        metavar="unet|cnn|FILE",
        help="unet (by default), the talk's networks, or your own: a checkpoint, or a folder of "
        "SOURCE.safetensors",
    )
    parser.add_argument(
        "--mask",
        choices=("soft", "binary", "ratio", "wiener"),
        default="soft",
        help="soft by default; ratio and wiener for the talk's networks of all four sources",
    )
    parser.add_argument("--threshold", type=float, default=0.5, help="of the binary mask")
    parser.add_argument("--residual", action="store_true", help="also write what is left over")
    parser.add_argument(
        "--bfloat16", action="store_true", help="faster where the processor has it, less exact"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="songs at a time")


def song_or_folder(text: str) -> Path:
    if not text:  # Path("") is the folder at hand, which nobody has asked for
        raise argparse.ArgumentTypeError("an empty name is no song")
    return Path(text)


def run(options: argparse.Namespace) -> None:
    # Read when PyTorch is imported: threads that spin while they wait make a song take four times
    # as long beside other busy processes.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("KMP_BLOCKTIME", "0")

    from contextlib import closing

    import torch
    from tqdm import tqdm

    from ..checkpoints import read_networks
    from ..engine.jobs import Job, find_songs, separate_songs
    from ..engine.memory import keep_freed_memory
    from ..engine.pools import free_cores
    from ..separation import SeparationSettings, estimate_paths
    from ..songs import SOURCES
    from ..unet import MaskUNet

    model, known = options.model, SOURCES
    if model not in ("unet", "cnn"):
        model = read_networks(Path(model))
        known = SOURCES if isinstance(model, MaskUNet) else model
    settings = SeparationSettings(
        options.sources or tuple(known),
        model,
        options.mask,
        options.threshold,
        options.residual,
        options.bfloat16,
    )
    torch.set_num_threads(min(torch.get_num_threads(), free_cores()))
    keep_freed_memory()
    jobs = find_songs(options.songs, options.out, settings)
    one = len(jobs) == 1
    bar = tqdm(total=len(jobs), unit="song", disable=one)

    def begin(job: Job) -> Callable[[list], Sequence]:
        if one:
            return lambda blocks: tqdm(blocks, unit="block", disable=len(blocks) < 2)
        bar.set_description(printable(job.song.name)[:NAME_LENGTH])
        return list

    outcomes = separate_songs(
        jobs,
        settings,
        options.workers,
        begin=begin,
    )
    failed = 0
    with closing(outcomes), closing(bar):
        for job, result, error, warnings in outcomes:
            for warning in warnings:
                bar.write(printable(f"sepedu: {job.song}: {warning}"), file=sys.stderr)
            if error is not None:
                failed += 1
                if one:
                    raise error
                bar.write(printable(f"sepedu: {error}"), file=sys.stderr)
            elif result == "already there":
                done = f"{job.song} is done already: nothing to do"
                bar.write(printable(done), file=sys.stderr)
            else:
                for path in estimate_paths(job.song, job.out, settings).values():
                    bar.write(printable(str(path)))
                sys.stdout.flush()  # a reader of a pipe learns of each song when it is done
            bar.update()
    if failed:
        raise SepeduError(
            f"{failed} of {len(jobs)} songs could not be separated",
            "The lines above say why; the others are done",
        )
