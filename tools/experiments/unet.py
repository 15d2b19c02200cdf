"""Train variants of the U-Net on the MUSDB18 excerpts, and tell what they reached.

    python -m tools.experiments.unet train main --minutes 95 --out FOLDER
    python -m tools.experiments.unet train short --steps 350 --out FOLDER --equaliser 0
    python -m tools.experiments.unet table              # into docs/experiments.md
    python -m tools.experiments.unet export FOLDER/main.pt data/weights/unet.safetensors
    python -m tools.experiments.unet check data/weights/unet.safetensors

MUSDB_PATH names the excerpts and CC0_SONGS the folder of whole songs, if any. A run that was
broken off goes on when it is started again. Each run writes `runs/NAME.json` beside this file.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from sepedu.engine.memory import keep_freed_memory
from sepedu.evaluation import framewise_sdr
from sepedu.separation import separate
from sepedu.songs import SOURCES, Song, load_songs, open_dataset
from sepedu.stft import STFT
from sepedu.unet import CHANNELS, FIRST_BIN, MaskUNet, convolution
from tools.experiments.segments import Remixing, Segments, batch_loss

RUNS = Path(__file__).parent / "runs"
PAGE = Path(__file__).parents[2] / "docs" / "experiments.md"


@dataclass(frozen=True)
class Run(Remixing):
    """What a run is made of. How the network that is shipped was trained, which is not by the
    defaults, stands in its checkpoint."""

    channels: tuple[int, ...] = CHANNELS
    dense: bool = True
    loss: str = "log L2"
    share: float = 1.0  # weight of the question how to share out a bin
    binary: float = 1.0  # weight of the question about the binary masks
    fine: bool = False  # whether the network also hears log(1 + 1000 A)
    jitter: float = 4.0  # dB, up or down: a song's level is not that of its segment
    frames: int = 128
    batch: int = 8
    rate: float = 0.002
    decay: float = 0.01
    seed: int = 0
    songs: str = (
        "cc0"  # which songs `extra` draws from: the folder that CC0_SONGS names, or another
    )
    start: str = ""  # a run whose state this one goes on from


class FineUNet(MaskUNet):
    """One that also hears softer sounds apart: the mean of both channels as log(1 + 1000 A)."""

    def __init__(self, channels: Sequence[int] = CHANNELS, dense: bool = True) -> None:
        super().__init__(channels, dense)
        self.enter = convolution(3, channels[0])

    def features(self, magnitude: Tensor, level: Tensor | float) -> Tensor:
        x = super().features(magnitude, level)  # (batch, 2, 513, frames)
        level = torch.as_tensor(level, dtype=magnitude.dtype, device=magnitude.device)
        relative = magnitude.mean(1, keepdim=True) / level.clamp(min=1e-9).reshape(-1, 1, 1, 1)
        fine = torch.log1p(1000 * relative) / 2 - 2
        fine[:, :, :FIRST_BIN] = 0
        return torch.cat([x, fine], 1)  # (batch, 3, 513, frames)


def hear_more(state: dict, model: MaskUNet) -> dict:
    """The state of a `MaskUNet`'s training for a `FineUNet`, which at first ignores the new."""
    for tensors, name in (
        (state["model"], "enter.0.weight"),
        (state["averaged"], "module.enter.0.weight"),
    ):
        tensors[name] = F.pad(tensors[name], (0, 0, 0, 0, 0, 1))
    number = [name for name, _ in model.named_parameters()].index("enter.0.weight")
    moments = state["optimizer"]["state"][number]
    for moment in ("exp_avg", "exp_avg_sq"):
        moments[moment] = F.pad(moments[moment], (0, 0, 0, 0, 0, 1))
    return state


def learn(run: Run, model: MaskUNet, segments: Segments, step: int) -> tuple[Tensor, Tensor]:
    """Loss of one batch with a gradient, and its two parts."""
    random = np.random.default_rng([run.seed, step, run.batch, 1])
    jitter = torch.from_numpy(10 ** (random.uniform(-run.jitter, run.jitter, run.batch) / 20))
    with torch.autocast("cpu", torch.bfloat16):
        return batch_loss(
            model,
            *segments.draw([run.seed, step]),
            jitter.float(),
            run.loss,
            run.share,
            run.binary,
            segments.stft,
        )


