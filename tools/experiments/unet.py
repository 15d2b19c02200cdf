"""Train variants of the U-Net on the MUSDB18 excerpts, and print the table of what they reached.

    python tools/experiments/unet.py train main --minutes 95 --out FOLDER
    python tools/experiments/unet.py train short --steps 350 --out FOLDER --equaliser 0
    python tools/experiments/unet.py table
    python tools/experiments/unet.py export FOLDER/main.pt data/weights/unet.safetensors

MUSDB_PATH names the excerpts and CC0_SONGS the folder of whole songs, if any. A run that was
broken off goes on when it is started again. Each run writes `runs/NAME.json` beside this file.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import subprocess
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import soxr
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from sepedu.datasets import SOURCES, load_songs, open_dataset
from sepedu.distortion import framewise_sdr
from sepedu.memory import keep_freed_memory
from sepedu.stft import STFT
from sepedu.unet import COMPRESSION, FIRST_BIN, MaskUNet, measure_level

RUNS = Path(__file__).parent / "runs"
SPEEDS = {"musdb7": (0.9, 0.95, 1.0, 1.05, 1.1), "cc0": (0.94, 1.0, 1.06)}
GOALS = "goals: 5.3, 4.4, 3.0, 6.0; accuracy 0.785, 0.968, 0.785, 0.730"


@dataclass(frozen=True)
class Run:
    """What a run is made of; the defaults are those of the network that is shipped."""

    channels: tuple[int, ...] = (16, 32, 64, 96, 128)
    dense: bool = True
    loss: str = "log L2"  # or "complex L1", "complex L2", "relative L2"
    answers: float = 1.0  # weight of the cross-entropy of the binary masks; 0 for one question
    mono: float = 0.5  # share of the segments that are mono
    pan: float = 0.5  # share of the segments with two channels whose stems are panned at random
    remix: float = 0.75
    gain: float = 6.0  # dB, up or down
    cc0: float = 0.1  # share of the stems that come from the CC0 songs
    equaliser: float = 2.5  # dB, standard deviation of a smooth curve; 0 for none
    silent: float = 0.04  # share of the stems that are left out
    doubled: float = 0.1  # share of the stems to which another song's is added
    frames: int = 128
    batch: int = 8
    rate: float = 0.002
    decay: float = 0.01
    seed: int = 0
    start: str = ""  # a run whose state this one goes on from


class Stems:
    """All stems of some songs at several speeds, as half-precision arrays on disk."""

    def __init__(self, name: str, songs, cache: Path) -> None:
        self.speeds = SPEEDS[name]
        self.audio, self.ends = [], []
        cache.mkdir(parents=True, exist_ok=True)
        loaded = None
        for speed in self.speeds:
            file = cache / f"{name}-{speed}.npy"
            if not file.exists():
                loaded = loaded or songs()
                parts = [
                    np.stack([_resample(song.sources[s], speed) for s in SOURCES])
                    for song in loaded
                ]
                np.save(cache / f"{name}-{speed}.ends.npy", np.cumsum([p.shape[2] for p in parts]))
                part = file.with_name(f"{os.getpid()}.npy")
                np.save(part, np.concatenate(parts, axis=2).astype(np.float16))
                part.rename(file)
            self.audio.append(np.load(file, mmap_mode="r"))  # (4, 2, samples of all songs)
            self.ends.append(np.load(cache / f"{name}-{speed}.ends.npy"))
        self.gain = 1.0

    def level(self) -> float:
        middle = self.audio[self.speeds.index(1.0)]
        total = [
            np.square(middle[:, :, i : i + 22050].astype(np.float32).sum(0)).mean()
            for i in range(0, middle.shape[2] - 22050, 22050)
        ]
        return float(np.sqrt(np.median(total)))

    def place(self, random: np.random.Generator, samples: int) -> tuple[int, int]:
        """A speed and where a segment begins that lies within one song."""
        speed = int(random.integers(len(self.speeds)))
        ends = self.ends[speed]
        starts = np.concatenate([[0], ends[:-1]])
        rooms = ends - starts - samples
        at = int(random.integers(rooms.sum()))  # songs by their length
        song = int(np.searchsorted(np.cumsum(rooms), at, side="right"))
        return speed, int(starts[song] + at - (np.cumsum(rooms)[song - 1] if song else 0))

    def cut(self, stem: int, speed: int, first: int, samples: int) -> np.ndarray:
        return self.audio[speed][stem, :, first : first + samples].astype(np.float32) * self.gain


def _resample(audio: np.ndarray, speed: float) -> np.ndarray:
    return audio if speed == 1 else soxr.resample(audio.T, speed, 1.0, quality="MQ").T


class Drawer:
    """Batches of remixed segments; the seed and the step alone decide what is drawn."""

    def __init__(self, run: Run, sets: list[Stems]) -> None:
        self.run, self.stft = run, STFT()
        self.songs, self.extra = sets[0], sets[1] if len(sets) > 1 else None
        self.samples = (run.frames + 3) * self.stft.hop_length
        if self.extra:
            self.extra.gain = self.songs.level() / self.extra.level()
        # Knots of the equaliser, an octave apart, and how each bin lies between them.
        octaves = np.log2(np.maximum(self.stft.frequencies, 40) / 40)  # (513,)
        knots = np.arange(9)
        self.between = np.maximum(0, 1 - np.abs(octaves[:, None] - knots)).astype(np.float32)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Spectra of the stems: mono ones, and ones of two channels.

        [shape=(segments, 4, 1, 513, frames), (segments, 4, 2, 513, frames)], complex64
        """
        random = np.random.default_rng([self.run.seed, step])
        monos = round(self.run.batch * self.run.mono)
        drawn = [self._segment(random, number < monos) for number in range(self.run.batch)]
        return tuple(
            self._transform(part) if part else torch.zeros(0)
            for part in (drawn[:monos], drawn[monos:])
        )

    def _transform(self, drawn: list[tuple[np.ndarray, np.ndarray]]) -> Tensor:
        audio = torch.from_numpy(np.stack([audio for audio, _ in drawn]))
        curve = torch.from_numpy(np.stack([curve for _, curve in drawn]))  # (segments, 4, 513)
        spectrum = self.stft.forward(audio)[..., 2:-2]  # without the frames that the cut spoils
        return spectrum * curve[:, :, None, :, None]

    def _segment(self, random: np.random.Generator, mono: bool) -> tuple[np.ndarray, np.ndarray]:
        run = self.run
        mixed, panned = random.random() < run.remix, random.random() < run.pan
        swapped, left = random.random() < 0.5, random.random()
        extra = self._from_extra(random)
        place = (self.extra if extra else self.songs).place(random, self.samples)
        stems = []
        for stem in range(len(SOURCES)):
            audio = self._stem(random, stem, None if mixed else (extra, place))
            if random.random() < run.doubled:
                audio = audio + self._gain(random) * self._stem(random, stem, None)
            if random.random() < run.silent:
                audio = 0 * audio
            audio = self._gain(random) * audio
            if mono:
                weight = random.random() if mixed else left
                audio = np.array([[weight, 1 - weight]], np.float32) @ audio
            elif panned:
                one, two, angle = random.random(3)
                angle = np.pi * (1 + 2 * angle) / 8  # within 22.5 degrees of the middle
                rows = [[one, 1 - one], [two, 1 - two]]
                turn = np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]])
                audio = (turn * np.array(rows)).astype(np.float32) @ audio
            elif swapped:
                audio = audio[::-1]
            stems.append(audio)
        knots = random.normal(0, run.equaliser, (len(SOURCES), self.between.shape[1]))
        curve = 10 ** (knots @ self.between.T / 20)
        return np.stack(stems), curve.astype(np.float32)

    def _from_extra(self, random: np.random.Generator) -> bool:
        return random.random() < self.run.cc0 and self.extra is not None

    def _gain(self, random: np.random.Generator) -> np.float32:
        return np.float32(10 ** (random.uniform(-self.run.gain, self.run.gain) / 20))

    def _stem(self, random: np.random.Generator, stem: int, given) -> np.ndarray:
        """A stem's segment [shape=(2, samples)], of one song that is given or of any."""
        if given:
            extra, place = given
            return (self.extra if extra else self.songs).cut(stem, *place, self.samples)
        for _ in range(4):  # silence teaches little: `silent` says how often it is wanted
            songs = self.extra if self._from_extra(random) else self.songs
            audio = songs.cut(stem, *songs.place(random, self.samples), self.samples)
            if np.abs(audio).max() > 0.003:
                break
        return audio


