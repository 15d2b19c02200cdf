"""When Ctrl-C takes effect, and SIGTERM like it."""

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


class heed_termination:
    """A context in which SIGTERM, with which systems end a program, stops it as Ctrl-C does.

    So what is unfinished is removed, or a step finished. What is sent again changes nothing.
    Outside of the main thread, and where SIGTERM is ignored or someone else's, nothing changes.
    """

    terminated = False

    def __enter__(self) -> Self:
        self._listens = threading.current_thread() is threading.main_thread()
        self._listens &= signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        if self._listens:
            signal.signal(signal.SIGTERM, self._stop)
        return self

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.terminated:
            return
        self.terminated = True
        press = signal.getsignal(signal.SIGINT)
        if callable(press):
            press(signal.SIGINT, frame)
        else:  # a program in the background ignores Ctrl-C, and is to end nevertheless
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        if self._listens:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
