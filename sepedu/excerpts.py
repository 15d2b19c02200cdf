"""Draw training examples from songs, remixed so that a few songs become many."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import soxr
import torch
from torch import Tensor

from .errors import SepeduError, check_choice, check_kind, check_number
from .songs import Song, check_songs
from .stft import HALF_CONTEXT, STFT
from .windows import make_target

TRIES, SILENCE = 4, 0.003
"""How often a stem is drawn anew while its peak is below this one."""


@dataclass(frozen=True)
class Augmentation:
    """How a drawn segment may differ from the song that it comes from.

    Attributes
    ----------
    remix : float
        Share of the segments whose stems are each drawn from a song by chance, which may be the
        same for two of them.
    gain : float
        Largest change of a stem's level, up or down, in decibels.
    speed : float
        Largest change of speed, and with it of pitch: 0.1 plays between 1 / 1.1 and 1.1 times
        as fast.
    channels : bool
        Whether to weight the two channels of a stem at random instead of averaging them. Of
        `Segments`, half become mono in this way.

    Raises
    ------
    SepeduError
        If a share is not between 0 and 1, or another number below 0.

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

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            most = 1 if name in ("remix", "channels", "pan") else math.inf
            check_number(name, value, 0, most, usual="0 for none")


@dataclass(frozen=True)
class SegmentAugmentation(Augmentation):
    """What may differ in `Segments`, too.

    Attributes
    ----------
    pan : float
        Share of the stereo segments whose stems are panned at random. Of the others, half have
        left and right exchanged.
    equaliser : float
        Standard deviation of a smooth random change of a stem's spectrum, in decibels.

    Lesson: 09
    """

    pan: float = 0.0
    equaliser: float = 0.0


class Piece(NamedTuple):
    """A part of one stem: where it begins, how fast it plays, and the weights of its channels.

    `weights` [shape=(channels out, channels of the stem)] holds the gain, too.
    """

    stem: int
    song: int
    frame: int
    speed: float
    weights: np.ndarray


