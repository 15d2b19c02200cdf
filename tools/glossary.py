"""Write lessons/README.md: the lessons, the map from ideas to functions, and the glossary.

    python -m tools.glossary

The map is made from the docstrings of the library, whose line "Lesson: NN" names where an idea
is introduced; the glossary from the section "Words" of each lesson. Nothing is written by hand.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from sepedu.engine.files import write_text

from .edition import LESSONS, find_notebooks

LIBRARY = Path(__file__).resolve().parents[1] / "sepedu"
NOT_TAUGHT = ("cli", "errors", "exercises", "__main__")
"""Rooms of the library that serve the course and are no idea of it."""

HEAD = """# The lessons

This page is made from the lessons and from the docstrings of the library, by
`python -m tools.glossary`. Do not edit it by hand.

The instructor's edition, with every exercise solved and its common mistakes explained, is written
by `python -m tools.edition FOLDER`.
"""


@dataclass(frozen=True)
class Idea:
    """A part of the library that a lesson introduces."""

    name: str  # as one imports it: masks.binary_mask
    sentence: str
    lessons: tuple[str, ...]


def ideas(library: Path = LIBRARY) -> list[Idea]:
    """Every public function, class, method and module with a line "Lesson: NN"."""
    found = []
    for path in sorted(library.rglob("*.py")):
        module = ".".join(path.relative_to(library).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        if module.split(".")[0] in NOT_TAUGHT or module == "__init__":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [idea for idea in _walk(tree, module) if idea.lessons]
    return found


def _walk(node: ast.AST, name: str) -> list[Idea]:
    text = ast.get_docstring(node) or ""
    line = re.search(r"^Lessons?: (.+)$", text, re.MULTILINE)
    numbers = tuple(re.findall(r"\b\d\d\b", line[1])) if line else ()
    sentence = " ".join(text.split("\n\n")[0].split())
    # A function's sentence may end in the shapes it takes: they are for its own page.
    sentence = re.sub(r"\s*\[shape=[^\]]*\]+[^.]*\.?$", ".", sentence).replace("..", ".")
    sentence = re.sub(r":math:`([^`]+)`", r"$\1$", sentence)
    found = [Idea(name, sentence, numbers)]
    for child in getattr(node, "body", []):
        kinds = (ast.FunctionDef, ast.ClassDef)
        if isinstance(child, kinds) and not child.name.startswith("_"):
            found += _walk(child, f"{name}.{child.name}")
    return found


def titles() -> dict[str, tuple[str, str]]:
    """File name and title of each lesson by its number."""
    found = {}
    for path in find_notebooks():
        first = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0]
        found[path.name[:2]] = path.name, first.split("·", 1)[-1].strip()
    return found


def words() -> dict[str, tuple[str, str]]:
    """What each term of the course means, and the first lesson that explains it."""
    found: dict[str, tuple[str, str]] = {}
    for path in find_notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            if not cell.source.startswith("## Words"):
                continue
            for term, meaning in re.findall(r"^- \*\*(.+?)\*\*(.+)$", cell.source, re.MULTILINE):
                extra, _, text = meaning.partition(": ")
                found.setdefault(f"**{term}**{extra}", (path.name[:2], text))
    return found


def page() -> str:
    """The whole of lessons/README.md."""
    lines = [HEAD, "| lesson | |", "|---|---|"]
    names = titles()
    for number, (file, title) in names.items():
        lines.append(f"| {number} | [{title}]({file}) |")
    lines += ["", "## From an idea to its lesson and its function", ""]
    lines += ["| lesson | idea | in the library |", "|---|---|---|"]
    order = sorted(ideas(), key=lambda idea: (idea.lessons, idea.name))
    for idea in order:
        sentence = idea.sentence.rstrip(".").replace("|", "\\|")
        lines.append(f"| {', '.join(idea.lessons)} | {sentence} | `{idea.name}` |")
    lines += ["", "## Words", "", "| word | lesson | meaning |", "|---|---|---|"]
    for term, (number, meaning) in sorted(words().items(), key=lambda pair: pair[0].lower()):
        lines.append(f"| {term} | {number} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page; return the exit status."""
    write_text(LESSONS / "README.md", page())
    print(f"lessons/README.md: {len(ideas())} ideas, {len(words())} words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
