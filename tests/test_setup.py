"""From a clone to the course: what is asked for, what is locked, and how it is put in place."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools import course as real_course

CLONE = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]
ASKED_FOR = [
    Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
]
LOCKED = {
    requirement.name: requirement
    for line in (CLONE / "requirements.lock").read_text().splitlines()
    if not line.startswith("#")
    for requirement in [Requirement(line)]
}
CARD = {"jupyterlab", "torch", "librosa", "matplotlib", "ipywidgets", "musdb", "numpy", "nbval"}


# What is asked for and what is locked


def test_the_card_is_asked_for():
    assert {Requirement(line).name for line in PROJECT["dependencies"]} >= CARD


@pytest.mark.parametrize("asked", ASKED_FOR, ids=lambda requirement: requirement.name)
def test_the_lock_gives_what_is_asked_for(asked):
    (pin,) = LOCKED[canonicalize_name(asked.name)].specifier
    assert asked.specifier.contains(pin.version)


def test_the_lock_pins_one_exact_version_each():
    for requirement in LOCKED.values():
        (pin,) = requirement.specifier
        assert pin.operator == "==" and "*" not in pin.version and "+" not in pin.version
        assert requirement.url is None
    assert str(LOCKED["torch"].specifier) == "==2.13.0"
    assert not [name for name in LOCKED if name.startswith(("nvidia", "cuda", "triton"))]


def test_the_lock_names_what_other_systems_need():
    windows = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}
    for name in ("colorama", "pywinpty"):
        assert LOCKED[name].marker.evaluate(windows)
        assert not LOCKED[name].marker.evaluate({"sys_platform": "linux"})
    assert LOCKED["standard-aifc"].marker.evaluate({"python_full_version": "3.13.1"})
    assert not LOCKED["standard-aifc"].marker.evaluate({"python_full_version": "3.11.0"})


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "environment.yml"])
def test_no_registry_and_no_machine_is_named(name):
    text = (CLONE / name).read_text()
    assert not re.search(r"https?:|file:|index-url|find-links|/opt/|/work/|/home/", text)


def test_whatever_the_library_imports_is_asked_for():
    by_module = metadata.packages_distributions()
    asked = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    # JupyterLab and ipywidgets bring what they are made of.
    asked |= {
        "jupyter-core",
        "jupyter-server",
        "ipython",
        "traitlets",
        "nbformat",
        "nbclient",
        "nbconvert",
        "tornado",
    }
    extras = PROJECT["optional-dependencies"]
    scale = {canonicalize_name(Requirement(line).name) for line in extras["scale"]}
    assert set(extras["scale"]) <= set(extras["test"])
    for file in (CLONE / "sepedu").rglob("*.py"):
        extra = scale if file.name in ("distributed.py", "curves.py") else set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module]
            else:
                continue
            for module in {name.split(".")[0] for name in modules} - sys.stdlib_module_names:
                names = {canonicalize_name(name) for name in by_module.get(module, [module])}
                assert names & (asked | extra | {"sepedu"}), f"{file.name} imports {module}"


# conda


def conda_lines() -> tuple[list[str], list[str]]:
    """Return environment.yml's conda lines and its pip lines."""
    import yaml

    lines = yaml.safe_load((CLONE / "environment.yml").read_text())["dependencies"]
    (pip_section,) = [line["pip"] for line in lines if isinstance(line, dict)]
    return [line for line in lines if isinstance(line, str)], pip_section


def test_conda_gets_a_python_that_the_package_takes():
    lines, _ = conda_lines()
    (python,) = [line for line in lines if line.startswith("python")]
    assert python == "python=3.11"  # Binder reads it only in this form
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))
    assert "ffmpeg" in lines


def test_conda_gets_the_locked_versions_and_the_package_itself():
    _, pip_section = conda_lines()
    assert pip_section == ["-r requirements.lock", "-e ."]


def test_conda_versions_never_contradict_pyproject():
    asked = {canonicalize_name(requirement.name): requirement for requirement in ASKED_FOR}
    for line in conda_lines()[0]:
        name, _, version = line.partition("=")
        if name in asked and version:
            assert asked[name].specifier.contains(version.lstrip("="))


def test_conda_can_read_every_line():
    rattler = pytest.importorskip("rattler", reason="py-rattler is not installed")
    for line in conda_lines()[0]:
        assert str(rattler.MatchSpec(line).name.normalized)


