"""Two other architectures on the same songs for the same time: what the course's network costs.

`python -m tools.bench.baselines --data musdb7 --source vocals --minutes 10` trains, one after the
other, the course's network, a network of Open-Unmix's kind and size, and a small U-Net, each for
the same minutes from the same songs, and measures them on the validation songs.

Stöter et al., "Open-Unmix: a reference implementation for music source separation", JOSS 2019.
Jansson et al., "Singing voice separation with deep U-Net convolutional networks", ISMIR 2017.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sepedu.dense import predict_mask
from sepedu.engine.memory import keep_freed_memory
from sepedu.engine.runs import AUGMENTATION, BATCH, DROPOUT, RECIPE
from sepedu.evaluation import sdr_of_mask
from sepedu.excerpts import Excerpts, SegmentAugmentation, Segments
from sepedu.masks import accuracy, binary_mask
from sepedu.model import MaskCNN
from sepedu.objectives import MaskObjective
from sepedu.songs import SOURCES, Song, load_songs, open_dataset
from sepedu.stft import STFT, Features


class Recurrent(nn.Module):
    """Open-Unmix's layers and sizes: dense, three bidirectional LSTMs, two dense, a mask >= 0."""

    def __init__(self, bins: int = 513, hidden: int = 512) -> None:
        super().__init__()
        self.features = Features(bins)
        self.encode = nn.Sequential(nn.Linear(bins, hidden, bias=False), nn.BatchNorm1d(hidden))
        self.recurrent = nn.LSTM(hidden, hidden // 2, 3, bidirectional=True, dropout=0.4)
        self.decode = nn.Sequential(
            nn.Linear(2 * hidden, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, bins, bias=False),
            nn.BatchNorm1d(bins),
        )
        self.scale = nn.Parameter(torch.ones(bins))
        self.shift = nn.Parameter(torch.ones(bins))

    def forward(self, mixture: Tensor) -> Tensor:
        """The mask of every frame [shape=(batch, 513, frames), magnitudes -> the same]."""
        x = self.features(mixture).permute(2, 0, 1)  # (frames, batch, 513)
        frames, batch, _ = x.shape
        encoded = torch.tanh(self.encode(x.flatten(0, 1))).unflatten(0, (frames, batch))
        both = torch.cat([encoded, self.recurrent(encoded)[0]], dim=-1)
        mask = F.relu(self.decode(both.flatten(0, 1)) * self.scale + self.shift)
        return mask.unflatten(0, (frames, batch)).permute(1, 2, 0)


class SmallUNet(nn.Module):
    """Four strided convolutions down, four up, with what was seen on the way; a mask in [0, 1]."""

    def __init__(self, bins: int = 513, channels: Sequence[int] = (16, 32, 64, 128)) -> None:
        super().__init__()
        self.features = Features(bins)
        ways = list(zip((1, *channels[:-1]), channels, strict=True))
        self.down = nn.ModuleList(self._down(few, many) for few, many in ways)
        self.up = nn.ModuleList(
            self._up(many if many == channels[-1] else 2 * many, few if few > 1 else 16)
            for few, many in reversed(ways)
        )
        self.last = nn.Conv2d(16, 1, 1)

    @staticmethod
    def _down(few: int, many: int) -> nn.Module:
        conv = nn.Conv2d(few, many, 5, stride=2, padding=2)
        return nn.Sequential(conv, nn.BatchNorm2d(many), nn.LeakyReLU(0.2))

    @staticmethod
    def _up(many: int, few: int) -> nn.Module:
        conv = nn.ConvTranspose2d(many, few, 4, stride=2, padding=1)
        return nn.Sequential(conv, nn.BatchNorm2d(few), nn.ReLU())

    def forward(self, mixture: Tensor) -> Tensor:
        """The mask of every frame [shape=(batch, 513, frames), magnitudes -> the same]."""
        bins, frames = mixture.shape[1:]
        x = self.features(mixture)[:, None]
        x = F.pad(x, (0, -frames % 16, 0, -bins % 16))
        seen = []
        for layer in self.down:
            x = layer(x)
            seen.append(x)
        x = seen.pop()
        for layer in self.up:
            x = layer(x)
            if seen:
                x = torch.cat([x, seen.pop()], dim=1)
        return torch.sigmoid(self.last(x))[:, 0, :bins, :frames]


def mask_of(model: nn.Module, mixture: np.ndarray) -> np.ndarray:
    """The mask of a whole song [shape=(513, frames)], whatever the architecture."""
    if isinstance(model, MaskCNN):
        return predict_mask(model, mixture)
    with torch.inference_mode():
        return model.eval()(torch.from_numpy(mixture)[None])[0].numpy()


def loss_of(model: nn.Module, source: str, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy of the course's network; of the others, the error of the source's magnitude."""
    if isinstance(model, MaskCNN):
        with torch.autocast("cpu", torch.bfloat16):
            return MaskObjective(model, "bce")(*batch)[0]
    spectra = batch[0].mean(2)  # (segments, 4, 513, frames), mono
    mixture = spectra.sum(1).abs()
    return F.l1_loss(model(mixture) * mixture, spectra[:, SOURCES.index(source)].abs())


def train(model: nn.Module, songs: Sequence[Song], source: str, seconds: float, seed: int) -> int:
    """Train for some seconds of wall time, the rate falling to zero over them; returns steps.

    The course's network learns the mask of single windows, as `sepedu train` teaches it; the others
    learn the source's magnitude through their mask over whole segments, as their authors do.
    """
    if isinstance(model, MaskCNN):
        drawn = Excerpts(songs, source, batch=BATCH, augmentation=AUGMENTATION)
    else:
        change = SegmentAugmentation(**asdict(AUGMENTATION))
        drawn = Segments(songs, 232, 8, change)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RECIPE.learning_rate)
    model.train()
    started, steps, epoch = time.perf_counter(), 0, 0
    while (spent := time.perf_counter() - started) < seconds:
        for batch in drawn.epoch(seed, epoch):
            spent = time.perf_counter() - started
            if spent >= seconds:
                break
            rate = 0.5 * (1 + np.cos(np.pi * spent / seconds))
            optimizer.param_groups[0]["lr"] = RECIPE.learning_rate * rate
            optimizer.zero_grad()
            loss_of(model, source, batch).backward()
            optimizer.step()
            steps += 1
        epoch += 1
    model.eval()
    return steps


def measure(model: nn.Module, songs: Sequence[Song], source: str) -> tuple[float, float]:
    """Accuracy of the binary mask at T = 0.5, and the median SDR, over whole songs."""
    stft = STFT()
    right, ratios = [], []
    for song in songs:
        spectrum = stft.forward(song.mixture)
        magnitude = np.abs(spectrum)
        truth = binary_mask(np.abs(stft.forward(song.sources[source])), magnitude, 0.5)
        mask = mask_of(model, magnitude)
        right.append(accuracy(mask, truth))
        ratios.append(sdr_of_mask(mask, spectrum, song.sources[source]))
    return float(np.mean(right)), float(np.nanmedian(ratios))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="as `sepedu train` takes it; by default the embedded set")
    parser.add_argument("--source", default="vocals")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    keep_freed_memory()
    songs = load_songs(open_dataset(options.data, split="train"), stereo=True)
    valid = load_songs(open_dataset(options.data, split="valid"))
    magnitudes = [np.abs(STFT().forward(song.sum_of_sources.mean(0))) for song in songs]
    print("| network | parameters | steps | validation accuracy | median SDR (dB) |")
    print("|---|---|---|---|---|")
    for name, build in (
        ("the course's", lambda: MaskCNN(dropout=DROPOUT).to(memory_format=torch.channels_last)),
        ("Open-Unmix's kind and size", Recurrent),
        ("small U-Net", SmallUNet),
    ):
        torch.manual_seed(options.seed)
        model = build()
        model.features.fit(magnitudes)
        count = sum(p.numel() for p in model.parameters())
        steps = train(model, songs, options.source, 60 * options.minutes, options.seed)
        accuracy, ratio = measure(model, valid, options.source)
        print(f"| {name} | {count:,} | {steps} | {accuracy:.3f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
