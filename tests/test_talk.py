"""The talk's own tables, and the reader of what this project published."""

import json

import pytest

from sepedu.errors import SepeduError
from sepedu.evaluation import read_results, talk_results
from sepedu.plots import shared_columns
from sepedu.songs import SOURCES

ROW = {"data": "d", "part": "valid", "source": "bass", "method": "silence", "accuracy": 1, "mse": 0}


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
