"""Read a deck: one Markdown file, its slides between lines of three dashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sepedu.errors import SepeduError

FORMAT = "slides/README.md shows how a deck is written"
FENCE = re.compile(r"^```.*?^```[ \t]*$", re.MULTILINE | re.DOTALL)
NOTE = re.compile(r"^Note \((\d+(?:\.\d+)?) min\):[ \t]*", re.MULTILINE)
HEAD = re.compile(r"^(Needs|Section|Part): *(\S.*?) *\n+")
DATA = re.compile(r"^Data: *(\S.*?) *$", re.MULTILINE)
VALUE = re.compile(r"\{\{ (.+?) ?\}\}")
MEASURED = re.compile(r"^```run\n(?!agenda\n)|\{\{ |\d\s?(?:dB|%)", re.MULTILINE)
PARTS = ("hear", "see", "mask", "learn", "measure")
"""The way of the course, a strip at the foot of every slide."""


@dataclass(frozen=True)
class Slide:
    """One slide as it was written.

    Attributes
    ----------
    title : str
        Markdown of its heading.
    columns : tuple of str
        Markdown of its body: one part, or two side by side.
    notes : str
        Markdown of what to say.
    minutes : float
        How long it takes to say it.
    data : str
        Markdown of what its figures and numbers are made of, or nothing.
    needs : str
        What must be there for the slide to be shown, as `material.lacking` knows it, or nothing.
    section : str
        What the agenda and the foot of the slide call this part of the deck.
    part : str
        One of `PARTS`.
    place : str
        File, number, title and line, for errors.
    """

    title: str
    columns: tuple[str, ...]
    notes: str
    minutes: float
    data: str
    needs: str
    section: str
    part: str
    place: str

    @property
    def quotes_data(self) -> bool:
        """Whether it draws, plays or quotes something that must say what it was made of."""
        return any(MEASURED.search(column) for column in self.columns)

    def error(self, problem: str, remedy: str) -> SepeduError:
        """An error that names the file and the slide."""
        return SepeduError(f"{self.place}: {problem}", remedy)


@dataclass(frozen=True)
class Deck:
    """A whole deck as it was written.

    Attributes
    ----------
    path : pathlib.Path
    about : dict
        The front matter: `title`, and if given `subtitle`, `part`, `author`, `instructor`,
        `date`, and `logo`, a picture's path.
    slides : tuple of Slide
    """

    path: Path
    about: dict[str, Any]
    slides: tuple[Slide, ...]

    @property
    def name(self) -> str:
        """Name of the file without its ending, such as "02-binary-masks"."""
        return self.path.stem

    @property
    def code(self) -> Path:
        """The Python file beside it, which defines what its slides draw and play."""
        return self.path.with_suffix(".py")


def read_deck(path: Path) -> Deck:
    """Read a deck, and say where it is not one.

    Raises
    ------
    SepeduError
        If the file is missing, has no front matter with a title, or a slide has no heading, no
        note with its minutes, more than two columns, or is of an unknown part.
    """
    if not path.is_file():
        raise SepeduError(f"There is no deck {path}", "Check the name; see slides/")
    text = path.read_text(encoding="utf-8")
    match = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    try:
        about = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError as error:
        raise SepeduError(f"{path.name}: its front matter is not YAML ({error})", FORMAT) from error
    if match is None or not isinstance(about, dict) or not about.get("title"):
        raise SepeduError(f"{path.name}: there is no front matter with a title", FORMAT)
    slides: list[Slide] = []
    section, part = "", str(about.get("part", PARTS[0]))
    for number, (line, written) in enumerate(_parts(text, match.end()), 1):
        place = f"{path.name}, slide {number} (line {line})"
        slides.append(_read_slide(written, place, section, part))
        section, part = slides[-1].section, slides[-1].part
    return Deck(path, about, tuple(slides))


def _parts(text: str, start: int) -> list[tuple[int, str]]:
    """Slides with the lines that they start on; dashes inside of code divide nothing."""
    hidden = FENCE.sub(lambda match: re.sub(r"[^\n]", "x", match[0]), text)
    ends = [match.start() for match in re.finditer(r"^---\n", hidden, re.MULTILINE)]
    parts = []
    for end in [*[end for end in ends if end >= start], len(text)]:
        part = text[start:end]
        blank = len(part) - len(part.lstrip("\n"))
        parts.append((text.count("\n", 0, start + blank) + 1, part.strip("\n") + "\n"))
        start = end + 4
    return parts


def _read_slide(text: str, place: str, section: str, part: str) -> Slide:
    needs = ""
    while head := HEAD.match(text):
        text = text[head.end() :]
        if head[1] == "Needs":
            needs = head[2]
        elif head[1] == "Section":
            section = head[2]
        else:
            part = head[2]
    if part not in PARTS:
        raise SepeduError(
            f"{place}: the part {part!r} is unknown", f"Use one of {', '.join(PARTS)}"
        )
    heading = re.match(r"#{1,2} +(.+)\n", text)
    if not heading:
        raise SepeduError(f"{place}: the slide has no heading", "Begin it with: ## A heading")
    place = f"{place} “{heading[1]}”"
    body, *notes = NOTE.split(text[heading.end() :])
    if len(notes) != 2 or not notes[1].strip():
        raise SepeduError(
            f"{place}: the slide needs one note that says its minutes",
            "End it with: Note (2 min): What to say, in whole sentences",
        )
    body, *data = DATA.split(body)
    if len(data) > 2 or (data and data[1].strip()):
        raise SepeduError(
            f"{place}: what its data are belongs into one line at its end",
            "Write one line `Data: …` just before the note",
        )
    columns = tuple(written.strip("\n") for written in re.split(r"^\|\|\|$", body, flags=re.M))
    if len(columns) > 2:
        raise SepeduError(f"{place}: there are {len(columns)} columns", "Two are the most")
    minutes, spoken = float(notes[0]), notes[1].strip()
    told = data[0] if data else ""
    return Slide(heading[1], columns, spoken, minutes, told, needs, section, part, place)
