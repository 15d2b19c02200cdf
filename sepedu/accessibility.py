"""Figures for every reader: colours that all can tell apart, and a description in words."""

from __future__ import annotations

from IPython.core.pylabtools import print_figure
from matplotlib.figure import Figure

SOURCE_COLOURS = {
    "mixture": "#555555",
    "drums": "#D55E00",
    "bass": "#0072B2",
    "other": "#009E73",
    "vocals": "#CC79A7",
}
"""Colours of the sources, told apart by colour-blind readers too (Okabe and Ito, 2008)."""
AGREEMENT_COLOURS = {
    "right, no": "#F0F0F0",
    "hit": "#009E73",
    "miss": "#0072B2",
    "false alarm": "#D55E00",
}
"""Colours of a predicted mask's bins, by what it said of them."""


def describe(figure: Figure, text: str) -> Figure:
    """Give a figure its description in words, for readers who cannot see it.

    The text becomes the picture's alternative text in notebooks and pages.
    """
    figure.set_label(text)

    def bundle(include: object = None, exclude: object = None) -> tuple[dict, dict]:
        # Jupyter asks a figure for this first, and keeps the metadata beside the picture.
        picture = print_figure(figure, fmt="png", base64=True)
        return {"image/png": picture, "text/plain": text}, {"image/png": {"alt": text}}

    figure._repr_mimebundle_ = bundle
    return figure
