"""What the tests of the hub share: they run only when asked for, since they install packages."""

import os
import sys
from pathlib import Path

import pytest
from teacher import git

CLONE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CLONE / "deploy"))


@pytest.fixture(scope="session", autouse=True)
def asked_for() -> None:
    """Skip unless the tests of the hub were asked for; then see that JupyterHub is there."""
    if os.environ.get("SEPEDU_HUB") != "1":
        pytest.skip("installs JupyterHub into .venv-hub and takes minutes; SEPEDU_HUB=1 runs it")
    import environment

    environment.set_up()


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """The teacher's copy of the course, which students pull from."""
    course = tmp_path_factory.mktemp("teacher") / "sepedu"
    git(CLONE, "clone", "--quiet", str(CLONE), str(course))
    git(course, "checkout", "-B", "main")
    return course
