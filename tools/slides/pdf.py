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
from collections.abc import Sequence
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
    "? document.querySelectorAll('.pdf-page, .handed').length : 0"
)
KINDS = {
    "slides": ("", "?print-pdf"),
    "handout": ("-handout", "?print-pdf&print=handout"),
    "notes": ("-notes", "?print=notes"),
}
"""What is printed: the end of the file's name, and of the deck's address. The slides, the slides
without their answers, and three slides a page with what to say."""


def find_browser() -> str | None:
    """A Chromium or a relative of it, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_pdf(
    file: Path, browser: str, slides: int, kinds: Sequence[str] = tuple(KINDS)
) -> list[Path]:
    """Print a built deck as PDFs beside it, in each of these `KINDS`.

    Raises
    ------
    SepeduError
        If the browser does not start, or the deck does not have all its pages in time.
    """
    outs = [file.with_name(f"{file.stem}{KINDS[kind][0]}.pdf") for kind in kinds]
    problems: list[BaseException] = []

    def work() -> None:  # in a thread of its own, since a notebook's has its event loop already
        try:
            for out, printed in zip(
                outs, asyncio.run(_printed(file, browser, slides, kinds)), strict=True
            ):
                out.write_bytes(printed)
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
    return outs


async def _printed(file: Path, browser: str, slides: int, kinds: Sequence[str]) -> list[bytes]:
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
                pages = {"notes": -(-slides // 3)}
                address = file.resolve().as_uri()
                return [
                    await _print_page(line, address + KINDS[kind][1], pages.get(kind, slides))
                    for kind in kinds
                ]
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


async def _print_page(line: Any, address: str, wanted: int) -> bytes:
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
    while pages != wanted:
        if time.monotonic() > until:
            raise TimeoutError(f"{pages} pages instead of {wanted}")
        await asyncio.sleep(0.1)
        pages = (await ask("Runtime.evaluate", expression=READY))["result"].get("value", 0)
    printed = await ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    return base64.b64decode(printed["data"])
