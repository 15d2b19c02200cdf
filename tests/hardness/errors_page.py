"""The table of bad inputs as the page docs/errors.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from workbench import Case, Outcome

INTRODUCTION = """\
# What you get when something is wrong

Made by `python tools/errors.py` from `tests/hardness/test_bad_inputs.py`, which tries every row.
A command that cannot do what it was asked to ends with status 2 and one line: what is wrong, and
what to do. Finished files stay whole, and nothing unfinished is left. `(…)` stands for details
that differ from system to system, `N` for a number.

{count} bad or unusual inputs in {rows} rows.
"""


def page(seen: Mapping[Case, Sequence[Outcome]], root: Path) -> str:
    """The page, with a table for each kind of input; names of temporary folders are left out."""
    parts = [
        INTRODUCTION.format(count=sum(len(tries) for tries in seen.values()), rows=len(seen)),
    ]
    for kind in dict.fromkeys(case.kind for case in seen):
        parts.append(f"## {kind}\n\n| input | outcome |\n|---|---|")
        for case, tries in seen.items():
            if case.kind == kind:
                parts.append(f"| {case.what} | {_outcome(case, tries, root)} |")
        parts.append("")
    return "\n".join(parts)


def _outcome(case: Case, tries: Sequence[Outcome], root: Path) -> str:
    lines = {
        works: _most_often(
            _plain(outcome.errors[0], root)
            for outcome in tries
            if outcome.errors and (outcome.status == 0) == works
        )
        for works in (True, False)
    }
    if not case.says and not case.warns:
        return "works"
    works = [f"works, and says: {lines[True]}"] if lines[True] else []
    return "; otherwise: ".join(works + [lines[False]] * bool(lines[False]))


def _most_often(lines: Iterable[str]) -> str:
    counts = Counter(lines)
    often = max(counts, key=lambda line: (counts[line], line), default="")
    return often if len(counts) < 2 else f"mostly: {often}"


def _plain(line: str, root: Path) -> str:
    """A line without what differs from run to run."""
    line = re.sub(rf"{re.escape(str(root))}(/case \d+)?/?|/\S*/locked-\w+/", "", line)
    line = re.sub(r"\([^()]*(\([^()]*\)[^()]*)*\)", "(…)", line.removeprefix("sepedu: "))
    line = re.sub(r"cut at \d+", "cut at N", line)
    line = re.sub(r"only \d\.\d+ of the", "only N of the", line)
    return re.sub(r"(/N|\b\d+)\.safetensors", "N.safetensors", line).replace("|", "\\|")
