"""Write the tables of the instructor's guide from the decks, the lessons and the exercises.

python -m tools.slides.guide
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from sepedu.errors import SepeduError
from sepedu.exercises.framework import lessons

from .build import find_decks, sources_folder
from .deck import read_deck


def decks_table() -> str:
    """A row per deck: slides, minutes to present it, and minutes its lesson takes a student."""
    rows = ["| deck | slides | to present | the lesson, for a student |", "|---|---|---|---|"]
    for path in find_decks():
        deck = read_deck(path)
        minutes = sum(slide.minutes for slide in deck.slides)
        title = deck.about["title"]
        lesson = _lesson_minutes(path.stem.split("-")[0])
        name = f"[`{deck.name}`]({path.name}) {title}"
        rows.append(f"| {name} | {len(deck.slides)} | {minutes:g} min | {lesson} |")
    return "\n".join(rows)


def _lesson_minutes(number: str) -> str:
    """What the first cell of a lesson says about its minutes."""
    for path in (sources_folder().parent / "lessons").glob(f"{number}-*.ipynb"):
        cell = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
        found = re.search(r"\*\*Minutes needed\*\*:?\s*(?:about )?(\d+)", "".join(cell["source"]))
        if found:
            return f"{found[1]} min"
    return "–"


def mistakes_table() -> str:
    """A row per exercise: its task, and the wrong answers that its check knows by name."""
    rows = ["| lesson | exercise | mistakes that its check names |", "|---|---|---|"]
    for number, exercises in lessons().items():
        for name, exercise in exercises.items():
            titles = "; ".join(dict.fromkeys(mistake.title for mistake in exercise.mistakes))
            rows.append(f"| {number} | `{name}`: {exercise.task} | {titles} |")
    return "\n".join(rows)


def filled(text: str) -> str:
    """The guide with its tables written anew between their marks."""
    for name, table in (("decks", decks_table()), ("mistakes", mistakes_table())):
        first, last = f"<!-- table: {name} -->", f"<!-- end of table: {name} -->"
        if text.count(first) != 1 or text.count(last) != 1:
            raise SepeduError(f"slides/README.md has not its marks {first}", "Put them back")
        before, rest = text.split(first)
        text = f"{before}{first}\n{table}\n{last}{rest.split(last)[1]}"
    return text


def guide_path() -> Path:
    """The instructor's guide."""
    return sources_folder() / "README.md"


if __name__ == "__main__":
    guide_path().write_text(filled(guide_path().read_text(encoding="utf-8")), encoding="utf-8")
