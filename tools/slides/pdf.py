"""Print a built deck as PDF with a Chromium that is installed.

Chromium's own `--print-to-pdf` prints when a page has loaded, which may be before a deck has
typeset its mathematics and laid out its pages. So it is told over its debugging line when to.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from sepedu.errors import SepeduError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 180.0
"""Seconds to wait for a browser and for a deck in it."""
READY = (
    "document.documentElement.dataset.ready === 'true' "
    "? document.querySelectorAll('.pdf-page').length : 0"
)


def find_browser() -> str | None:
    """A Chromium or a relative of it, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_pdf(file: Path, browser: str, slides: int) -> Path:
    """Print a built deck as PDF beside it, one page for each of its slides.

    Raises
    ------
    SepeduError
        If the browser does not start, or the deck does not have all its pages in time.
    """
    out = file.with_suffix(".pdf")
    problems: list[BaseException] = []

    def work() -> None:  # in a thread of its own, since a notebook's has its event loop already
        try:
            out.write_bytes(asyncio.run(_printed(file, browser, slides)))
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if problems:
        raise SepeduError(
            f"{file} could not be printed ({problems[0]})",
            "Open it in a browser with ?print-pdf at the end of its address, and print it",
        ) from problems[0]
    return out


async def _printed(file: Path, browser: str, slides: int) -> bytes:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--disable-background-networking", "--no-first-run", "--remote-debugging-port=0"),
            *(f"--user-data-dir={profile}", "about:blank"),
        ]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(words, stdout=quiet, stderr=quiet) as process:
            try:
                line = await websocket_connect(
                    HTTPRequest(_address(Path(profile)), request_timeout=PATIENCE),
                    max_message_size=2**30,
                )
                return await _print_page(line, f"{file.resolve().as_uri()}?print-pdf", slides)
            finally:
                process.terminate()


def _address(profile: Path) -> str:
    """Where the browser's first page listens, once it does."""
    told = profile / "DevToolsActivePort"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if told.is_file() and "\n" in told.read_text():
            port = told.read_text().split("\n")[0]
            with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
        time.sleep(0.1)
    raise TimeoutError("the browser did not start in time")


async def _print_page(line: Any, address: str, slides: int) -> bytes:
    number = 0

    async def ask(method: str, **parameters: Any) -> dict[str, Any]:
        nonlocal number
        number += 1
        await line.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := await line.read_message()) is not None:
            answer = json.loads(message)
            if answer.get("id") == number:
                return answer["result"]
        raise ConnectionError("the browser closed its line")

    await ask("Page.navigate", url=address)
    until = time.monotonic() + PATIENCE
    pages = 0
    while pages != slides:
        if time.monotonic() > until:
            raise TimeoutError(f"{pages} pages instead of {slides}")
        await asyncio.sleep(0.1)
        pages = (await ask("Runtime.evaluate", expression=READY))["result"].get("value", 0)
    printed = await ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    return base64.b64decode(printed["data"])
