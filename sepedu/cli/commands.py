"""What each command does; `cli` only reads their words.

Each imports what it needs when it runs, so that `sepedu --help` answers at once.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from pathlib import Path

from ..engine.files import check_place, write_text
from ..errors import SepeduError


def doctor(options: argparse.Namespace) -> int:
    from .doctor import run

    return run()


def lab(options: argparse.Namespace) -> int:
    from .lab import launch

    return launch(port=options.port, host=options.host)


def separate(options: argparse.Namespace) -> None:
    from contextlib import closing

    from tqdm import tqdm

    from ..engine.jobs import Request, find_songs, separate_songs
    from ..separation import read_networks
    from ..songs import SOURCES

    sources = options.sources or list(SOURCES)
    models = refiner = None
    if options.model:
        models, refiner = read_networks(options.model)
        sources = options.sources or list(models)
    request = Request(sources, options.mask, options.threshold, options.residual, models, refiner)
    jobs = find_songs(options.songs, options.out, request)
    one = len(jobs) == 1
    outcomes = separate_songs(
        jobs,
        request,
        options.workers,
        progress=lambda blocks: tqdm(blocks, unit="block", disable=not one or len(blocks) < 2),
    )
    failed = []
    bar = tqdm(total=len(jobs), unit="song", disable=one)
    with closing(outcomes), closing(bar):
        for job, outcome, error in outcomes:
            if error is not None:
                failed.append(job.song)
                if one:
                    raise error
                bar.write(f"sepedu: {error}", file=sys.stderr)
            elif outcome == "already there":
                bar.write(f"{job.song} is done already: nothing to do", file=sys.stderr)
            else:
                for path in request.estimates(job).values():
                    bar.write(str(path))
                sys.stdout.flush()  # a reader of a pipe learns of each song when it is done
            bar.update()
    if failed:
        raise SepeduError(
            f"{len(failed)} of {len(jobs)} songs could not be separated: "
            + ", ".join(str(song) for song in failed),
            "The lines above say why; the others are done",
        )


def train(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from ..checkpoints import load_checkpoint
    from ..engine.distributed import is_first
    from ..engine.runs import AUGMENTATION, RECIPE, train_all, train_source
    from ..excerpts import Augmentation
    from ..songs import SOURCES

    if options.source == "refiner":
        return _refine(options)
    recipe = replace(RECIPE, epochs=options.epochs, loss=options.loss, seed=options.seed)
    settings = {
        "augmentation": Augmentation() if options.plain else AUGMENTATION,
        "output": options.output,
        "threshold": options.threshold,
        "batch": options.batch,
        "stretch": options.stretch,
        "resume": options.resume,
        "store": options.store,
        "accumulate": options.accumulate,
        "log": options.log,
    }
    if options.source == "all":
        histories = train_all(options.data, options.out, recipe, **settings)
        places = {source: options.out / f"{source}.safetensors" for source in SOURCES}
    else:
        history = train_source(options.source, options.data, options.out, recipe, **settings)
        histories, places = {options.source: history}, {options.source: options.out}
    stopped = [source for source, history in histories.items() if history.stopped]
    if not is_first():
        return 130 if stopped else 0
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
    if options.source == "all" and not stopped:
        return _refine(options)
    return 130 if stopped else 0


def _refine(options: argparse.Namespace) -> int:
    """Fit the refiner of the four networks in the folder `--out`."""
    from tqdm import tqdm

    from ..engine.refiner import REFINER
    from ..engine.refining import is_refined, train_refiner

    if options.resume and is_refined(options.out):
        print(f"{options.out / REFINER}, finished before")
        return 0
    progress = functools.partial(tqdm, desc="refiner")
    print(train_refiner(options.data, options.out, options.seed, progress))
    return 0


def evaluate(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ..checkpoints import find_refiner, load_checkpoint, weights_path
    from ..evaluation import evaluate, summarise
    from ..songs import SOURCES, load_song, open_dataset

    sources = options.sources or list(SOURCES)
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
        if "average_mask" in state:  # a training that was stopped has not made it yet
            average_masks[source] = state["average_mask"].numpy()
    songs = (load_song(track) for track in dataset)
    table = evaluate(
        songs,
        models,
        average_masks,
        sources,
        options.threshold,
        progress=lambda songs: tqdm(songs, total=len(dataset), unit="song"),
        refiner=find_refiner(weights_path(SOURCES[0]).parent),
    )
    print(summarise(table).round(3).to_string())
    if options.out:
        rows = json.loads(table.to_json(orient="records", double_precision=6))
        write_text(options.out, json.dumps(rows, indent=1) + "\n")


def results(options: argparse.Namespace) -> None:
    from tqdm import tqdm

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


def reproduce(options: argparse.Namespace) -> None:
    from ..engine.reproduction import as_published, quick, reproduce, summary

    choices = quick() if options.quick else as_published()
    if options.plain:
        choices = choices.plain()
    out = options.out or Path("my-quick-reproduction" if options.quick else "my-reproduction")
    print(summary(reproduce(options.data, out, choices), out))
