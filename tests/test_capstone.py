"""A mixture for each student: the same for the same secret, and measured beside the ladder."""

import csv
import importlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sepedu.cli import main
from sepedu.errors import SepeduError
from sepedu.exercises.capstone import make_mixture, write_mixture
from sepedu.songs import SOURCES, Song

PROJECTS = Path(__file__).resolve().parent.parent / "docs" / "capstone"


@pytest.fixture
def project(monkeypatch):
    """Import a file of docs/capstone, which computes nothing by that."""
    monkeypatch.syspath_prepend(PROJECTS)
    return importlib.import_module


@pytest.fixture(scope="module")
def songs():
    generator = np.random.default_rng(0)
    time = np.arange(13 * 22050) / 22050
    tones = {"drums": 900, "bass": 80, "other": 400, "vocals": 2000}

    def stem(frequency, number):
        beat = np.sin(2 * np.pi * (frequency + 7 * number) * time) * (1.2 + np.sin(9 * time))
        return (0.1 * beat + 0.01 * generator.normal(size=time.size)).astype(np.float32)

    made = []
    for number in range(5):
        stems = {name: stem(frequency, number) for name, frequency in tones.items()}
        made.append(Song(f"song {number}", sum(stems.values()), stems, 22050))
    return made


def test_name_and_secret_decide_the_mixture(songs):
    ada = make_mixture(songs, "Ada", "only I know")
    assert np.array_equal(ada.mixture, make_mixture(songs, "Ada", "only I know").mixture)
    for other in (
        make_mixture(songs, "Bea", "only I know"),
        make_mixture(songs, "Ada", "guessed!"),
    ):
        size = min(other.mixture.size, ada.mixture.size)
        assert not np.allclose(other.mixture[:size], ada.mixture[:size], atol=0.01)
    assert np.allclose(sum(ada.sources.values()), ada.mixture, atol=1e-6)
    assert np.abs(ada.mixture).max() <= 0.951
    levels = [np.sqrt(np.mean(audio**2)) for audio in ada.sources.values()]
    assert max(levels) / min(levels) < 10 ** (8.1 / 20)


def test_a_short_secret_and_few_songs_are_refused(songs):
    with pytest.raises(SepeduError, match="secret must have at least 8 characters, got 3"):
        make_mixture(songs, "Ada", "abc")
    with pytest.raises(SepeduError, match="songs must be at least 4, got 2"):
        make_mixture(songs[:2], "Ada", "only I know")


def test_two_students_of_one_file_name_do_not_overwrite_each_other(songs, tmp_path):
    mixed = {name: replace(songs[0], name=name) for name in ("Ana B", "Ana/B")}
    mixture, stems = write_mixture(mixed["Ana B"], tmp_path)
    assert (mixture, stems) == write_mixture(mixed["Ana B"], tmp_path)
    with pytest.raises(SepeduError, match="Ana_B belongs to Ana B, not to Ana/B"):
        write_mixture(mixed["Ana/B"], tmp_path)


def test_from_the_mixture_to_the_marks(tmp_path, capsys):
    secret = tmp_path / "secret"
    secret.write_text("only I know\n")
    build = ["data", "build", "--student", "Ada Lovelace", "--out", str(tmp_path / "class")]
    assert main(build) == 2
    assert "--student needs --secret and --out" in capsys.readouterr().err
    assert main([*build, "--secret", str(secret)]) == 0
    assert (tmp_path / "class" / "mixtures" / "Ada_Lovelace.wav").is_file()

    # One who hands in the stems themselves, but for one that is the mixture and one that is cut.
    stems, handed = (
        tmp_path / "class" / "stems" / "Ada_Lovelace",
        tmp_path / "work" / "Ada_Lovelace",
    )
    shutil.copytree(stems, handed)
    shutil.copy(tmp_path / "class" / "mixtures" / "Ada_Lovelace.wav", handed / "drums.wav")
    (handed / "bass.wav").write_bytes((handed / "bass.wav").read_bytes()[:40_000])
    (handed / "other.wav").unlink()
    words = ["grade", str(tmp_path / "work"), "--stems", str(tmp_path / "class")]
    assert main([*words, "--out", str(tmp_path / "marks.csv")]) == 0
    rows = list(csv.DictReader((tmp_path / "marks.csv").open(encoding="utf-8")))
    by_source = {row["Source"]: row for row in rows}
    assert set(by_source) == set(SOURCES)
    assert float(by_source["vocals"]["SDR"]) > 60
    assert by_source["drums"]["SDR"] == by_source["drums"]["mixture"]
    for name, said in (("bass", "samples at"), ("other", "missing")):
        assert by_source[name]["SDR"] == "nan" and said in by_source[name]["Remark"]
    for row in rows:
        assert float(row["mixture"]) < float(row["ideal ratio mask"])


def test_every_example_stands_on_the_page_as_it_was_measured(project):
    tables = project("tables")
    scripts = {path.stem for path in PROJECTS.glob("*.py")} - {"tables"}
    for name in scripts:
        assert tables.table_on_page(name) == project(name).table(tables.read_kept(name))
    assert scripts == {path.stem for path in PROJECTS.glob("*.json")}


def test_a_table_goes_between_its_marks_and_nowhere_else(project, tmp_path, monkeypatch):
    tables = project("tables")
    page = tmp_path / "page.md"
    page.write_text(
        f"a\n{tables.begin('x')}\n1\n{tables.END}\nb\n{tables.begin('y')}\n2\n{tables.END}\n"
    )
    monkeypatch.setattr(tables, "PAGE", page)
    tables.put_on_page("x", tables.markdown(["h"], [[tables.decibels(-0.04, 1)]]))
    assert tables.table_on_page("x") == "| h |\n| --- |\n| 0.0 |"
    assert tables.table_on_page("y") == "2"
    assert page.read_text().startswith("a\n<!--") and "\nb\n" in page.read_text()


def test_what_the_first_example_concludes(project):
    thresholds, results = project("thresholds"), project("tables").read_kept("thresholds")
    words = " ".join(project("tables").PAGE.read_text(encoding="utf-8").split())
    gained = {}
    for source in SOURCES:
        at_half, at_chosen, silence, *_, ideal = thresholds.medians(results, source)
        gained[source] = at_chosen - at_half
        assert at_chosen < ideal - 3
        if source in ("bass", "other"):
            assert abs(at_chosen - silence) < 0.3
    picked = {source: thresholds.chosen(results, source) for source in SOURCES}
    assert picked["bass"] == "0.5" and "for the bass 0.5 stays the best" in words
    assert max(picked["drums"], picked["vocals"]) < "0.5" < picked["other"]
    assert f"{gained['drums']:.1f} and {gained['vocals']:.1f} dB (before rounding)" in words
    assert f"*Other* gains {gained['other']:.1f} dB from a higher one" in words


def test_what_the_second_example_concludes(project):
    smoothing, results = project("smoothing"), project("tables").read_kept("smoothing")
    words = " ".join(project("tables").PAGE.read_text(encoding="utf-8").split())
    name = smoothing.chosen(results)
    valid = {mask: np.median(values) for mask, values in results["valid"].items()}
    assert name == "5 frames" and "five frames, which the validation songs chose by less" in words
    assert valid[name] - valid[smoothing.UNSMOOTHED] < 0.01 and "less than 0.01 dB" in words
    largest = np.abs(smoothing.gains(results, name)).max()
    assert f"at most {largest:.2f} dB" in words
