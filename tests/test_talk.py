"""The talk's own figures, the deck that tells them, and the reader of what was published."""

from __future__ import annotations

import json
import re
import runpy

import numpy as np
import pytest

from sepedu.errors import SepeduError
from sepedu.evaluation import read_results, talk_results
from sepedu.model import MaskCNN, summary
from sepedu.plots import shared_columns
from sepedu.songs import SOURCES, Song
from sepedu.stft import CONTEXT, STFT
from sepedu.windows import as_table
from tools.slides import drawings
from tools.slides.build import find_decks
from tools.slides.deck import FENCE, read_deck
from tools.slides.talk import POINTS, TALK, marks, page, table

ROW = {"data": "d", "part": "valid", "source": "bass", "method": "silence", "accuracy": 1, "mse": 0}
PATH = find_decks(["overview"])[0]
DECK = read_deck(PATH)
VALUE = re.compile(r"\{\{ (.+?) ?\}\}")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")


@pytest.fixture(scope="module")
def space():
    """What the overview's slides quote from; nothing is drawn or separated."""
    return runpy.run_path(str(PATH.with_suffix(".py")))


def told(number: int, space: dict) -> str:
    """The words of a slide: its values of the talk filled in, others left open."""
    slide = DECK.slides[number - 1]

    def fill(match: re.Match) -> str:
        known = "TALK" in match[1]
        return eval('f"""{' + match[1] + '}"""', space) if known else "…"

    body = VALUE.sub(fill, "\n".join((slide.title, *slide.columns)))
    tables = re.findall(r"^```run\n((?:Frames|Layers|Beside)\(.*\))\n```$", body, re.MULTILINE)
    shown = [eval(one, space)._repr_html_() for one in tables if "Frames" not in one]
    shown += [_columns() for one in tables if "Frames" in one]
    shown = [re.sub(r"<[^>]+>", " ", one) for one in shown]
    if slide is DECK.slides[0]:
        shown.append(DECK.about["author"])
    return " ".join([re.sub(r"[*`]", "", FENCE.sub("", body)), *shown])


def _columns() -> str:
    """Columns of the talk's table, from a song of silence."""
    silence = np.zeros(2048, np.float32)
    song = Song("silence", silence, {name: silence for name in SOURCES}, STFT().sample_rate)
    return " ".join(as_table(song, [0]).columns)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_each_point_of_the_talk_is_on_its_slide(point, space):
    numbers = marks(DECK).get(point.name)
    assert numbers, f"no slide is marked <!-- talk: {point.name} -->"
    words = " ".join(told(number, space) for number in numbers)
    missing = [fact for fact in point.facts if fact.lower() not in words.lower()]
    assert not missing, f"slides {numbers} do not say {missing}"


def test_slides_are_marked_with_points_of_the_talk_only():
    assert set(marks(DECK)) == {point.name for point in POINTS}


def test_no_number_is_typed_on_a_slide():
    """Each number of the overview is quoted: the talk's from TALK, ours from what we measured."""
    for slide in DECK.slides:
        text = FENCE.sub("", VALUE.sub("…", "\n".join((slide.title, *slide.columns))))
        text = re.sub(r"\$\$.*?\$\$|<!--.*?-->|^\d+\. ", "", text, flags=re.DOTALL | re.MULTILINE)
        typed = set(NUMBER.findall(text)) - {"0", "1"}  # what a mask holds
        assert not typed, f"{slide.place} types {sorted(typed)}"


def test_each_figure_sound_and_number_names_its_data():
    for slide in DECK.slides[1:]:  # the title's banner is decoration
        assert slide.data or not slide.quotes_data, slide.place


def test_the_table_of_talk_and_slides_is_up_to_date():
    assert page().read_text(encoding="utf-8") == table(DECK), "run: python -m tools.slides.talk"


def test_our_network_is_the_talks():
    layers = summary(MaskCNN())
    counts = tuple(int(count) for count in layers["parameters"] if count)
    model = MaskCNN()
    assert counts == TALK.parameters and sum(counts) == TALK.total
    assert TALK.trainable == sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert TALK.frozen == sum(p.numel() for p in model.parameters() if not p.requires_grad)
    convolutions = layers[layers.layer == "Conv2d"]["output shape"]
    pooled = layers[layers.layer == "MaxPool2d"]["output shape"]
    assert tuple(shape[0] for shape in convolutions) == TALK.filters
    assert tuple(shape[1:] for shape in pooled) == TALK.pooled
    widths = [shape[0] for shape in layers["output shape"] if len(shape) == 1]
    assert list(dict.fromkeys(widths)) == [TALK.flat, TALK.hidden, TALK.bins]
    assert (STFT().n_fft, STFT().bins, CONTEXT) == (TALK.points, TALK.bins, TALK.columns)


def test_drawings_are_of_the_network_and_described():
    figure = drawings.network()
    words = {text.get_text() for text in figure.axes[0].texts}
    assert {f"{count:,}" for count in TALK.parameters} <= words
    fields = drawings.fields(np.ones((513, CONTEXT))).get_label()
    assert "conv 1 3 × 3" in fields and "pool 2 25 × 25" in fields
    for drawn in (figure, drawings.kernel(), drawings.pooling(), drawings.flattening()):
        assert len(drawn.get_label()) > 60
    assert f"{TALK.flat:,}" in drawings.flattening().get_label()


def test_four_tables_of_two_rows():
    table = talk_results()
    assert set(table.index) == {(source, part) for source in SOURCES for part in ("train", "valid")}
    assert table.loc[("vocals", "train")].tolist() == [0.772, 0.153]
    assert (
        table.accuracy.xs("train", level="part") > table.accuracy.xs("valid", level="part")
    ).all()


def test_no_results_yet(tmp_path):
    assert read_results(tmp_path / "results.json") is None


def test_results_are_read(tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"rows": [ROW]}))
    assert read_results(path).iloc[0].to_dict() == ROW


@pytest.mark.parametrize(
    "text", ["", "[1]", "{}", '{"rows": 3}', json.dumps({"rows": [{"source": "bass"}]})]
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(SepeduError, match="sepedu results"):
        read_results(path)


def test_figure_names_the_columns_that_windows_share():
    figure = shared_columns([("conv1", 25, {0, 24}), ("pool", 8, {0, 7})])
    assert "conv1: 23 of 25 columns shared, own [0]" in figure.get_label()
