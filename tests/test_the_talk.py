"""The talk's tables, reproduced: what guessing rules out, how runs go on, and the page."""

from __future__ import annotations

import nbformat
import numpy as np
import pytest

from sepedu.songs import SOURCES, Song
from tools.experiments import the_talk
from tools.experiments.the_talk import BEGIN, DOCS, END, PARTS, THRESHOLDS, Run


@pytest.fixture(scope="module")
def kept() -> dict:
    return the_talk.read_kept()


def noise(name: str, seconds: float = 0.3) -> Song:
    random = np.random.default_rng(len(name))
    shape = int(22_050 * seconds)
    sources = {source: random.standard_normal(shape).astype(np.float32) for source in SOURCES}
    return Song(name, sum(sources.values()), sources, 22_050)


def test_the_page_is_what_the_runs_say(kept):
    written = (DOCS / "experiments.md").read_text().split(BEGIN)[1].split(END)[0]
    assert written.strip() == the_talk.page(kept)


def test_lesson_07_holds_what_was_measured(kept):
    cells = nbformat.read(the_talk.LESSON, as_version=4).cells
    (cell,) = [cell for cell in cells if cell.id == "l07-evidence"]
    assert cell.source == the_talk.evidence(kept)


def test_the_readme_says_what_was_found(kept):
    words = " ".join((DOCS.parent / "README.md").read_text().split())
    assert "Of five thresholds tried only T = 0.25" in words and len(THRESHOLDS) == 5
    runs = the_talk.together(kept)
    lost = {}
    for split in "songs", "frames":
        ours = runs[0.25, split, the_talk.DROPOUT, 0]
        lost[split] = {source: row["train"][0] - row["valid"][0] for source, row in ours.items()}
        apart = {
            (source, part): np.subtract(ours[source][part], the_talk.talk(source)[part])
            for source in SOURCES
            for part in PARTS
        }
        near = [("bass", "train"), ("bass", "valid"), ("drums", "train"), ("other", "train")]
        assert "within 0.01" in words and np.abs([apart[place] for place in near]).max() < 0.01
    assert "neither songs nor frames held out lose" in words
    figures = {source: the_talk.talk(source) for source in SOURCES}
    talks = {source: parts["train"][0] - parts["valid"][0] for source, parts in figures.items()}
    assert lost["songs"]["vocals"] > talks["vocals"] + 0.05
    assert lost["frames"]["drums"] < talks["drums"] - 0.05


def test_guessing_leaves_one_threshold(kept):
    assert the_talk.possible(kept) == [0.25]
    # Half of the points of one source are 1: guessing is right half the time, which beats nobody.
    kept = {"ones": {part: {s: {"0.25": 0.5} for s in SOURCES} for part in PARTS}}
    for threshold in (0.1, 0.5, 0.75, 1.0):
        for part in PARTS:
            for source in SOURCES:
                kept["ones"][part][source][f"{threshold:g}"] = 0.05
    assert the_talk.possible(kept) == [0.25]


def test_distance_of_the_talk_from_itself_is_zero():
    assert the_talk.distance({source: the_talk.talk(source) for source in SOURCES}) == (0, 0)


def test_a_run_ends_when_it_should():
    run = Run("drums", 0.25, "songs")

    def row(accuracy: float, loss: float) -> dict:
        return {"train": (accuracy, 0.2), "valid": (0.6, loss)}

    assert not the_talk.ended(run, [row(0.6, 0.2)])
    assert the_talk.ended(run, [row(0.766, 0.2)])  # the talk's training accuracy
    assert not the_talk.ended(run, [row(0.6, 0.21), row(0.6, 0.2)])
    assert not the_talk.ended(run, [row(0.6, 0.2), row(0.6, 0.21)])
    assert the_talk.ended(run, [row(0.6, 0.2), row(0.6, 0.21), row(0.6, 0.205)])


def test_a_run_goes_on_where_it_was_broken_off(tmp_path, monkeypatch):
    monkeypatch.setattr(the_talk, "EPOCHS", 2)
    songs, new = [noise("one"), noise("three")], [noise("eleven")]
    run = Run("vocals", 0.25, "frames")
    *_, at_once = the_talk.learn(run, songs, new, tmp_path)
    broken = tmp_path / "broken"
    broken.mkdir()
    next(the_talk.learn(run, songs, new, broken))
    *_, resumed = the_talk.learn(run, songs, new, broken)
    for first, second in zip(at_once["rows"], resumed["rows"], strict=True):
        assert first["train"] == second["train"] and first["valid"] == second["valid"]
