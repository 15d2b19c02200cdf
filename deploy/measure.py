"""Measure what a class costs, on this machine, and write it down.

    python deploy/measure.py

Five students at once run lesson 02 on a hub that is started for it, then they share out all the
lessons. The figures go to deploy/memory.json, and from there into the table of deploy/README.md.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil
from classroom import MEBIBYTE, Memory, Student, memory_of, seconds_of
from environment import CLONE, DEPLOY, set_up
from links import lessons
from try_out import TryOut, running

from sepedu.engine.files import write_text
from sepedu.errors import SepeduError

FILE = DEPLOY / "memory.json"
GUIDE = DEPLOY / "README.md"
NAMES = ("ada", "emmy", "grace", "hedy", "sofia")
CLASS = 30
CORES = 8
BEGIN, END = "<!-- memory:begin, written by deploy/measure.py -->", "<!-- memory:end -->"


@dataclass
class Work:
    """What a student's run of a lesson took.

    Attributes
    ----------
    errors : list of str
        Of its cells.
    opened : Memory
        With the notebook's kernel just started.
    peak : Memory
        The most at any of the moments looked at while it ran.
    seconds : float
        Seconds of one core.
    """

    errors: list[str]
    opened: Memory
    peak: Memory
    seconds: float


async def arrive(student: Student, repository: str) -> Memory:
    """Let a student come in and get the lessons; return the memory of the server alone."""
    await student.enrol()
    await student.start_server()
    await student.pull(repository)
    return memory_of(await student.processes())


async def work(student: Student, path: str, signature: str = "") -> Work:
    """Let a student run a notebook to its end and save it, with a last line if one is given."""
    notebook = await student.read(path)
    kernel = await student.open_kernel(path)
    before = seconds_of(await student.processes())
    opened = memory_of(await student.processes())
    seen = [opened]
    watcher = asyncio.create_task(_watch(student, seen))
    try:
        errors = await kernel.run(notebook)
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
    processes = await student.processes()
    seen.append(memory_of(processes))
    seconds = seconds_of(processes) - before
    if signature:
        notebook.cells[-1].source += f"\n\n{signature}"
    await student.save(path, notebook)
    await student.close_kernel(kernel)
    return Work(errors, opened, max(seen, key=lambda memory: memory.private), seconds)


async def _watch(student: Student, seen: list[Memory]) -> None:
    while True:
        await asyncio.sleep(1)
        seen.append(memory_of(await student.processes()))


async def run_at_once(students: list[Student], repository: str) -> tuple[list[Memory], list[Work]]:
    """Let students run lesson 02 at once; return what each took, idle and at work."""
    idle = await asyncio.gather(*(arrive(student, repository) for student in students))
    path = f"sepedu/{lessons()['02']}"
    works = [work(student, path, f"Worked by {student.name}.") for student in students]
    return idle, await asyncio.gather(*works)


async def run_all(students: list[Student]) -> dict[str, Work]:
    """Let students share out all lessons, each taking the next one that nobody has taken."""
    waiting = list(reversed(lessons().items()))
    done = {}

    async def worker(student: Student) -> None:
        while waiting:
            number, path = waiting.pop()
            done[number] = await work(student, f"sepedu/{path}")
            seconds, memory = done[number].seconds, done[number].peak.private
            print(f"lesson {number}: {seconds:.0f} s of one core, {memory:.0f} MiB", flush=True)

    await asyncio.gather(*map(worker, students))
    return done


async def _measure(hub: TryOut) -> dict:
    repository = CLONE.as_uri()
    students = [Student(hub.address, hub.token, name) for name in NAMES]
    idle, works = await run_at_once(students, repository)
    errors = [error for one in works for error in one.errors]
    figures = {
        "versions": {name: metadata.version(name) for name in ("ipykernel", "jupyterlab", "torch")},
        "students_at_once": len(NAMES),
        "hub": _round(memory_of(_hub_itself(hub.process.pid)).proportional),
        "idle": _largest(idle),
        "opened": _largest([one.opened for one in works]),
        "at_work": _largest([one.peak for one in works]),
        # What students have in common is the part of their proportional memory that is not private.
        "common": _round(sum(one.peak.proportional - one.peak.private for one in works)),
        "core_seconds": round(max(one.seconds for one in works)),
        "disk": _round(_size(hub.folder / "homes" / NAMES[0]) / MEBIBYTE),
    }
    measured = await run_all(students)
    errors += [error for one in measured.values() for error in one.errors]
    figures["lessons"] = {
        number: {"memory": _round(one.peak.private), "core_seconds": round(one.seconds)}
        for number, one in sorted(measured.items())
    }
    if errors:
        raise SepeduError(f"A lesson went wrong: {errors[0]}", "Mend it, and measure again")
    return figures


def _hub_itself(pid: int) -> list[psutil.Process]:
    """The hub, its proxy and its services, without the students' servers and kernels."""
    hub = psutil.Process(pid)
    return [
        hub,
        *(
            process
            for child in hub.children()
            if not any("singleuser" in word for word in child.cmdline())
            for process in (child, *child.children(recursive=True))
        ),
    ]


