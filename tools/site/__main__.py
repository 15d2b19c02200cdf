"""Build the site: python -m tools.site [--out FOLDER] [--lessons 02 ...] [--quick]."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
from pathlib import Path

from sphinx.cmd.build import build_main

from sepedu.checkpoints import load_models, load_unet
from sepedu.engine.export import write_song_page
from sepedu.engine.files import write_text
from sepedu.errors import SepeduError

from ..edition import find_notebooks
from ..slides.build import build, find_decks, sources_folder
from ..slides.page import as_script
from .links import NO_PAGES, broken_links
from .run import CLONE, run, run_front

RUNS = CLONE / "build" / "runs"


def main() -> int:
    """Run lessons for their sound, build decks and pages, check every link; 1 if one is broken."""
    parser = argparse.ArgumentParser("make site ARGS=...", description=__doc__)
    parser.add_argument("--out", type=Path, default=CLONE / "build" / "site", metavar="FOLDER")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FOLDER", help="kept sound")
    parser.add_argument("--lessons", nargs="*", metavar="NN", help="that sound; by default all")
    parser.add_argument("--quick", action="store_true", help="without slides and song page")
    options = parser.parse_args()
    started = time.perf_counter()
    out, runs = options.out.resolve(), options.runs.resolve()
    for path in find_notebooks():
        if options.lessons is None or path.name[:2] in options.lessons:
            run(path, runs)
    run_front(runs)
    shutil.rmtree(out, ignore_errors=True)
    if not options.quick:
        decks(out / "decks")
        write_song_page(out / "song", [load_unet(), load_models()], home="../index.html")
    words = ["-q", "-W", "--keep-going", "-E", "-c", str(CLONE / "docs"), "-d"]
    words += [str(runs.parent / "doctrees"), "-D", f"sepedu_runs={runs}", str(CLONE), str(out)]
    if build_main(words):
        return 1
    wrong = broken_links(out, without=("decks", "song") if options.quick else ())
    for line in wrong:
        print(f"broken link: {line}", file=sys.stderr)
    slim(out)
    files = [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    pages = sum(path.suffix == ".html" for path in files)
    print(
        f"{pages} pages, {size:.1f} MB in {out}, {len(wrong)} broken links, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return 1 if wrong else 0


SEARCH = re.compile(r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>')


def slim(out: Path) -> None:
    """Leave out what the theme puts into every page and folder, and nobody here uses."""
    for path in (out / "_static").rglob("*.map"):
        path.unlink()
    for path in out.rglob("*.html"):
        if path != out / "search.html" and path.relative_to(out).parts[0] not in NO_PAGES:
            text = path.read_text("utf-8")
            path.write_text(SEARCH.sub("", text), encoding="utf-8")


def decks(out: Path) -> None:
    """Take the decks that `make slides` built, and build those that are missing or old.

    All of them hold MathJax, more than two megabytes; here they share the site's.
    """
    out.mkdir(parents=True)
    slides = sources_folder()
    built = {path.stem: slides / "build" / f"{path.stem}.html" for path in find_decks()}
    folders = (slides / "theme", CLONE / "tools" / "slides", CLONE / "sepedu" / "widgets")
    common = [path for folder in folders for path in folder.glob("*.*")]
    old = []
    for name, file in built.items():
        newest = max(p.stat().st_mtime for p in [*common, *slides.glob(f"{name}.*")])
        if not file.is_file() or file.stat().st_mtime < newest:
            old.append(name)
    if old:
        build(old, pdf=False)
    shared = '<script src="../_static/tex-svg-full.js"></script>'
    mathjax = as_script((slides / "vendor/mathjax/tex-svg-full.js").read_text("utf-8"))
    for file in built.values():
        write_text(out / file.name, file.read_text("utf-8").replace(mathjax, shared))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SepeduError as error:
        sys.exit(f"site: {error}")
