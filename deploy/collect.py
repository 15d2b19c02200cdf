"""Collect a lesson from all students of a hub, over the hub's own interface.

    JUPYTERHUB_API_TOKEN=... python deploy/collect.py --hub ADDRESS --lesson 02 --out FOLDER

The token is a teacher's, made on the hub's page /hub/token. A server that does not run is started
for it, and stopped again. Nothing that a student wrote is run, and nothing on the hub is changed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from links import FOLDER, lessons

from sepedu.engine.files import write_text
from sepedu.errors import SepeduError

MISSING = "has no copy"


class Teacher:
    """A teacher's access to a hub."""

    def __init__(self, hub: str, token: str) -> None:
        self.hub = hub.rstrip("/")
        self.token = token

    def ask(self, method: str, path: str) -> bytes:
        """Ask the hub, or through it a student's server."""
        words = {"Authorization": f"token {self.token}", "Accept": "application/json"}
        request = Request(self.hub + path, method=method, headers=words)
        with urlopen(request, timeout=600) as answer:
            return answer.read()

    def students(self) -> list[dict]:
        """Return all accounts of the hub, however many pages its answer takes."""
        found: list[dict] = []
        while True:
            page = json.loads(self.ask("GET", f"/hub/api/users?offset={len(found)}&limit=50"))
            found += page
            if len(page) < 50:
                return sorted(found, key=lambda user: user["name"])

    def notebook_of(self, student: dict, path: str) -> str | None:
        """Return a student's notebook as text, nothing if there is none."""
        name = quote(student["name"])
        server = f"/hub/api/users/{name}/server"
        is_running = bool(student.get("server"))
        if not is_running:
            self.ask("POST", server)
            self.ask("GET", f"{server}/progress")  # ends when the server is ready
        try:
            model = self.ask("GET", f"/user/{name}/api/contents/{quote(path)}")
            notebook = json.loads(model)["content"]
            notebook.get("metadata", {}).pop("widgets", None)  # megabytes that no mark depends on
            return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        except HTTPError as error:
            if error.code == 404:
                return None
            raise
        finally:
            if not is_running:
                self.ask("DELETE", server)


def collect(teacher: Teacher, lesson: str, out: Path) -> dict[str, str]:
    """Write each student's copy of a lesson to OUT/STUDENT/; return what became of each.

    Raises
    ------
    SepeduError
        If there is no such lesson, or the folder holds an earlier collection.
    """
    if lesson not in lessons():
        raise SepeduError(f"There is no lesson {lesson!r}", f"Choose of {', '.join(lessons())}")
    if out.exists() and any(out.iterdir()):
        raise SepeduError(f"{out} is not empty", "Name a new folder, so that nothing is lost")
    path = f"{FOLDER}/{lessons()[lesson]}"
    told = {}
    for student in teacher.students():
        name = student["name"]
        try:
            text = teacher.notebook_of(student, path)
        except (URLError, OSError) as error:
            told[name] = f"failed ({error})"
            continue
        if text is None:
            told[name] = MISSING
            continue
        # A name may hold anything; it must not lead out of the folder, as ".." would.
        folder = quote(name, safe="@").replace("..", "%2E%2E")
        place = out / folder / Path(path).name
        write_text(place, text)
        told[name] = str(place)
    return told


def main() -> int:
    """Collect, and say for each student what was found."""
    parser = argparse.ArgumentParser(description="Collect a lesson from all students of a hub.")
    parser.add_argument("--hub", required=True, help="address of the hub")
    parser.add_argument("--lesson", required=True, help="its number, such as 02")
    parser.add_argument("--out", required=True, type=Path, help="a new folder")
    words = parser.parse_args()
    token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
    if not token:
        raise SepeduError(
            "JUPYTERHUB_API_TOKEN is not set", f"Make a token at {words.hub}/hub/token"
        )
    told = collect(Teacher(words.hub, token), words.lesson, words.out)
    for name, result in told.items():
        print(f"{name}: {result}")
    return any(result.startswith("failed") for result in told.values())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (SepeduError, URLError) as error:
        sys.exit(str(error))
