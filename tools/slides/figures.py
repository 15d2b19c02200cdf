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
from PIL import Image

INK = "#1b1e24"
"""Text and axes in figures; on a slide, the colour of its text."""
THEME_COLOURS = {
    INK: "--ink",
    "#555555": "--quiet",
    "#333333": "--quiet",
    "#777777": "--quiet",
    "#f0f0f0": "--panel",
    "#0072b2": "--blue",
    "#d55e00": "--red",
    "#009e73": "--green",
    "#cc79a7": "--pink",
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
    label = html.escape(str(figure.get_label()))
    return text.replace("<svg", f'<svg class="figure" role="img" aria-label="{label}"', 1)


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
