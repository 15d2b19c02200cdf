"""Who imports whom, and how much: the house keeps its order, and starting up stays quick."""

import subprocess
import sys

import pytest
from importlinter.cli import lint_imports

import sepedu


def loaded_by(code: str) -> list[str]:
    """Return the modules that a fresh Python has loaded after running some code."""
    code += "; import sys; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()[-1].split()


def test_the_contracts_of_pyproject_are_kept(clone, monkeypatch, capsys):
    monkeypatch.chdir(clone)
    monkeypatch.setattr(sys, "path", list(sys.path))  # lint_imports puts the folder on it
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def test_every_public_name_is_there_and_is_ours():
    for name in sepedu.__all__:
        assert getattr(sepedu, name).__module__.startswith("sepedu."), name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = sepedu.no_such_name


def test_the_command_line_starts_without_the_heavy_packages():
    loaded = loaded_by("import sepedu.cli; sepedu.cli.build_parser()")
    assert not {"torch", "numpy", "librosa", "matplotlib", "pandas"} & set(loaded)


def test_python_m_sepedu_is_the_command():
    answer = subprocess.run(
        [sys.executable, "-m", "sepedu", "--version"], capture_output=True, text=True
    )
    assert answer.stdout == f"sepedu {sepedu.__version__}\n", answer.stderr


def test_the_threshold_explorer_needs_neither_network_nor_training():
    ours = [n for n in loaded_by("from sepedu.widgets import ThresholdExplorer") if "sepedu" in n]
    assert len(ours) <= 15, ours
    assert not {"sepedu.model", "sepedu.separation", "sepedu.training"} & set(ours)
