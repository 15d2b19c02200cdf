"""The published numbers: rebuilt alike each time, and the same everywhere they are quoted."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from songs import made_up_song, write_hq_dataset

from sepedu import MaskCNN, MaskUNet, SepeduError
from sepedu.checkpoints import load_checkpoint, save_checkpoint, weights_path
from sepedu.engine import results
from sepedu.engine.results import (
    BAND_EDGES,
    as_markdown,
    calibration,
    readme_table,
)
from sepedu.engine.runs import finish
from sepedu.evaluation import read_results
from sepedu.songs import SOURCES
from tools.results_pages import BEGIN, END, update_readme


@pytest.fixture
def networks(tmp_path, monkeypatch):
    """Untrained networks in the place of those that come with the course."""
    torch.manual_seed(0)
    for source in SOURCES:
        state = {"average_mask": torch.full((513, 1), 0.4)}
        save_checkpoint(tmp_path / f"{source}.safetensors", MaskCNN(), {"data": "none"}, state)
    monkeypatch.setattr(results, "weights_path", lambda s, _: tmp_path / f"{s}.safetensors")
    save_checkpoint(tmp_path / "unet.safetensors", MaskUNet((4, 8)), {})


def test_results_are_rebuilt_alike(networks, tmp_path):
    root = write_hq_dataset(tmp_path / "data", ["one", "two"], subset="test")
    texts = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        measured = results.collect_results(root, "test")
        texts.append([path.read_bytes() for path in results.write_results(measured, folder)])
    assert texts[0] == texts[1]
    rows = read_results(tmp_path / "a" / "results.json")
    assert set(rows["source"]) == set(SOURCES)
    assert set(rows["part"]) == {"test"}
    assert {"network, ratio", "network, wiener", "U-Net, soft"} <= set(rows["method"])
    details = measured["details"]["bass"]
    assert [band["low"] for band in details["bands"]] == list(BAND_EDGES[:-1])
    for row in details["bands"] + details["thresholds"]:
        assert row["majority"] == pytest.approx(max(row["ones"], 1 - row["ones"]), abs=2e-4)
    assert sum(c["share"] for c in details["calibration"]) == pytest.approx(1, abs=1e-3)


def test_the_figure_of_the_calibration_shows_what_was_measured():
    tenths = [{"said": 0.1, "true": 0.3, "share": 0.75}, {"said": 0.9, "true": 0.8, "share": 0.25}]
    figure = calibration({"bass": {"calibration": tenths}})
    assert "stay within 0.20 of the diagonal" in figure.get_label()
    (axes,) = figure.axes
    curve = next(line for line in axes.lines if line.get_label() == "bass")
    np.testing.assert_allclose(curve.get_xydata(), [[0.1, 0.3], [0.9, 0.8]])
    small, large = sorted(axes.collections[0].get_sizes())
    assert large == pytest.approx(3 * small)
    plt.close(figure)


def test_finishing_a_training_measures_and_adds_the_average_mask(tmp_path):
    about = {"source": "bass", "threshold": 0.5, "metrics": {"epoch": 3}}
    path = save_checkpoint(tmp_path / "bass.safetensors", MaskCNN(), about)
    metrics = finish(path, [made_up_song("a")], [made_up_song("b", seed=1)])
    _, told, state = load_checkpoint(path)
    assert told["metrics"] == pytest.approx(metrics)
    assert state["average_mask"].shape == (513, 1)
    assert np.isfinite(list(metrics.values())).all()


def test_readme_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("no marks")
    with pytest.raises(SepeduError, match="no marks"):
        update_readme(readme, {})


def published(clone):
    path = clone / "docs" / "results.json"
    if not path.is_file():
        pytest.skip("docs/results.json has not been made yet")
    return json.loads(path.read_text(encoding="utf-8"))


def test_readme_and_page_quote_the_results(clone):
    measured = published(clone)
    readme = (clone / "README.md").read_text(encoding="utf-8")
    assert readme.split(BEGIN)[1].split(END)[0].strip() == readme_table(measured)
    assert (clone / "docs" / "results.md").read_text(encoding="utf-8") == as_markdown(measured)


def test_checkpoints_tell_what_the_results_say(clone):
    measured = published(clone)
    rows = {(r["source"], r["part"], r["method"]): r for r in measured["rows"]}
    for source in measured["details"]:
        metrics = load_checkpoint(weights_path(source))[1]["metrics"]
        row = rows[source, "valid", "network, soft"]
        assert metrics["valid_accuracy"] == pytest.approx(row["accuracy"], abs=1e-3)
        assert metrics["valid_sdr"] == pytest.approx(row["sdr"], abs=0.02)
