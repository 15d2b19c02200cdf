"""Draw short segments of all four stems, as the U-Net of data/weights was trained, and its loss.

`sepedu.excerpts.Segments` is the library's; this one also draws from extra songs, and has the
switches that the experiments compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import soxr
import torch
from torch import Tensor

from sepedu.errors import SepeduError
from sepedu.masks import binary_mask
from sepedu.songs import SOURCES, Song
from sepedu.stft import STFT
from sepedu.unet import MaskUNet, binary_loss, measure_level, share_loss

AUDIBLE = 0.003
"""Largest sample below which a drawn stem counts as silent."""


@dataclass(frozen=True)
class Remixing:
    """How a drawn segment may differ from the songs that it comes from.

    Attributes
    ----------
    remix : float
        Share of the segments whose stems each come from a song, a place and a speed of their own.
    gain : float
        Largest change of a stem's level, up or down, in decibels.
    speed : float
        Largest change of speed, and with it of pitch: 0.1 plays between 1 / 1.1 and 1.1 times
        as fast.
    mono : float
        Share of the segments that have one channel, a random weighing of the stem's two.
    pan : float
        Share of those with two channels whose stems are panned at random; half of the others
        have left and right exchanged.
    equaliser : float
        Standard deviation, in decibels, of a smooth random curve over the frequencies of a stem.
    doubled : float
        Share of the stems to which the same stem of another song is added.
    silent : float
        Share of the stems that are left out.
    extra : float
        Share of the stems that come from the extra songs.

    References
    ----------
    S. Uhlich et al., "Improving music source separation based on deep neural networks through
    data augmentation and network blending", ICASSP 2017.

    Lesson: 09
    """

    remix: float = 0.5
    gain: float = 6.0
    speed: float = 0.1
    mono: float = 0.5
    pan: float = 0.5
    equaliser: float = 1.0
    doubled: float = 0.0
    silent: float = 0.0
    extra: float = 0.0


class Place(NamedTuple):
    """Where a segment begins: a song, its first sample, and how fast it plays."""

    song: int
    first: int
    speed: float


class Segments:
    """Batches of segments with all four stems, for a network that answers for all of them.

    Seed, epoch, step and the segment's number in its batch alone decide what is drawn: a training
    that is resumed, or shared by several processes, sees what it would have seen.

    Parameters
    ----------
    songs : sequence of Song
        With all four stems of one or two channels, at the transform's sample rate.
    extra : sequence of Song, optional
        Songs of another kind, drawn as often as `Remixing.extra` says. They are played at the
        median level of the others.
    frames : int
        Frames of a segment.
    batch : int
        Segments of a batch.
    remixing : Remixing
    stft : STFT, optional

    Raises
    ------
    SepeduError
        If there are no songs, or one lacks a stem, has another sample rate, or is too short.

    Lesson: 09
    """

    def __init__(
        self,
        songs: Sequence[Song],
        extra: Sequence[Song] = (),
        frames: int = 128,
        batch: int = 8,
        remixing: Remixing = Remixing(),
        stft: STFT | None = None,
    ) -> None:
        self.stft = stft or STFT()
        self.frames, self.batch, self.remixing = frames, batch, remixing
        self.samples = (frames + 3) * self.stft.hop_length  # with two frames of margin each side
        if not songs:
            raise SepeduError("There are no songs to draw from", "Open a dataset that has some")
        for song in [*songs, *extra]:
            self._check(song)
        self.name_of_song = [song.name for song in [*songs, *extra]]
        self.stems = [  # per song (4, 2, samples)
            np.stack([np.broadcast_to(song.sources[name], (2, song.mixture.shape[-1]))
                      for name in SOURCES])
            for song in [*songs, *extra]
        ]  # fmt: skip
        self.songs = range(len(songs))
        self.extra = range(len(songs), len(self.stems))
        self.level = np.ones(len(self.stems), np.float32)
        if extra:
            self.level[len(songs) :] = self._level(self.songs) / self._level(self.extra)
        # A curve of the equaliser is given an octave apart, and runs straight in between.
        octave = np.log2(np.maximum(self.stft.frequencies, 40) / 40)  # (513,)
        self.between = np.maximum(0, 1 - np.abs(octave[:, None] - np.arange(9)))  # (513, 9)

    def __len__(self) -> int:
        """Batches of an epoch, which draws as many frames as the songs have."""
        total = sum(self.stft.frames(self.stems[song].shape[-1]) for song in self.songs)
        return max(1, total // (self.frames * self.batch))

    def draw(self, seed: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Draw one batch.

        Returns
        -------
        mono, stereo : torch.Tensor [shape=(segments, 4, channels, 513, frames)], complex64
            Spectra of the stems, in the order of `SOURCES`, of the segments with one channel and
            of those with two; the mixture is their sum. One of them may have no segments.
        """
        drawn = []
        monos = round(self.batch * self.remixing.mono)
        for number in range(self.batch):
            random = np.random.default_rng([*seed, number])
            drawn.append(self._segment(random, mono=number < monos))
        count = monos
        return self._transform(drawn[:count], 1), self._transform(drawn[count:], 2)

    def _transform(self, drawn: list[tuple[np.ndarray, np.ndarray]], channels: int) -> Tensor:
        if not drawn:
            shape = (0, len(SOURCES), channels, self.stft.bins, self.frames)
            return torch.zeros(shape, dtype=torch.complex64)
        audio = torch.from_numpy(np.stack([audio for audio, _ in drawn]))
        curve = torch.from_numpy(np.stack([curve for _, curve in drawn]))  # (segments, 4, 513)
        spectrum = self.stft.forward(audio)[..., 2:-2]  # without the frames that margins spoil
        return spectrum * curve[:, :, None, :, None]

    def _segment(self, random: np.random.Generator, mono: bool) -> tuple[np.ndarray, np.ndarray]:
        """Audio of the stems [shape=(4, channels, samples)], and a gain for each of their bins."""
        change = self.remixing
        mixed, panned = random.random() < change.remix, random.random() < change.pan
        swapped, weight = random.random() < 0.5, random.random()
        place = self._place(random)
        stems = []
        for stem in range(len(SOURCES)):
            audio = self._other(random, stem) if mixed else self._cut(stem, place)
            if random.random() < change.doubled:
                audio = audio + self._gain(random) * self._other(random, stem)
            audio = self._gain(random) * audio
            if random.random() < change.silent:
                audio = np.zeros_like(audio)
            if mono:
                left = random.random() if mixed else weight
                audio = np.array([[left, 1 - left]], np.float32) @ audio
            elif panned:
                audio = _random_panning(random) @ audio
            elif swapped:
                audio = audio[::-1]
            stems.append(audio)
        knots = random.normal(0, change.equaliser, (len(SOURCES), self.between.shape[1]))  # dB
        curve = 10 ** (knots @ self.between.T / 20)
        return np.stack(stems), curve.astype(np.float32)

    def _gain(self, random: np.random.Generator) -> np.float32:
        return np.float32(10 ** (random.uniform(-self.remixing.gain, self.remixing.gain) / 20))

    def _other(self, random: np.random.Generator, stem: int) -> np.ndarray:
        """A stem of any song at any place; of four where it is silent, the fourth."""
        for _ in range(4):
            audio = self._cut(stem, self._place(random))
            if np.abs(audio).max() > AUDIBLE:
                break
        return audio

    def _place(self, random: np.random.Generator) -> Place:
        """Any place within any song; long songs are drawn more often."""
        songs = self.songs
        if self.extra and random.random() < self.remixing.extra:
            songs = self.extra
        speed = (1 + self.remixing.speed) ** random.uniform(-1, 1)
        rooms = np.array([self.stems[song].shape[-1] - self._length(speed) for song in songs])
        at = int(random.integers(rooms.sum()))
        ends = np.cumsum(rooms)
        song = int(np.searchsorted(ends, at, side="right"))
        return Place(songs[song], at - int(ends[song] - rooms[song]), speed)

    def _length(self, speed: float) -> int:
        """Samples of a song under a segment."""
        return self.samples if speed == 1 else int(self.samples * speed) + 2

    def _cut(self, stem: int, place: Place) -> np.ndarray:
        """A stem at a place [shape=(2, samples)]."""
        length = self._length(place.speed)
        audio = self.stems[place.song][stem, :, place.first : place.first + length]
        if place.speed != 1:
            audio = soxr.resample(audio.T, place.speed, 1.0, quality="LQ").T[:, : self.samples]
            audio = np.pad(audio, ((0, 0), (0, self.samples - audio.shape[1])))
        return self.level[place.song] * audio

    def _level(self, songs: Sequence[int]) -> float:
        """Median over the seconds of some songs of the mixture's effective value."""
        rate, seconds = self.stft.sample_rate, []
        for song in songs:
            mixture = self.stems[song].sum(0)  # (2, samples)
            whole = mixture.shape[-1] // rate * rate
            seconds.append((mixture[:, :whole].reshape(2, -1, rate) ** 2).mean((0, 2)))
        return float(np.sqrt(np.median(np.concatenate(seconds))))

    def _check(self, song: Song) -> None:
        missing = [name for name in SOURCES if name not in song.sources]
        if missing or song.sample_rate != self.stft.sample_rate:
            raise SepeduError(
                f"The song {song.name} at {song.sample_rate} Hz with the sources "
                f"{', '.join(song.sources)} does not suit a network for four sources",
                f"Load songs that have them all, at {self.stft.sample_rate} Hz",
            )
        longest = self._length(1 + self.remixing.speed)
        if song.mixture.shape[-1] <= longest:
            raise SepeduError(
                f"The song {song.name} has {song.mixture.shape[-1]} samples, a segment of "
                f"{self.frames} frames takes up to {longest}",
                "Draw shorter segments, or leave the song out",
            )


