"""Write requirements.lock: every package of sepedu and its test extra, at one exact version.

    make lock

Asks pip for the newest versions that pyproject.toml and the oldest Python admit (PyTorch at the
course's version), then walks from sepedu through everything it needs. A package that only some
other system or a newer Python needs is looked up too and gets a marker, so that one file serves
Linux, macOS and Windows. CUDA's packages are left out: PyTorch names their exact versions.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CLONE = Path(__file__).resolve().parent.parent
TORCH = "torch==2.13.0"
# Some systems still have the first 3.11, and some packages ask for 3.11.5.
OLDEST = "--python-version 3.11.0"
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
WHEELS = {"win32": "win_amd64", "darwin": "macosx_14_0_arm64", "linux": "manylinux_2_28_x86_64"}
CUDA = re.compile(r"nvidia-|cuda-|triton$")

Place = tuple[str, str]  # a system and a Python

HEADER = """\
# Every version the course is tested with. Made by `make lock` from pyproject.toml: change that,
# not this. Without hashes, since PyTorch's wheel differs by system.
"""


def places_where(requirement: Requirement, places: set[Place], extras: set[str]) -> set[Place]:
    """Return those of the places in which the requirement's marker holds."""
    if requirement.marker is None:
        return places
    return {
        (system, python)
        for system, python in places
        for extra in extras | {""}
        if requirement.marker.evaluate(
            SYSTEMS[system]
            | {"python_version": python, "python_full_version": f"{python}.9", "extra": extra}
        )
    }


def marker_for(places: set[Place]) -> str:
    """Return the marker of a package needed in these places only, "" if in all."""
    systems = {system for system, _ in places}
    oldest = min((python for _, python in places), key=PYTHONS.index)
    parts = []
    if systems != set(SYSTEMS):
        parts.append(" or ".join(f'sys_platform == "{name}"' for name in sorted(systems)))
    if oldest != PYTHONS[0]:
        parts.append(f'python_version >= "{oldest}"')
    if len(parts) == 2 and " or " in parts[0]:
        parts[0] = f"({parts[0]})"
    return " and ".join(parts)


def output_of(*command: str) -> str:
    """Return what a command prints; raise if it fails."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def look_up(requirement: Requirement, place: Place) -> dict:
    """Ask pip which version it would take in another place; return that package's metadata."""
    system, python = place
    with tempfile.TemporaryDirectory() as target:
        wheel = f"{requirement.name}{requirement.specifier}"
        place_words = f"--platform {WHEELS[system]} --python-version {python} --target {target}"
        words = f"install --quiet --dry-run --no-deps --only-binary :all: --report - {place_words}"
        report = output_of(sys.executable, "-m", "pip", *words.split(), wheel)
    return json.loads(report)["install"][0]["metadata"]


def resolve(requirements: list[str]) -> dict[str, dict]:
    """Let pip choose every version for the oldest Python; return each package's metadata."""
    words = f"install --quiet --dry-run --ignore-installed --only-binary :all: --report - {OLDEST}"
    report = output_of(sys.executable, "-m", "pip", *words.split(), TORCH, *requirements)
    found = [entry["metadata"] for entry in json.loads(report)["install"]]
    return {canonicalize_name(metadata["name"]): metadata for metadata in found}


def walk(requirements: list[str], installed: dict[str, dict]) -> dict[str, set[Place]]:
    """Return every package that the requirements lead to, with the places that need it."""
    everywhere = {(system, python) for system in SYSTEMS for python in PYTHONS}
    needed: dict[str, set[Place]] = {}
    waiting = [(requirements, everywhere, frozenset())]
    seen: set[tuple] = set()
    while waiting:
        lines, places, extras = waiting.pop()
        for line in lines:
            requirement = Requirement(line)
            child = canonicalize_name(requirement.name)
            where = places_where(requirement, places, set(extras))
            key = (child, frozenset(where), frozenset(requirement.extras))
            if not where or CUDA.match(child) or key in seen:
                continue
            seen.add(key)
            if child not in installed:
                installed[child] = look_up(requirement, max(where))
            needed.setdefault(child, set()).update(where)
            below = installed[child].get("requires_dist", [])
            waiting.append((below, where, frozenset(requirement.extras)))
    return needed


def main() -> None:
    """Write requirements.lock beside pyproject.toml."""
    project = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]
    requirements = project["dependencies"] + project["optional-dependencies"]["test"]
    installed = resolve(requirements)
    lines = []
    for name, places in sorted(walk(requirements, installed).items()):
        version = installed[name]["version"].split("+")[0]  # 2.13.0+cpu is 2.13.0 elsewhere
        marker = marker_for(places)
        lines.append(f"{name}=={version}" + (f" ; {marker}" if marker else ""))
    (CLONE / "requirements.lock").write_text(HEADER + "\n".join(lines) + "\n")
    print(f"requirements.lock: {len(lines)} packages")


if __name__ == "__main__":
    main()
