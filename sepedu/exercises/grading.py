"""Mark the answers in students' notebooks, and count the mistakes of a class.

Only answers run, not the rest of a notebook: they are taken out of it as text and checked in a
process of their own, which has limits of time and memory, an empty folder, and no network where
the system allows that. This keeps accidents and pranks to one line of the table. It is not a
sandbox: an answer that sets out to do harm can still do what the account that marks it may do. Mark
answers of people you do not trust on a machine or in a container that you can throw away.

Nor is a mark a proof. An answer that replaces functions of the checks or of the worker, or
attributes of an exercise, "does not run", and the pipe that marks go through is in none of its
frames. But answers and checks share a process: an answer that replaces something and puts it back
while it is examined, changes the cases of a check or the inside of NumPy, or searches the memory
for the pipe, is not found out. Nor is one that copies the library's solution.
"""

from __future__ import annotations

import csv
import html
import io
import multiprocessing
import os
import re
import secrets
import signal
import tempfile
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

import nbformat

from ..errors import SepeduError, printable
from .framework import NOT_ATTEMPTED, RIGHT, WRONG, lessons
from .grading_worker import BROKEN, LAST, READY, check_answers
from .pages import html_page, html_table
from .working_copy import answers_of

IMPORT = re.compile(r"from\s+sepedu\.exercises\s+import\s+lesson(\d\d)\s+as\s+ex\b")
UPLOADS = {
    "Moodle": re.compile(r"^(?P<student>.+?)_(?P<number>\d+)_assignsubmission_file(?:_|$)"),
    "Canvas": re.compile(r"^(?P<student>.+?)_(?:late_|LATE_)?(?P<number>\d+)_\d+(?:_|$)"),
}
"""How learning platforms name what was handed in."""
SET_ASIDE = re.compile(r"\.(new|old|old-\d+)\.ipynb$")
"""What `sepedu update` lays beside a student's notebook."""
START_SECONDS = 120.0
"""How long a process may take to import the library."""
MOST_BYTES = 100_000
"""Of one mark."""
PATIENCE = 10.0
"""Seconds for a mark that has begun to arrive."""
LARGEST_NOTEBOOK = 50_000_000
"""Bytes beyond which a notebook is not read."""
OUTCOMES = (RIGHT, WRONG, NOT_ATTEMPTED, BROKEN)

# Where processes can be forked, one that has imported the library starts all the others.
_CONTEXT = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
_CONTEXT.set_forkserver_preload(["sepedu.exercises.grading_worker"])


@dataclass(frozen=True)
class Mark:
    """What became of one answer.

    Attributes
    ----------
    exercise : str
    outcome : {"right", "not right yet", "not attempted yet", "does not run"}
    mistake : str
        Title of the known mistake that the check named, or "".
    message : str
        What the check said.
    """

    exercise: str
    outcome: str
    mistake: str = ""
    message: str = ""


@dataclass
class Submission:
    """One student's notebook of one lesson.

    Attributes
    ----------
    student : str
    number : str
        What the learning platform calls the student, or "".
    platform : {"Moodle", "Canvas", ""}
        By the name of what was handed in.
    lesson : str
        Such as "02"; "" if the notebook cannot be read.
    answers : dict of str
        Source by exercise.
    problem : str
        Why the notebook cannot be marked, or "".
    marks : list of Mark
    """

    student: str
    number: str = ""
    platform: str = ""
    lesson: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    marks: list[Mark] = field(default_factory=list)

    @property
    def points(self) -> int:
        """Right answers."""
        return sum(mark.outcome == RIGHT for mark in self.marks)


def find_submissions(place: Path, lesson: str | None = None) -> list[Submission]:
    """Find the notebooks of a class in a folder, or in a zip file as Moodle and Canvas give it.

    A folder for each student holds that student's notebooks; where the notebooks lie side by side,
    the name before the platform's numbers, or the whole name, is the student's.

    Parameters
    ----------
    place : path
    lesson : str, optional
        Leave out the notebooks of others.

    Raises
    ------
    SepeduError
        If there are no notebooks.
    """
    found = []
    for name, read in _notebooks(place):
        if SET_ASIDE.search(name.name):
            continue
        submission = _read(name, read)
        if lesson is None or submission.lesson in ("", lesson):
            found.append(submission)
    if not found:
        raise SepeduError(
            f"There are no notebooks{f' of lesson {lesson}' if lesson else ''} in {place}",
            "Give the folder or the zip file that holds the students' notebooks",
        )
    return sorted(found, key=lambda one: (one.student.casefold(), one.lesson))


def _notebooks(place: Path) -> Iterator[tuple[Path, Callable[[], bytes]]]:
    """Path inside of the place of each notebook, and what reads it."""
    if place.is_dir():
        for path in sorted(place.rglob("*.ipynb")):
            inside = path.relative_to(place)
            if not any(part.startswith(".") for part in inside.parts):
                yield inside, partial(_read_file, path)
        return
    try:
        archive = zipfile.ZipFile(place)
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise SepeduError(
            f"{place} is neither a folder nor a zip file ({error})",
            "Give the folder or the zip file that holds the students' notebooks",
        ) from error
    with archive:
        for name in sorted(archive.namelist()):
            hidden = any(part.startswith((".", "__MACOSX")) for part in Path(name).parts)
            if name.endswith(".ipynb") and not hidden:
                yield Path(name), partial(_read_member, archive, name)


