"""Start a hub for trying out, on this machine only: `make hub`.

    python deploy/try_out.py [--port 8000]

Homes, database and password last from one start to the next, in build/hub of the clone.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from environment import CLONE, DEPLOY, HUB, set_up
from fill_cache import fill

from sepedu.engine.files import write_text
from sepedu.errors import SepeduError


@dataclass
class TryOut:
    """A hub that runs.

    Attributes
    ----------
    address : str
        Where it answers, without a slash at the end.
    token : str
        Of a service that may do all that a teacher may.
    password : str
        Of everybody.
    folder : Path
        Its database, its log, and the students' homes.
    process : subprocess.Popen
    """

    address: str
    token: str
    password: str
    folder: Path
    process: subprocess.Popen


def free_port() -> int:
    """Return the number of a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _secret(folder: Path, name: str) -> str:
    """A secret of this hub, made once."""
    place = folder / name
    if not place.is_file():
        write_text(place, secrets.token_hex(16))
        place.chmod(0o600)
    return place.read_text()


def _ports(folder: Path, port: int | None) -> list[int]:
    """Ports of the hub, of its inner side, and of its proxy's: chosen once.

    Students' servers that outlive a hub look for the next one where the last one was.
    """
    place = folder / "ports.json"
    ports = json.loads(place.read_text()) if place.is_file() else [free_port() for _ in range(3)]
    ports[0] = port or ports[0]
    write_text(place, json.dumps(ports))
    return ports


def start(folder: Path, port: int | None = None) -> TryOut:
    """Start a hub that keeps everything in a folder, and wait until it answers.

    Raises
    ------
    SepeduError
        If it does not answer within two minutes; its log says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    fill(folder / "cache")
    outer, inner, proxy = _ports(folder, port)
    token, password = _secret(folder, "token"), _secret(folder, "password")
    environment = os.environ | {
        "SEPEDU_HUB": str(folder),
        "SEPEDU_CACHE": str(folder / "cache"),
        "SEPEDU_HUB_PORT": str(outer),
        "SEPEDU_HUB_INNER_PORT": str(inner),
        "SEPEDU_HUB_PROXY_PORT": str(proxy),
        "SEPEDU_HUB_TOKEN": token,
        "SEPEDU_HUB_PASSWORD": password,
    }
    command = [HUB / "bin" / "jupyterhub", "--config", DEPLOY / "try_out_config.py"]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    hub = TryOut(f"http://127.0.0.1:{outer}", token, password, folder, process)
    if not _answers(hub):
        stop(hub)
        raise SepeduError("The hub does not answer", f"Read the end of {folder / 'log'}")
    return hub


def _answers(hub: TryOut) -> bool:
    until = time.monotonic() + 120
    while time.monotonic() < until and hub.process.poll() is None:
        try:
            with urlopen(f"{hub.address}/hub/api/", timeout=5):
                return True
        except (URLError, OSError):
            time.sleep(0.3)
    return False


def stop(hub: TryOut) -> None:
    """Ask the hub to stop, with its proxy and all servers, and wait until it has."""
    if hub.process.poll() is None:
        hub.process.send_signal(signal.SIGTERM)
        hub.process.wait(timeout=120)


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[TryOut]:
    """A hub for the time of a block."""
    hub = start(folder, port)
    try:
        yield hub
    finally:
        stop(hub)


def main() -> None:
    """Set up, start, say how to come in, and wait for Ctrl-C."""
    parser = argparse.ArgumentParser(description="Start a hub for trying out.")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    set_up()
    with running(CLONE / "build" / "hub", port) as hub:
        print(f"The hub is at {hub.address}, for this machine only.")
        print(f"Come in with any name and the password {hub.password}")
        print("Not for a class: see deploy/README.md. Ctrl-C ends it; homes are in build/hub.")
        sys.stdout.flush()
        try:
            hub.process.wait()
        except KeyboardInterrupt:
            print("Stopping all servers ...")


if __name__ == "__main__":
    try:
        main()
    except SepeduError as error:
        sys.exit(str(error))
