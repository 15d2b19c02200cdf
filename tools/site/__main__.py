"""Build the site: python -m tools.site [--out FOLDER] [--lessons 02 ...] [--no-decks]."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from sphinx.cmd.build import build_main

from sepedu.errors import SepeduError

from ..edition import find_notebooks
from ..slides.build import build, find_decks, sources_folder
from .links import broken_links
from .run import CLONE, run, run_front

RUNS = CLONE / "build" / "runs"


def main() -> int:
    """Run lessons for their sound, build decks and pages, check every link; 1 if one is broken."""
    parser = argparse.ArgumentParser("make site ARGS=...", description=__doc__)
    parser.add_argument("--out", type=Path, default=CLONE / "build" / "site", metavar="FOLDER")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FOLDER", help="kept sound")
    parser.add_argument("--lessons", nargs="*", metavar="NN", help="that sound; by default all")
    parser.add_argument("--no-decks", action="store_true", help="leave the slides out")
    options = parser.parse_args()
    started = time.perf_counter()
    out, runs = options.out.resolve(), options.runs.resolve()
    for path in find_notebooks():
        if options.lessons is None or path.name[:2] in options.lessons:
            run(path, runs)
    run_front(runs)
    shutil.rmtree(out, ignore_errors=True)
    decks(out / "decks", options.no_decks)
    words = ["-q", "-W", "--keep-going", "-E", "-c", str(CLONE / "docs"), "-d"]
    words += [str(runs.parent / "doctrees"), "-D", f"sepedu_runs={runs}", str(CLONE), str(out)]
    if build_main(words):
        return 1
    wrong = [w for w in broken_links(out) if not (options.no_decks and "decks/" in w)]
    for line in wrong:
        print(f"broken link: {line}", file=sys.stderr)
    files = [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    pages = sum(path.suffix == ".html" for path in files)
    print(
        f"{pages} pages, {size:.1f} MB in {out}, {len(wrong)} broken links, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return 1 if wrong else 0


def decks(out: Path, left_out: bool) -> None:
    """Copy the decks that `make slides` built; build those that are missing."""
    out.mkdir(parents=True)
    if left_out:
        return
    built = sources_folder() / "build"
    missing = [p.stem for p in find_decks() if not (built / f"{p.stem}.html").is_file()]
    if missing:
        build(missing, pdf=False)
    for path in find_decks():
        shutil.copyfile(built / f"{path.stem}.html", out / f"{path.stem}.html")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SepeduError as error:
        sys.exit(f"site: {error}")
