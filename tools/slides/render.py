"""Turn a deck into the HTML of its slides: Markdown, figures, sounds and numbers."""

from __future__ import annotations

import ast
import base64
import html
import mimetypes
import re
import runpy
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import mistune
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from sepedu.errors import SepeduError

from .deck import FENCE, FORMAT, PARTS, VALUE, Deck, Slide
from .figures import as_svg
from .material import lacking

LARGE = r"<svg|data-widget"
"""What fills a slide; one that has only words, equations and tables shows them larger."""
PERCENT = re.compile(r"(?<=\d) %")
MINUS = re.compile(r"(?<![\w.])-(?=\d)")


class SlideRenderer(mistune.HTMLRenderer):
    """Markdown to HTML, where a fence named `run` is replaced by what its code shows."""

    def __init__(self, space: dict[str, Any], slide: Slide, number: int) -> None:
        super().__init__(escape=False)
        self.space, self.slide, self.number = space, slide, number
        self.figures = 0

    def block_code(self, code: str, info: str | None = None) -> str:
        """Run a fence named `run`; colour any other."""
        if (info or "").strip() == "run":
            return self.show(self.run(code))
        shown = highlight(code, get_lexer_by_name(info or "text"), HtmlFormatter(nowrap=True))
        return f"<pre><code>{shown}</code></pre>"

    def run(self, code: str) -> Any:
        """Run code and return the value of its last line."""
        try:
            tree = ast.parse(code)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<slide>", "exec"), self.space)
            if last is None:
                return None
            return eval(compile(ast.Expression(last.value), "<slide>", "eval"), self.space)
        except Exception as error:
            raise self.failure(code.strip(), error) from error

    def fill(self, text: str) -> str:
        """Replace each `{{ expression:format }}` outside of code by its value."""

        def value(match: re.Match[str]) -> str:
            try:
                text = eval('f"""{' + match[1] + '}"""', self.space)
            except Exception as error:
                raise self.failure(match[1], error) from error
            return MINUS.sub("−", text.replace("%", "\u00a0%"))

        pieces = re.split(f"({FENCE.pattern})", text, flags=FENCE.flags)
        filled = [
            p if p.startswith("```") else PERCENT.sub("\u00a0%", VALUE.sub(value, p))
            for p in pieces
        ]
        open_ones = [p for p in filled if "{{ " in p and not p.startswith("```")]
        if open_ones:
            raise self.slide.error("a {{ has no }}", "Write values as {{ expression }}")
        return "".join(filled)

    def failure(self, code: str, error: Exception) -> SepeduError:
        """Name the slide, the code and, where it lies in a file, the line that failed."""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f", {frame.filename.rsplit('/', 1)[-1]} line {frame.lineno}"
        kind = "" if isinstance(error, SepeduError) else f"{type(error).__name__}: "
        return self.slide.error(
            f"`{code[:80]}` failed ({kind}{str(error).rstrip('.')}{where})",
            "Mend the code on the slide or beside the deck",
        )

    def show(self, value: Any) -> str:
        """HTML of a value: a figure, something that Jupyter would show as HTML, or nothing."""
        if isinstance(value, Axes):
            value = value.figure
        if isinstance(value, Figure):
            self.figures += 1
            if not value.get_label():
                raise self.slide.error(
                    "a figure has no description", 'Use plots.describe(figure, "what it shows")'
                )
            picture = as_svg(value, f"s{self.number}f{self.figures}")
            plt.close(value)
            return picture
        if hasattr(value, "_repr_html_"):
            return f'<div class="shown">{value._repr_html_()}</div>'
        if value is None:
            return ""
        raise self.slide.error(f"a {type(value).__name__} cannot be shown", FORMAT)

    def inline(self, text: str) -> str:
        """Turn one line of Markdown into HTML without a paragraph around it."""
        return re.sub(r"^<p>|</p>\s*$", "", self.markdown(text))

    def markdown(self, text: str) -> str:
        """Turn filled Markdown into HTML."""
        return mistune.create_markdown(renderer=self, plugins=["table", "math"])(self.fill(text))


def render_deck(deck: Deck) -> tuple[list[str], list[str]]:
    """Run a deck's code and return the HTML of its slides, and what was left out and why."""
    try:
        space = runpy.run_path(str(deck.code)) if deck.code.is_file() else {}
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        raise SepeduError(
            f"{deck.code.name} failed in line {frame.lineno}: {error}", "Mend it"
        ) from error
    left_out, kept = [], []
    for slide in deck.slides:
        reason = lacking(slide.needs)
        if reason is None:
            kept.append(slide)
        else:
            left_out.append(f"{slide.place}: {reason}")
    total = sum(slide.minutes for slide in kept)
    begun, pages = 0.0, []
    space["agenda"] = Agenda(kept)
    for number, slide in enumerate(kept, 1):
        pages.append(render_slide(slide, space, number, begun, total, deck.about))
        begun += slide.minutes
    link = lesson_link(deck)
    pages[-1] = pages[-1].replace('<footer class="foot">', f'{link}<footer class="foot">', 1)
    return pages, left_out


