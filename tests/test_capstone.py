"""A mixture for each student: the same for the same secret, and measured beside the ladder."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest

from sepedu.cli import main
from sepedu.errors import SepeduError
from sepedu.exercises.capstone import make_mixture, write_mixture
from sepedu.songs import SOURCES, Song


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
