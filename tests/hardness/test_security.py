"""No code from data, no shell, and a notebook server for this machine alone."""

import ast
from pathlib import Path

import pytest
import yaml

import sepedu

MODULES = sorted(Path(sepedu.__file__).parent.rglob("*.py"))
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
        assert name not in ("os.system", "os.popen", "torch.load", "yaml.load"), ast.unparse(call)
        for word in call.keywords:
            assert word.arg not in ("shell", "allow_pickle"), ast.unparse(call)


def test_jupyter_itself_listens_here_and_asks_for_a_token(monkeypatch):
    from jupyter_server.serverapp import ServerApp

    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    server = ServerApp()
    assert server.ip == "localhost"
    assert not server.allow_remote_access
    assert len(server.identity_provider_class(parent=server).token) >= 32


def test_the_matrix_of_systems_is_whole(clone):
    text = (clone / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    systems = jobs["locked"]["strategy"]["matrix"]["system"]
    assert {name.split("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}
    assert {"oldest", "newest", "audit"} <= set(jobs)
