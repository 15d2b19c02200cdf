"""Train the talk's network as it is told, with every threshold and both splits, beside its table.

    python -m tools.experiments.the_talk run --out FOLDER --hours 2
    python -m tools.experiments.the_talk write

The talk gives accuracy and MSE of four sources, but neither its threshold T nor how it divided its
frames. Each run trains one network on the 80 training songs of the MUSDB18 excerpts, without any
augmentation, and ends when the validation loss has not fallen for two epochs or the training
accuracy passes the talk's. With the split by frames, a tenth of the frames of these songs is held
out, in random places; with the split by songs, the 14 validation songs are. `run` goes through
`PLAN` and goes on where it was broken off; `write` puts the tables into docs/experiments.md and the
figures into lesson 07.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
import numpy as np
import torch
from torch.nn import functional as F

from sepedu.dense import pad_frames, predict_mask, window_scores
from sepedu.engine.files import write_text
from sepedu.engine.memory import keep_freed_memory
from sepedu.evaluation import talk_results
from sepedu.model import MaskCNN
from sepedu.songs import SOURCES, Song, load_songs, open_dataset
from sepedu.stft import CONTEXT
from sepedu.windows import Example, make_example

DOCS = Path(__file__).resolve().parents[2] / "docs"
LESSON = DOCS.parent / "lessons" / "07-four-sources.ipynb"
KEPT = DOCS / "the_talk.json"
BEGIN, END = "<!-- written by tools.experiments.the_talk -->", "<!-- end -->"
PARTS = "train", "valid"
THRESHOLDS = 0.1, 0.25, 0.5, 0.75, 1.0
DROPOUT, LESS_DROPOUT = (0.25, 0.25, 0.5), (0.1, 0.1, 0.2)
BATCH, RATE, EPOCHS, PATIENCE, HELD_OUT = 64, 1e-3, 8, 2, 0.1


@dataclass(frozen=True)
class Run:
    """One network: what it is asked, how frames are divided, and what the talk does not tell."""

    source: str
    threshold: float
    split: str  # "frames" or "songs"
    dropout: tuple[float, float, float] = DROPOUT
    seed: int = 0

    @property
    def name(self) -> str:
        drop = "-".join(f"{share:g}" for share in self.dropout)
        return f"{self.source}_{self.threshold:g}_{self.split}_{drop}_{self.seed}"


def _four(threshold: float, split: str, **settings) -> list[Run]:
    return [Run(source, threshold, split, **settings) for source in SOURCES]


PLAN = [
    *_four(0.25, "songs"),
    *_four(0.25, "frames"),
    *_four(0.5, "songs"),
    *_four(0.25, "songs", seed=1),
    *_four(0.25, "songs", dropout=LESS_DROPOUT),
    *_four(0.5, "frames"),
    *itertools.chain(*(_four(t, s) for s in ("songs", "frames") for t in (0.1, 0.75, 1.0))),
]
"""The likeliest first: guessing alone rules out the other thresholds, see `guesses`."""


def talk(source: str) -> dict[str, tuple[float, float]]:
    """The talk's accuracy and MSE of a source, for "train" and "valid"."""
    table = talk_results().loc[source]
    return {part: (float(table.accuracy[part]), float(table.mse[part])) for part in PARTS}


def figures(
    model: MaskCNN, songs: Sequence[Example], chosen: Sequence[np.ndarray]
) -> tuple[float, float]:
    """Accuracy and MSE over the chosen frames of all songs."""
    right = wrong = count = 0.0
    for song, frames in zip(songs, chosen, strict=True):
        prediction = predict_mask(model, song.mixture)[:, frames]
        target = song.target[:, frames]
        right += float(((prediction > 0.5) == target).sum())
        wrong += float(np.square(prediction - target).sum(dtype=float))
        count += target.size
    return right / count, wrong / count


