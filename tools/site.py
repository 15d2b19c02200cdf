"""Build the course as one static site that needs no network: `make site`, into build/site.

    python tools/site.py [--out FOLDER]

The lessons are rendered as they are committed, with their figures and without running them again.
"""

from __future__ import annotations

import argparse
import html
import importlib
import inspect
import pkgutil
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html
from traitlets.config import Config

import sepedu

CLONE = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "data/README.md",
    "data/weights/README.md",
    "docs/results.md",
    "docs/experiments.md",
    "docs/errors.md",
    "docs/widgets.md",
    "lessons/README.md",
    "slides/README.md",
)
STYLE = """
body { max-width: 54rem; margin: 0 auto; padding: 1rem; font: 1.05rem/1.55 system-ui, sans-serif;
  color: #1c1c1c; background: #fff; }
nav { border-bottom: 1px solid #bbb; padding-bottom: .5rem; margin-bottom: 1rem; }
nav a { margin-right: .8rem; } a { color: #00528a; } img { max-width: 100%; height: auto; }
pre { background: #f4f4f4; padding: .6rem; overflow-x: auto; font-size: .88rem; }
.jp-InputPrompt, .jp-OutputPrompt, .prompt, .anchor-link { display: none; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid #bbb; padding: .2rem .5rem; text-align: left; }
table[border] { border: 0; } .output_area pre { white-space: pre-wrap; }
details { margin: .5rem 0; } summary { cursor: pointer; }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #161616; } a { color: #8cc8ff; } pre { background: #242424; }
  img { background: #fff; } .highlight, .highlight span { color: inherit !important; } }
"""
MATHJAX = "window.MathJax = {tex: {inlineMath: [['$', '$']], displayMath: [['$$', '$$']]}};"
TEMPLATE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="{up}assets/site.css"><script>{mathjax}</script>
<script defer src="{up}assets/mathjax.js"></script></head><body>
<nav><a href="{up}README.html">sepedu</a><a href="{up}lessons/README.html">Map</a>{lessons}
<a href="{up}docs/results.html">Results</a><a href="{up}api.html">Library</a></nav>
<main>{body}</main></body></html>
"""


def main(out: Path) -> int:
    """Write all pages, check their links, and return 1 if one leads nowhere."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "assets").mkdir(parents=True)
    (out / "assets" / "site.css").write_text(STYLE, encoding="utf-8")
    mathjax = CLONE / "slides" / "vendor" / "mathjax"
    shutil.copyfile(mathjax / "tex-svg-full.js", out / "assets" / "mathjax.js")
    shutil.copyfile(mathjax / "LICENSE", out / "assets" / "mathjax-LICENSE")
    for name in PAGES:
        body = markdown2html((CLONE / name).read_text(encoding="utf-8"))
        write_page(out, Path(name).with_suffix(".html"), name, body)
    for lesson in sorted((CLONE / "lessons").glob("*.ipynb")):
        write_page(out, Path("lessons") / f"{lesson.stem}.html", lesson.stem, lesson_body(lesson))
    write_page(out, Path("api.html"), "The library", library_body())
    for picture in (CLONE / "docs").glob("*.png"):
        shutil.copyfile(picture, out / "docs" / picture.name)
    pictures = CLONE / "data" / "pictures"
    shutil.copytree(pictures, out / "data" / "pictures")
    decks = CLONE / "slides" / "build"
    if decks.is_dir():
        shutil.copytree(decks, out / "slides" / "build")
    wrong = broken_links(out)
    for line in wrong:
        print(f"broken link: {line}", file=sys.stderr)
    print(f"{len(list(out.rglob('*.html')))} pages in {out}, {len(wrong)} broken links")
    return 1 if wrong else 0


def lesson_body(path: Path) -> str:
    """A lesson as HTML: its text, code and committed outputs, pictures before live widgets."""
    settings = Config()
    settings.NbConvertBase.display_data_priority = [
        *(
            "text/html",
            "image/svg+xml",
            "image/png",
            "image/jpeg",
            "text/markdown",
            "text/latex",
            "text/plain",
        )
    ]
    exporter = HTMLExporter(config=settings, template_name="basic")
    return exporter.from_notebook_node(nbformat.read(path, as_version=4))[0]


def library_body() -> str:
    """Every public function and class of the library with its documentation."""
    parts = ["<h1>The library</h1>"]
    for found in pkgutil.walk_packages(sepedu.__path__):
        if found.name == "__main__":
            continue
        module = importlib.import_module(f"sepedu.{found.name}")
        parts.append(f"<h2>sepedu.{found.name}</h2><pre>{html.escape(module.__doc__ or '')}</pre>")
        for name, member in vars(module).items():
            own = getattr(member, "__module__", None) == module.__name__
            if (
                own
                and not name.startswith("_")
                and (inspect.isroutine(member) or isinstance(member, type))
            ):
                signature = html.escape(str(inspect.signature(member)))
                parts.append(f"<h3><code>{name}{signature}</code></h3>")
                parts.append(f"<pre>{html.escape(inspect.getdoc(member) or '')}</pre>")
    return "\n".join(parts)


def write_page(out: Path, place: Path, title: str, body: str) -> None:
    """Write one page; links to sources that have a page lead there, others to a copy of them."""
    up = "../" * (len(place.parts) - 1)

    def lead(match: re.Match[str]) -> str:
        target = (CLONE / place).parent / unquote(match[1])
        name = target.resolve().relative_to(CLONE) if target.exists() else Path()
        if name.as_posix() in PAGES or name.suffix == ".ipynb":
            return f'href="{Path(match[1]).with_suffix(".html").as_posix()}'
        if target.is_file() and not (out / name).exists():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(target, out / name)
        return match[0]

    body = re.sub(r'href="(?!\w+:|#)([^"#]+)', lead, body)
    lessons = "".join(
        f'<a href="{up}lessons/{path.stem}.html">{path.stem[:2]}</a>'
        for path in sorted((CLONE / "lessons").glob("*.ipynb"))
    )
    page = TEMPLATE.format(
        title=html.escape(title), up=up, mathjax=MATHJAX, lessons=lessons, body=body
    )
    (out / place).parent.mkdir(parents=True, exist_ok=True)
    (out / place).write_text(page, encoding="utf-8")


class Links(HTMLParser):
    """The addresses that a page names in href and src."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in ("href", "src") and value]


def broken_links(out: Path) -> list[str]:
    """Links of the pages to files that are not in the site; other hosts are not asked."""
    wrong = []
    for page in out.rglob("*.html"):
        if "build" in page.relative_to(out).parts:
            continue  # decks are tested on their own
        links = Links()
        links.feed(page.read_text(encoding="utf-8"))
        for link in links.found:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or not parts.path:
                continue
            if not (page.parent / unquote(parts.path)).exists():
                wrong.append(f"{page.relative_to(out)}: {link}")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=CLONE / "build" / "site")
    sys.exit(main(parser.parse_args().out))