def test_this_environment_holds_the_locked_versions():
    """What `make` set up; that the lock can be installed is shown by every fresh clone."""
    if Path(sys.prefix) != real_course.ENVIRONMENT or not real_course.is_ready():
        pytest.skip("this Python was not set up by make")
    wanted = {
        name: str(requirement.specifier).removeprefix("==")
        for name, requirement in LOCKED.items()
        if requirement.marker is None or requirement.marker.evaluate()
    }
    found = {name: metadata.version(name).split("+")[0] for name in wanted}
    assert found == wanted


@pytest.mark.slow
@pytest.mark.skipif("SEPEDU_SOAK" not in os.environ, reason="90 s; SEPEDU_SOAK=1 runs it")
def test_the_pip_section_installs_in_a_clean_environment(tmp_path):
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    words = [word for line in conda_lines()[1] for word in line.split()]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *words], cwd=CLONE, check=True)
    code = (
        "from sepedu.engine.ffmpeg import ensure_ffmpeg; ensure_ffmpeg(); import musdb, torch; "
        "print(torch.__version__)"
    )
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("2.13.0")


# The set-up script


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return tools/course.py, aimed at an empty clone, with the slow steps only noted down."""
    specification = importlib.util.spec_from_file_location("course", CLONE / "tools" / "course.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(CLONE / name, tmp_path)
    environment = tmp_path / ".venv"
    monkeypatch.setattr(module, "CLONE", tmp_path)
    monkeypatch.setattr(module, "ENVIRONMENT", environment)
    monkeypatch.setattr(module, "STAMP", environment / "sepedu-setup.txt")
    monkeypatch.setattr(module, "PYTHON", environment / "bin" / "python")
    module.done = []

    def create(folder, **options):
        module.done.append("create")
        (folder / "bin").mkdir()
        (folder / "bin" / "python").touch()

    monkeypatch.setattr(module.venv, "create", create)
    monkeypatch.setattr(module, "install", lambda *words: module.done.append(words))
    return module


def test_the_first_set_up_installs_the_lock_then_the_package(course, capsys):
    assert course.set_up() is True
    assert [step if step == "create" else step[-1] for step in course.done] == [
        "create",
        "requirements.lock",
        ".",
    ]
    said = capsys.readouterr().out
    assert "1/3" in said and "2/3" in said and "3/3" in said and "minutes" in said


def test_the_second_starts_at_once(course, capsys):
    course.set_up()
    course.done.clear()
    capsys.readouterr()
    assert course.set_up() is False
    assert (course.done, capsys.readouterr().out) == ([], "")


def test_the_news_pop_up_is_silenced(course):
    course.set_up()
    file = course.ENVIRONMENT / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings = json.loads(file.read_text())["@jupyterlab/apputils-extension:notification"]
    assert settings["fetchNews"] == "false"


@pytest.mark.parametrize("broken_step", ["create", "requirements.lock", "."])
def test_an_interrupted_set_up_starts_anew(course, monkeypatch, broken_step):
    def interrupt(*words, **options):
        (course.ENVIRONMENT / "left-over").touch()
        raise KeyboardInterrupt

    create, install = course.venv.create, course.install
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if broken_step == "create":
            patch.setattr(course.venv, "create", interrupt)
        else:
            choose = lambda *words: interrupt() if words[-1] == broken_step else install(*words)  # noqa: E731
            patch.setattr(course, "install", choose)
        course.set_up()
    assert course.venv.create is create and not course.is_ready()
    assert course.set_up() is True
    assert course.is_ready() and not (course.ENVIRONMENT / "left-over").exists()


def test_a_changed_lock_is_installed_on_top(course):
    course.set_up()
    course.done.clear()
    with (course.CLONE / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert course.set_up() is True
    assert "create" not in course.done and len(course.done) == 2


def test_an_environment_made_by_hand_is_kept(course):
    (course.ENVIRONMENT / "bin").mkdir(parents=True)
    for name in ("bin/python", "mine"):
        (course.ENVIRONMENT / name).touch()
    course.set_up()
    assert (course.ENVIRONMENT / "mine").exists() and "create" not in course.done


def test_a_clone_that_moved_is_set_up_again(course, tmp_path, monkeypatch):
    course.set_up()
    monkeypatch.setattr(course, "CLONE", shutil.copytree(tmp_path, tmp_path.parent / "moved"))
    assert not course.is_ready()


def test_an_old_python_is_told(course, monkeypatch):
    monkeypatch.setattr(course.sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        course.main(["lab"])


def test_an_unknown_task_is_named(course):
    with pytest.raises(SystemExit, match="got 'fly'"):
        course.main(["fly"])


# make


def make(*words: str, **variables: str) -> subprocess.CompletedProcess:
    """Run make in the clone."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    # `make test ARGS=…` hands its variables down to every make below it.
    outside = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    outside.pop("ARGS", None)
    return subprocess.run(
        ["make", *words], cwd=CLONE, env=outside | variables, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lab"], "tools/course.py lab"),
        (["lab", "PORT=8899", "HOST=0.0.0.0"], "tools/course.py lab --port 8899 --host 0.0.0.0"),
        (["test"], "tools/course.py test"),
        (["test", "ARGS=-k stft"], "tools/course.py test -k stft"),
        (["slides"], "tools/course.py python -m tools.slides"),
        (["results"], "tools/course.py sepedu results --data musdb7"),
        (["results"], "tools/course.py python -m tools.results_pages"),
        (["lint"], "lint-imports --no-cache"),
        (["lock", "ARGS=--upgrade"], "requirements.lock --upgrade pyproject.toml"),
    ],
)
def test_make_passes_on(words, expected):
    lines = make("--dry-run", *words).stdout.splitlines()
    assert any(" ".join(line.split()).endswith(expected) for line in lines), lines


