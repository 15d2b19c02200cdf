"""Figures carry their words into every page."""

from __future__ import annotations

import base64
import io
from itertools import pairwise

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from PIL import Image

from sepedu import SepeduError, plots


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.spectrogram(np.ones(3)),
        lambda: plots.spectrogram(np.ones((2, 3), complex)),
        lambda: plots.mask(np.ones((1, 2, 3))),
        lambda: plots.history([]),
    ],
)
def test_what_makes_no_picture_is_refused(draw):
    with pytest.raises(SepeduError, match=r"make no picture|no epochs"):
        draw()


@pytest.fixture
def figure():
    figure, axes = plt.subplots(figsize=(5, 2))
    axes.plot([0, 1], color=plots.OURS)
    yield figure
    plt.close(figure)


def test_a_description_is_the_alternative_text_of_an_exported_page(figure):
    words = 'A line rises: "a < b" & more'
    data, metadata = plots.describe(figure, words)._repr_mimebundle_()
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("figure")]
    output = {"output_type": "display_data", "data": data, "metadata": metadata}
    notebook.cells[0].outputs = [nbformat.from_dict(output)]
    page = HTMLExporter().from_notebook_node(notebook)[0]
    pictures = BeautifulSoup(page, "html.parser").find_all("img")
    assert [picture["alt"] for picture in pictures] == [words]
    assert pictures[0]["src"] == f"data:image/png;base64,{data['image/png']}"


def test_a_picture_is_small_and_keeps_its_width(figure):
    data, _ = plots.describe(figure, "words")._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    assert f'width="{Image.open(io.BytesIO(png)).width}"' in data["text/html"]
    assert len(png) < 10_000


def test_kinds_of_answers_differ_in_lightness_too():
    def lightness(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part**2.2 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    kinds = sorted(map(lightness, plots.AGREEMENT_COLOURS.values()))
    assert all(light / dark > 1.5 for dark, light in pairwise(kinds))
    assert len({*plots.SOURCE_COLOURS.values(), plots.OURS, plots.BASELINE, plots.TALK}) == 8