def learn(run: Run, songs: Sequence[Song], new: Sequence[Song], out: Path) -> Iterator[dict]:
    """Train, and yield the history after each epoch, with those of an earlier call."""
    examples, unknown = (
        [make_example(song, run.source, run.threshold) for song in part] for part in (songs, new)
    )
    random = np.random.default_rng(0)  # the same frames are held out in all runs
    held_out = [random.random(song.target.shape[1]) < HELD_OUT for song in examples]
    if run.split == "songs":
        held_out = [np.zeros_like(frames) for frames in held_out]
    kept = [~frames for frames in held_out]
    all_frames = [np.ones(song.target.shape[1], bool) for song in unknown]
    valid = (examples, held_out) if run.split == "frames" else (unknown, all_frames)

    torch.manual_seed(run.seed)
    model = MaskCNN(dropout=run.dropout).to(memory_format=torch.channels_last)
    model.features.fit([song.mixture for song in examples])
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    state, rows = out / f"{run.name}.pt", []
    if state.exists():
        saved = torch.load(state, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        rows = saved["rows"]
    padded = [pad_frames(model, torch.from_numpy(song.mixture)[None])[0] for song in examples]
    targets = [torch.from_numpy(song.target).float() for song in examples]
    places = [(song, frame) for song, keep in enumerate(kept) for frame in np.flatnonzero(keep)]
    while not ended(run, rows):
        started = time.perf_counter()
        order = np.random.default_rng([run.seed, len(rows)]).permutation(len(places))
        torch.manual_seed(1_000 * run.seed + len(rows))
        model.train()
        for start in range(0, len(order), BATCH):
            chosen = [places[number] for number in order[start : start + BATCH]]
            windows = torch.stack([padded[s][:, f : f + CONTEXT] for s, f in chosen])
            target = torch.stack([targets[s][:, f : f + 1] for s, f in chosen])
            with torch.autocast("cpu", torch.bfloat16):
                scores = window_scores(model, windows)
            optimizer.zero_grad()
            F.mse_loss(model.finish(scores.float()), target).backward()
            optimizer.step()
        model.eval()
        row = {"train": figures(model, examples, kept), "valid": figures(model, *valid)}
        rows = [*rows, row | {"seconds": round(time.perf_counter() - started)}]
        saved = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "rows": rows}
        torch.save(saved, state.with_suffix(".part"))
        state.with_suffix(".part").rename(state)
        yield {"run": asdict(run), "rows": rows}


def ones(songs: Sequence[Song]) -> dict[str, dict[str, float]]:
    """Share of ones in the masks of all songs, by source and threshold."""
    shares = {}
    for source in SOURCES:
        shares[source] = {}
        for threshold in THRESHOLDS:
            masks = [make_example(song, source, threshold).target for song in songs]
            shares[source][f"{threshold:g}"] = float(np.concatenate(masks, axis=1).mean())
    return shares


def ended(run: Run, rows: Sequence[dict]) -> bool:
    """Whether the validation loss no longer falls, the talk is passed, or all epochs are done."""
    if not rows:
        return False
    losses = [row["valid"][1] for row in rows]
    passed = rows[-1]["train"][0] >= talk(run.source)["train"][0]
    waited = len(losses) - 1 - int(np.argmin(losses))
    return passed or len(rows) >= EPOCHS or waited >= PATIENCE


def read_kept() -> dict:
    """What runs have left so far."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {"runs": {}}


def run_plan(out: Path, hours: float, first: int) -> None:
    keep_freed_memory()
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    songs, new = (load_songs(open_dataset("musdb7", split=part)) for part in ("train", "valid"))
    counted = read_kept().get("ones") or {"train": ones(songs), "valid": ones(new)}
    until = time.monotonic() + 3600 * hours
    for run in PLAN[first:]:
        for history in learn(run, songs, new, out):
            kept = read_kept()
            kept |= {"ones": counted, "runs": kept["runs"] | {run.name: history}}
            write_text(KEPT, json.dumps(kept, indent=1) + "\n")
            print(run.name, history["rows"][-1], flush=True)
            if time.monotonic() > until:
                return


def nearest(source: str, rows: Sequence[dict]) -> dict:
    """The epoch whose training accuracy is nearest the talk's, so that gaps can be compared."""
    return min(rows, key=lambda row: abs(row["train"][0] - talk(source)["train"][0]))


def guessed(kept: dict, part: str, source: str, threshold: float) -> float:
    """Accuracy of the majority class of all frames of a part."""
    share = kept["ones"][part][source][f"{threshold:g}"]
    return max(share, 1 - share)


def possible(kept: dict) -> list[float]:
    """Thresholds at which guessing beats none of the talk's eight accuracies."""
    return [
        threshold
        for threshold in THRESHOLDS
        if all(
            talk(source)[part][0] >= guessed(kept, part, source, threshold)
            for source in SOURCES
            for part in PARTS
        )
    ]


def together(kept: dict) -> dict[tuple, dict[str, dict]]:
    """Finished runs that differ in the source only: settings, then the nearest epoch by source."""
    groups: dict[tuple, dict[str, dict]] = {}
    for history in kept["runs"].values():
        run = Run(**history["run"] | {"dropout": tuple(history["run"]["dropout"])})
        if ended(run, history["rows"]):
            group = run.threshold, run.split, run.dropout, run.seed
            groups.setdefault(group, {})[run.source] = nearest(run.source, history["rows"])
    return dict(sorted(groups.items()))