def lesson_link(deck: Deck) -> str:
    """A line that leads from a deck to its notebook, and on the site to its page.

    A deck that was copied elsewhere has no page beside it: the theme's script takes the link away.
    """
    words, page, where = "All lessons: <code>make lab</code>", "../index.html", "the course online"
    if (deck.path.parent.parent / "lessons" / f"{deck.name}.ipynb").is_file():
        words = f"<code>lessons/{deck.name}.ipynb</code>, in <code>make lab</code>"
        page, where = f"../lessons/{deck.name}.html", "the lesson online"
    return f'<p class="data">{words}<a class="on-site" href="{page}">{where}</a></p>'


def render_slide(
    slide: Slide,
    space: dict[str, Any],
    number: int,
    begun: float,
    total: float,
    about: dict[str, Any],
) -> str:
    """HTML of one slide: heading, body, and the notes with the plan of time above them."""
    renderer = SlideRenderer(space, slide, number)
    columns = [_column(renderer, text) for text in slide.columns]
    airy = not any(re.search(LARGE, column) for column in columns)
    body = "".join(f'<div class="column">{column}</div>' for column in columns)
    data = renderer.inline(slide.data)
    if data:
        data = f'<p class="data">{data}</p>'
    plan = f"Minutes {begun:g} to {begun + slide.minutes:g} of {total:g}."
    notes = f'<p class="plan">{plan}</p>{renderer.markdown(slide.notes)}'
    if number == 1:
        body = f"{_credits(about)}{body}"
    level = "h1" if number == 1 else "h2"
    return (
        f'<section data-timing="{round(slide.minutes * 60)}" class="{"first" * (number == 1)}">'
        f"<{level}>{renderer.inline(slide.title)}</{level}>"
        f'<div class="body columns{len(columns)}{" airy" * airy}">{body}</div>{data}'
        f"{_foot(slide, about)}"
        f'<aside class="notes">{notes}</aside></section>'
    )


def _credits(about: dict[str, Any]) -> str:
    """Subtitle, author, and who gives the lecture, when, and for whom."""
    lines = [
        f'<p class="{key}">{html.escape(str(about[key]))}</p>'
        for key in ("subtitle", "author")
        if about.get(key)
    ]
    spoken = [html.escape(str(about[key])) for key in ("instructor", "date") if about.get(key)]
    if spoken:
        lines.append(f'<p class="author">{" · ".join(spoken)}</p>')
    if about.get("logo"):
        lines.append(f'<img class="logo" alt="Logo" src="{_picture(Path(about["logo"]))}">')
    return "".join(lines)


def _picture(path: Path) -> str:
    """A picture as an address that holds it."""
    if not path.is_file():
        raise SepeduError(f"There is no logo {path}", "Give the path of a PNG, JPEG or SVG file")
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _foot(slide: Slide, about: dict[str, Any]) -> str:
    """The strip of the course, this part of it marked, and the names of deck and section."""
    strip = " · ".join(
        f'<b aria-current="true">{part}</b>' if part == slide.part else part for part in PARTS
    )
    names = [str(about["title"]), slide.section]
    words = " › ".join(html.escape(name) for name in names if name)
    return f'<footer class="foot"><span class="strip">{strip}</span><span>{words}</span></footer>'


class Agenda:
    """The sections of a deck with their minutes; a slide shows it as `agenda`."""

    def __init__(self, slides: Sequence[Slide]) -> None:
        self.minutes: dict[str, float] = {}
        for slide in slides:
            if slide.section:
                before = self.minutes.get(slide.section, 0)
                self.minutes[slide.section] = before + slide.minutes

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td>{html.escape(name)}</td><td style="text-align:right">{count:g} min</td></tr>'
            for name, count in self.minutes.items()
        )
        return f'<table class="agenda">{rows}</table>'


def _column(renderer: SlideRenderer, text: str) -> str:
    """A column's HTML; what stands after `Answer:` waits for the next step."""
    before, *after = re.split(r"^Answer:", text, flags=re.MULTILINE)
    before, *question = re.split(r"^Question:", before, flags=re.MULTILINE)
    parts = [renderer.markdown(before)]
    parts += [f'<div class="question">{renderer.markdown(part)}</div>' for part in question]
    parts += [f'<div class="answer fragment">{renderer.markdown(part)}</div>' for part in after]
    return "".join(parts)