@torch.inference_mode()
def measure(model: MaskUNet, songs: Sequence[Song], stereo: bool = False) -> dict[str, list]:
    """Median SDR and mean accuracy over songs by source, of the mean of both channels.

    The network hears that mean, or both channels, whose estimates are then averaged.
    """
    stft, sdr, right = STFT(), [], []
    for song in songs:
        heard = song.mixture if stereo else song.mixture.mean(0, keepdims=True)
        spectrum = stft.forward(torch.from_numpy(heard))  # (channels, 513, frames)
        masks = model(spectrum.abs()[None])[0]  # (4, channels, 513, frames)
        binary = model.binary_masks(spectrum.abs()[None])[0]
        estimates = stft.inverse(masks * spectrum, heard.shape[-1]).mean(1).numpy()
        truth = np.stack([song.sources[name] for name in SOURCES])  # (4, 2, samples)
        mono = truth.mean(1)
        sdr.append([framewise_sdr(t, e, 22050) for t, e in zip(mono, estimates, strict=True)])
        target = stft.forward(torch.from_numpy(truth if stereo else mono[:, None])).abs()
        target = target > 0.5 * spectrum.abs()
        right.append(((binary > 0.5) == target).float().mean((1, 2, 3)).tolist())
    return {
        "sdr": np.nanmedian(sdr, axis=0).round(3).tolist(),
        "mean_sdr": np.nanmean(sdr, axis=0).round(3).tolist(),
        "accuracy": np.mean(right, axis=0).round(4).tolist(),
    }


def average(averaged: Tensor, current: Tensor, steps: Tensor) -> Tensor:
    """Running average with a memory that grows to a thousand steps."""
    weight = 1 - min(0.999, (1 + float(steps)) / (10 + float(steps)))
    return averaged + weight * (current - averaged) if averaged.is_floating_point() else current


def train(name: str, run: Run, minutes: float, steps: int, every: float, out: Path) -> None:
    torch.manual_seed(run.seed)
    torch.set_num_threads(1)
    keep_freed_memory()
    out.mkdir(parents=True, exist_ok=True)
    songs = load_songs(open_dataset("musdb7", split="train"), stereo=True)
    extra = []
    if run.extra:
        extra = load_songs(open_dataset(os.environ[f"{run.songs.upper()}_SONGS"]), stereo=True)
    valid = load_songs(open_dataset("musdb7", split="valid"), stereo=True)
    remixing = Remixing(**{field.name: getattr(run, field.name) for field in fields(Remixing)})
    segments = Segments(songs, extra, run.frames, run.batch, remixing)
    model = (FineUNet if run.fine else MaskUNet)(run.channels, run.dense)
    model.fit_statistics(songs)
    model = model.to(memory_format=torch.channels_last)
    averaged = AveragedModel(model, avg_fn=average, use_buffers=True)
    optimizer = torch.optim.AdamW(model.parameters(), run.rate, weight_decay=run.decay)
    config = json.loads(json.dumps(asdict(run)))
    story = {
        "name": name,
        "config": config,
        "minutes": minutes,
        "steps_asked": steps,
        "parameters": sum(p.numel() for p in model.parameters()),
        "history": [],
    }
    file, step, spent = out / f"{name}.pt", 0, 0.0
    before = file if file.exists() else out / f"{run.start}.pt" if run.start else None
    if before:
        state = torch.load(before, weights_only=True)
        if run.fine and before != file:
            state = hear_more(state, model)
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        if before == file:
            step, spent, story = state["step"], state["spent"], json.loads(state["story"])
            if story["config"] != config:  # a run may go on with other settings, and says so
                earlier = {"until_step": step, "config": story["config"]}
                story["earlier"] = [*story.get("earlier", []), earlier]
                story["config"] = config
        else:
            averaged.n_averaged.zero_()  # the average begins anew
    started, saved = time.monotonic() - spent, spent
    told, count, share = np.zeros(2), 0, 0.0
    while share < 1:
        spent = time.monotonic() - started
        share = min(1.0, spent / (60 * minutes) if minutes else step / steps)
        rate = run.rate * min(1.0, share / 0.02 + 0.02) * (1 + math.cos(math.pi * share)) / 2
        optimizer.param_groups[0]["lr"] = rate
        loss, parts = learn(run, model, segments, step)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        averaged.update_parameters(model)
        step, count, told = step + 1, count + 1, told + parts.numpy()
        if step % 50 == 0:
            print(f"{name} {step} {spent / 60:.1f} min, {told / count}", flush=True)
        if spent - saved > 60 * every or share >= 1:
            saved = spent
            figures = measure(copy.deepcopy(averaged.module).eval(), valid)
            losses = (told / count).round(4).tolist()
            row = {"step": step, "seconds": round(spent), "losses": losses, **figures}
            told, count = np.zeros(2), 0
            print(json.dumps(row), f"mean {np.mean(figures['sdr']):.3f}", flush=True)
            story["history"].append(row)
            state = {
                "model": model.state_dict(),
                "averaged": averaged.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
                "spent": time.monotonic() - started,
                "story": json.dumps(story),
            }
            torch.save(state, file.with_suffix(".part"))
            file.with_suffix(".part").rename(file)
            (RUNS / f"{name}.json").write_text(json.dumps(story, indent=1) + "\n")


