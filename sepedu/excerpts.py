"""Draw batches of short stretches from songs, remixed so that a few songs become many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import soxr
import torch
from torch import Tensor

from .engine.distributed import WHOLE, Share
from .errors import SepeduError
from .songs import Song
from .stft import HALF_CONTEXT, STFT
from .windows import make_target


@dataclass(frozen=True)
class Augmentation:
    """How a drawn stretch may differ from the song that it comes from.

    Attributes
    ----------
    remix : float
        Share of the stretches whose stems each come from a different song.
    gain : float
        Largest change of a stem's level, up or down, in decibels.
    speed : float
        Largest change of speed, and with it of pitch: 0.1 plays between 1 / 1.1 and 1.1 times
        as fast.
    channels : bool
        Whether to weigh the two channels of a stem at random instead of averaging them.

    References
    ----------
    S. Uhlich et al., "Improving music source separation based on deep neural networks through
    data augmentation and network blending", ICASSP 2017.

    Lesson: 05
    """

    remix: float = 0.0
    gain: float = 0.0
    speed: float = 0.0
    channels: bool = False


class Piece(NamedTuple):
    """What is drawn of one stem: where it begins, how fast it plays, and how loud.

    `left` is the weight of the left channel against the right; without it they count alike.
    """

    song: int
    frame: int
    speed: float
    left: np.float32 | None
    gain: np.float32


class Excerpts:
    """Batches of short stretches of many songs, for training on all their windows at once.

    An epoch visits each frame of each song once, but for a random remainder shorter than a
    stretch. Drawing is decided by the seed and the epoch alone, so that a training which is
    resumed sees what it would have seen.

    Parameters
    ----------
    songs : sequence of Song
        Mono or stereo stems, all at the transform's sample rate.
    source : str
        The source to predict.
    output : {"mask", "magnitude"}
    threshold : float
        T of the binary mask.
    stretch : int
        Frames of a stretch; 1 draws single shuffled windows.
    batch : int
        Stretches of a batch.
    augmentation : Augmentation
    stft : STFT, optional

    Raises
    ------
    SepeduError
        If there are no songs, or they lack the source or have another sample rate.

    Lesson: 05
    """

    def __init__(
        self,
        songs: Sequence[Song],
        source: str,
        output: str = "mask",
        threshold: float = 0.5,
        stretch: int = 64,
        batch: int = 16,
        augmentation: Augmentation = Augmentation(),
        stft: STFT | None = None,
    ) -> None:
        if not songs:
            raise SepeduError("There are no songs to draw from", "Open a dataset that has some")
        self.stft = stft or STFT()
        for song in songs:
            if source not in song.sources or song.sample_rate != self.stft.sample_rate:
                raise SepeduError(
                    f"The song {song.name} at {song.sample_rate} Hz with the sources "
                    f"{', '.join(song.sources)} does not suit a network for {source!r}",
                    f"Load songs that have it, at {self.stft.sample_rate} Hz",
                )
        self.source, self.output, self.threshold = source, output, threshold
        self.names = list(songs[0].sources)
        self.name_of_song = [song.name for song in songs]
        self.batch, self.augmentation = batch, augmentation
        self.stems = [  # per song (stems, channels, samples)
            np.stack([np.atleast_2d(song.sources[name]) for name in self.names]) for song in songs
        ]
        self.frames = [self.stft.frames(stems.shape[-1]) for stems in self.stems]
        self.stretch = min(stretch, *self.frames)

    def __len__(self) -> int:
        """Batches of an epoch."""
        return -(-self.stretches // self.batch)

    @property
    def stretches(self) -> int:
        """Stretches of an epoch; the last batch holds those that are left over."""
        return sum(frames // self.stretch for frames in self.frames)

    def size(self, step: int) -> int:
        """Stretches of a batch, by its place in the epoch."""
        return min(self.batch, self.stretches - step * self.batch)

    def epoch(self, seed: int, epoch: int, share: Share = WHOLE) -> Iterator[tuple[Tensor, Tensor]]:
        """Draw the batches of an epoch, or one process's share of each.

        Every process draws the same batches by chance and computes only its own stretches.
        Where there are fewer stretches than processes, one that is left without computes the
        first: all must take the same steps. `fit` gives it no weight.

        Yields
        ------
        mixture : torch.Tensor [shape=(batch, 513, stretch + 24)], float32
            Magnitudes with the 12 frames before and after that the windows need.
        target : torch.Tensor [shape=(batch, 513, stretch)]
            The mask (bool) or the compressed magnitude (float32) of each middle frame.
        """
        random = np.random.default_rng([seed, epoch])
        places = []
        for song, frames in enumerate(self.frames):
            count = frames // self.stretch
            first = int(random.integers(frames - count * self.stretch + 1))
            places += [(song, first + k * self.stretch) for k in range(count)]
        random.shuffle(places)
        for start in range(0, len(places), self.batch):
            chosen = places[start : start + self.batch]
            own = share.of(len(chosen)) or range(1)
            drawn = []
            for number, place in enumerate(chosen):
                if number in own:
                    drawn.append(self._draw(random, *place))
                else:  # the next stretch must find the generator as if this one had been drawn
                    self._choose(random, *place)
            inside = [self._inside(*chosen[number]) for number in own]
            yield self._transform(
                torch.from_numpy(np.stack(drawn)), torch.from_numpy(np.stack(inside))
            )

    def _inside(self, song: int, frame: int) -> np.ndarray:
        """Which frames of a stretch and its context are frames of the song, not silence beyond."""
        frames = np.arange(frame - HALF_CONTEXT, frame + self.stretch + HALF_CONTEXT)
        return (frames >= 0) & (frames < self.frames[song])

    def _transform(self, stems: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        """Audio of stems [shape=(batch, stems, samples)] to magnitudes and target."""
        spectrum = self.stft.forward(stems)[..., 2:-2]  # without the frames that margins spoil
        spectrum = spectrum * inside[:, None, None]
        mixture = spectrum.sum(dim=1).abs()
        middle = slice(HALF_CONTEXT, -HALF_CONTEXT)
        source = spectrum[:, self.names.index(self.source), :, middle].abs()
        target = make_target(source, mixture[..., middle], self.output, self.threshold)
        return mixture, target

    def _choose(self, random: np.random.Generator, song: int, frame: int) -> list[Piece]:
        """What one stretch is made of, a piece for every stem, as the augmentation says."""
        change = self.augmentation
        mixed = random.random() < change.remix
        speed = (1 + change.speed) ** random.uniform(-1, 1)
        chosen = []
        for stem in range(len(self.names)):
            if mixed and stem != self.names.index(self.source):
                song = int(random.integers(len(self.stems)))
                frame = int(random.integers(self.frames[song]))
            if mixed and change.speed:
                speed = (1 + change.speed) ** random.uniform(-1, 1)
            left = None
            if change.channels and self.stems[song].shape[1] == 2:
                left = random.random(dtype=np.float32)
            gain = 10 ** (random.uniform(-change.gain, change.gain) / 20)
            chosen.append(Piece(song, frame, speed, left, np.float32(gain)))
        return chosen

    def _draw(self, random: np.random.Generator, song: int, frame: int) -> np.ndarray:
        """One stretch of every stem [shape=(stems, samples)], changed as `_choose` says."""
        drawn = []
        for stem, piece in enumerate(self._choose(random, song, frame)):
            audio = self._cut(self.stems[piece.song][stem], piece.frame, piece.speed)
            weights = np.full(len(audio), 1 / len(audio), np.float32)
            if piece.left is not None:
                weights = np.array([piece.left, 1 - piece.left], np.float32)
            drawn.append(piece.gain * (weights @ audio))
        return np.stack(drawn)

    def _cut(self, stem: np.ndarray, frame: int, speed: float) -> np.ndarray:
        """The samples under a stretch and its surroundings; beyond the song there is silence."""
        hop = self.stft.hop_length
        length = (self.stretch + 2 * HALF_CONTEXT + 3) * hop
        first = (frame - HALF_CONTEXT - 2) * hop
        wanted = length if speed == 1 else int(length * speed) + 1
        piece = stem[:, max(first, 0) : max(first + wanted, 0)]
        before = min(max(-first, 0), wanted)
        piece = np.pad(piece, ((0, 0), (before, wanted - before - piece.shape[1])))
        if speed == 1:
            return piece
        slower = soxr.resample(piece.T, speed, 1.0, quality="LQ").T[:, :length]
        return np.pad(slower, ((0, 0), (0, length - slower.shape[1])))
