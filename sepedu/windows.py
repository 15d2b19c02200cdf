"""From songs to what the network learns from: windows, targets, and the table of lesson 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from .errors import SepeduError, check_choice
from .masks import binary_mask
from .songs import Song, check_songs
from .stft import CONTEXT, HALF_CONTEXT, STFT, Features


@dataclass(frozen=True)
class Example:
    """A song as input and answer: the mixture's magnitudes, and what to predict from them.

    Attributes
    ----------
    name : str
    mixture : np.ndarray [shape=(513, frames)], float32
        Magnitudes of the mixture, linear.
    target : np.ndarray [shape=(513, frames)]
        The binary mask of the source (bool), or its compressed magnitude log(1 + S) (float32).
    """

    name: str
    mixture: np.ndarray
    target: np.ndarray


def make_target(source: Tensor, mixture: Tensor, output: str, threshold: float) -> Tensor:
    """What a network with this `output` is to predict, from magnitudes of equal shape.

    "mask" gives B = (S > T * M), "magnitude" log(1 + S).
    """
    check_choice("Output", output, ("mask", "magnitude"))
    if output == "magnitude":
        return source.log1p()
    return binary_mask(source, mixture, threshold)


def make_example(
    song: Song,
    source: str,
    threshold: float = 0.5,
    output: str = "mask",
    stft: STFT | None = None,
) -> Example:
    """Transform a song and make the answer for one of its sources.

    Parameters
    ----------
    song : Song
        Mono, at the transform's sample rate. Its mixture as released is the input.
    source : str
        "drums", "bass", "other" or "vocals".
    threshold : float
        T of the binary mask.
    output : {"mask", "magnitude"}
        What the network predicts; see `MaskCNN`.
    stft : STFT, optional
        By default the settings of the course.

    Returns
    -------
    example : Example

    Raises
    ------
    SepeduError
        If the song has no such source, another sample rate, or two channels.

    Lesson: 03
    """
    stft = stft or STFT()
    check_songs(song)
    song.check(stft.sample_rate, [source])
    mixture = torch.from_numpy(np.abs(stft.forward(song.mixture)))
    magnitude = torch.from_numpy(np.abs(stft.forward(song.sources[source])))
    target = make_target(magnitude, mixture, output, threshold)
    return Example(song.name, mixture.numpy(), target.numpy())


class Windows(Dataset):
    """Every 513 x 25 window of some songs beside the 513 answers of its middle frame.

    The windows move by one frame and are views on the songs' features: nothing is copied until
    a batch is drawn. Beyond the ends of a song stands silence, so that each frame has a window,
    the first and the last too.

    Parameters
    ----------
    examples : sequence of Example
    features : Features
        The normalisation, fitted on training songs.

    Lesson: 03

    Examples
    --------
    >>> example = Example("silence", np.zeros((513, 40), "float32"), np.zeros((513, 40), bool))
    >>> window, answer = Windows([example], Features())[39]
    >>> window.shape, answer.shape
    (torch.Size([1, 513, 25]), torch.Size([513]))
    """

    def __init__(self, examples: Sequence[Example], features: Features) -> None:
        self.names = [example.name for example in examples]
        self.windows: list[Tensor] = []  # per song (frames, 513, 25), views
        self.answers: list[Tensor] = []  # per song (frames, 513), views
        with torch.no_grad():
            for example in examples:
                padded = features(
                    F.pad(torch.from_numpy(example.mixture), (HALF_CONTEXT, HALF_CONTEXT))
                )
                self.windows.append(padded.unfold(-1, CONTEXT, 1).transpose(0, 1))
                self.answers.append(torch.from_numpy(example.target).T)
        self.ends = np.cumsum([len(answers) for answers in self.answers])

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def locate(self, index: int) -> tuple[int, int]:
        """Song and frame of the window with this index."""
        if not 0 <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        song = int(np.searchsorted(self.ends, index, side="right"))
        return song, index - (int(self.ends[song - 1]) if song else 0)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        song, frame = self.locate(index)
        return self.windows[song][frame].unsqueeze(0), self.answers[song][frame].float()


def as_table(
    song: Song, frames: Sequence[int], threshold: float = 0.5, stft: STFT | None = None
) -> pd.DataFrame:
    """Show some frames of a song as the table of the original presentation.

    Parameters
    ----------
    song : Song
    frames : sequence of int
        A handful of frame numbers: each row holds whole arrays.
    threshold : float
    stft : STFT, optional

    Returns
    -------
    table : pandas.DataFrame
        A row per frame. `MIXTURE_STFT_SPEC_FRAME` holds the 513 x 25 magnitudes around the
        frame, `MIXTURE_STFT_SPEC` the 513 of the frame itself; `DRUMS_STFT_SPEC` and
        `DRUMS_STFT_MASK` (and so on for each source) its magnitudes and its binary mask.

    Raises
    ------
    SepeduError
        If the song has no such frame, another sample rate, or two channels.

    Lesson: 03
    """
    stft = stft or STFT()
    song.check(stft.sample_rate)
    mixture = np.abs(stft.forward(song.mixture))
    outside = [frame for frame in frames if not 0 <= frame < mixture.shape[1]]
    if outside:
        raise SepeduError(
            f"The song {song.name} has no frame {outside[0]}",
            f"Its frames are numbered 0 to {mixture.shape[1] - 1}",
        )
    padded = np.pad(mixture, ((0, 0), (HALF_CONTEXT, HALF_CONTEXT)))
    table = pd.DataFrame(index=pd.Index(frames, name="frame"), dtype=object)
    table["MIXTURE_STFT_SPEC_FRAME"] = [padded[:, frame : frame + CONTEXT] for frame in frames]
    table["MIXTURE_STFT_SPEC"] = [mixture[:, frame] for frame in frames]
    for name, audio in song.sources.items():
        magnitude = np.abs(stft.forward(audio))
        mask = binary_mask(magnitude, mixture, threshold)
        table[f"{name.upper()}_STFT_SPEC"] = [magnitude[:, frame] for frame in frames]
        table[f"{name.upper()}_STFT_MASK"] = [mask[:, frame] for frame in frames]
    return table