def table(names: str) -> str:
    """Runs as a Markdown table, each told by what it sets otherwise than `Run` does by itself.

    `names` is how their names begin, or several of these with "+" between them. What all of them
    set alike stands above the table.
    """
    files = [file for name in names.split("+") for file in sorted(RUNS.glob(f"{name}*.json"))]
    stories = [json.loads(file.read_text()) for file in files]
    usual = json.loads(json.dumps(asdict(Run())))
    configs = [usual | story["config"] for story in stories]
    settings = {name: [config[name] for config in configs] for name in usual}
    alike = {
        name: values[0]
        for name, values in settings.items()
        if len(values) > 1 and all(value == values[0] for value in values)
    }
    common = describe(alike, usual)
    rows = [
        *([f"All of them: {common}.", ""] if common else []),
        "| run | set otherwise | parameters | steps | minutes | drums | bass | other | vocals "
        "| mean | mean of means | accuracy: drums | bass | other | vocals |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for story, config in zip(stories, configs, strict=True):
        last = story["history"][-1]
        changed = describe(config, usual | alike)
        for earlier in story.get("earlier", []):
            told = describe(earlier["config"], config)
            changed += f"; until step {earlier['until_step']:,}: {told}"
        sdr = [*last["sdr"], np.mean(last["sdr"]), np.mean(last["mean_sdr"])]
        cells = [
            story["name"],
            changed.lstrip("; ") or "nothing",
            f"{story['parameters']:,}",
            f"{last['step']:,}",
            round(last["seconds"] / 60),
            *(f"{value:.2f}" for value in sdr),
            *(f"{value:.3f}" for value in last["accuracy"]),
        ]
        rows.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(rows)


def describe(config: dict, usual: dict) -> str:
    """What a run sets otherwise than is usual."""
    changed = {name: value for name, value in config.items() if value != usual[name]}
    return ", ".join(f"{name} {value}" for name, value in changed.items())


def fill(page: str) -> str:
    """The page with the tables of runs between its marks, which say how the runs' names begin."""
    marks = r"(<!-- runs: (\S+) -->\n).*?(\n?<!-- end -->)"
    return re.sub(marks, lambda m: m[1] + table(m[2]) + "\n<!-- end -->", page, flags=re.DOTALL)


def read_average(state: Path) -> tuple[MaskUNet, dict]:
    """The averaged network of a run, and what is kept of the run beside it."""
    kept = torch.load(state, weights_only=True)
    config = json.loads(kept["story"])["config"]
    kind = FineUNet if config.get("fine") else MaskUNet
    model = kind(config["channels"], config["dense"])
    averaged = {k: v for k, v in kept["averaged"].items() if k.startswith("module.")}
    model.load_state_dict({k.removeprefix("module."): v for k, v in averaged.items()})
    return model.eval(), kept


def export(state: Path, weights: Path) -> None:
    """Write the averaged weights of a run in the form that the library reads."""
    from sepedu.checkpoints import _write

    model, kept = read_average(state)
    story = json.loads(kept["story"])
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    git = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    config = story["config"]
    valid = load_songs(open_dataset("musdb7", split="valid"), stereo=True)
    metrics = {name: measure(model, valid, name == "stereo") for name in ("mono", "stereo")}
    print(json.dumps(metrics))
    steps, minutes, earlier = kept["step"], kept["spent"] / 60, story.get("earlier", [])
    first = config
    while first["start"]:  # the runs that this one goes on from belong to the story
        before = json.loads((RUNS / f"{first['start']}.json").read_text())
        last, first = before["history"][-1], before["config"]
        steps, minutes = steps + last["step"], minutes + last["seconds"] / 60
        earlier = [
            *before.get("earlier", []),
            {"until_step": last["step"], "config": first},
            *earlier,
        ]
    extra = config["extra"] or any(e["config"]["extra"] for e in earlier)
    about = {
        "network": "MaskUNet",
        "stft": asdict(STFT()),
        "sources": list(SOURCES),
        "threshold": 0.5,
        "channels": config["channels"],
        "dense": config["dense"],
        "data": "80 songs of the MUSDB18 excerpts" + (", 5 CC0 songs" if extra else ""),
        "recipe": config,
        "earlier": earlier,
        "steps": steps,
        "minutes": round(minutes),
        "metrics": metrics,
        "commit": commit,
    }
    _write(weights, tensors, about)


def check(weights: Path, where: str) -> None:
    """Measure exported weights on one channel, on two, and on one at the songs' own rate."""
    model = MaskUNet()
    tensors = load_file(weights)
    model.load_state_dict({name.removeprefix("model."): value for name, value in tensors.items()})
    split = {"subset": "test"} if where == "stempeg" else {"split": "valid"}
    tracks = open_dataset(where, **split)
    songs = load_songs(tracks, stereo=True)
    for stereo in (False, True):
        print("stereo" if stereo else "mono", json.dumps(measure(model.eval(), songs, stereo)))
    print("full band", json.dumps(measure_full_band(model.eval(), tracks)))


def measure_full_band(model: MaskUNet, tracks: Sequence) -> dict[str, list]:
    """SDR by source over songs of the mean of both channels, at the songs' own sample rate."""
    sdr = []
    for track in tracks:
        mixture, rate = track.audio.mean(1).astype(np.float32), int(track.rate)
        estimates = separate(mixture, rate, model=model)
        truth = {name: track.targets[name].audio.mean(1) for name in SOURCES}
        sdr.append([framewise_sdr(truth[name], estimates[name], rate) for name in SOURCES])
    return {
        "sdr": np.nanmedian(sdr, axis=0).round(3).tolist(),
        "mean_sdr": np.nanmean(sdr, axis=0).round(3).tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("table")
    exporting = commands.add_parser("export")
    exporting.add_argument("state", type=Path)
    exporting.add_argument("weights", type=Path)
    checking = commands.add_parser("check")
    checking.add_argument("weights", type=Path)
    checking.add_argument("--data", default="musdb7", help='or "stempeg", once all is decided')
    training = commands.add_parser("train")
    training.add_argument("name")
    training.add_argument("--minutes", type=float, default=0, help="the schedule's end, by time")
    training.add_argument("--steps", type=int, default=0, help="the schedule's end, by steps")
    training.add_argument("--every", type=float, default=10, help="minutes between measurements")
    training.add_argument("--out", type=Path, required=True, help="where states are kept")
    for field in fields(Run):
        kind = {"channels": _numbers, "dense": _truth, "fine": _truth}.get(
            field.name, type(field.default)
        )
        training.add_argument(f"--{field.name}", type=kind, default=field.default)
    words = parser.parse_args()
    if words.command == "table":
        PAGE.write_text(fill(PAGE.read_text()))
    elif words.command == "export":
        export(words.state, words.weights)
    elif words.command == "check":
        check(words.weights, words.data)
    else:
        run = Run(**{field.name: getattr(words, field.name) for field in fields(Run)})
        train(words.name, run, words.minutes, words.steps, words.every, words.out)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _truth(text: str) -> bool:
    return bool(int(text))


if __name__ == "__main__":
    main()
