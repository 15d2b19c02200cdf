"""What is ours on the site, as an extension of Sphinx; `docs/conf.py` holds the rest."""

from __future__ import annotations

import base64
import io
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.nodes import make_refnode

import sepedu

from .. import glossary
from .lessons import as_page, pack, player
from .run import CLONE

FRONT = "docs/index"
titles = lru_cache(glossary.titles)


class Site(StandaloneHTMLBuilder):
    """HTML whose front page lies at the root, though its source does not."""

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return "index.html" if docname == FRONT else super().get_target_uri(docname, typ)

    def get_output_path(self, page_name: str, /) -> Any:
        return super().get_output_path("index" if page_name == FRONT else page_name)

    def index_page(self, pagename: str, doctree: nodes.document, title: str) -> None:
        super().index_page("index" if pagename == FRONT else pagename, doctree, title)


def read_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add to a page what the site knows more than its file."""
    runs = Path(app.config.sepedu_runs)
    if re.match(r"lessons/\d\d-", docname):
        path = Path(app.srcdir) / f"{docname}.ipynb"
        source[0] = as_page(source[0], path, runs, Path(app.outdir))
    elif docname in (FRONT, "docs/lessons"):
        source[0] = source[0].replace(
            "<!-- lessons -->", lessons("" if docname == FRONT else "../")
        )
        source[0] = source[0].replace("<!-- listen -->", listen(runs, Path(app.outdir)))
    elif docname == "lessons/README":  # the words have a page of their own
        source[0] = source[0].split("## Words")[0]
    elif docname == "docs/glossary":
        source[0] += words()
    elif docname in ("slides/README", "docs/talk"):  # to the decks, not to their sources
        deck = r"\[`([\w-]+)`\]\((?:\.\./slides/)?\1\.md\)"
        source[0] = re.sub(deck, r'<a href="../decks/\1.html">\1</a>', source[0])
        source[0] = re.sub(r"\[(`[\w-]+\.md`)\]\([\w-]+\.md\)", r"\1", source[0])


def lessons(up: str) -> str:
    """The table of the lessons, as the README has it, each with its slides."""
    lines = ["| | you can afterwards | |", "|---|---|---|"]
    readme = (CLONE / "README.md").read_text("utf-8")
    for number, title, file, aim in re.findall(
        r"^\| (\d\d) \| \[(.+)\]\(lessons/(.+)\.ipynb\) \| (.+) \|$", readme, re.MULTILINE
    ):
        slides = f'<a href="{up}decks/{file}.html" aria-label="Slides: {title}">Slides</a>'
        lines.append(f"| [{number} · {title}](../lessons/{file}.ipynb) | {aim} | {slides} |")
    return "\n".join(lines)


def listen(runs: Path, out: Path) -> str:
    """A picture, and below it a song and what the course's U-Net makes of it, when asked for."""
    memory = io.BytesIO()
    shown = Image.open(CLONE / "docs" / "separation.png").convert("RGB")
    shown.thumbnail((1000, 1000))
    shown.save(memory, "WEBP", quality=75)
    readme = (CLONE / "README.md").read_text("utf-8")
    words = " ".join(re.search(r"!\[([^]]+)\]\(docs/separation", readme)[1].split())
    data = base64.b64encode(memory.getvalue()).decode()
    page = f'<img src="data:image/webp;base64,{data}" alt="{words}">'
    file = runs / "front.json"
    if file.is_file():
        sounds, text = player(json.loads(file.read_text("utf-8")))
        before = f"document.currentScript.insertAdjacentHTML('beforebegin', {json.dumps(sounds)});"
        pack(before + text, out / "listen.bin")
        page += '<div class="sepedu-live" data-packed="listen.bin"><button>Listen</button></div>'
    return f"````{{raw}} html\n{page}\n````"


def words() -> str:
    """The words of all lessons as a glossary."""
    lines = ["```{glossary}"]
    lesson = titles()
    for term, (number, meaning) in sorted(glossary.words().items(), key=lambda w: w[0].lower()):
        file, title = lesson[number]
        link = f"[Lesson {number}](../lessons/{file} '{title}')"
        lines += [term.replace("**", ""), f"  {meaning} {link}", ""]
    return "\n".join([*lines, "```"])


def link_lessons(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Let "Lesson: 02" in a docstring lead to the lesson, from below its first sentence."""
    places = [n for n, line in enumerate(lines) if re.match(r"Lessons?: \d\d", line)]
    for place in reversed(places):
        text = re.sub(r"\b\d\d\b", lambda found: f":doc:`{lesson(found[0])}`", lines.pop(place))
        first = lines.index("") if "" in lines else len(lines)
        lines[first:first] = ["", text]


def lesson(number: str) -> str:
    """A lesson as the target of a reference, with its title."""
    file, title = titles()[number]
    return f"{number} · {title} </lessons/{Path(file).stem}>"


def link_names(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let each name of the library that stands as code in a text lead to its documentation."""
    known = names(app)
    for literal in list(doctree.findall(nodes.literal)):
        inside = (nodes.reference, nodes.title, nodes.term)
        parent = literal.parent
        while parent is not None and not isinstance(parent, inside):
            parent = parent.parent
        called = re.fullmatch(r"([A-Za-z_][\w.]*)(\(.*\))?", literal.astext(), re.DOTALL)
        if parent is not None or not called or called[1] not in known:
            continue
        target, anchor = known[called[1]]
        link = make_refnode(app.builder, docname, target, anchor, [literal.deepcopy()])
        literal.replace_self(link)


@lru_cache
def names(app: Sphinx) -> dict[str, tuple[str, str]]:
    """Page and anchor of what is documented, by its name as a text may give it.

    A single word may be a variable of the text, unless it has capitals or joins words, or the
    course imports it from `sepedu` itself.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    for name, entry in app.env.domains.python_domain.objects.items():
        parts = name.split(".")
        for start in range(len(parts)):
            short = ".".join(parts[start:])
            word = start == len(parts) - 1
            clear = re.search(r"[A-Z_]", short) or short in sepedu.__all__
            if entry.objtype in ("attribute", "property") or (word and not clear):
                continue
            found.setdefault(short, set()).add((entry.docname, entry.node_id))
    return {name: next(iter(places)) for name, places in found.items() if len(places) == 1}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it."""
    app.add_builder(Site, override=True)
    app.add_config_value("sepedu_runs", "", "env", types=(str,))
    app.connect("source-read", read_source)
    app.connect("autodoc-process-docstring", link_lessons, priority=400)  # before napoleon
    app.connect("doctree-resolved", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
