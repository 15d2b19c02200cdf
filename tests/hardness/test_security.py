"""No code from data, no shell, and a notebook server for this machine alone."""

import ast
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import sepedu

PACKAGE = Path(sepedu.__file__).parent
TOOLS = Path(__file__).resolve().parents[2] / "tools"
MODULES = sorted([*PACKAGE.rglob("*.py"), *TOOLS.rglob("*.py")])
MAY_RUN_CODE = {"framework.py", "render.py"}
"""Exercises run the answers that the course holds; slides run their own cells."""


def calls(tree: ast.AST):
    """Every call in a module, as (name of what is called, the call)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_runs_code_from_data(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.name.split(".")[0] for alias in node.names}
            names.add((getattr(node, "module", None) or "").split(".")[0])
            assert not names & {"pickle", "marshal", "shelve", "dill", "joblib"}
    for name, call in calls(tree):
        if path.name not in MAY_RUN_CODE:
            assert name not in ("eval", "exec", "compile"), ast.unparse(call)
        if name == "torch.load":  # of tensors alone it runs nothing
            assert "weights_only=True" in ast.unparse(call)
        assert name not in ("os.system", "os.popen", "yaml.load"), ast.unparse(call)
        for word in call.keywords:
            assert word.arg not in ("shell", "allow_pickle"), ast.unparse(call)


def test_jupyter_itself_listens_here_and_asks_for_a_token(monkeypatch):
    from jupyter_server.serverapp import ServerApp

    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    server = ServerApp()
    assert server.ip == "localhost"
    assert not server.allow_remote_access
    assert len(server.identity_provider_class(parent=server).token) >= 32


@pytest.fixture
def jobs(clone) -> dict:
    """What the file of the continuous integration asks for."""
    text = (clone / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["jobs"]


def test_the_matrix_of_systems_is_whole(jobs, clone):
    for job in ("locked", "newest"):
        systems = jobs[job]["strategy"]["matrix"]["system"]
        assert {name.split("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}
    project = tomllib.loads((clone / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert oldest in jobs["locked"]["strategy"]["matrix"]["python"]
    assert f"--python {oldest}" in str(jobs["oldest"]["steps"])


def test_every_locked_version_is_looked_up(jobs, clone):
    """Strictly: what the service does not know counts as a failure."""
    words = jobs["audit"]["steps"][-1]["run"].split()
    assert {"pip-audit", "--strict"} <= set(words)
    files = {after for word, after in pairwise(words) if word == "--requirement"}
    assert files == {"requirements.lock", "deploy/requirements.txt"}
    for file in files:
        lines = (clone / file).read_text(encoding="utf-8").splitlines()
        assert all("==" in line for line in lines if line and not line.startswith("#"))