def _largest(memories: list[Memory]) -> int:
    return _round(max(memory.private for memory in memories))


def _round(mebibytes: float) -> int:
    """In whole tens, upwards: the last digits differ from run to run."""
    return int(-(-mebibytes // 10) * 10)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def gibibytes(mebibytes: float) -> str:
    """Write MiB as GiB, rounded up to a tenth."""
    return f"{-(-mebibytes * 10 // 1024) / 10:.1f} GiB"


def table(figures: dict) -> str:
    """Return the guide's tables of what a class needs, in Markdown."""
    measured = figures["lessons"]
    fixed = figures["hub"] + figures["common"]
    heaviest = max(measured, key=lambda number: measured[number]["memory"])
    longest = max(measured, key=lambda number: measured[number]["core_seconds"])
    seconds = measured[longest]["core_seconds"]
    states = {
        "logged in, JupyterLab open": figures["idle"],
        "a notebook opened, nothing run": figures["opened"],
        "lesson 02 at its peak": figures["at_work"],
        f"the heaviest lesson, {heaviest}, at its peak": measured[heaviest]["memory"],
    }
    lines = [f"| state | each student | a class of {CLASS}, computed |", "|---|---|---|"]
    lines += [
        f"| {state} | {each} MiB | {gibibytes(fixed + CLASS * each)} |"
        for state, each in states.items()
    ]
    lines += [
        "",
        f"The third column adds {fixed} MiB to {CLASS} times the second: the hub with its proxy,",
        "and what the students' processes have in common. A student's copy of the lessons, with",
        f"its history, takes {figures['disk']} MiB of disk.",
        "",
        f"If the whole class runs lesson {longest} from top to bottom at the same moment, that is",
        f"{CLASS} times {seconds} seconds of one core: on {CORES} cores about "
        f"{-(-CLASS * seconds // CORES // 60)} minutes.",
        "",
        "| lesson | memory at its peak | seconds of one core |",
        "|---|---|---|",
    ]
    lines += [
        f"| {number} | {one['memory']} MiB | {one['core_seconds']} |"
        for number, one in measured.items()
    ]
    return "\n".join(lines)


def write_guide(figures: dict) -> None:
    """Put the tables into the guide."""
    before, rest = GUIDE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    write_text(GUIDE, f"{before}{BEGIN}\n{table(figures)}\n{END}{after}")


def main() -> None:
    """Measure and write."""
    set_up()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as hub:
        figures = asyncio.run(_measure(hub))
    write_text(FILE, json.dumps(figures, indent=2) + "\n")
    write_guide(figures)
    print(table(figures))


if __name__ == "__main__":
    try:
        main()
    except SepeduError as error:
        sys.exit(str(error))
