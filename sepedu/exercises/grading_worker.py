"""The process that checks one student's answers for `sepedu grade`; see `grading`."""

from __future__ import annotations

import builtins
import multiprocessing.connection
import os
import random
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch

from ..errors import printable
from . import call_answer, framework
from .call_answer import NotAttempted
from .framework import NOT_ATTEMPTED, WRONG, Exercise, Verdict, _tell, lessons

_Step = tuple[Verdict | None, Any]

BROKEN = "does not run"
"""Outcome of an answer that stops with an error before it can be checked, or never ends."""

MOST_MEMORY = 2**32
"""Bytes for one student's answers, where the system knows such limits."""

REFUSED = {
    *("socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.fork"),
    *("sys._current_frames", "gc.get_objects", "gc.get_referrers", "gc.get_referents"),
}
"""Events that an answer may not cause."""

LAST = "last"
"""Ends the mark after which the process ends."""

READY = b"ready"
"""What the process says before the first answer, whose time begins then."""


def check_answers(
    sender: Connection,
    token: bytes,
    lesson: str,
    answers: dict[str, str],
    folder: str,
    seconds: float,
) -> None:
    """Check one student's answers in this process, and send each mark when it is known.

    Answers run in other threads, in whose frames the pipe and the token do not stand: what does not
    begin with the token is no mark.
    """
    if os.name == "posix":  # the pipe alone stays open, not those of the processes that started it
        os.closerange(3, sender.fileno())
        os.closerange(sender.fileno() + 1, 4096)
    _shut_in(folder)
    exercises = lessons()[lesson]
    for exercise in exercises.values():
        exercise.check(exercise.run(exercise.reference))  # imports what checks need, without limits
    _limit(seconds * len(answers))
    call_answer.SECONDS = 10 * seconds  # the process that waits is the one that ends an answer
    # A copy of its own: an answer that finds this module cannot change how it is watched.
    fingerprint = FunctionType(
        _fingerprint.__code__, globals() | {"__builtins__": dict(vars(builtins))}
    )
    watched = (_modules(), [e for each in lessons().values() for e in each.values()])
    before = fingerprint(*watched)
    sender.send_bytes(READY)
    for name, source in answers.items():
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
        verdict, answer = _in_a_thread(_run, exercises[name], source)
        changed = fingerprint(*watched) != before
        if verdict is None and not changed:
            verdict, _ = _in_a_thread(_check, exercises[name], answer)
            changed = fingerprint(*watched) != before
        if changed or verdict is None:
            verdict = Verdict(BROKEN, "It changes the checks themselves.")
        told = (verdict.outcome, verdict.mistake, verdict.message, LAST if changed else "")
        sender.send_bytes(token + "\0".join(printable(str(text)) for text in told).encode())
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
    multiprocessing.current_process()._args = ()  # the pipe and the token, within easy reach


def _in_a_thread(step: Callable[..., _Step], *arguments: Any) -> _Step:
    """What a step returns; (None, None) if it ends without returning once."""
    returned: list[_Step] = []
    thread = threading.Thread(target=lambda: returned.append(step(*arguments)), daemon=True)
    thread.start()
    thread.join()
    return returned[0] if len(returned) == 1 else (None, None)


def _run(exercise: Exercise, source: str) -> _Step:
    """Run an answer's source: the verdict if that is all there is to check, else the answer."""
    if source.strip() == exercise.stub:
        return Verdict(NOT_ATTEMPTED, ""), None
    try:
        return None, exercise.run(source)
    except NotAttempted as why:
        return Verdict(NOT_ATTEMPTED, str(why)), None
    except BaseException as error:  # an answer may raise what it likes, SystemExit too
        return Verdict(BROKEN, _tell(error).removesuffix(".")), None


def _check(exercise: Exercise, answer: Any) -> _Step:
    try:
        return exercise.check(answer), None
    except BaseException:
        return Verdict(WRONG, "Your answer could not be examined."), None


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
    """Refuse what no answer needs: connections, programs, processes, other threads' frames."""
    if event in REFUSED or event.startswith(("os.exec", "os.spawn", "os.posix_spawn")):
        raise PermissionError(f"{event} is not for answers")


def _modules() -> list[ModuleType]:
    """What marks lean on: the exercises' modules, this one among them, and what these use most."""
    own = [
        module
        for name, module in list(sys.modules.items())
        if isinstance(module, ModuleType) and name.startswith(framework.__package__)
    ]
    return [*own, builtins, np, threading, multiprocessing.connection]


def _fingerprint(modules: Sequence[ModuleType], exercises: Sequence[Exercise]) -> dict[Any, Any]:
    """What changes when something replaces a function or a class of the checks, or its code."""
    found: dict[Any, Any] = {}
    for module in modules:
        for name, value in vars(module).items():
            if callable(value) and not name.startswith("__"):
                found[module.__name__, name] = value
            if isinstance(value, type) and value.__module__ == module.__name__:
                found |= {(value, key): part for key, part in vars(value).items()}
    for exercise in exercises:  # what it remembers of hints and titles may change
        found |= {
            (id(exercise), key): value
            for key, value in vars(exercise).items()
            if key not in ("_given", "_titles")
        }
    return {
        key: (
            id(value),
            getattr(value, "__code__", None),
            getattr(value, "__defaults__", None),
            getattr(value, "__kwdefaults__", None),
        )
        if isinstance(value, FunctionType)
        else id(value)
        for key, value in found.items()
    }
