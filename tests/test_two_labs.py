"""Two JupyterLabs at once on one course: neither is in the other's way, nor loses its work."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from sepedu.cli import lab

ADDRESS = re.compile(r"(http://127\.0\.0\.1:(\d+))/lab/tree/(\S+)\?token=(\w+)")


class Served:
    """A JupyterLab started as `sepedu lab` starts it."""

    def __init__(self, course: Path, log: Path, port: int | None = None) -> None:
        # The clone lies beside the library, and would be found before the current folder.
        code = (
            "from sepedu.cli import lab; lab.__file__ = '/nowhere/sepedu/cli/lab.py'; "
            f"lab.launch(port={port}, browser=False)"
        )
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=course,
                env=os.environ | {"HOME": str(log.parent), "PYTHONUNBUFFERED": "1"},
                stdout=output,
                stderr=output,
            )

    def wait(self) -> None:
        """Wait for the address that it prints, with its port and its token."""
        for _ in range(600):
            if found := ADDRESS.search(self.log.read_text()):
                self.address, (self.root, self.port, _, self.token) = found[0], found.groups()
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.2)
        raise AssertionError(self.log.read_text())

    def ask(self, path: str, token: str, content: dict | None = None):
        """What it answers to somebody with a token."""
        data = None if content is None else json.dumps(content).encode()
        request = Request(f"{self.root}/api/{path}", data, {"Authorization": f"token {token}"})
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def listens_on(self) -> set[str]:
        """Its own addresses."""
        connections = psutil.Process(self.process.pid).net_connections("inet")
        return {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)


@pytest.fixture
def lesson(tmp_path) -> Path:
    """Return the first lesson of a course, with one cell."""
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "outputs": [], "source": "was = 0"}
    lesson = tmp_path / "course" / lab.FIRST_LESSON
    lesson.parent.mkdir(parents=True)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    told = {"cells": [cell | {"execution_count": None}], "metadata": kernel}
    lesson.write_text(json.dumps(told | {"nbformat": 4, "nbformat_minor": 5}))
    return tmp_path / "course" / lab.FIRST_COPY


@pytest.fixture
def two(lesson, tmp_path) -> Iterator[list[Served]]:
    """Two of them, of one user."""
    servers: list[Served] = []
    try:
        for number in range(2):
            servers.append(Served(lesson.parent.parent, tmp_path / f"log {number}"))
            servers[-1].wait()
        yield servers
    finally:
        for server in servers:
            server.stop()


def test_neither_is_in_the_way_of_the_other(two, lesson):
    first, second = two
    assert first.port != second.port and first.token != second.token
    for server in two:
        assert server.listens_on() <= {"127.0.0.1", "::1"}
        assert server.ask(f"contents/{lab.FIRST_COPY.as_posix()}", server.token)["writable"]
    for stranger in (first.token, "", "0" * 48):
        with pytest.raises(HTTPError, match="403"):
            second.ask("contents", stranger)

    kernels = [server.ask("kernels", server.token, {"name": "python3"}) for server in two]
    assert [each["id"] for each in second.ask("kernels", second.token)] == [kernels[1]["id"]]
    first.stop()
    assert [each["id"] for each in second.ask("kernels", second.token)] == [kernels[1]["id"]]
    assert second.ask(f"contents/{lab.FIRST_COPY.as_posix()}", second.token)["content"]

    third = Served(lesson.parent.parent, lesson.with_name("log 3"), port=int(second.port))
    assert third.process.wait(timeout=120) != 0
    complaint = third.log.read_text()
    assert f"port {second.port} is not available" in complaint and "Traceback" not in complaint


def source(lesson: Path) -> str:
    """The text of a notebook's first cell on disk."""
    return "".join(json.loads(lesson.read_text(encoding="utf-8"))["cells"][0]["source"])


def conflict(two: list[Served], lesson: Path, chromium: str) -> None:
    """Open a notebook in both, save it in one, then in the other."""
    from playwright.sync_api import expect, sync_playwright

    words = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=words)
        pages = [browser.new_context().new_page() for _ in two]
        for server, page in zip(two, pages, strict=True):
            page.goto(server.address)
            page.locator(".jp-Notebook .cm-content").first.wait_for(timeout=120_000)
            page.get_by_text(re.compile(r"Python 3.* \| Idle")).wait_for(timeout=120_000)
        for text, page in zip(("first = 1", "second = 2"), pages, strict=True):
            page.locator(".jp-Notebook .cm-content").first.click()
            page.keyboard.press("Control+a")
            page.keyboard.type(text)
            page.keyboard.press("Control+s")
            if text == "first = 1":
                for _ in range(300):
                    if source(lesson) == text:
                        break
                    page.wait_for_timeout(100)
        dialog = pages[1].locator(".jp-Dialog")
        dialog.get_by_text("has changed on disk").wait_for(timeout=60_000)
        assert source(lesson) == "first = 1"
        dialog.get_by_role("button", name="Revert").click()
        dialog.wait_for(state="detached")
        expect(pages[1].locator(".jp-Notebook .cm-content").first).to_have_text("first = 1")
        assert source(lesson) == "first = 1"
        browser.close()


@pytest.mark.browser
def test_an_outdated_copy_is_not_saved_unasked(two, lesson):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    pytest.importorskip("playwright", reason="playwright is not installed")
    # In a thread of its own: another test's browser may have left its event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(conflict, two, lesson, chromium).result()