def _read_file(path: Path) -> bytes:
    if not path.is_file():  # a folder, a broken link, or a pipe that nothing is written to
        raise SepeduError("it is not a file", "Hand in the notebook itself")
    with path.open("rb") as file:
        return _read_all(file)


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return _read_all(file)


def _read_all(file: IO[bytes]) -> bytes:
    content = file.read(LARGEST_NOTEBOOK + 1)
    if len(content) > LARGEST_NOTEBOOK:
        raise SepeduError(f"it has over {LARGEST_NOTEBOOK / 1e6:g} MB", "Clear its outputs")
    return content


def _read(name: Path, read: Callable[[], bytes]) -> Submission:
    own_folder = len(name.parts) > 1
    told = printable(name.parts[0] if own_folder else name.stem)
    submission = Submission(told)
    for platform, form in UPLOADS.items():
        if upload := form.match(told):
            submission = Submission(upload["student"], upload["number"], platform)
            break
    try:
        notebook = nbformat.reads(read().decode("utf-8"), as_version=4)
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        match = IMPORT.search(code) or re.search(r"(?:^|[_-])(\d\d)-", name.name)
        if match is None or match[1] not in lessons():
            submission.problem = "the notebook is not one of the lessons"
        else:
            submission.answers = answers_of(notebook)
            submission.lesson = match[1]
    except Exception as error:  # files, zip members and nbformat raise what they like
        submission.problem = f"the notebook cannot be read ({_tell(error)})"
    return submission


def _tell(error: Exception) -> str:
    return error.problem if isinstance(error, SepeduError) else type(error).__name__


def grade(submissions: Iterable[Submission], seconds: float = 30.0) -> Iterator[Submission]:
    """Check the answers of each submission and fill in its marks.

    Parameters
    ----------
    submissions : iterable of Submission
    seconds : float
        For one answer, above 0 and at most 86400; what runs longer "does not run".

    Yields
    ------
    submission : Submission
        As soon as it is marked.
    """
    for submission in submissions:
        try:
            submission.marks = _mark_answers(submission, seconds)
        except Exception as error:  # whatever it is, the others of the class are marked
            submission.problem = f"the notebook cannot be marked ({_tell(error)})"
        yield submission


def _mark_answers(submission: Submission, seconds: float) -> list[Mark]:
    names = list(lessons().get(submission.lesson, {}))
    left = [name for name in names if name in submission.answers]
    marks = {name: Mark(name, NOT_ATTEMPTED) for name in names}
    while left:
        done = 0
        for mark in _run_answers(submission, left, seconds):
            marks[mark.exercise] = mark
            done += 1
        left = left[max(done, 1) :]  # a process that an answer has ended is started again
    return list(marks.values())


def _run_answers(submission: Submission, names: Sequence[str], seconds: float) -> Iterator[Mark]:
    """Check answers in one process until all are checked, or one of them ends it."""
    answers = {name: submission.answers[name] for name in names}
    token = secrets.token_bytes(16)
    aside = tempfile.TemporaryDirectory(prefix="sepedu-grade-", ignore_cleanup_errors=True)
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    with aside as folder, receiver:
        process = _CONTEXT.Process(
            target=check_answers,
            args=(sender, token, submission.lesson, answers, folder, seconds),
            daemon=True,
        )
        process.start()
        sender.close()
        try:
            if not _is_ready(receiver):
                raise SepeduError(
                    f"The process that checks answers did not start in {START_SECONDS:g} seconds",
                    "Close other programs, and give the same command again",
                )
            for name in names:
                try:
                    in_time = receiver.poll(seconds)
                    content = _receive(receiver, process) if in_time else b""
                except (EOFError, OSError):
                    in_time, content = True, b""
                if not content:
                    why = "It ended Python" if in_time else f"It still ran after {seconds:g} s"
                    yield Mark(name, BROKEN, message=f"{why}.")
                    return
                mark, is_last = _read_mark(name, content, token)
                yield mark
                if is_last:
                    return
        finally:
            if hasattr(os, "killpg"):  # what an answer has started, too
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.join()


def _receive(receiver: Connection, process: multiprocessing.process.BaseProcess) -> bytes:
    """Receive a mark; of a process that sends half of one and no more, nothing."""
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        return receiver.recv_bytes(MOST_BYTES)
    finally:
        watchdog.cancel()


def _read_mark(name: str, content: bytes, token: bytes) -> tuple[Mark, bool]:
    """Mark that the process has sent, and whether it is the last of that process."""
    told = content.removeprefix(token).decode("utf-8", "replace").split("\0")
    if not content.startswith(token) or len(told) != 4 or told[0] not in OUTCOMES:
        return Mark(name, BROKEN, message="It sends a mark of its own."), True
    return Mark(name, *told[:3]), told[3] == LAST


