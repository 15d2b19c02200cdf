"""Build the decks, print them as PDF, and show them."""

from __future__ import annotations

import http.server
import os
import sys
import time
import webbrowser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import matplotlib
import yaml

from sepedu.engine.files import write_text
from sepedu.errors import SepeduError

from .deck import Deck, read_deck
from .figures import lecture_style
from .page import page
from .pdf import find_browser, print_pdf
from .render import render_deck


def sources_folder() -> Path:
    """The clone's folder of decks."""
    folder = Path(__file__).resolve().parents[2] / "slides"
    if not (folder / "theme").is_dir():
        raise SepeduError(
            "The decks' sources are not installed with the library", "Build them in a clone"
        )
    return folder


def find_decks(names: Sequence[str] = (), sources: Path | None = None) -> list[Path]:
    """Paths of the decks with these names, of all if none is given.

    Parameters
    ----------
    names : sequence of str
        "overview", "02", or "02-binary-masks".
    sources : path, optional
        Another folder of decks.
    """
    folder = sources or sources_folder()
    known = [path for path in sorted(folder.glob("*.md")) if path.stem != "README"]
    found = []
    for name in names:
        matches = [path for path in known if name in (path.stem, path.stem.split("-")[0])]
        if not matches:
            decks = ", ".join(path.stem for path in known)
            raise SepeduError(f"There is no deck {name!r}", f"The decks are: {decks}")
        found += matches
    return found if names else known


def build(
    names: Sequence[str] = (),
    out: str | os.PathLike[str] | None = None,
    pdf: bool = True,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Build decks, each into one HTML file that needs no network, and a PDF beside it.

    Parameters
    ----------
    names : sequence of str
        As `find_decks` takes them; all decks if empty.
    out : path, optional
        By default `slides/build` of the clone.
    pdf : bool
        Also print each as slides, handout and notes, where a Chromium is installed.
    say : callable
        Told what was built, what was left out, and why.

    Returns
    -------
    files : list of pathlib.Path
        What was written.

    Raises
    ------
    SepeduError
        If a deck is unknown or faulty; it names the file and the slide.
    """
    matplotlib.use("agg")
    sources = sources_folder()
    folder = Path(out) if out is not None else sources / "build"
    browser = find_browser() if pdf else None
    if pdf and browser is None:
        say("No Chromium found: no PDFs. In a browser, add ?print-pdf to a deck and print it.")
    files = []
    with lecture_style(sources / "vendor" / "fonts"):
        for path in find_decks(names):
            begun = time.perf_counter()
            deck = read_deck(path)
            deck.about.update(local_about(sources))
            text, count = compose(deck, sources, say)
            file = folder / f"{deck.name}.html"
            write_text(file, text)
            files.append(file)
            line = f"{file}: {count} slides, {file.stat().st_size / 1e6:.1f} MB"
            if browser:
                files += print_pdf(file, browser, count)
                line += ", and PDFs"
            say(f"{line}, {time.perf_counter() - begun:.0f} s")
    return files


def local_about(sources: Path) -> dict[str, str]:
    """Who gives the lecture here, when, and a logo: `slides/local.yml`, where there is one."""
    path = sources / "local.yml"
    if not path.is_file():
        return {}
    try:
        about = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SepeduError(f"{path} is not YAML ({error})", "See slides/README.md") from error
    if not isinstance(about, dict) or set(about) - {"instructor", "date", "logo"}:
        raise SepeduError(f"{path} has other fields", "Write instructor, date, and logo")
    if about.get("logo"):
        about["logo"] = sources / about["logo"]
    return about


def compose(deck: Deck, sources: Path, say: Callable[[str], None] = print) -> tuple[str, int]:
    """The page of a deck, and the number of its slides."""
    slides, left_out = render_deck(deck)
    for line in left_out:
        say(f"left out {line}")
    return page(sources, str(deck.about["title"]), slides), len(slides)


def serve(
    out: str | os.PathLike[str] | None = None,
    port: int = 8890,
    host: str = "127.0.0.1",
    browser: bool = True,
) -> int:
    """Show the built decks in a browser until Ctrl-C; builds them first where none is there.

    Parameters
    ----------
    out : path, optional
        Folder of the built decks; by default `slides/build` of the clone.
    port : int
        Where to listen; 0 takes a free one.
    host : str
        This machine only, unless another is given.
    browser : bool
        Open a browser at the list of decks.

    Raises
    ------
    SepeduError
        If the port cannot be used; this is found before anything is built.
    """
    folder = Path(out) if out is not None else sources_folder() / "build"
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = http.server.ThreadingHTTPServer((host, port), handler)
    except (OSError, OverflowError) as error:
        raise SepeduError(f"Port {port} cannot be used ({error})", "Try another") from error
    with server:
        if not any(folder.glob("*.html")):
            build(out=folder, pdf=False)
        decks = [path.stem for path in find_decks()]
        if missing := [deck for deck in decks if not (folder / f"{deck}.html").is_file()]:
            print(f"Not built yet: {', '.join(missing)}. To build them: make slides")
        address = f"http://{host}:{server.server_address[1]}/"
        print(f"The decks are at {address} until you press Ctrl-C.")
        sys.stdout.flush()
        if browser:
            webbrowser.open(address)
        server.serve_forever()
    return 0