def _random_panning(random: np.random.Generator) -> np.ndarray:
    """Two channels out of two: each its own weighing of them, within 22.5 degrees of the middle."""
    one, two, angle = random.random(3)
    angle = np.pi * (1 + 2 * angle) / 8
    weights = np.array([[one, 1 - one], [two, 1 - two]])
    turn = np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]])
    return (turn * weights).astype(np.float32)


def batch_loss(
    model: MaskUNet,
    mono: Tensor,
    stereo: Tensor,
    jitter: Tensor | None = None,
    kind: str = "log L2",
    share_weight: float = 1.0,
    binary: float = 1.0,
    stft: STFT | None = None,
) -> tuple[Tensor, Tensor]:
    """Both losses of a batch as `Segments` draws it, in one pass.

    Parameters
    ----------
    mono, stereo : torch.Tensor [shape=(segments, 4, channels, 513, frames)], complex
    jitter : torch.Tensor [shape=(segments,)], optional
        Factors of the reference level: a whole song's is another than that of its segment.
    kind : str
        See `share_loss`; or "waveform L1", see `waveform_loss`.
    share_weight, binary : float
        Weights of the two questions; 0 leaves one out.
    stft : STFT, optional
        For the loss on the waveform.

    Returns
    -------
    total : torch.Tensor [shape=()]
        What to minimise.
    parts : torch.Tensor [shape=(2,)]
        The losses of the two questions, without gradient.
    """
    pair = [mono.expand(-1, -1, 2, -1, -1), stereo]  # one channel is heard as two equal ones
    heard = torch.cat([stems.sum(1).abs() for stems in pair])  # (segments, 2, 513, frames)
    level = measure_level(heard) * (1 if jitter is None else jitter)
    both, side = model.run_layers(heard, level)  # (segments, 2, 4, 513, frames)
    count, total, parts = len(mono), both.new_zeros(()), both.new_zeros(2)
    for stems, part, channels in ((mono, slice(count), 1), (stereo, slice(count, None), 2)):
        if len(stems):
            mixture = stems.sum(1, keepdim=True)
            share, answers = (
                left_and_right(both[part, question], side[part, question], channels)
                for question in range(2)
            )
            share = share.softmax(1)
            if kind == "waveform L1":
                share = waveform_loss(share, stems, mixture, stft or STFT())
            else:
                share = share_loss(share, stems, mixture, kind)
            target = binary_mask(stems.abs(), mixture.abs().expand_as(stems))
            answers = binary_loss(answers, target)
            weight = len(stems) / len(heard)
            total = total + weight * (share_weight * share + binary * answers)
            parts += weight * torch.stack([share, answers]).detach()
    return total, parts


def waveform_loss(masks: Tensor, stems: Tensor, mixture: Tensor, stft: STFT) -> Tensor:
    """Mean absolute error of the samples, relative to the stem's mean magnitude.

    A stem softer than a tenth of the mixture counts as one that is not [shapes as `share_loss`].
    """
    inside = slice(stft.n_fft, -stft.n_fft)  # the cut windows at the ends are left out
    samples = (mixture.shape[-1] - 1) * stft.hop_length
    wanted, heard = (stft.inverse(x, samples)[..., inside] for x in (stems, mixture))
    error = (stft.inverse(masks * mixture, samples)[..., inside] - wanted).abs()
    scale = wanted.abs().mean((2, 3)).maximum(0.1 * heard.abs().mean((2, 3))).clamp(min=1e-4)
    return (error.mean((2, 3)) / scale).mean()


def left_and_right(both: Tensor, side: Tensor, channels: int) -> Tensor:
    """Scores of each channel [shape=(batch, 4, 513, frames) -> (batch, 4, channels, 513, frames)].

    They are a + b on the left and a - b on the right; one channel has a.
    """
    return torch.stack([both] if channels == 1 else [both + side, both - side], dim=2)
