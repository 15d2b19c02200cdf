"""Worker processes that do not hear Ctrl-C themselves and never outlive who started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from ..errors import SepeduError


def run_in_processes(
    work: Callable[..., Any],
    tasks: Sequence[tuple],
    workers: int,
    start: Callable[..., None],
    arguments: tuple = (),
) -> Iterator[tuple[tuple, Any]]:
    """Call `work(*task)` for each task in worker processes; yield task and result as they end.

    Parameters
    ----------
    work, start : callable
        `start(*arguments)` prepares each worker. Both are functions of a module.
    tasks : sequence of tuple
    workers : int

    Raises
    ------
    SepeduError
        If a worker was ended from outside.
    """
    # Spawned everywhere: a forked process would have PyTorch's threads in whatever state they are.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, start, arguments)
    try:
        with interruptions_held_back():
            waiting = {pool.submit(work, *task): task for task in tasks}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    except BrokenProcessPool as error:
        raise SepeduError(
            "A worker was ended from outside, most often since memory ran out",
            "Give the same command again with fewer --workers; what is done stays done",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)  # what is at hand is finished, nothing else


@contextmanager
def interruptions_held_back() -> Iterator[None]:
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


def end_with_parent() -> None:
    """Let this worker end when its parent does; otherwise it would wait for work for ever."""
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
