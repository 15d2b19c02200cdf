"""A class of five on a hub of this machine: they work at once, and nothing they did is lost."""

import asyncio
import json
from pathlib import Path

import psutil
import pytest
from teacher import git

pytestmark = [pytest.mark.slow, pytest.mark.hub]

LESSON = "sepedu/my-course/02-binary-masks.ipynb"


async def everybody(actions):
    return await asyncio.gather(*actions)


async def added_by(student):
    """The last line of a student's notebook, and how many of its cells show outputs."""
    notebook = await student.read(LESSON)
    shown = sum(bool(cell.get("outputs")) for cell in notebook.cells)
    return notebook.cells[-1].source.splitlines()[-1], shown


async def process_of(student):
    return (await student.processes())[0]


def test_a_class_works_at_once_and_keeps_its_work(repository, tmp_path, capsys):
    import collect
    import measure
    import try_out
    from classroom import Student

    folder = tmp_path / "hub"

    # Five at once, each on a server of their own.
    with try_out.running(folder) as hub:
        students = [Student(hub.address, hub.token, name) for name in measure.NAMES]
        idle, works = asyncio.run(measure.run_at_once(students, repository.as_uri()))
        servers = [asyncio.run(process_of(student)) for student in students]
        limit = int(json.loads(asyncio.run(limit_of(students[0]))))
    assert [work.errors for work in works] == [[]] * len(students)
    assert len({server.pid for server in servers}) == len(students)
    # No process outlives the hub of a try-out.
    assert psutil.wait_procs(servers, timeout=30)[1] == []
    with capsys.disabled():
        for student, before, work in zip(students, idle, works, strict=True):
            print(
                f"\n{student.name}: idle {before.private:.0f} MiB ({before.proportional:.0f} PSS), "
                f"at work {work.peak.private:.0f} MiB ({work.peak.proportional:.0f} PSS), "
                f"{work.seconds:.0f} s of one core",
                end="",
            )
    assert all(work.peak.private * 2**20 < limit / 2 for work in works)

    # The hub starts again, and everybody finds what they saved.
    with try_out.running(folder) as hub:
        asyncio.run(everybody([student.start_server() for student in students]))
        found = asyncio.run(everybody([added_by(student) for student in students]))
        assert [line for line, _ in found] == [f"Worked by {one.name}." for one in students]
        assert all(shown > 20 for _, shown in found)

        # The hub is killed with its proxy, without time to say goodbye: servers and kernels work
        # on, and the next hub finds them.
        kernel = asyncio.run(remember(students[0]))
        kill(hub.process.pid)
        hub.process.wait()
    with try_out.running(folder) as hub:
        assert asyncio.run(recall(students[0], kernel)) == "not saved yet\n"

        # The teacher changes two lessons; the student has worked on one of them, and keeps it.
        for number in ("02", "03"):
            change_lesson(repository, number)
        asyncio.run(students[0].pull(repository.as_uri()))
        notebook = asyncio.run(students[0].read(LESSON))
        assert notebook.cells[-1].source.endswith("Worked by ada.")
        beside = asyncio.run(students[0].read(LESSON.replace(".ipynb", ".new.ipynb")))
        untouched = asyncio.run(students[0].read("sepedu/my-course/03-training-data.ipynb"))
        for new in (beside, untouched):
            assert new.cells[0].source.endswith("A word from the teacher.")

        # The teacher collects, also from a server that does not run.
        asyncio.run(students[1].stop_server())
        told = collect.collect(collect.Teacher(hub.address, hub.token), "02", tmp_path / "work")
        for student in students:
            text = Path(told[student.name]).read_text(encoding="utf-8")
            assert f"Worked by {student.name}." in text


def kill(hub):
    """Kill a hub, its proxy and its services, but no student's server, as systemd would."""
    processes = [psutil.Process(hub), *psutil.Process(hub).children()]
    for process in processes:
        if not any("singleuser" in word for word in process.cmdline()):
            process.kill()


async def limit_of(student):
    """The memory limit that the hub tells a student's server, in bytes."""
    kernel = await student.open_kernel(LESSON)
    outputs = await kernel.execute("import os; print(os.environ['MEM_LIMIT'])")
    return outputs[0].text


async def remember(student):
    kernel = await student.open_kernel(LESSON)
    assert await kernel.execute("work = 'not saved yet'") == []
    return kernel.id


async def recall(student, kernel):
    outputs = await (await student.reopen_kernel(kernel)).execute("print(work)")
    return outputs[0].text


def change_lesson(repository, number):
    (path,) = (repository / "lessons").glob(f"{number}-*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"].append("\n\nA word from the teacher.")
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "A word")
