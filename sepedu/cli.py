"""The command line: `sepedu doctor`, `lab`, `separate`, `train`, `evaluate`, `data` and others."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .errors import SepeduError

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
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("sepedu: stopped; finished files are whole, unfinished ones absent", file=sys.stderr)
        return EXIT_INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each names the function that runs it."""
    parser = argparse.ArgumentParser("sepedu", description="A course on music source separation.")
    parser.add_argument("--version", action="version", version=f"sepedu {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: object, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(run=run)
        return added

    command("doctor", _doctor, "Check that this machine has all that the course needs.")

    lab = command("lab", _lab, "Open the course in JupyterLab.")
    lab.add_argument("--port", type=int, help="port to listen on")
    lab.add_argument("--host", help="address to listen on; by default this machine only")

    separate = command("separate", _separate, "Separate a song into its sources.")
    separate.add_argument("song", type=Path, metavar="SONG")
    separate.add_argument("--out", type=Path, required=True, metavar="DIR")
    separate.add_argument(
        "--sources", type=_names, help="such as vocals,drums; by default all four"
    )
    separate.add_argument("--mask", choices=("soft", "binary"), default="soft")
    separate.add_argument("--threshold", type=float, default=0.5, help="of the binary mask")
    separate.add_argument("--residual", action="store_true", help="also write what is left over")
    separate.add_argument("--model", type=Path, help="a checkpoint of yours, for one source")

    train = command("train", _train, "Train the network of one source.")
    train.add_argument("source", metavar="SOURCE", help="vocals, drums, bass or other")
    _add_data(train)
    train.add_argument("--out", type=Path, required=True, metavar="FILE.safetensors")
    train.add_argument("--epochs", type=int, default=12)
    train.add_argument("--loss", choices=("mse", "bce"), default="bce")
    train.add_argument("--output", choices=("mask", "magnitude"), default="mask")
    train.add_argument("--threshold", type=float, default=0.5, help="T of the binary mask")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--plain", action="store_true", help="without remixing and other changes")
    train.add_argument("--resume", action="store_true", help="go on after an interruption")

    evaluate = command("evaluate", _evaluate, "Measure the networks beside guesses and oracles.")
    _add_data(evaluate)
    evaluate.add_argument("--subset", choices=("train", "test"), default="train")
    evaluate.add_argument("--split", choices=("train", "valid"))
    evaluate.add_argument("--sources", type=_names)
    evaluate.add_argument("--threshold", type=float, default=0.5, help="T of the true mask")
    evaluate.add_argument("--out", type=Path, metavar="FILE.json", help="write every row there")

    results = command("results", _results, "Rebuild every published number.")
    _add_data(results)
    results.add_argument("--subset", choices=("train", "test"), default="train")
    results.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    results.add_argument(
        "--clone", type=Path, help="a clone whose README and card of networks to renew, too"
    )

    data = command("data", _data_info, "Look at, fetch or build the songs.")
    actions = data.add_subparsers(title="actions", metavar="ACTION")
    info = actions.add_parser("info", help="say what is there")
    info.set_defaults(run=_data_info)
    fetch = actions.add_parser("fetch", help="download the MUSDB18 excerpts of seven seconds")
    fetch.add_argument("name", choices=("musdb7",))
    fetch.set_defaults(run=_data_fetch)
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="WHERE",
        help="musdb7, stempeg, or a folder of MUSDB18 or MUSDB18-HQ; by default the embedded set",
    )


def _doctor(options: argparse.Namespace) -> int:
    from .doctor import run

    return run()


def _lab(options: argparse.Namespace) -> int:
    from .lab import launch

    return launch(port=options.port, host=options.host)


def _separate(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from .checkpoints import load_checkpoint
    from .datasets import SOURCES
    from .files import separate_file

    sources = options.sources or list(SOURCES)
    models = None
    if options.model:
        model, about, _ = load_checkpoint(options.model)
        sources = options.sources or [about["source"]]
        models = {about["source"]: model}
    written = separate_file(
        options.song,
        options.out,
        sources,
        options.mask,
        options.threshold,
        options.residual,
        models,
        progress=lambda blocks: tqdm(blocks, unit="block", disable=len(blocks) < 2),
    )
    for path in written.values():
        print(path)


def _train(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from .checkpoints import load_checkpoint
    from .excerpts import Augmentation
    from .runs import AUGMENTATION, RECIPE, train_source

    recipe = replace(RECIPE, epochs=options.epochs, loss=options.loss, seed=options.seed)
    train_source(
        options.source,
        options.data,
        options.out,
        recipe,
        Augmentation() if options.plain else AUGMENTATION,
        options.output,
        options.threshold,
        options.resume,
    )
    metrics = load_checkpoint(options.out)[1]["metrics"]
    for name, value in metrics.items():
        print(f"{name:16} {value:.4f}")


def _evaluate(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from .checkpoints import load_checkpoint, weights_path
    from .datasets import SOURCES, load_song, open_dataset
    from .evaluation import evaluate, summarise

    sources = options.sources or list(SOURCES)
    dataset = open_dataset(options.data, options.subset, options.split)
    models, average_masks = {}, {}
    for source in sources:
        if not weights_path(source).is_file():
            print(f"There is no network for {source} yet: its rows are left out.", file=sys.stderr)
            continue
        models[source], _, state = load_checkpoint(weights_path(source))
        average_masks[source] = state["average_mask"].numpy()
    songs = (load_song(track) for track in dataset)
    table = evaluate(
        songs,
        models,
        average_masks,
        sources,
        options.threshold,
        progress=lambda songs: tqdm(songs, total=len(dataset), unit="song"),
    )
    print(summarise(table).round(3).to_string())
    if options.out:
        rows = json.loads(table.to_json(orient="records", double_precision=6))
        _write_text(options.out, json.dumps(rows, indent=1) + "\n")


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise SepeduError(
            f"The file {path} cannot be written ({error})",
            "Choose a folder that may be written and has room",
        ) from error


def _results(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from .results import collect_results, write_results
    from .results_page import update_readme, weights_card
    from .training import history_path

    results = collect_results(options.data, options.subset, lambda songs: tqdm(songs, unit="song"))
    for path in write_results(results, options.out):
        print(path)
    if options.clone:
        update_readme(options.clone / "README.md", results)
        weights = options.clone / "data" / "weights"
        histories = {
            source: json.loads(history_path(weights / f"{source}.safetensors").read_text())
            for source in results["training"]
        }
        _write_text(weights / "README.md", weights_card(results, histories))


def _data_info(options: argparse.Namespace) -> None:
    from .datasets import open_dataset

    sets = ((None, "train"), (None, "test"), ("stempeg", "test"), ("musdb7", "train"))
    for where, subset in sets:
        name = where or "embedded"
        try:
            dataset = open_dataset(where, subset)
        except SepeduError as error:
            print(f"{name:9} {subset:6} not here: {error.remedy}.")
            continue
        seconds = sum(track.duration for track in dataset)
        print(f"{name:9} {subset:6} {len(dataset):3} songs, {seconds / 60:.1f} minutes")


def _data_fetch(options: argparse.Namespace) -> None:
    from .fetch import fetch_musdb7

    print(fetch_musdb7())
