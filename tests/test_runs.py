"""All four sources one after the other, what is finished left alone, and curves for TensorBoard."""

import json
import sys
from types import SimpleNamespace

import pytest
from songs import write_hq_dataset

from sepedu import SepeduError
from sepedu.checkpoints import load_checkpoint
from sepedu.cli import main
from sepedu.engine.curves import CURVES, Curves, curves_path
from sepedu.engine.resume import history_path, last_path
from sepedu.songs import SOURCES
from sepedu.training import History


def shown(folder):
    """What TensorBoard shows: a value per epoch of each curve."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        name: {event.step: event.value for event in events.Scalars(name)}
        for name in events.Tags()["scalars"]
    }


def check_curves(checkpoint, rows):
    curves = shown(curves_path(checkpoint))
    assert set(curves) == set(CURVES.values())
    for column, name in CURVES.items():
        assert curves[name] == pytest.approx({row["epoch"]: row[column] for row in rows})


def test_all_four_sources(tmp_path, capsys):
    hq = write_hq_dataset(tmp_path / "hq", ["one", "Actions - One Minute Smile"])
    out = tmp_path / "networks"
    words = ["train", "all", "--data", str(hq), "--out", str(out), "--epochs", "1", "--plain"]
    words += ["--batch", "64"]
    assert main([*words, "--log", "tensorboard"]) == 0
    checkpoints = {source: out / f"{source}.safetensors" for source in SOURCES}
    for source, path in checkpoints.items():
        assert load_checkpoint(path)[1]["source"] == source
        check_curves(path, json.loads(history_path(path).read_text()))

    stamps = {source: path.stat().st_mtime_ns for source, path in checkpoints.items()}
    whole = checkpoints["drums"].read_bytes()
    for path in (checkpoints["drums"], last_path(checkpoints["drums"])):
        path.unlink()
    capsys.readouterr()
    assert main([*words, "--resume"]) == 0
    printed = capsys.readouterr().out
    for source, path in checkpoints.items():
        assert (path.stat().st_mtime_ns == stamps[source]) == (source != "drums")
        assert (f"{source}, finished before" in printed) == (source != "drums")
    assert len(checkpoints["drums"].read_bytes()) == pytest.approx(len(whole), abs=200)
    assert main([*words, "--resume", "--seed", "1"]) == 2
    assert "started with another recipe" in capsys.readouterr().err
    assert main([*words[:5], str(checkpoints["bass"]), *words[6:]]) == 2
    assert "Give --out a folder" in capsys.readouterr().err


def test_curves_of_a_training_that_goes_on(tmp_path):
    rows = [
        {"epoch": number, **{column: 1.0 / number for column in CURVES}} for number in (1, 2, 3, 4)
    ]
    first = Curves(curves_path(tmp_path / "net.safetensors"))
    for count in (1, 2, 3):
        first.on_epoch(SimpleNamespace(history=History(rows[:count])))
    first.on_end(None)
    changed = [*rows[:2], {**rows[2], "valid_loss": 9.0}, rows[3]]  # the third one was lost
    second = Curves(curves_path(tmp_path / "net.safetensors"))
    for count in (3, 4):
        second.on_epoch(SimpleNamespace(history=History(changed[:count])))
    second.on_end(None)
    check_curves(tmp_path / "net.safetensors", changed)


def test_without_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SepeduError, match=r"TensorBoard is not installed.*\[scale\]"):
        Curves(tmp_path)
