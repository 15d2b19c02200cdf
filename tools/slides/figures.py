"""Figures for a lecture hall: large type, and colours that follow the slide's light or dark."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from sepedu import plots

INK = "#1b1e24"
"""Text and axes in figures; on a slide, the colour of its text."""
THEME_COLOURS = {
    INK: "--ink",
    "#333333": "--quiet",
    "#555555": "--quiet",
    "#767676": "--quiet",
    "#777777": "--quiet",
    "#f0f0f0": "--panel",
    "#fdfcf8": "--paper",
    plots.TALK: "--ink",
    plots.BASELINE: "--baseline",
    plots.INK.lower(): "--ideal",
    plots.OURS.lower(): "--ours",
    **{
        plots.SOURCE_COLOURS[source].lower(): f"--{source}"
        for source in ("drums", "bass", "other", "vocals")
    },
}
"""Colours of the library's figures that a slide replaces by its own, lighter where it is dark."""

STYLE = {
    "font.family": ["Atkinson Hyperlegible Next", "DejaVu Sans"],
    "font.size": 17,
    "axes.titlesize": 18,
    "axes.labelsize": 17,
    "xtick.labelsize": 15,
    "ytick.labelsize": 15,
    "legend.fontsize": 16,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2.5,
    "mathtext.fontset": "cm",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.framealpha": 0,
    "svg.fonttype": "path",
    "svg.hashsalt": "sepedu",
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    ),
}

_PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_NAMED = re.compile(r'(\bid="|xlink:href="#|url\(#)')
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@contextmanager
def lecture_style(fonts: Path) -> Iterator[None]:
    """Draw in the decks' style, with the fonts of this folder."""
    for font in sorted(fonts.glob("*.ttf")):
        font_manager.fontManager.addfont(font)
    with matplotlib.rc_context(STYLE):
        yield


def as_svg(figure: Figure, name: str) -> str:
    """Turn a figure into SVG for a page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Its label (see `sepedu.plots.describe`) becomes the alternative text.
    name : str
        Unique in the page: figures must not share the names of their parts.
    """
    for axes in figure.axes:
        for image in axes.images:  # a small picture of many frames must not drop some of them
            image.set_interpolation("auto")
            image.set_interpolation_stage("rgba")
    memory = io.StringIO()
    figure.savefig(memory, format="svg", dpi=130, metadata={"Date": None, "Creator": None})
    text = memory.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = _NAMED.sub(rf"\g<1>{name}-", text)
    text = _COLOUR.sub(lambda match: _themed(match[0]), text)
    text = _PICTURE.sub(lambda match: _smaller(match[1]), text)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    told = {
        "aria-label": html.escape(str(figure.get_label())),
        "data-smallest": f"{_smallest(figure):g}",
        "data-times": ";".join(_times(figure)),
    }
    words = " ".join(f'{key}="{value}"' for key, value in told.items() if value)
    return text.replace("<svg", f'<svg class="figure" role="img" {words}', 1)


def _smallest(figure: Figure) -> float:
    """Size of the smallest letters in points; a figure must stay readable from the last row."""
    texts = figure.findobj(lambda part: isinstance(part, Text) and part.get_visible())
    return min((text.get_fontsize() for text in texts if text.get_text().strip()), default=99)


def _times(figure: Figure) -> list[str]:
    """Left, top, right and bottom of each panel over time, and its seconds, for a playhead."""
    width, height = 72 * figure.get_size_inches()
    if not any(axes.get_xlabel() == "Time (s)" for axes in figure.axes):
        return []
    told = []
    for axes in figure.axes:
        if axes.get_label() == "<colorbar>":
            continue
        place, (start, end) = axes.get_position(), axes.get_xlim()
        values = (place.x0 * width, (1 - place.y1) * height, place.x1 * width)
        values += ((1 - place.y0) * height, start, end)
        told.append(" ".join(f"{value:.5g}" for value in values))
    return told


def _themed(colour: str) -> str:
    name = THEME_COLOURS.get(colour)
    return f"var({name})" if name else colour


def _smaller(data: str) -> str:
    """Encode a picture as WebP, which takes a fifth of the bytes for spectrograms."""
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    memory = io.BytesIO()
    few = picture.getcolors(maxcolors=64) is not None
    picture.save(memory, "WEBP", lossless=few, quality=82, method=4)
    return "data:image/webp;base64," + base64.b64encode(memory.getvalue()).decode()
