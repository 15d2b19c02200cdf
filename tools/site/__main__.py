"""Build the site: python -m tools.site [--out FOLDER] [--lessons 02 ...] [--quick]."""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
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
from ..slides import page
from ..slides.build import build, find_decks, sources_folder
from .links import NO_PAGES, broken_links
from .run import CLONE, run, run_front

LARGEST = 80e6
"""Bytes that the whole site may have, for what hosts of static files allow."""
MATHJAX = "vendor/mathjax/tex-svg-full.js"
RUNS = CLONE / "build" / "runs"


def main() -> int:
    """Run lessons for their sound, build decks and pages; 1 if a link or the size is wrong."""
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
    size = sum(path.stat().st_size for path in files)
    pages = sum(path.suffix == ".html" for path in files)
    print(
        f"{pages} pages, {size / 1e6:.1f} MB in {out}, {len(wrong)} broken links, "
        f"{time.perf_counter() - started:.0f} s"
    )
    if size > LARGEST:
        print(f"The site may have {LARGEST / 1e6:.0f} MB at most", file=sys.stderr)
    return 1 if wrong or size > LARGEST else 0


SEARCH = re.compile(r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>')


def slim(out: Path) -> None:
    """Leave out what the theme brings and nobody here uses; let pictures and sounds be files."""
    for path in (out / "_static").rglob("*.map"):
        path.unlink()
    for path in out.rglob("*.html"):
        if path != out / "search.html" and path.relative_to(out).parts[0] not in NO_PAGES:
            text = SEARCH.sub("", path.read_text("utf-8"))
            path.write_text(with_media_beside(text, path, out), encoding="utf-8")


def decks(out: Path) -> None:
    """Take the decks that `make slides` built, and build those that are missing or old."""
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
    share(list(built.values()), out)


def share(files: list[Path], out: Path) -> None:
    """Write decks to the site's folder `decks`.

    A deck is one file that holds all it needs; here they share what all of them have, and their
    pictures and sounds are files.
    """
    slides = sources_folder()
    mathjax = page.as_script(page.read(slides / MATHJAX))
    shared = {mathjax: f'<script src="../_static/{Path(MATHJAX).name}"></script>'}
    for name in {*page.SCRIPTS} - {MATHJAX}:
        text = page.read(slides / name)
        write_text(out / "shared" / Path(name).name, text)
        shared[page.as_script(text)] = f'<script src="shared/{Path(name).name}"></script>'
    for name in page.STYLES:
        text = page.style(slides, name)
        write_text(out / "shared" / Path(name).name, text)
        link = f'<link rel="stylesheet" href="shared/{Path(name).name}">'
        shared[f"<style>{text}</style>"] = link
    for file in files:
        text = file.read_text("utf-8")
        for inside, beside in shared.items():
            text = text.replace(inside, beside)
        text = text.replace("</body>", '<script src="../_static/sounds.js"></script></body>')
        write_text(out / file.name, with_media_beside(text, out / file.name, out.parent))


MEDIA = re.compile(r'(src|href)="data:(?:image|audio)/(\w+);base64,([A-Za-z0-9+/=]{2000,})"')


def with_media_beside(text: str, page: Path, site: Path) -> str:
    """A page whose pictures and sounds are files of the site's `media`, each there once.

    `docs/static/sounds.js` loads a sound when it comes into view.
    """

    def as_file(found: re.Match[str]) -> str:
        data = base64.b64decode(found[3])
        ending = found[2].replace("mpeg", "mp3")
        file = site / "media" / f"{hashlib.sha256(data).hexdigest()[:16]}.{ending}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        return f'{found[1]}="{Path(os.path.relpath(file, page.parent)).as_posix()}"'

    text = MEDIA.sub(as_file, text)
    return re.sub('(<audio[^>]*) preload="auto"', r'\1 preload="none"', text)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SepeduError as error:
        sys.exit(f"site: {error}")
