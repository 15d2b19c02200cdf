"""The process that checks one student's answers for `sepedu grade`; see `grading`."""

from __future__ import annotations

import json
import os
import random
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

import numpy as np
import torch

from . import call_answer, framework
from .call_answer import NotAttempted
from .framework import NOT_ATTEMPTED, WRONG, Exercise, Verdict, lessons

BROKEN = "does not run"
"""Outcome of an answer that stops with an error before it can be checked, or never ends."""

MOST_MEMORY = 2**32
"""Bytes for one student's answers, where the system knows such limits."""

READY = b"ready"
"""What the process says before the first answer, whose time begins then."""


def check_answers(
    sender: Connection,
    lesson: str,
    answers: dict[str, str],
    folder: str,
    seconds: float,
) -> None:
    """Check one student's answers in this process, and send each mark as JSON when it is known."""
    _shut_in(folder)
    exercises = lessons()[lesson]
    for exercise in exercises.values():
        _mark(exercise, exercise.reference)  # imports what checks need, before there are limits
    _limit(seconds * len(answers))
    call_answer.SECONDS = 10 * seconds  # the process that waits is the one that ends an answer
    before = _fingerprint()
    sender.send_bytes(READY)
    for name, source in answers.items():
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
        verdict = _mark(exercises[name], source)
        changed = _fingerprint() != before
        if changed:
            verdict = Verdict(BROKEN, "It changes the checks themselves.")
        sender.send_bytes(json.dumps(vars(verdict) | {"last": changed}).encode())
        if changed:
            os._exit(0)  # the next answer is checked in a fresh process


def _shut_in(folder: str) -> None:
    """Leave this process nothing but an empty folder: no terminal, no secrets in variables."""
    if hasattr(os, "setsid"):
        os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what an answer prints, or waits for, goes nowhere
        os.dup2(nothing, stream)
    os.chdir(folder)
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | {"HOME": folder, "TMPDIR": folder})
    torch.set_num_threads(1)


def _mark(exercise: Exercise, source: str) -> Verdict:
    """Run an answer's source and check what it defines."""
    if source.strip() == exercise.stub:
        return Verdict(NOT_ATTEMPTED, "")
    try:
        answer = exercise.run(source)
    except NotAttempted as why:
        return Verdict(NOT_ATTEMPTED, str(why))
    except BaseException as error:  # an answer may raise what it likes, SystemExit too
        lines = str(error).strip().splitlines() or [""]
        return Verdict(BROKEN, f"{type(error).__name__}: {lines[0][:200]}")
    try:
        return exercise.check(answer)
    except BaseException:
        return Verdict(WRONG, "Your answer could not be examined.")


def _limit(seconds: float) -> None:
    """Limit time, memory, files and processes, and shut off the network where that is possible."""
    with suppress(ImportError):  # Windows has no such limits
        import resource

        for kind, value in (
            (resource.RLIMIT_AS, MOST_MEMORY),
            (resource.RLIMIT_CPU, int(seconds) + 60),
            (resource.RLIMIT_FSIZE, 2**20),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (value, value))
    with suppress(AttributeError, OSError):  # a network namespace of its own: Linux with the right
        import ctypes

        ctypes.CDLL(None, use_errno=True).unshare(0x40000000)
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what no answer needs: connections, other programs, and new processes."""
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.fork") or (
        event.startswith(("os.exec", "os.spawn", "os.posix_spawn"))
    ):
        raise PermissionError(f"{event} is not for answers")


def _fingerprint() -> int:
    """A number that changes when something replaces a function or a class of the checks."""
    prefix = framework.__package__
    members = [
        (name, key, id(value))
        for name, module in list(sys.modules.items())
        if isinstance(module, ModuleType) and name.startswith(prefix) and name != __name__
        for key, value in vars(module).items()
        if callable(value) and not key.startswith("__")
    ]
    methods = [
        (cls.__name__, key, id(value))
        for cls in (Exercise, Verdict)
        for key, value in vars(cls).items()
    ]
    parts = [(e.name, id(e.examine)) for each in lessons().values() for e in each.values()]
    return hash((tuple(sorted(members)), tuple(sorted(methods)), tuple(sorted(parts))))
