"""Markdown tables, and their places in the data card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

CARD = Path(__file__).resolve().parents[1] / "README.md"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: the first column is text, the others are numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def marks(name: str) -> tuple[str, str]:
    """The comments between which a table stands in the card."""
    return f"<!-- table: {name} -->", f"<!-- end of table: {name} -->"


def read_table(name: str, card: Path = CARD) -> str:
    """The table that the card shows now.

    Raises
    ------
    ValueError
        If the card has no place for it.
    """
    text = card.read_text(encoding="utf-8")
    first, last = marks(name)
    if first not in text or last not in text:
        raise ValueError(f"{card.name} has no place for a table: expected {first} and {last}")
    return text.split(first)[1].split(last)[0].strip()


def write_table(name: str, table: str, card: Path = CARD) -> None:
    """Replace a table of the card, leaving all else as it is."""
    read_table(name, card)
    text = card.read_text(encoding="utf-8")
    first, last = marks(name)
    before, rest = text.split(first)
    after = rest.split(last)[1]
    card.write_text(f"{before}{first}\n{table}\n{last}{after}", encoding="utf-8")
