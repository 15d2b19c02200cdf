"""Ctrl-C between two steps of a computation instead of in the middle of one."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Self


class defer_interrupt:
    """A context that Ctrl-C does not break: it stops the program right afterwards.

    An interruption at the wrong instant can leave PyTorch's autocast or its inference mode switched
    on for good. In a notebook, where Stop is pressed and the next cell runs in the same process,
    the next training would then compute something else. And the first optimizer of a process
    imports much of PyTorch: what is half imported stays broken. All of this is short, so nobody
    waits long.

    Outside of the main thread, which alone hears Ctrl-C, nothing changes.
    """

    interrupted: tuple[int, FrameType | None] | None = None
    _before = None

    def __enter__(self) -> Self:
        self.interrupted = self._before = None
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before):
                self._before = before
                signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = number, frame

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            if self.interrupted:
                self._before(*self.interrupted)