def _is_ready(receiver: Connection) -> bool:
    try:
        return receiver.poll(START_SECONDS) and receiver.recv_bytes(MOST_BYTES) == READY
    except (EOFError, OSError):
        return False


def as_csv(submissions: Sequence[Submission]) -> str:
    """Marks as CSV, a row a student, in the form that the platform imports they came from.

    Moodle's is the offline grading worksheet of an assignment, with the checks' words as feedback;
    Canvas's is the gradebook's, with a column a lesson. Otherwise there is a column an exercise.
    Where none of a student's notebooks could be marked, the points stay empty.
    """
    platforms = {s.platform for s in submissions}
    columns = _columns(submissions)
    students: dict[tuple[str, str], list[Submission]] = {}
    for submission in submissions:
        students.setdefault((submission.student, submission.number), []).append(submission)
    rows: list[Sequence[object]]
    if platforms == {"Moodle"}:
        rows = [MOODLE]
        for (student, number), own in students.items():
            rows.append(
                (f"Participant {number}", _no_formula(student), _points(own), "", _feedback(own))
            )
    elif platforms == {"Canvas"}:
        found = sorted({lesson for lesson, _ in columns})
        most = [sum(lesson == one for lesson, _ in columns) for one in found]
        rows = [("Student", "ID", "Section", *(f"Lesson {lesson}" for lesson in found))]
        rows.append(("    Points Possible", "", "", *most))
        for (student, number), own in students.items():
            each = [_points(own, one) for one in found]
            rows.append((_no_formula(student), number, "", *each))
    else:
        heads = [f"{lesson} {exercise}" for lesson, exercise in columns]
        rows = [("Student", "ID", "Points", "Points possible", *heads, "Remark")]
        for (student, number), own in students.items():
            right = _right(own)
            remark = "; ".join(sorted({s.problem for s in own if s.problem}))
            each = [int(column in right) for column in columns]
            rows.append((_no_formula(student), number, _points(own), len(columns), *each, remark))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _right(submissions: Sequence[Submission]) -> set[tuple[str, str]]:
    """Lesson and exercise of what a student has right in any of the notebooks."""
    return {(s.lesson, m.exercise) for s in submissions for m in s.marks if m.outcome == RIGHT}


def _points(submissions: Sequence[Submission], lesson: str = "") -> int | str:
    """How much a student has right, of one lesson or of all; "" where nothing could be marked."""
    if all(submission.problem for submission in submissions):
        return ""
    return sum(lesson in ("", one) for one, _ in _right(submissions))


MOODLE = ("Identifier", "Full name", "Grade", "Last modified (grade)", "Feedback comments")
"""Columns that Moodle looks for, by these names, when a grading worksheet is uploaded."""


def _feedback(submissions: Sequence[Submission]) -> str:
    """What the checks said to a student, a line an exercise."""
    lines = [s.problem for s in submissions if s.problem]
    for submission in submissions:
        lines += [
            f"{mark.exercise}: {mark.outcome}. {mark.message}".strip() for mark in submission.marks
        ]
    return "\n".join(lines)


def _columns(submissions: Sequence[Submission]) -> list[tuple[str, str]]:
    """Lesson and exercise of all marks, in the lessons' order."""
    return list(
        dict.fromkeys(
            (s.lesson, mark.exercise)
            for s in sorted(submissions, key=lambda one: one.lesson)
            for mark in s.marks
        )
    )


def _no_formula(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name


def as_report(submissions: Sequence[Submission]) -> str:
    """A page for the class: the mistakes and by how many they were made, then every answer."""
    columns = _columns(submissions)
    tasks = lessons()
    parts = []
    for lesson, name in columns:
        own = [s for s in submissions if s.lesson == lesson]
        marks = [mark for s in own for mark in s.marks if mark.exercise == name]
        outcomes = Counter(mark.outcome for mark in marks)
        order = [o for o in OUTCOMES if outcomes[o]]
        told = ", ".join(f"{outcome}: {outcomes[outcome]}" for outcome in order)
        mistakes = Counter(
            mark.mistake or mark.message for mark in marks if mark.outcome in (WRONG, BROKEN)
        )
        parts.append(
            f"<h2>Lesson {lesson}: {html.escape(name)}</h2>"
            f"<p>{html.escape(tasks[lesson][name].task)} <b>{html.escape(told)}</b></p>"
        )
        if mistakes:
            made = ((count, text) for text, count in mistakes.most_common())
            parts.append(html_table(("students", "mistake"), made))
    answers = [
        (s.student, s.lesson, mark.exercise, mark.outcome, mark.mistake or mark.message)
        for s in submissions
        for mark in s.marks
    ]
    answers += [
        (s.student, s.lesson, "", "not marked", s.problem) for s in submissions if s.problem
    ]
    head = "student", "lesson", "exercise", "outcome", "what the check says"
    students = len({(s.student, s.number) for s in submissions})
    parts = [
        f"<p>{students} students. What to talk about first: the mistakes that many have made.</p>",
        *parts,
        "<h2>Every answer</h2>",
        html_table(head, answers),
    ]
    return html_page("The class", "\n".join(parts))
