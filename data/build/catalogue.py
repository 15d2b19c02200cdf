"""The songs of the set: title, style, singer, form, and where each belongs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SET = Path(__file__).resolve().parents[1] / "minimus"


@dataclass(frozen=True)
class Entry:
    """One song of the catalogue; its number seeds everything that chance decides in it."""

    number: int
    title: str
    style: str
    singer: str
    form: str
    place: str  # "train", "valid" or "test"; validation songs lie in the folder train.

    @property
    def name(self) -> str:
        """Name of the file without its ending, style first as artists stand first in MUSDB18."""
        return f"{self.style.title()} - {self.title}"

    @property
    def folder(self) -> str:
        """Folder of the file inside the set."""
        return "test" if self.place == "test" else "train"


ROWS = (
    ("Paper Lanterns", "rock", "high", "full", "train"),
    ("Gravel Road", "rock", "rough", "late voice", "train"),
    ("North Window", "rock", "tenor", "break", "train"),
    ("Open Gate", "rock", "alto", "full", "train"),
    ("Copper Wire", "rock", "baritone", "solo", "valid"),
    ("Last Tram", "rock", "bright", "late voice", "test"),
    ("Iron Harbour", "hard rock", "tenor", "full", "train"),
    ("Storm Drain", "hard rock", "rough", "late voice", "train"),
    ("Black Kite", "hard rock", "high", "break", "train"),
    ("Quarry", "hard rock", "baritone", "full", "valid"),
    ("Red Signal", "hard rock", "alto", "solo", "test"),
    ("Glass Houses", "indie", "bright", "full", "train"),
    ("Bicycle Bells", "indie", "tenor", "late drums", "train"),
    ("Slow Satellites", "indie", "alto", "solo", "train"),
    ("Tide Tables", "indie", "high", "break", "test"),
    ("Sunday Shoes", "pop", "bright", "full", "train"),
    ("Second Summer", "pop", "high", "late drums", "train"),
    ("Neon Garden", "pop", "tenor", "drums alone", "train"),
    ("Postcards", "pop", "alto", "full", "valid"),
    ("Morning Train", "pop", "baritone", "late voice", "test"),
    ("Rubber Plant", "funk", "tenor", "full", "train"),
    ("Corner Shop", "funk", "high", "drums alone", "train"),
    ("Loose Change", "funk", "rough", "solo", "valid"),
    ("Hot Pavement", "funk", "bright", "full", "test"),
    ("Harbour Lights", "ballad", "alto", "full", "train"),
    ("Snow on the Line", "ballad", "tenor", "late drums", "train"),
    ("Winter Coat", "ballad", "high", "full", "train"),
    ("Night Bus Home", "electronic", "bright", "full", "train"),
    ("Pixel Rain", "electronic", "high", "late drums", "train"),
    ("Signal to Noise", "electronic", "deep", "break", "valid"),
    ("Blue Hour", "electronic", "alto", "solo", "test"),
    ("Mango Season", "reggae", "tenor", "full", "train"),
    ("Slow Ferry", "reggae", "baritone", "drums alone", "train"),
    ("Kitchen Radio", "reggae", "high", "full", "test"),
    ("Birch and Stone", "folk", "folk", "full", "train"),
    ("The Long Field", "folk", "alto", "late voice", "train"),
    ("Lantern Waltz", "jazz waltz", "alto", "solo", "train"),
    ("Rain on Tin", "jazz waltz", "deep", "full", "valid"),
    ("Velvet Chair", "soul", "baritone", "full", "train"),
    ("Saddle Creek", "country rock", "rough", "full", "train"),
    ("Two Lane Sky", "country rock", "high", "late voice", "test"),
)
CATALOGUE = tuple(Entry(number, *row) for number, row in enumerate(ROWS, start=1))
