"""JupyterLab opens at the first lesson, on this machine only unless told otherwise."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import pytest

from sepedu.cli import lab, opening
from sepedu.errors import SepeduError


@pytest.fixture
def course(tmp_path) -> Path:
    """Return a course with nothing but an empty first lesson; the library lies elsewhere."""
    lesson = tmp_path / "course" / lab.FIRST_LESSON
    lesson.parent.mkdir(parents=True)
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    lesson.write_text(json.dumps(empty))
    return tmp_path / "course"


def test_the_library_without_lessons_says_where_they_are(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        lab, "__file__", str(tmp_path / "site-packages" / "sepedu" / "cli" / "lab.py")
    )
    with pytest.raises(SepeduError, match="Clone the course and give `make lab` there"):
        lab.launch()


def test_the_current_folder_may_hold_the_course(monkeypatch, tmp_path, course):
    monkeypatch.chdir(course)
    monkeypatch.setattr(
        lab, "__file__", str(tmp_path / "site-packages" / "sepedu" / "cli" / "lab.py")
    )
    assert lab.find_course() == course


def test_only_widgets_on_show_are_saved():
    def model(**state) -> dict:
        return {"model_name": "AnyModel", "state": state}

    states = {"1": model(layout="IPY_MODEL_2"), "2": model(), "3": model(layout="IPY_MODEL_4")}
    states["4"] = model()
    shown = {"output_type": "display_data", "data": {opening.VIEW: {"model_id": "1"}}}
    text = {"output_type": "stream", "name": "stdout", "text": "3"}
    saved = {
        "cells": [{"cell_type": "code", "outputs": [text, shown]}, {"cell_type": "markdown"}],
        "metadata": {"widgets": {opening.STATE: {"state": states}}},
    }
    opening.keep_shown_widgets({"type": "notebook", "content": saved})
    assert list(states) == ["1", "2"]
    for told in ({"type": "file", "content": "3"}, {"type": "notebook", "content": None}):
        opening.keep_shown_widgets(told)
    opening.keep_shown_widgets({"type": "notebook", "content": {"metadata": {}, "cells": []}})


def test_nothing_given_means_this_machine_and_jupyters_own_port(course):
    words = lab.server_options(course, None, None, browser=True)
    assert not any(word.startswith(("--ServerApp.ip", "--ServerApp.port")) for word in words)
    assert not any("token" in word or "password" in word for word in words)


def test_a_given_port_is_that_port_or_none(course):
    words = lab.server_options(course, 8899, "0.0.0.0", browser=False)
    expected = {"--ServerApp.port=8899", "--ServerApp.port_retries=0", "--ServerApp.ip=0.0.0.0"}
    assert expected <= set(words)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_named(course, port):
    with pytest.raises(SepeduError, match=f"port must be between 1 and 65535, got {port}"):
        lab.server_options(course, port, None, None)


@pytest.mark.parametrize(
    ("root", "variables", "platform", "opens"),
    [
        (False, {"DISPLAY": ":0"}, "linux", True),
        (False, {"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        (False, {}, "linux", False),
        (True, {"DISPLAY": ":0"}, "linux", False),
        (False, {}, "darwin", True),
        (False, {}, "win32", True),
    ],
)
def test_a_browser_opens_only_where_one_can(monkeypatch, root, variables, platform, opens, course):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(lab, "is_root", lambda: root)
    monkeypatch.setattr(lab.sys, "platform", platform)
    words = lab.server_options(course, None, None, browser=None)
    assert ("--ServerApp.open_browser=False" in words) is not opens
    assert ("--ServerApp.allow_root=True" in words) is root


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def address(course, tmp_path):
    """Serve the course and return the printed address, with its token."""
    port = free_port()
    code = (
        f"from sepedu.cli.lab import launch; launch(port={port}, host='127.0.0.1', browser=False)"
    )
    environment = os.environ | {"HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", code], cwd=course, env=environment, stdout=output, stderr=output
        )
    try:
        for _ in range(300):
            found = re.search(rf"http://127\.0\.0\.1:{port}/\S*\?token=\w+", log.read_text())
            if found:
                break
            assert server.poll() is None, log.read_text()
            time.sleep(0.2)
        assert found, log.read_text()
        yield found[0]
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_the_printed_address_serves_the_first_lesson(address):
    place, _, token = address.partition("?")
    server, _, page = place.partition("/lab/tree/")
    assert page == lab.FIRST_COPY.as_posix()
    with urlopen(address, timeout=30) as answer:
        assert b"JupyterLab" in answer.read()
    with urlopen(f"{server}/api/contents/{page}?{token}", timeout=30) as answer:
        assert json.load(answer)["type"] == "notebook"


@pytest.mark.browser
def test_a_browser_shows_the_first_lesson_and_no_pop_up(address):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    if not (Path(sys.prefix) / "share/jupyter/lab/settings/overrides.json").is_file():
        pytest.skip("this environment was not made by make")
    from playwright.sync_api import sync_playwright

    # Chromium as root needs no sandbox; the others keep it from asking for its maker's hosts.
    words = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

    def look() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=words)
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector(".jp-Notebook", timeout=60_000)
            assert page.locator(".lm-TabBar-tabLabel", has_text=lab.FIRST_LESSON.name).count() == 1
            page.wait_for_timeout(3000)  # the pop-up would come a moment later
            assert page.locator(".Toastify__toast").count() == 0
            browser.close()

    # In a thread of its own: another test's browser may have left its event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(look).result()
