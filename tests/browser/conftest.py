"""One JupyterLab and one browser for all the widgets, cut off from every other machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from notebook_of_widgets import CELLS, WIDGETS

from tools.course import LAB_SETTINGS

TOKEN = "a-token-for-the-test"
LOCAL = ("127.0.0.1", "localhost", "")

SETTINGS = LAB_SETTINGS | {
    # Keep all cells in the page, so that every widget can be found.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


# The menus ask for a kernel where none has started yet; so wait for it, then give the command.
RUN_ALL_BUT_THE_LAST = """async () => {
    const app = window.jupyterapp;
    const {content, context} = app.shell.currentWidget;
    await context.sessionContext.ready;
    await context.sessionContext.session.kernel.info;
    content.activeCellIndex = content.widgets.length - 1;
    app.commands.execute('notebook:run-all-above');
}"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return Debian's chromium, or skip."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no chromium is installed (Debian: apt install chromium)")
    return found


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory) -> Iterator[str]:
    """Start a JupyterLab that holds one notebook, and give its address."""
    folder = tmp_path_factory.mktemp("lab")
    for name, settings in SETTINGS.items():
        plugin = name.replace(":", "/") + ".jupyterlab-settings"
        place = folder / "settings" / plugin
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(settings))
    root = folder / "root"
    root.mkdir()
    (root / "widgets.ipynb").write_text(json.dumps(notebook(CELLS)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--port-retries=0", f"--IdentityProvider.token={TOKEN}"),
        *(f"--ServerApp.root_dir={root}", "--Application.log_level=WARN"),
        "--LabApp.expose_app_in_browser=True",
        "--ServerApp.jpserver_extensions=sepedu.cli.opening=True",
    ]
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api", server, folder / "log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    """Wait until the server answers, or show what it wrote."""
    for _ in range(240):
        if server.poll() is not None:
            break
        try:
            urlopen(address, timeout=1).close()
            return
        except (URLError, OSError):
            time.sleep(0.25)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def notebook(cells: list[str]) -> dict:
    """A notebook with these cells of code."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell{index}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for index, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.fixture(scope="module")
def browser(chromium):
    """A Chromium that finds no machine but this one.

    It ends with its module: its event loop would be in the way of what else needs one.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--autoplay-policy=no-user-gesture-required",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


class Complaints(list):
    """What went wrong in a page: errors of its scripts, and requests to other machines."""

    def listen(self, page) -> None:
        page.on("pageerror", lambda error: self.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)

    def _console(self, message) -> None:
        if message.type == "error":
            self.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request) -> None:
        if urlsplit(request.url).hostname not in (*LOCAL, None):
            self.append(f"request to another machine: {request.url}")


@pytest.fixture(scope="module")
def notebook_page(lab, browser, tmp_path_factory):
    """The notebook in JupyterLab, all cells run, with the list of what went wrong there."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    complaints = Complaints()
    complaints.listen(page)
    page.goto(f"{lab}/lab/tree/widgets.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.evaluate(RUN_ALL_BUT_THE_LAST)
    widgets = page.locator(".jp-OutputArea .sepedu-widget")
    deadline = time.monotonic() + 200
    while widgets.count() < len(WIDGETS) and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    if widgets.count() < len(WIDGETS):
        picture = tmp_path_factory.mktemp("failure") / "page.png"
        page.screenshot(path=picture)
        texts = page.locator(".jp-OutputArea-output").all_inner_texts()
        told = "\n".join([*texts, *complaints])
        pytest.fail(f"Not all widgets appeared; look at {picture}\n{told}")
    page.wait_for_timeout(3000)  # what JupyterLab still has to do would be measured, too
    yield page, complaints
    page.close()


def look(page, name: str) -> None:
    """Keep a screenshot where somebody wants to look at it."""
    if folder := os.environ.get("SEPEDU_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def page(notebook_page):
    """The notebook with all widgets; afterwards nothing may have gone wrong in it."""
    page, complaints = notebook_page
    complaints.clear()
    yield page
    assert complaints == []


@pytest.fixture(scope="session")
def latencies(request) -> Iterator[dict[str, str]]:
    """A table that the tests fill, printed at the end: no test fails because it was slow."""
    table: dict[str, str] = {}
    yield table
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    if table and reporter:
        reporter.ensure_newline()
        reporter.section(
            "latency of the widgets, milliseconds (median, tenth, ninetieth percentile)"
        )
        for name, values in table.items():
            reporter.line(f"{name:<58} {values}")