def share(size: int, process: int = 0, processes: int = 1) -> range:
    """The places of one process among `size` of them.

    The shares of all processes make up the whole, without overlap, and differ by one place at
    most. A share is empty if there are fewer places than processes.
    """
    return range(size * process // processes, size * (process + 1) // processes)


class _Drawing:
    """What `Excerpts` and `Segments` have in common: where they cut, and what with what."""

    def __init__(
        self,
        songs: Sequence[Song],
        segment: int,
        margin: int,
        batch: int,
        augmentation: Augmentation,
        stft: STFT | None,
    ) -> None:
        check_kind("songs", songs, Sequence, "a list of songs", "load_songs(open_dataset())")
        check_songs(*songs)
        if not songs:
            raise SepeduError("There are no songs to draw from", "Open a dataset that has some")
        check_number("frames", segment, 1, whole=True, usual=128)
        check_number("batch", batch, 1, whole=True, usual="64 windows, or 8 segments")
        check_kind("stft", stft, (STFT, type(None)), "an STFT", "STFT()")
        self.stft = stft or STFT()
        self.names = list(songs[0].sources)
        for song in songs:
            if list(song.sources) != self.names or song.sample_rate != self.stft.sample_rate:
                raise SepeduError(
                    f"The song {song.name} at {song.sample_rate} Hz with the sources "
                    f"{', '.join(song.sources)} does not suit the transform or the other songs",
                    f"Load songs at {self.stft.sample_rate} Hz that have the same sources",
                )
        self.stems = [  # per song (stems, channels, samples)
            np.stack([np.atleast_2d(song.sources[name]) for name in self.names]) for song in songs
        ]
        frames = [self.stft.frames(stems.shape[-1]) for stems in self.stems]
        self._set(frames, [song.name for song in songs], segment, margin, batch, augmentation)

    def _set(
        self,
        frames: list[int],
        name_of_song: list[str],
        segment: int,
        margin: int,
        batch: int,
        augmentation: Augmentation,
    ) -> None:
        self.frames, self.name_of_song = frames, name_of_song
        self.segment, self.margin = min(segment, *frames), margin
        if self.segment < segment:
            warnings.warn(
                f"Segments have {self.segment} frames instead of {segment}: the song "
                f"{name_of_song[frames.index(self.segment)]} has no more",
                stacklevel=4,
            )
        self.batch, self.augmentation = batch, augmentation

    def __len__(self) -> int:
        """Batches of an epoch."""
        return -(-self.segments // self.batch)

    @property
    def segments(self) -> int:
        """Segments of an epoch; the last batch holds those that are left over."""
        return sum(frames // self.segment for frames in self.frames)

    def size(self, step: int) -> int:
        """Segments of a batch, by its place in the epoch."""
        return min(self.batch, self.segments - step * self.batch)

    def metadata(self) -> dict[str, Any]:
        """What a checkpoint is to say of the drawing."""
        augmentation = asdict(self.augmentation)
        return {"augmentation": augmentation, "batch": self.batch, "songs": len(self.frames)}

    def epoch(
        self, seed: int, epoch: int, process: int = 0, processes: int = 1
    ) -> Iterator[tuple[Tensor, ...]]:
        """Draw the batches of an epoch, or one process's share of each.

        It visits each frame of each song once, but for a random remainder shorter than a segment.
        Seed and epoch alone decide what is drawn, so that a resumed training run sees what it
        would have seen. Every process draws the same by chance and computes only its own share;
        if that is empty it computes the first segment, and `fit` gives it no weight.
        """
        random = np.random.default_rng([seed, epoch])
        places = []
        for song, frames in enumerate(self.frames):
            count = frames // self.segment
            first = int(random.integers(frames - count * self.segment + 1))
            places += [(song, first + k * self.segment) for k in range(count)]
        random.shuffle(places)
        for start in range(0, len(places), self.batch):
            chosen = places[start : start + self.batch]
            drawn = [(place, self._choose(random, *place)) for place in chosen]
            own = share(len(chosen), process, processes) or range(1)
            yield self._make([drawn[number] for number in own])

    def _choose(self, random: np.random.Generator, song: int, frame: int) -> Any:
        """All that chance decides about the segment at this place."""
        raise NotImplementedError

    def _make(self, drawn: list[tuple[tuple[int, int], Any]]) -> tuple[Tensor, ...]:
        """A batch, from the place and what `_choose` said of each of its segments."""
        raise NotImplementedError

    def _spectra(self, drawn: list[list[Piece]]) -> Tensor:
        """Spectra of the stems [shape=(batch, stems, channels, 513, segment + 2 margins)]."""
        audio = [[piece.weights @ self._cut(piece) for piece in pieces] for pieces in drawn]
        spectra = self.stft.forward(torch.from_numpy(np.array(audio, np.float32)))
        return spectra[..., 2:-2]  # without the frames that the cut spoils

    @property
    def _samples(self) -> int:
        return (self.segment + 2 * self.margin + 3) * self.stft.hop_length

    def _cut(self, piece: Piece) -> np.ndarray:
        """The samples under a segment and its surroundings; beyond the song there is silence."""
        stem, speed = self.stems[piece.song][piece.stem], piece.speed
        first = (piece.frame - self.margin - 2) * self.stft.hop_length
        wanted = self._samples if speed == 1 else int(self._samples * speed) + 1
        audio = stem[:, max(first, 0) : max(first + wanted, 0)]
        before = min(max(-first, 0), wanted)
        audio = np.pad(audio, ((0, 0), (before, wanted - before - audio.shape[1])))
        if speed == 1:
            return audio
        audio = soxr.resample(audio.T, speed, 1.0, quality="LQ").T[:, : self._samples]
        return np.pad(audio, ((0, 0), (0, self._samples - audio.shape[1])))

    def _speed(self, random: np.random.Generator) -> float:
        return (1 + self.augmentation.speed) ** random.uniform(-1, 1)

    def _gain(self, random: np.random.Generator) -> np.float32:
        change = self.augmentation.gain
        return np.float32(10 ** (random.uniform(-change, change) / 20))


class Excerpts(_Drawing):
    """Batches of shuffled 513 x 25 windows, each beside the answer for one source.

    Parameters
    ----------
    songs : sequence of Song
        Mono or stereo stems, all at the transform's sample rate.
    source : str
        The source to predict.
    output : {"mask", "magnitude"}
    threshold : float
        T of the binary mask.
    batch : int
        Windows of a batch.
    augmentation : Augmentation
    stft : STFT, optional

    Yields
    ------
    mixture : torch.Tensor [shape=(batch, 513, 25)], float32
        By `epoch`: linear magnitudes; beyond the ends of the song there is silence.
    target : torch.Tensor [shape=(batch, 513)]
        The mask (bool) or the compressed magnitude (float32) of the middle frame.

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
        batch: int = 64,
        augmentation: Augmentation = Augmentation(),
        stft: STFT | None = None,
    ) -> None:
        super().__init__(songs, 1, HALF_CONTEXT, batch, augmentation, stft)
        check_choice("Source", source, self.names)
        check_choice("Output", output, ("mask", "magnitude"))
        check_number("threshold", threshold, 0, usual=0.5)
        wanted = "an Augmentation", "Augmentation(remix=0.5)"
        check_kind("augmentation", augmentation, Augmentation, *wanted)
        self.source, self.output, self.threshold = source, output, threshold

    def metadata(self) -> dict[str, Any]:
        """What a checkpoint is to say of the drawing."""
        return super().metadata() | {"source": self.source, "threshold": self.threshold}

    def _choose(self, random: np.random.Generator, song: int, frame: int) -> list[Piece]:
        """The source at its place, and each other stem there or, remixed, anywhere."""
        change = self.augmentation
        mixed = random.random() < change.remix
        speed, pieces = self._speed(random), []
        for stem, name in enumerate(self.names):
            place = song, frame
            if mixed and name != self.source:
                other = int(random.integers(len(self.stems)))
                place = other, int(random.integers(self.frames[other]))
            if mixed and change.speed:
                speed = self._speed(random)
            channels = self.stems[place[0]].shape[1]
            weights = np.full((1, channels), 1 / channels, np.float32)
            if change.channels and channels == 2:
                left = random.random(dtype=np.float32)
                weights = np.array([[left, 1 - left]], np.float32)
            pieces.append(Piece(stem, *place, speed, self._gain(random) * weights))
        return pieces

    def _make(self, drawn: list[tuple[tuple[int, int], list[Piece]]]) -> tuple[Tensor, Tensor]:
        spectra = self._spectra([pieces for _, pieces in drawn])[:, :, 0]
        around = np.arange(-HALF_CONTEXT, HALF_CONTEXT + 1)
        frames = np.array([frame + around for (_, frame), _ in drawn])  # (batch, 25)
        lengths = np.array([[self.frames[song]] for (song, _), _ in drawn])
        inside = torch.from_numpy((frames >= 0) & (frames < lengths))
        spectra = spectra * inside[:, None, None]  # silence beyond the song
        mixture = spectra.sum(dim=1).abs()
        source = spectra[:, self.names.index(self.source), :, HALF_CONTEXT].abs()
        middle = mixture[..., HALF_CONTEXT]
        return mixture, make_target(source, middle, self.output, self.threshold)


class Segments(_Drawing):
    """Batches of segments with the spectra of all sources, in stereo.

    Parameters
    ----------
    songs : sequence of Song
        Stereo or mono stems, all at the transform's sample rate. What is mono has two equal
        channels.
    frames : int
        Frames of a segment; if a song has fewer, all have as many as it, with a warning.
    batch : int
        Segments of a batch.
    augmentation : SegmentAugmentation
    stft : STFT, optional

    Yields
    ------
    spectra : torch.Tensor [shape=(batch, sources, 2, 513, frames)], complex64
        By `epoch`, the only one of a tuple; their sum over the sources is the mixture.

    Raises
    ------
    SepeduError
        If there are no songs, or their sources or sample rates differ.

    Lesson: 09
    """

    def __init__(
        self,
        songs: Sequence[Song],
        frames: int = 128,
        batch: int = 8,
        augmentation: SegmentAugmentation = SegmentAugmentation(),
        stft: STFT | None = None,
    ) -> None:
        super().__init__(songs, frames, 0, batch, augmentation, stft)
        wanted = "a SegmentAugmentation", "SegmentAugmentation(remix=0.5)"
        check_kind("augmentation", augmentation, SegmentAugmentation, *wanted)
        # Knots of the equaliser, an octave apart from 40 Hz, and where each bin lies among them.
        octaves = np.log2(np.maximum(self.stft.frequencies, 40) / 40)  # (513,)
        knots = np.arange(10)
        self.between = np.maximum(0, 1 - np.abs(octaves[:, None] - knots)).astype(np.float32)

    def _choose(
        self, random: np.random.Generator, song: int, frame: int
    ) -> tuple[list[Piece], np.ndarray]:
        """Pieces of every stem, and the factor of each stem's bins [shape=(stems, 513)]."""
        change = self.augmentation
        mixed = random.random() < change.remix
        mono = change.channels and random.random() < 0.5
        panned = random.random() < change.pan
        swapped = change.pan > 0 and random.random() < 0.5
        speed, pieces = self._speed(random), []
        for stem in range(len(self.names)):
            place = self._anywhere(random, stem) if mixed else (song, frame, speed)
            weights = self._gain(random) * _weights(random, mono, panned, swapped)
            if self.stems[place[0]].shape[1] == 1:
                weights = weights.sum(axis=1, keepdims=True)
            pieces.append(Piece(stem, *place, weights))
        knots = random.normal(0, change.equaliser, (len(self.names), self.between.shape[1]))
        return pieces, 10 ** (knots.astype(np.float32) @ self.between.T / 20)

    def _anywhere(self, random: np.random.Generator, stem: int) -> tuple[int, int, float]:
        """A song, a frame and a speed by chance; a silent stem is drawn anew, a few times."""
        for _ in range(TRIES):
            song = int(random.integers(len(self.stems)))
            frame = int(random.integers(self.frames[song] - self.segment + 1))
            first = frame * self.stft.hop_length
            part = self.stems[song][stem, :, first : first + self._samples]
            if part.size and np.abs(part).max() > SILENCE:
                break
        return song, frame, self._speed(random)

    def _make(self, drawn: list[tuple[tuple[int, int], Any]]) -> tuple[Tensor]:
        spectra = self._spectra([pieces for _, (pieces, _) in drawn])
        factors = torch.from_numpy(np.stack([factor for _, (_, factor) in drawn]))
        return (spectra * factors[:, :, None, :, None],)


def _weights(random: np.random.Generator, mono: bool, panned: bool, swapped: bool) -> np.ndarray:
    """How two channels become two others [shape=(2, 2)]."""
    one, two, angle = random.random(3)
    if mono:
        weights = [[one, 1 - one]] * 2
    elif panned:  # each side a mixture of both, then turned within 22.5 degrees of the middle
        angle = np.pi * (1 + 2 * angle) / 8
        turn = np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]])
        weights = turn * np.array([[one, 1 - one], [two, 1 - two]])
    else:
        weights = np.eye(2)[::-1] if swapped else np.eye(2)
    return np.array(weights, np.float32)
