"""Put slides, theme, reveal.js, MathJax and fonts together into one HTML file."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from pathlib import Path

from sepedu.errors import SepeduError

SCRIPTS = (
    "theme/mathjax.js",
    "vendor/mathjax/tex-svg-full.js",
    "vendor/reveal/reveal.js",
    "vendor/reveal/notes.js",
    "theme/deck.js",
)
STYLES = ("vendor/reveal/reset.css", "vendor/reveal/reveal.css", "theme/theme.css")
FONT = re.compile(r"url\(\.\./(vendor/fonts/[\w.-]+\.(woff2?))\)")

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="sepedu, tools/slides">
<link rel="icon" href="data:,">
<title>{title}</title>
{styles}
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
{scripts}
</body>
</html>
"""


def page(sources: Path, title: str, slides: Sequence[str]) -> str:
    """Return the whole page.

    Parameters
    ----------
    sources : path
        The clone's folder `slides/`.
    title : str
    slides : sequence of str
        Their HTML.
    """
    styles = "\n".join(f"<style>{style(sources, name)}</style>" for name in STYLES)
    scripts = [read(sources / name) for name in SCRIPTS]
    return PAGE.format(
        title=html.escape(title),
        styles=styles,
        slides="\n".join(slides),
        scripts="\n".join(as_script(text) for text in scripts),
    )


def as_script(text: str) -> str:
    """A script that may stand inside of HTML, whatever its strings hold."""
    safe = re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE)
    return f"<script>{safe}</script>"


def style(sources: Path, name: str) -> str:
    """A style sheet with its fonts inside."""

    def inside(match: re.Match[str]) -> str:
        data = base64.b64encode((sources / match[1]).read_bytes()).decode()
        return f"url(data:font/{match[2]};base64,{data})"

    return FONT.sub(inside, read(sources / name))


def read(path: Path) -> str:
    if not path.is_file():
        raise SepeduError(f"There is no file {path}", "Fetch it again: slides/vendor/fetch.sh")
    return path.read_text(encoding="utf-8")
