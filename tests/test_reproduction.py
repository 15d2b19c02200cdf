"""The whole chain by one command: once, again, interrupted, and refused."""

import json
import signal
from dataclasses import replace

import pytest
import torch
from songs import write_hq_dataset

from sepedu import SepeduError
from sepedu.checkpoints import load_checkpoint, weights_path
from sepedu.cli import EXIT_INTERRUPTED, main
from sepedu.engine import prepare, results, runs
from sepedu.engine import reproduction as choices
from sepedu.engine import reproduction as reproduce
from sepedu.engine.reproduction import ReproductionConfig, as_published
from sepedu.engine.runs import dataset_name
from sepedu.evaluation import read_results
from sepedu.excerpts import Augmentation
from sepedu.songs import SOURCES
from sepedu.training import Recipe

VALID = "Actions - One Minute Smile"
"""A song that musdb counts to the validation songs."""
RECIPE = Recipe(epochs=2, loss="bce", average=0.5)
TINY = ReproductionConfig(dict.fromkeys(SOURCES, RECIPE), Augmentation(), batch=64)
STEPS = 6
"""Steps of each training: 130 windows, 64 a step, two epochs."""


@pytest.fixture(scope="module", autouse=True)
def quickly():
    """Prepare in this process, train as little as can be, on code that nobody commits meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "default_workers", lambda seconds: 1)
        patch.setattr(choices, "quick", lambda: TINY)
        patch.setattr(runs, "commit", lambda: "first")
        yield


@pytest.fixture(scope="module")
def hq(tmp_path_factory):
    return write_hq_dataset(tmp_path_factory.mktemp("data") / "hq", ["one", "two", VALID])


@pytest.fixture(scope="module")
def made(hq, clone, tmp_path_factory):
    """A reproduction, and what the clone published before it was made."""
    own = [*(clone / "data" / "weights").iterdir(), *(clone / "docs").glob("results.*")]
    before = {path: path.read_bytes() for path in own}
    out = tmp_path_factory.mktemp("made") / "out"
    reproduce.reproduce(hq, out, TINY, progress=False)
    assert {path: path.read_bytes() for path in own} == before
    return out


def words(hq, out):
    return ["reproduce", "--quick", "--data", str(hq), "--out", str(out)]


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def weights(out, source):
    return load_checkpoint(out / "weights" / f"{source}.safetensors")[0].state_dict()


def test_everything_is_there(made):
    rows = read_results(made / "results.json")
    assert set(rows["source"]) == set(SOURCES)
    assert set(rows["part"]) == {"train", "valid"}
    assert "network, wiener" in set(rows["method"])
    assert "in `weights` and hq" in (made / "results.md").read_text()
    for source in SOURCES:
        about = load_checkpoint(made / "weights" / f"{source}.safetensors")[1]
        assert (about["source"], about["store"]) == (source, True)
    assert not [path for path in made.rglob(".*")]


def test_what_is_finished_is_not_done_again(hq, made, monkeypatch, capsys):
    for step in ("prepare", "train_source", "collect_results"):
        monkeypatch.setattr(reproduce, step, lambda *_, **__: pytest.fail("done again"))
    before = times(made)
    assert main(words(hq, made)) == 0
    assert times(made) == before
    printed = capsys.readouterr().out
    for told in ("weights", "results.md", "results.json", "store"):
        assert str(made / told) in printed
    rows = read_results(made / "results.json").set_index(["source", "part", "method"])
    vocals = next(line for line in printed.splitlines() if line.startswith("vocals"))
    ours = [rows.loc[("vocals", part, "network, soft"), "accuracy"] for part in ("train", "valid")]
    assert " / ".join(f"{value:.3f}" for value in ours) in vocals
    assert "0.772 / 0.743" in vocals, "the talk's"


def test_measured_again_the_files_are_the_same(hq, made, tmp_path):
    files = [made / name for name in ("results.json", "results.md")]
    before = [path.read_bytes() for path in files]
    networks = times(made / "store") | times(made / "weights")
    files[0].write_text("damaged")
    files[1].unlink()
    assert reproduce.reproduce(hq, made, TINY, progress=False) == json.loads(before[0])
    assert [path.read_bytes() for path in files] == before
    assert times(made / "store") | times(made / "weights") == networks

    again = ["results", "--data", str(hq), "--weights", str(made / "weights")]
    assert main([*again, "--out", str(tmp_path)]) == 0
    assert [(tmp_path / path.name).read_bytes() for path in files[:2]] == before[:2]


def test_interrupted_at_each_step_it_goes_on(hq, made, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"

    def interrupt(module, name, at):
        """Press Ctrl-C when a function is called for this time, and run until then."""
        function, calls = getattr(module, name), iter(range(at))

        def called(*arguments, **named):
            if next(calls, None) is None:
                signal.raise_signal(signal.SIGINT)
            return function(*arguments, **named)

        with monkeypatch.context() as patch:
            patch.setattr(module, name, called)
            assert main(words(hq, out)) == EXIT_INTERRUPTED
        assert "Give the same command again" in capsys.readouterr().err
        assert not [path for path in out.rglob(".*")], "left aside"
        return times(out)

    songs = interrupt(prepare, "write_song", at=1)
    assert len(list((out / "store").iterdir())) == 1
    trained = interrupt(torch.optim.AdamW, "step", at=STEPS + STEPS // 2)
    assert songs.items() <= trained.items(), "prepared again"
    assert len(list((out / "store").iterdir())) == 3
    history = json.loads((out / "weights" / f"{SOURCES[1]}.history.json").read_text())
    assert len(history) == 1

    monkeypatch.setattr(runs, "commit", lambda: "second")  # the course was updated meanwhile
    measured = interrupt(results, "evaluate", at=1)
    first = {path: changed for path, changed in trained.items() if SOURCES[0] in path.name}
    assert len(first) == 3 and first.items() <= measured.items(), "trained again"
    assert not (out / "results.json").exists()
    assert main(words(hq, out)) == 0

    for source in SOURCES:
        whole = weights(made, source)
        assert all(value.equal(whole[name]) for name, value in weights(out, source).items())
    told, whole = (json.loads((folder / "results.json").read_text()) for folder in (out, made))
    commits = {source: about["commit"] for source, about in told.pop("training").items()}
    assert commits == dict.fromkeys(SOURCES, "second") | {SOURCES[0]: "first"}
    del whole["training"]
    assert told == whole


def test_a_folder_of_something_else_is_left_alone(hq, made, tmp_path, clone):
    with pytest.raises(SepeduError, match=r"not empty.*--out"):
        reproduce.reproduce(hq, clone / "data", TINY)
    (tmp_path / "file").touch()
    with pytest.raises(SepeduError, match=r"not a folder.*--out"):
        reproduce.reproduce(hq, tmp_path / "file", TINY)
    longer = replace(TINY, recipes=dict.fromkeys(SOURCES, replace(RECIPE, epochs=3)))
    before = times(made)
    with pytest.raises(SepeduError, match=r"begun with other recipes\. .*--out"):
        reproduce.reproduce(hq, made, longer)
    with pytest.raises(SepeduError, match=r"begun with other data, songs\. "):
        reproduce.reproduce(None, made, TINY)
    assert times(made) == before
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / reproduce.MARK).write_text("{")
    with pytest.raises(SepeduError, match="damaged"):
        reproduce.reproduce(hq, tmp_path / "damaged", TINY)


def test_remixed_songs_are_held_in_memory(hq, tmp_path, monkeypatch):
    remixed = replace(TINY, augmentation=Augmentation(remix=0.5))
    asked = []

    def train(*arguments, **settings):
        asked.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr(reproduce, "train_source", train)
    with pytest.raises(KeyboardInterrupt):
        reproduce.reproduce(hq, tmp_path, remixed)
    assert asked[0]["store"] is False and not (tmp_path / "store").exists()
    free = reproduce.psutil.virtual_memory()._replace(available=2_000_000)
    monkeypatch.setattr(reproduce.psutil, "virtual_memory", lambda: free)
    with pytest.raises(SepeduError, match=r"memory.*--plain"):
        reproduce.reproduce(hq, tmp_path, remixed)


def test_several_processes_are_refused(hq, tmp_path, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(SepeduError, match="one process"):
        reproduce.reproduce(hq, tmp_path, TINY)


def test_published_choices_are_those_of_each_network():
    published = as_published()
    for source in SOURCES:
        about = load_checkpoint(weights_path(source))[1]
        told = {**vars(published), "recipe": published.recipes[source]}
        for name in ("recipe", "augmentation"):
            assert vars(told[name]) == about[name]
        assert told["batch"] == about["batch"]
    assert not published.stored and published.plain().stored


def test_a_dataset_is_called_by_its_folder(hq, tmp_path, monkeypatch):
    monkeypatch.chdir(hq)
    assert dataset_name(".") == dataset_name(hq) == "hq"
    with pytest.raises(SepeduError, match="no network"):
        results.collect_results(hq, weights=tmp_path)
