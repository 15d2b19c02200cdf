"""Worker processes that do not hear Ctrl-C themselves and never outlive who started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
