"""The talk that the course follows: its figures, its points, and the slides that show them.

`python -m tools.slides.talk` writes docs/talk.md from the overview deck.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sepedu.engine.files import write_text
from sepedu.evaluation import CITATION, talk_results

from .build import find_decks, sources_folder
from .deck import Deck, read_deck


@dataclass(frozen=True)
class Talk:
    """The talk's figures, each once; the results are those of `sepedu.evaluation.talk_results`."""

    points: int = 1024
    bins: int = 513
    columns: int = 25
    step: int = 1
    training_songs: int = 100
    test_songs: int = 50
    kernel: int = 3
    padding: int = 1
    pooling: int = 3
    filters: tuple[int, ...] = (32, 16, 64, 16)
    pooled: tuple[tuple[int, int], ...] = ((171, 8), (57, 2))
    flat: int = 1824
    hidden: int = 128
    parameters: tuple[int, ...] = (320, 4624, 9280, 9232, 233600, 66177)
    total: int = 323233
    trainable: int = 323233
    frozen: int = 0

    def result(self, source: str, column: str, part: str) -> float:
        """Its "accuracy" or "mse" of a source, in the part "train" or "valid"."""
        return float(talk_results().loc[(source, part), column])


TALK = Talk()


@dataclass(frozen=True)
class Point:
    """Something that the talk tells.

    Attributes
    ----------
    name : str
        What a slide is marked with: `<!-- talk: NAME -->`.
    what : str
        In a few words.
    facts : tuple of str
        What must be read on its slides.
    """

    name: str
    what: str
    facts: tuple[str, ...] = ()


def _results(source: str) -> tuple[str, ...]:
    pairs = [(column, part) for column in ("accuracy", "mse") for part in ("train", "valid")]
    return tuple(f"{TALK.result(source, *pair):.3f}" for pair in pairs)


_FRAME = f"{TALK.bins} × {TALK.columns}"
POINTS = (
    Point("title", "title, author, university", ("Tkachuk Orest", "Lviv Polytechnic")),
    Point("topics", "main topics", ("methods", "data", "development", "results", "conclusion")),
    Point("relevance", "relevance", ("relevance",)),
    Point("idea", "main idea", ("main idea",)),
    Point("object", "object of study", ("object of study",)),
    Point("goal", "goal", ("goal",)),
    Point("value", "practical value", ("media production", "clear speech", "telecommunications")),
    Point("stft", "short-time Fourier transform", (f"{TALK.points:,}", f"{TALK.bins}")),
    Point("stft for networks", "why the STFT suits convolutional networks", ("grid", "shape")),
    Point("binary mask", "binary masks, B = (S > T·M)", ("B = (S > T",)),
    Point("beforehand", "masks made beforehand, and when they break", ("recording conditions",)),
    Point("cnn", "convolutional networks: features in a hierarchy", ("hierarchy",)),
    Point("time", "their weakness where time matters", ("time",)),
    Point(
        "data",
        "MUSDB18",
        ("MUSDB18", f"{TALK.training_songs} to train", f"{TALK.test_songs} to test"),
    ),
    Point(
        "table of frames",
        "the table of frames, with its columns",
        (
            "MIXTURE_STFT_SPEC_FRAME",
            "MIXTURE_STFT_SPEC",
            *(f"{source}_STFT_SPEC" for source in ("DRUMS", "BASS", "OTHER", "VOCALS")),
            *(f"{source}_STFT_MASK" for source in ("DRUMS", "BASS", "OTHER", "VOCALS")),
        ),
    ),
    Point("without the mask", "the problem without the mask: predict the spectrum", ("spectrum",)),
    Point("with the mask", "the problem with the mask", ("mask",)),
    Point(
        "window",
        "a frame of 513 × 25 moved by a step of 1; the middle frame's values are predicted",
        (_FRAME, f"step of {TALK.step}", "middle frame"),
    ),
    Point(
        "architecture",
        "architecture",
        (
            "Conv2d",
            "LeakyReLU",
            "MaxPool2d",
            "Dropout",
            "Flatten",
            "Linear",
            "Sigmoid",
            f"padding {TALK.padding}",
            *(f"{count} filters" for count in TALK.filters),
            *(f"{high} × {wide}" for high, wide in TALK.pooled),
            f"{TALK.flat:,}",
            f"{TALK.hidden}",
            f"{TALK.bins}",
        ),
    ),
    Point(
        "parameters",
        "parameters, trainable and non-trainable",
        (*(f"{count:,}" for count in (*TALK.parameters, TALK.total)), "trainable: "),
    ),
    Point(
        "layers",
        "what each kind of layer is for",
        ("Conv2d", "LeakyReLU", "MaxPool2d", "Dropout", "Flatten", "Linear", "Sigmoid"),
    ),
    Point("loss", "loss: mean squared error", ("mean squared error",)),
    Point("accuracy", "accuracy", ("accuracy",)),
    Point(
        "results",
        "accuracy and loss of the four sources, training and validation",
        tuple(v for source in ("vocals", "drums", "bass", "other") for v in _results(source)),
    ),
    Point("vocals", "vocals: masks, room to learn more", (*_results("vocals"), "more")),
    Point("drums", "drums: masks, few redundant sounds", (*_results("drums"), "few redundant")),
    Point("bass", "bass: masks, good below, weak above", (*_results("bass"), "upper range")),
    Point(
        "other",
        "other: masks, trained on combined sources, of use for what is left over",
        (*_results("other"), "combined", "left over"),
    ),
    Point(
        "conclusion", "conclusion: regression and classification", ("regression", "classification")
    ),
    Point("thanks", "thanks", ("Thank you",)),
)
MARK = re.compile(r"<!-- talk: (.+?) -->")


def marks(deck: Deck) -> dict[str, list[int]]:
    """Numbers of the slides that are marked with each name, in the order of the deck."""
    found: dict[str, list[int]] = {}
    for number, slide in enumerate(deck.slides, 1):
        for names in MARK.findall("\n".join(slide.columns)):
            for name in names.split(", "):
                found.setdefault(name, []).append(number)
    return found


def table(deck: Deck) -> str:
    """The page docs/talk.md: each point of the talk beside the slides that show it."""
    where = marks(deck)
    shown = {
        point.name: "; ".join(
            f"{n} “{deck.slides[n - 1].title}”" for n in where.get(point.name, [])
        )
        for point in POINTS
    }
    rows = "\n".join(f"| {point.what} | {shown[point.name]} |" for point in POINTS)
    told = {number for numbers in where.values() for number in numbers}
    ours = "\n".join(
        f"- {number} “{slide.title}”"
        for number, slide in enumerate(deck.slides, 1)
        if number not in told
    )
    return (
        "# The talk, slide by slide\n\n"
        f"The course follows {CITATION}. Its points, and where the deck "
        "[`overview`](../slides/overview.md) shows them; written by `python -m tools.slides.talk` "
        "and compared with the deck by a test. The sentences on the slides are the course's own; "
        "the talk's figures stand once, in `tools/slides/talk.py` and `sepedu/evaluation.py`.\n\n"
        f"| the talk | slide |\n|---|---|\n{rows}\n\nSlides of our own beside it:\n\n{ours}\n"
    )


def page() -> Path:
    """Where the table is kept."""
    return sources_folder().parent / "docs" / "talk.md"


if __name__ == "__main__":
    write_text(page(), table(read_deck(find_decks(["overview"])[0])))