def loss_of(run: Run, scores: Tensor, stems: Tensor, mixture: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of the shares and of the answers, means over the segments.

    [shape=(segments, 2, 4, channels, 513, frames), (segments, 4, channels, 513, frames) complex,
    (segments, 1, channels, 513, frames) complex]
    """
    share = scores[:, 0].softmax(1)
    loud, power, source = mixture.abs(), mixture.abs() ** 2, stems.abs()
    along = stems.real * mixture.real + stems.imag * mixture.imag
    # |M X - S| ** 2, multiplied out: one pass with a gradient in place of four.
    squared = (share * (share * power - 2 * along) + source**2).clamp(min=1e-6)
    everywhere = (2, 3, 4)
    if run.loss == "complex L1":
        scale = source.mean(everywhere).maximum(0.1 * loud.mean(everywhere)).clamp(min=1e-2)
        error = squared.sqrt().mean(everywhere) / scale
    elif run.loss == "complex L2":
        scale = (source**2).mean(everywhere).maximum(0.01 * power.mean(everywhere)).clamp(min=1e-4)
        error = squared.mean(everywhere) / scale
    elif run.loss == "relative L2":  # noise to signal of the segment, as a ratio of amplitudes
        scale = (source**2).mean(everywhere).maximum(0.01 * power.mean(everywhere)).clamp(min=1e-4)
        error = (squared.mean(everywhere) / scale).sqrt()
    elif run.loss == "log L2":  # the SDR of the segment, in units of 20 / log(10) decibels
        scale = (source**2).mean(everywhere).maximum(0.01 * power.mean(everywhere)).clamp(min=1e-4)
        error = 1 + torch.log(squared.mean(everywhere) / scale + 0.01) / 2
    else:
        raise SystemExit(f"no loss {run.loss!r}")
    answers = torch.zeros(())
    if run.answers:
        target = (source > 0.5 * loud).float()
        answers = F.binary_cross_entropy_with_logits(scores[:, 1], target)
    return error.mean(), answers


def learn(run: Run, model: MaskUNet, monos: Tensor, pairs: Tensor, step: int) -> tuple:
    """Loss of one batch: mono segments are heard as two equal channels and answered once."""
    jitter = np.random.default_rng([run.seed, step, 1]).uniform(-4, 4, run.batch)
    mixtures = [part.sum(1, keepdim=True) for part in (monos, pairs) if len(part)]
    heard = torch.cat([m[:, 0].abs().expand(-1, 2, -1, -1) for m in mixtures])
    level = measure_level(heard) * torch.from_numpy(10 ** (jitter / 20)).float()
    with torch.autocast("cpu", torch.bfloat16):
        both, side = model.both_and_side(heard, level)
    count, total = len(monos), torch.zeros(())
    told = np.zeros(2)
    for stems in (monos, pairs):
        if len(stems):
            mixture = mixtures.pop(0)
            if stems is monos:
                scores = both[:count].unsqueeze(3)
            else:
                scores = torch.stack([both[count:] + side[count:], both[count:] - side[count:]], 3)
            share, answers = loss_of(run, scores, stems, mixture)
            total = total + (share + run.answers * answers) * len(stems) / run.batch
            told += np.array([share.item(), answers.item()]) * len(stems) / run.batch
    return total, told


@torch.inference_mode()
def measure(model: MaskUNet, songs) -> dict[str, list[float]]:
    """Median SDR and mean accuracy over songs, mono, by source."""
    stft, sdr, right = STFT(), [], []
    for song in songs:
        spectrum = stft.forward(torch.from_numpy(song.mixture))
        loud = spectrum.abs()
        share, binary = (score[0, :, 0] for score in model.scores(loud[None, None]))
        estimates = stft.inverse(share.softmax(0) * spectrum, song.mixture.shape[-1]).numpy()
        truth = np.stack([song.sources[name] for name in SOURCES])
        target = stft.forward(torch.from_numpy(truth)).abs() > 0.5 * loud
        sdr.append([framewise_sdr(t, e, 22050) for t, e in zip(truth, estimates, strict=True)])
        right.append(((binary > 0) == target).float().mean((1, 2)).tolist())
    return {
        "sdr": np.nanmedian(sdr, axis=0).round(3).tolist(),
        "mean_sdr": np.nanmean(sdr, axis=0).round(3).tolist(),
        "accuracy": np.mean(right, axis=0).round(4).tolist(),
    }


def average(averaged: Tensor, current: Tensor, steps: Tensor) -> Tensor:
    """Running average with a memory that grows to a thousand steps."""
    weight = 1 - min(0.999, (1 + float(steps)) / (10 + float(steps)))
    return averaged + weight * (current - averaged) if averaged.is_floating_point() else current


def fit_statistics(model: MaskUNet, songs: Stems) -> None:
    """What is usual at each frequency, over the training songs as they are."""
    stft, heard = STFT(), []
    at = songs.speeds.index(1.0)
    for first, end in zip([0, *songs.ends[at][:-1]], songs.ends[at], strict=True):
        audio = songs.audio[at][:, :, first:end].astype(np.float32).sum(0).mean(0)
        loud = stft.forward(torch.from_numpy(audio)).abs()
        heard.append(torch.log1p(COMPRESSION * loud / measure_level(loud[None])))
    heard = torch.cat(heard, dim=-1)
    model.mean.copy_(heard.mean(-1))
    model.deviation.copy_(heard.std(-1).clamp(min=0.05))
    model.mean[:FIRST_BIN], model.deviation[:FIRST_BIN] = 0, 1


def train(name: str, run: Run, minutes: float, steps: int, every: float, out: Path) -> None:
    torch.manual_seed(run.seed)
    keep_freed_memory()
    out.mkdir(parents=True, exist_ok=True)
    sets = [
        Stems(
            "musdb7",
            lambda: load_songs(open_dataset("musdb7", split="train"), stereo=True),
            out / "cache",
        )
    ]
    if run.cc0:
        folder = os.environ["CC0_SONGS"]
        sets.append(
            Stems("cc0", lambda: load_songs(open_dataset(folder), stereo=True), out / "cache")
        )
    valid = load_songs(open_dataset("musdb7", split="valid"))
    drawer = Drawer(run, sets)
    model = MaskUNet(run.channels, run.dense)
    fit_statistics(model, sets[0])
    model = model.to(memory_format=torch.channels_last)
    averaged = AveragedModel(model, avg_fn=average, use_buffers=True)
    optimizer = torch.optim.AdamW(model.parameters(), run.rate, weight_decay=run.decay)
    story = {
        "name": name,
        "config": asdict(run),
        "minutes": minutes,
        "steps_asked": steps,
        "parameters": sum(p.numel() for p in model.parameters()),
        "history": [],
    }
    file, step, spent = out / f"{name}.pt", 0, 0.0
    if file.exists():
        state = torch.load(file, weights_only=True)
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent, story = state["step"], state["spent"], json.loads(state["story"])
        now = json.loads(json.dumps(asdict(run)))
        if story["config"] != now:  # a run may be continued with other settings: say so
            earlier = {"until_step": step, "config": story["config"]}
            story["earlier"] = [*story.get("earlier", []), earlier]
            story["config"] = now
    elif run.start:
        state = torch.load(out / f"{run.start}.pt", weights_only=True)
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        for group in optimizer.param_groups:
            group["weight_decay"] = run.decay
        averaged.n_averaged.zero_()  # the average begins anew
    started = time.monotonic() - spent
    saved, told = spent, np.zeros(3)
    share = 0.0
    while share < 1:
        spent = time.monotonic() - started
        share = min(1.0, spent / (60 * minutes) if minutes else step / steps)
        rate = run.rate * min(1.0, share / 0.02 + 0.02) * (1 + math.cos(math.pi * share)) / 2
        optimizer.param_groups[0]["lr"] = rate
        loss, parts = learn(run, model, *drawer.batch(step), step)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        averaged.update_parameters(model)
        step += 1
        told += [*parts, 1]
        if step % 50 == 0:
            print(f"{name} {step} {spent / 60:.1f} min, {told[:2] / told[2]}", flush=True)
        if spent - saved > 60 * every or share >= 1:
            saved = spent
            figures = measure(copy.deepcopy(averaged.module).eval(), valid)
            row = {
                "step": step,
                "seconds": round(spent),
                "loss": round(told[0] / told[2], 4),
                "answers_loss": round(told[1] / told[2], 4),
                **figures,
            }
            told = np.zeros(3)
            print(json.dumps(row), f"mean {np.mean(figures['sdr']):.3f}", GOALS, flush=True)
            story["history"].append(row)
            spent = time.monotonic() - started
            state = {
                "model": model.state_dict(),
                "averaged": averaged.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
                "spent": spent,
                "story": json.dumps(story),
            }
            torch.save(state, file.with_suffix(".part"))
            file.with_suffix(".part").rename(file)
            (RUNS / f"{name}.json").write_text(json.dumps(story, indent=1) + "\n")


def table() -> None:
    """The runs as a Markdown table, each told by what it changes in the defaults."""
    usual = json.loads(json.dumps(asdict(Run())))
    print(
        "| run | changed | parameters | steps | minutes | drums | bass | other | vocals | mean "
        "| accuracy: drums | bass | other | vocals |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for file in sorted(RUNS.glob("*.json")):
        story = json.loads(file.read_text())
        last = story["history"][-1]
        changed = ", ".join(f"{k} {v}" for k, v in story["config"].items() if v != usual[k])
        sdr = [f"{value:.2f}" for value in [*last["sdr"], np.mean(last["sdr"])]]
        cells = [
            story["name"],
            changed or "nothing",
            f"{story['parameters']:,}",
            last["step"],
            round(last["seconds"] / 60),
            *sdr,
            *(f"{a:.3f}" for a in last["accuracy"]),
        ]
        print("| " + " | ".join(str(cell) for cell in cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("table")
    export = commands.add_parser("export")
    export.add_argument("state", type=Path)
    export.add_argument("weights", type=Path)
    training = commands.add_parser("train")
    training.add_argument("name")
    training.add_argument("--minutes", type=float, default=0)
    training.add_argument("--steps", type=int, default=0)
    training.add_argument("--every", type=float, default=10, help="minutes between measurements")
    training.add_argument("--out", type=Path, required=True)
    for field in fields(Run):
        kind = {"channels": str, "dense": int}.get(field.name, type(field.default))
        training.add_argument(f"--{field.name}", type=kind, default=field.default)
    words = parser.parse_args()
    if words.command == "table":
        return table()
    if words.command == "export":
        return export_weights(words.state, words.weights)
    given = {field.name: getattr(words, field.name) for field in fields(Run)}
    if isinstance(given["channels"], str):
        given["channels"] = tuple(int(c) for c in given["channels"].split(","))
    given["dense"] = bool(given["dense"])
    torch.set_num_threads(1)
    train(words.name, Run(**given), words.minutes, words.steps, words.every, words.out)


def export_weights(state: Path, weights: Path) -> None:
    """Write the averaged weights of a run in the form that the library reads."""
    from sepedu.checkpoints import _write

    kept = torch.load(state, weights_only=True)
    story = json.loads(kept["story"])
    names = {k: v for k, v in kept["averaged"].items() if k.startswith("module.")}
    tensors = {f"model.{k.removeprefix('module.')}": v for k, v in names.items()}
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    _write(
        weights,
        tensors,
        {
            "network": "MaskUNet",
            "stft": asdict(STFT()),
            "sources": list(SOURCES),
            "threshold": 0.5,
            "channels": story["config"]["channels"],
            "dense": story["config"]["dense"],
            "data": "musdb7 (80 songs) and five CC0 songs" if story["config"]["cc0"] else "musdb7",
            "recipe": story["config"],
            "seed": story["config"]["seed"],
            "steps": kept["step"],
            "minutes": round(kept["spent"] / 60),
            "metrics": story["history"][-1],
            "commit": commit,
        },
    )


if __name__ == "__main__":
    main()
