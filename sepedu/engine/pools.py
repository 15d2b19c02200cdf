"""Do one thing to many in several processes, which Ctrl-C ends tidily and nothing outlives.

joblib's pool was tried instead: after Ctrl-C it kills its workers, whose half-written files stay.
"""

from __future__ import annotations

import _thread
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import psutil
import torch

from ..errors import SepeduError
from .memory import keep_freed_memory

Task = TypeVar("Task")


def free_cores() -> int:
    """Cores that nothing keeps busy at this moment, at least 1.

    PyTorch's threads wait for one another: beside another busy program, one that has lost its turn
    holds up all of them, and a song takes longer with two threads than with one.
    """
    busy = psutil.cpu_percent(interval=0.3) / 100
    return max(1, round((psutil.cpu_count() or 1) * (1 - busy)))


def run_in_processes(
    make: Callable[[], Callable[[Task], Any]], tasks: Sequence[Task], workers: int
) -> Iterator[tuple[Task, Any]]:
    """Do each task in one of several processes, and yield task and result as they end.

    Each process calls `make` once; what that gives is called with one task after the other.

    To stop early, close the iterator: tasks at hand are interrupted and clean up, no others begin.

    Raises
    ------
    SepeduError
        If a worker was ended from outside.
    """
    # Spawned everywhere, as on Windows and macOS: a forked process would inherit the threads of
    # PyTorch in whatever state they are in.
    context = multiprocessing.get_context("spawn")
    # Closed, `stop` is heard at the other end. An event would wait for workers that were killed.
    stopped, stop = context.Pipe(duplex=False)
    threads = max(1, torch.get_num_threads() // workers)
    pool = ProcessPoolExecutor(workers, context, _begin, (make, stopped, threads))
    try:
        with _interruptions_held_back():
            waiting = {pool.submit(_work, task): task for task in tasks}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    except BrokenProcessPool as broken:
        raise SepeduError(
            "A worker was ended from outside, most often since memory ran out",
            "Give the same command again with fewer workers; what is done stays done",
        ) from broken
    finally:
        stop.close()
        pool.shutdown(cancel_futures=True)
        stopped.close()


@contextmanager
def _interruptions_held_back() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C; this one hears it right afterwards.

    A terminal sends Ctrl-C to all the processes of a command, also to those that have only begun
    to import something. What they are to do is for the one that waits for them to say.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows: they stop hearing it when they start
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    """What a worker knows of itself."""

    function: Callable[[Any], Any]
    busy = False
    ended = False
    stopped = False  # a plain value: a signal's handler must not wait for the lock of an event


def _begin(make: Callable[[], Callable[[Any], Any]], stop: Connection, threads: int) -> None:
    """Prepare a worker: it stops when it is told to, and never outlives who started it.

    SIGTERM ends it, after it has removed what is unfinished.
    """

    def interrupt(*_: object) -> None:
        if _Worker.stopped and _Worker.busy:
            raise KeyboardInterrupt

    def end(*_: object) -> None:
        if not _Worker.busy:
            os._exit(1)
        if not _Worker.ended:
            _Worker.ended = True
            raise KeyboardInterrupt

    def obey() -> None:
        with suppress(EOFError, OSError):
            stop.recv()
        _Worker.stopped = True
        _thread.interrupt_main()

    def follow_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=obey, daemon=True).start()
    threading.Thread(target=follow_parent, daemon=True).start()
    keep_freed_memory()
    torch.set_num_threads(threads)
    _Worker.function = staticmethod(make())


def _work(task: Any) -> Any:
    _Worker.busy = True
    try:
        return None if _Worker.stopped else _Worker.function(task)
    except KeyboardInterrupt:
        if _Worker.ended:
            os._exit(1)
        return None
    finally:
        _Worker.busy = False
