"""The embedded set: its files, its sound, its setup file, and the card that describes it."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from sepedu import open_dataset
from sepedu.engine.ffmpeg import ensure_ffmpeg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
ensure_ffmpeg()

from data.build.card import levels, loudness_table  # noqa: E402
from data.build.catalogue import CATALOGUE  # noqa: E402
from data.build.decode import SAMPLE_RATE, STREAMS, read_song  # noqa: E402
from data.build.encode import add_to_user_data, stem_box  # noqa: E402
from data.build.setup_file import NAME, write_setup  # noqa: E402
from data.build.tables import read_table  # noqa: E402

SET = Path(__file__).resolve().parent.parent / "data" / "minimus"
FILES = sorted(SET.glob("t*/*.stem.mp4"))


def name_of(path: Path) -> str:
    """Name of a song from its file."""
    return path.name.removesuffix(".stem.mp4")


@pytest.fixture(scope="module")
def facts() -> dict[str, dict[str, object]]:
    """What the tests ask about each song; every file is decoded once."""
    found: dict[str, dict[str, object]] = {}
    for path in FILES:
        streams = read_song(path)
        mixture, total = streams[0].astype(float), streams[1:].astype(float).sum(axis=0)
        residual = np.sqrt(np.mean((mixture - total) ** 2))
        found[name_of(path)] = {
            "folder": path.parent.name,
            "seconds": streams.shape[1] / SAMPLE_RATE,
            "levels": levels(streams),
            "residual_db": 20 * np.log10(residual / np.sqrt(np.mean(mixture**2))),
        }
    return found


def test_every_song_of_the_catalogue_is_there_and_no_other() -> None:
    """24 or more training songs, 6 of them for validation, and 8 test songs, as catalogued."""
    expected = {(entry.folder, entry.name) for entry in CATALOGUE}
    assert {(path.parent.name, name_of(path)) for path in FILES} == expected
    assert sum(folder == "train" for folder, _ in expected) >= 24
    assert sum(folder == "test" for folder, _ in expected) == 8


def test_the_set_is_small_enough_for_the_clone() -> None:
    """All songs together stay under 20 MB."""
    assert sum(path.stat().st_size for path in FILES) < 20_000_000


def test_musdb_opens_it_by_itself() -> None:
    """musdb reads the folder with nothing but its root, and finds five streams in stereo."""
    import musdb

    database = musdb.DB(root=str(SET))
    assert len(database) == len(CATALOGUE)
    track = database[0]
    assert track.rate == SAMPLE_RATE
    assert track.stems.shape[0] == len(STREAMS)
    assert track.stems.shape[2] == 2
    np.testing.assert_allclose(track.audio, track.stems[0], atol=1e-4)


def test_the_setup_file_names_six_validation_songs() -> None:
    """The split of the library comes from musdb.yaml: six songs, disjoint from training."""
    valid = {track.name for track in open_dataset(split="valid")}
    train = {track.name for track in open_dataset(split="train")}
    assert valid == {entry.name for entry in CATALOGUE if entry.place == "valid"}
    assert len(valid) == 6
    assert not valid & train
    assert len(valid | train) == len(open_dataset())


def test_the_setup_file_is_what_the_code_writes(tmp_path: Path) -> None:
    """Catalogue and setup file cannot drift apart."""
    assert write_setup(tmp_path).read_text() == (SET / NAME).read_text()


def test_songs_last_ten_to_fourteen_seconds(facts: dict[str, dict]) -> None:
    """Long enough for a phrase and an answer, short enough to hear many."""
    assert all(9.9 <= song["seconds"] <= 14.1 for song in facts.values())


def test_no_song_clips_and_no_stem_is_silent(facts: dict[str, dict]) -> None:
    """Decoded peaks stay under full scale; every stem sounds, at a level known from records."""
    for name, song in facts.items():
        rms, peak = song["levels"].T
        assert peak.max() < 1.0, name
        assert rms[1:].min() > -40, name
        assert -22 < rms[0] < -12, name


def test_stems_add_up_to_the_mixture_within_coding_noise(facts: dict[str, dict]) -> None:
    """Before encoding the sum is exact; afterwards the difference is the noise of five coders."""
    worst = max(facts, key=lambda name: facts[name]["residual_db"])
    assert facts[worst]["residual_db"] < -14, worst
    assert np.median([song["residual_db"] for song in facts.values()]) < -16


def test_the_card_shows_the_loudness_that_the_code_measures(facts: dict[str, dict]) -> None:
    """The table in data/README.md is what data/build/card.py makes of these files."""
    of_songs = {
        folder: [song["levels"] for song in facts.values() if song["folder"] == folder]
        for folder in ("train", "test")
    }
    assert read_table("loudness") == loudness_table(of_songs)


def test_the_stem_box_stands_in_the_user_data() -> None:
    """Players of stem files find the four names in moov/udta/stem."""
    data = FILES[0].read_bytes()
    assert stem_box(name_of(FILES[0])) in data
    moov = data.rindex(b"moov") - 4
    assert moov + struct.unpack_from(">I", data, moov)[0] == len(data)


def test_a_file_without_a_final_moov_box_is_refused() -> None:
    """The stem box is only appended where nothing else would have to move."""
    box = struct.pack(">I4s", 8, b"free")
    with pytest.raises(ValueError, match="moov"):
        add_to_user_data(box, stem_box("x"))


def test_a_file_that_is_no_song_is_named_in_the_error(tmp_path: Path) -> None:
    """A broken file gives one clear error."""
    path = tmp_path / "broken.stem.mp4"
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"broken\.stem\.mp4"):
        read_song(path)
