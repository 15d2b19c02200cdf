"""Saving a network: killed at any moment, the old one stays whole, and what is aside goes."""

import json
import os
import random
import re
import signal
import subprocess
import sys

import pytest
import torch

from sepedu import MaskCNN, SepeduError
from sepedu.checkpoints import load_checkpoint, save_checkpoint
from sepedu.engine.files import check_place

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="Windows cannot end a process at such moments"
)
KILLS = 10 * int(os.environ.get("SEPEDU_FUZZ", "1"))

KILLED = """
import json, os, resource, signal, sys
from pathlib import Path
import sepedu
from sepedu.checkpoints import load_checkpoint, save_checkpoint

package = os.path.join(os.path.dirname(sepedu.__file__), "")
new, folder, (lines, sizes) = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
model, about, state = load_checkpoint(new)
old = model.state_dict()

def save(where):
    return save_checkpoint(folder / where / "vocals [1].safetensors", model, about, state)

def count(frame, event, argument):
    if not frame.f_code.co_filename.startswith(package):
        return None
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return count

def killed(where, prepare):
    child = os.fork()
    if child == 0:
        prepare()
        save(where)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)

def limit(bytes):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, bytes))

def trace(line):
    global left
    left = line
    sys.settrace(count)

left = 10 ** 9
sys.settrace(count)
size = save("whole").stat().st_size
sys.settrace(None)
seen = 10 ** 9 - left
for number, share in enumerate(lines):
    killed(f"line {number}", lambda: trace(1 + int(share * seen)))
for number, share in enumerate(sizes):
    killed(f"size {number}", lambda: limit(int(share * size)))
"""
"""Kill children at some line of the package, and in the middle of writing so many bytes.

Where a file grows over its limit, the system itself ends a process, in the midst of any writing,
also of a library that is not Python.
"""


@pytest.fixture
def networks():
    """An old and a new network."""
    torch.manual_seed(0)
    return MaskCNN(), MaskCNN()


def test_a_process_killed_while_it_saves(networks, tmp_path):
    old, new = networks
    about = {"source": "vocals"}
    path = save_checkpoint(tmp_path / "new.safetensors", new, about, {"step": torch.ones(9)})
    random.seed(0)
    lines = [random.random() for _ in range(KILLS)]
    sizes = [0, 1 / 3, 2 / 3, 0.9999]
    folders = [f"line {n}" for n in range(len(lines))] + [f"size {n}" for n in range(len(sizes))]
    for folder in folders:
        save_checkpoint(tmp_path / folder / "vocals [1].safetensors", old, about)
    command = [sys.executable, "-c", KILLED, str(path), str(tmp_path), json.dumps([lines, sizes])]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = [signal.SIGKILL] * len(lines) + [signal.SIGXFSZ] * len(sizes)
    assert [int(line) for line in done.stdout.split()] == expected
    left_aside = 0
    for folder in folders:
        path = tmp_path / folder / "vocals [1].safetensors"
        values = load_checkpoint(path)[0].state_dict()
        known = [each.state_dict() for each in (old, new)]
        assert any(all(v.equal(each[k]) for k, v in values.items()) for each in known), folder
        left_aside += len(list(path.parent.iterdir())) - 1
        save_checkpoint(path, new, about)
        assert [each.name for each in path.parent.iterdir()] == [path.name], folder
    assert left_aside >= len(sizes), "no kill came while the file was written"


def test_what_a_running_process_writes_stays(networks, tmp_path):
    path = tmp_path / "vocals.safetensors"
    others = [
        path.with_name(f".{path.name}.{os.getppid()}.part"),  # of a process that runs
        path.with_name(".bass.safetensors.999999999.part"),  # of another network
        path.with_name(f".{path.name}.part"),  # of no process
    ]
    for other in others:
        other.touch()
    save_checkpoint(path, networks[0], {"source": "vocals"})
    assert sorted(tmp_path.iterdir()) == sorted([path, *others])


def test_a_place_is_tried_under_its_own_name(tmp_path):
    """And nothing of the trial stays."""
    place = tmp_path / "network.safetensors"
    check_place(place)
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "network.safetensors"
    with pytest.raises(SepeduError, match=re.escape(f"The file {place} cannot be written")):
        check_place(place)
