"""Several processes train as one does, survive being killed, and leave only whole files."""

import ast
import json
import os
import random
import sys
import time

import pytest
import torch
import workers
from workers import Workers, excerpts, train

from sepedu import SepeduError
from sepedu.checkpoints import load_checkpoint
from sepedu.engine.distributed import Processes, is_first, launched, micro_batches
from sepedu.engine.resume import history_path, last_path, read_state
from sepedu.excerpts import share

KILLS = 6 * int(os.environ.get("SEPEDU_FUZZ", "1"))
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="PyTorch's processes on Windows have no gloo over env://"
)


def curve(rows):
    """The history without its times."""
    return [{**row, "seconds": 0} for row in rows]


def close(a, b):
    """Equal but for rounding; a bin whose mask lies at 0.5 may then fall to either side."""
    for ours, theirs in zip(curve(a), curve(b), strict=True):
        for name, value in theirs.items():
            allowed = {"abs": 1e-3} if "accuracy" in name else {"rel": 1e-5}
            assert ours[name] == pytest.approx(value, **allowed), f"{name} of {theirs['epoch']}"


@pytest.fixture(scope="module")
def alone():
    """One process, without dropout: 56 steps, the last of each epoch on a single window."""
    assert len(excerpts()) == 4 and excerpts().size(3) == 1
    return train(recipe={"epochs": 14}).rows


def test_two_processes_are_one(alone, tmp_path):
    path = tmp_path / "net.safetensors"
    first, second = Workers(2, checkpoint=path, recipe={"epochs": 14}).join()
    assert len(alone) == 14
    close(first[0], alone)
    assert first == second, "all processes hold the same history"
    assert json.loads(history_path(path).read_text()) == first[0]
    names = {"net.safetensors", "net.last.safetensors", "net.history.json"}
    assert {file.name for file in tmp_path.iterdir()} == names
    assert alone[-1]["valid_loss"] < alone[0]["valid_loss"] - 0.02, "a curve that says nothing"


def test_micro_batches_are_the_batch(alone):
    close(train(recipe={"epochs": 14}, accumulate=3).rows, alone)


def test_the_shares_of_all_are_the_batch():
    whole = list(excerpts().epoch(4, 2))
    parts = [list(excerpts().epoch(4, 2, index, 3)) for index in range(3)]
    for step, batch in enumerate(whole):
        size = excerpts().size(step)
        own = [parts[index][step] for index in range(3) if share(size, index, 3)]
        for kind in (0, 1):
            assert torch.equal(torch.cat([part[kind] for part in own]), batch[kind])
        parts_of_all = [
            part
            for index in range(3)
            for part in micro_batches(parts[index][step], size, 2, index, 3)
        ]
        assert sum(part.weight for part in parts_of_all) == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_bits(tmp_path):
    first = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    rows = [curve(train(path, dropout=0.2).rows) for path in first]
    assert rows[0] == rows[1]
    a, b = (load_checkpoint(path)[0].state_dict() for path in first)
    assert all(torch.equal(a[name], b[name]) for name in a)
    other = train(dropout=0.2, recipe={"seed": 1}).rows
    assert curve(other) != rows[0]


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """Two processes that nothing breaks, with dropout: their history and network."""
    path = tmp_path_factory.mktemp("together") / "net.safetensors"
    rows = Workers(2, checkpoint=path, dropout=0.2).join()[0][0]
    return rows, load_checkpoint(path)[0].state_dict()


# The first process writes the files: the other one is killed under SEPEDU_FUZZ, too.
@pytest.mark.parametrize("rank", [0, 1] if KILLS > 6 else [0])
def test_a_killed_process_and_a_resume_give_the_same_curve(together, tmp_path, rank):
    path = tmp_path / "net.safetensors"
    told = Workers(2, kill_at=(rank, 8), checkpoint=path, dropout=0.2).join()
    assert told == [None, None], "the other one cannot go on alone"
    assert len(json.loads(history_path(path).read_text())) == 2
    resumed = Workers(2, checkpoint=path, dropout=0.2, resume=True).join()
    assert resumed[0] == resumed[1]
    close(resumed[0][0], together[0])
    state = load_checkpoint(path)[0].state_dict()
    for name, value in together[1].items():
        torch.testing.assert_close(state[name], value, rtol=1e-4, atol=1e-6)


def test_one_process_goes_on_where_two_stopped(alone, tmp_path):
    path = tmp_path / "net.safetensors"
    Workers(2, kill_at=(1, 20), checkpoint=path, recipe={"epochs": 14}).join()
    assert 0 < len(json.loads(history_path(path).read_text())) < 14
    close(train(path, recipe={"epochs": 14}, resume=True).rows, alone)


def test_ctrl_c_in_one_process_stops_all_after_the_same_step(tmp_path):
    path = tmp_path / "net.safetensors"
    together = Workers(2, checkpoint=path, recipe={"epochs": 2000})
    wait_for(history_path(path))
    together.interrupt(1)
    first, second = together.join()
    assert first == second and first[1], "stopped, with the same history"
    assert json.loads(history_path(path).read_text()) == first[0]


def test_errors_of_the_first_reach_all(tmp_path):
    told = Workers(2, checkpoint=tmp_path / "none.safetensors", resume=True).join()
    assert told == [None, None]


def wait_for(path):
    """Wait until the first epoch is written."""
    until = time.monotonic() + workers.LONGEST
    while not path.is_file():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_kills_leave_only_whole_files(tmp_path):
    """One training, killed again and again, and gone on with each time; then the same curve."""
    whole, path = tmp_path / "whole.safetensors", tmp_path / "net.safetensors"
    choices = {"dropout": 0.2, "recipe": {"epochs": 24}, "excerpts": {"batch": 16}}
    unbroken = train(whole, **choices).rows
    moment = random.Random(0)
    seen = 0
    for _ in range(KILLS):
        worker = Workers(1, checkpoint=path, resume=last_path(path).is_file(), **choices)
        time.sleep(moment.uniform(0.0, 0.4))
        worker.kill()
        if history_path(path).is_file():
            rows = curve(json.loads(history_path(path).read_text()))
            assert rows == curve(unbroken)[: len(rows)]
        if path.is_file():
            about = load_checkpoint(path)[1]
            assert {**about["metrics"], "seconds": 0} in curve(unbroken)
        if last_path(path).is_file():
            rows = curve(read_state(path, {}).rows)
            assert len(rows) >= seen, "a training went back"
            assert rows == curve(unbroken)[: len(rows)]
            seen = len(rows)
    rows = train(path, resume=last_path(path).is_file(), **choices).rows
    assert curve(rows) == curve(unbroken)
    a, b = (load_checkpoint(file)[0].state_dict() for file in (whole, path))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_one_process_needs_no_accelerate(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    assert not launched() and is_first()
    train(recipe={"epochs": 1})
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(SepeduError, match=r"sepedu\[scale\]"):
        Processes()


def test_nothing_imports_accelerate_before_it_is_needed(clone):
    for path in (clone / "sepedu").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("accelerate", "tensorboard", "torch.utils.tensorb"))


def test_a_batch_has_micro_batches():
    with pytest.raises(SepeduError, match="accumulate must be at least 1, got 0"):
        train(accumulate=0)