def distance(figures: dict[str, dict]) -> tuple[float, float]:
    """Mean absolute difference from the talk, in accuracy and in MSE, over sources and parts."""
    differences = [
        np.abs(np.subtract(row[part], talk(source)[part]))
        for source, row in figures.items()
        for part in PARTS
    ]
    accuracy, mse = np.mean(differences, axis=0)
    return float(accuracy), float(mse)


def page(kept: dict) -> str:
    """The section of docs/experiments.md."""
    lines = [
        "What guessing reaches by threshold, as shares of all points of the training / validation "
        "songs; **bold** where it beats the talk:",
        "",
        "| T | " + " | ".join(SOURCES) + " |",
        "|---|" + "---|" * len(SOURCES),
    ]
    for threshold in THRESHOLDS:
        cells = []
        for source in SOURCES:
            both = []
            for part in PARTS:
                share = guessed(kept, part, source, threshold)
                beaten = share > talk(source)[part][0]
                both.append(f"**{share:.3f}**" if beaten else f"{share:.3f}")
            cells.append(" / ".join(both))
        lines.append(f"| {threshold:g} | " + " | ".join(cells) + " |")
    told = [" / ".join(f"{talk(source)[part][0]:.3f}" for part in PARTS) for source in SOURCES]
    lines.append("| the talk | " + " | ".join(told) + " |")
    left = ", ".join(f"{threshold:g}" for threshold in possible(kept))
    lines += [
        "",
        f"Guessing beats none of the talk's eight accuracies only at T = {left}.",
        "",
        "Accuracy, then MSE, each training / validation, of the epoch whose training accuracy is "
        "nearest the talk's; the distance is the mean absolute difference from the talk, in "
        "accuracy and in MSE, over the sources there:",
        "",
        "| T | split | dropout | seed | " + " | ".join(SOURCES) + " | distance |",
        "|---|---|---|---|" + "---|" * len(SOURCES) + "---|",
    ]
    for (threshold, split, dropout, seed), figures in together(kept).items():
        cells = [_four_figures(figures[source]) if source in figures else "" for source in SOURCES]
        off = "{:.3f}, {:.3f}".format(*distance(figures))
        drop = ", ".join(f"{share:g}" for share in dropout)
        lines.append(
            f"| {threshold:g} | {split} | {drop} | {seed} | " + " | ".join(cells) + f" | {off} |"
        )
    told = [_four_figures(talk(source)) for source in SOURCES]
    lines.append("| the talk | | | | " + " | ".join(told) + " | |")
    return "\n".join(lines)


def _four_figures(row: dict) -> str:
    accuracy, mse = zip(*(row[part] for part in PARTS), strict=True)
    return "{:.3f} / {:.3f}, {:.3f} / {:.3f}".format(*accuracy, *mse)


def evidence(kept: dict) -> str:
    """The cell of lesson 07 that holds what was measured."""
    lines = [
        "# Measured by `python -m tools.experiments.the_talk` on real songs; a test compares.",
        f"THRESHOLDS = {list(THRESHOLDS)}",
        "ONES = {  # the share of ones in the masks of all songs, at each threshold",
    ]
    for part in PARTS:
        lines.append(f'    "{part}": {{')
        for source in SOURCES:
            shares = [round(share, 4) for share in kept["ones"][part][source].values()]
            lines.append(f'        "{source}": {shares},')
        lines.append("    },")
    lines += ["}", "REPRODUCED = {  # accuracy and MSE, each on training and on validation frames"]
    for (threshold, split, dropout, seed), figures in together(kept).items():
        if dropout == DROPOUT and seed == 0 and len(figures) == len(SOURCES):
            lines.append(f'    ({threshold:g}, "{split}"): {{')
            for source in SOURCES:
                values = [figures[source][part][kind] for kind in (0, 1) for part in PARTS]
                lines.append(f'        "{source}": {[round(value, 3) for value in values]},')
            lines.append("    },")
    return "\n".join([*lines, "}"])


def write() -> None:
    """Put the section between its two marks in docs/experiments.md, and fill lesson 07's cell."""
    kept = read_kept()
    path = DOCS / "experiments.md"
    before, rest = path.read_text().split(BEGIN)
    _, after = rest.split(END)
    path.write_text(f"{before}{BEGIN}\n{page(kept)}\n{END}{after}")
    notebook = nbformat.read(LESSON, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == "l07-evidence"]
    cell.source = evidence(kept)
    write_text(LESSON, nbformat.writes(notebook).rstrip("\n") + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run")
    running.add_argument("--out", type=Path, required=True, help="where states are kept")
    running.add_argument("--hours", type=float, default=24, help="begin no epoch after them")
    running.add_argument("--first", type=int, default=0, help="place in the plan to begin at")
    commands.add_parser("write")
    words = parser.parse_args()
    if words.command == "run":
        run_plan(words.out, words.hours, words.first)
    else:
        write()


if __name__ == "__main__":
    main()
