"""Print the links that bring a lesson to a student: one click fetches it and opens it.

    python deploy/links.py --hub https://hub.example.org --repository https://example.org/sepedu

The first click copies the repository into the student's home; later ones bring what is new. The
lesson opens in the student's own copy, my-course/, which no update overwrites. The links work on
every hub with nbgitpuller and the extension sepedu.cli.opening.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import urlencode

from sepedu.cli.lab import COPY

CLONE = Path(__file__).resolve().parent.parent
FOLDER = "sepedu"


def lessons() -> dict[str, str]:
    """Return students' notebooks by number: "02" gives "my-course/02-binary-masks.ipynb"."""
    found = sorted((CLONE / "lessons").glob("[0-9][0-9]-*.ipynb"))
    return {path.name[:2]: f"{COPY}/{path.name}" for path in found}


def link(hub: str, repository: str, lesson: str, branch: str = "main") -> str:
    """Return the link to a lesson, such as "my-course/02-binary-masks.ipynb"."""
    query = urlencode(
        {
            "repo": repository,
            "branch": branch,
            "targetpath": FOLDER,
            "urlpath": f"sepedu/open/{FOLDER}/{Path(lesson).name}",
        }
    )
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{query}"


def table(hub: str, repository: str, branch: str = "main") -> str:
    """Return the links to all lessons as a list in Markdown."""
    return "\n".join(
        f"- [Lesson {number}]({link(hub, repository, lesson, branch)})"
        for number, lesson in lessons().items()
    )


def main() -> None:
    """Print the list."""
    parser = argparse.ArgumentParser(description="Print nbgitpuller links to the lessons.")
    parser.add_argument("--hub", required=True, help="address of the hub")
    parser.add_argument("--repository", required=True, help="address that git clones from")
    parser.add_argument("--branch", default="main")
    words = parser.parse_args()
    print(table(words.hub, words.repository, words.branch))


if __name__ == "__main__":
    main()