def test_make_without_a_python_says_what_to_install(tmp_path):
    answer = make("lab", "PYTHON=")
    assert answer.returncode != 0
    assert "No Python 3.11 or newer found" in answer.stderr
    assert "make lab PYTHON=" in answer.stderr


def test_every_word_for_make_that_contributors_read_exists():
    words = re.findall(r"^\| `make (\w+)`", (CLONE / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert {"lab", "test", "lock"} <= set(words)
    for word in words:
        assert make("--dry-run", word).returncode == 0, word


@pytest.mark.skipif(not shutil.which("git") or os.name == "nt", reason="needs git and bash")
@pytest.mark.parametrize("name", ["project", "sepedu"])
def test_ci_tests_a_clone_called_sepedu(tmp_path, name):
    """With the songs that lie beside the clone; `make` only says where it is."""
    repository, programs = tmp_path / "work" / name, tmp_path / "programs"
    (tmp_path / "work" / "shared" / "musdb18-7s").mkdir(parents=True)
    (repository / ".ci").mkdir(parents=True)
    shutil.copy(CLONE / ".ci" / "run", repository / ".ci")
    git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    programs.mkdir()
    for program in ("make", "chromium"):
        (programs / program).write_text('#!/bin/sh\npwd; echo "$@"; echo "$MUSDB_PATH"\n')
        (programs / program).chmod(0o755)
    outside = {key: value for key, value in os.environ.items() if key != "MUSDB_PATH"}
    outside |= {"PATH": f"{programs}{os.pathsep}{outside['PATH']}", "TMPDIR": str(tmp_path)}
    answer = subprocess.run(
        [repository / ".ci" / "run"], env=outside, capture_output=True, text=True, check=True
    )
    place, task, songs = answer.stdout.splitlines()
    assert Path(place).name == "sepedu" and (Path(place) == repository) == (name == "sepedu")
    assert (task, songs) == ("test", str(tmp_path / "work" / "shared" / "musdb18-7s"))
    assert Path(place).exists() == (name == "sepedu"), "the clone was left behind"


# The wheel


@pytest.mark.slow
def test_the_wheel_carries_its_data_and_works_elsewhere(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run([*build, CLONE], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    assert not [name for name in names if "tools" in name.split("/")]
    tops = {name.split("/")[0] for name in names}
    assert tops == {"sepedu", f"sepedu-{PROJECT['version']}.dist-info"}
    for folder in ("weights", "minimus"):
        here = {
            f"sepedu/{file.relative_to(CLONE).as_posix()}"
            for file in (CLONE / "data" / folder).rglob("*")
            if file.is_file()
        }
        assert here <= set(names)
    code = "import sepedu; print(sepedu.__file__)"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert Path(answer.stdout.strip()).is_relative_to(tmp_path / "installed"), answer.stderr
