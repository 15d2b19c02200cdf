"""Tools for looking at a student's answer without trusting it."""

from __future__ import annotations

import _thread
import inspect
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from torch import Tensor, nn

SECONDS = 60.0
"""How long a check waits for an answer before it gives up."""
LARGEST = 10**8
"""Values of an answer beyond which looking at them would fill the memory."""


class Wrong(Exception):
    """The answer is not right; the message says why."""


class NotAttempted(Exception):
    """The answer is still the stub."""


@contextmanager
def time_limit(seconds: float | None = None) -> Iterator[None]:
    """Turn an answer that never ends into a `Wrong`; only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seconds = SECONDS if seconds is None else seconds
    late, finished, turn = threading.Event(), threading.Event(), threading.Lock()

    def interrupt() -> None:
        wait = seconds
        while not finished.wait(wait):
            with turn:
                if not finished.is_set():
                    late.set()
                    _interrupt_main()
            wait = 0.2  # again and again: an endless loop may catch what it is stopped with

    # Started in the background, a process may ignore interruptions: here one must be heard.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        yield
    except KeyboardInterrupt:
        if not late.is_set():  # the student pressed Stop: let that through
            raise
        raise Wrong(f"Your code still ran after {seconds:g} seconds: does a loop end?") from None
    finally:
        with turn:
            finished.set()
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)


def _interrupt_main() -> None:
    """Interrupt the main thread, also where it sleeps or waits for a key."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:  # Windows
        _thread.interrupt_main()


def call(function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a student's function on copies of the arguments, and look at what came back at all.

    Raises
    ------
    NotAttempted
        If it raises NotImplementedError or returns `...`.
    Wrong
        If it cannot be called, stops with an error, or returns None or a generator.
    """
    if not callable(function):
        raise Wrong(
            f"A function is asked for, and this is a {type(function).__name__}. Pass the "
            "function itself, by its name, without brackets after it."
        )
    try:
        value = function(
            *[_copy(argument) for argument in arguments],
            **{name: _copy(argument) for name, argument in named.items()},
        )
    except (NotImplementedError, NotAttempted):
        raise NotAttempted from None
    except Wrong:
        raise
    except (Exception, SystemExit) as error:
        lines = (str(error).strip() or "no message").splitlines()
        told = f"Your function stopped with {type(error).__name__}: {lines[0][:200]}"
        if type(error) is NameError:
            told += ". Is it misspelt, or was a cell above not run, such as the first one?"
        raise Wrong(told) from None
    if value is ...:
        raise NotAttempted
    if value is None:
        raise Wrong("Your function returned None. Is a `return` missing at its end?")
    if inspect.isgenerator(value) or isinstance(value, (map, filter, zip)):
        raise Wrong(
            "Your function returned a generator. Use `return`, and give a list or an array."
        )
    return _plain(value)


def _plain(value: Any) -> Any:
    """A list or a tuple as it is stored: a class of one's own may count for ever when iterated."""
    if isinstance(value, list):
        return list.__getitem__(value, slice(None))
    return tuple.__getitem__(value, slice(None)) if isinstance(value, tuple) else value


def _copy(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        return argument.copy()
    return argument.clone() if isinstance(argument, Tensor) else argument


def as_array(
    value: Any, shape: tuple[int, ...] | None = None, kind: str | None = None, what: str = "result"
) -> np.ndarray:
    """Return an answer as an array, or say what is the matter with its kind, shape or values.

    Parameters
    ----------
    value : Any
    shape : tuple of int, optional
        The shape that it must have.
    kind : {"real", "complex", "bool"}, optional
    what : str
        What to call it in a message.
    """
    if isinstance(value, Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, (list, tuple)):
        try:
            value = np.asarray(_plain(value))
        except Exception:
            raise Wrong(f"Your {what} is a list that does not make an array.") from None
    if isinstance(value, (int, float, complex, np.generic)):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biufc":
        raise Wrong(
            f"Your {what} is a {type(value).__name__}, and an array of numbers is asked for."
        )
    if value.size > LARGEST:
        raise Wrong(f"Your {what} has the shape {value.shape}: far more than is asked for.")
    if shape is not None and value.shape != shape:
        turned = len(shape) > 1 and value.shape == shape[::-1]
        raise Wrong(
            f"Your {what} has the shape {value.shape}, and {shape} is asked for. "
            + ("The axes are swapped: transpose it." if turned else "Look at each axis in turn.")
        )
    if kind == "bool" and value.dtype.kind != "b" and not np.isin(value, (0, 1)).all():
        raise Wrong(f"Your {what} holds other values than True and False: compare with `>`.")
    if kind == "real" and value.dtype.kind == "c":
        raise Wrong(f"Your {what} is complex: take the magnitude with `np.abs`.")
    if kind == "complex" and value.dtype.kind != "c":
        raise Wrong(f"Your {what} is real, so the phase is lost. Keep the complex values.")
    if value.dtype.kind in "fc" and not np.isfinite(value).all():
        raise Wrong(f"Your {what} holds NaN or infinity: look for a division by 0 or a log of 0.")
    return value


def as_number(value: Any, what: str = "result") -> float:
    """Return an answer as a single finite real number."""
    value = as_array(value, kind="real", what=what)
    if value.size != 1:
        raise Wrong(f"Your {what} holds {value.size} values, and one number is asked for.")
    return float(value.reshape(()))


def as_mapping(value: Any, keys: Sequence[str], what: str = "answer") -> dict[str, Any]:
    """Return an answer as a dict with these keys, or name the one that is missing or open."""
    if not isinstance(value, dict):
        raise Wrong(f"Your {what} is a {type(value).__name__}, and a dict is asked for.")
    for key in keys:
        if key not in value:
            raise Wrong(f"Your {what} has no entry {key!r}.")
        if value[key] is ... or value[key] is None:
            raise Wrong(f"The entry {key!r} is still open.")
    return value


def as_module(value: Any, what: str = "network") -> nn.Module:
    """Return an answer as a torch module."""
    if not isinstance(value, nn.Module):
        raise Wrong(f"Your {what} is a {type(value).__name__}, and a torch module is asked for.")
    return value


def compare(
    value: np.ndarray | float,
    expected: np.ndarray | float,
    known: Sequence[tuple[np.ndarray | float, str]] = (),
    otherwise: str = "The values differ from what is asked for.",
    tolerance: float = 1e-5,
) -> None:
    """Compare an answer with the expected one; recognise known mistakes by their values.

    Raises
    ------
    Wrong
        With the message of the first known mistake that fits, else with `otherwise`.
    """
    if _alike(value, expected, tolerance):
        return
    for mistaken, message in known:
        if _alike(value, mistaken, tolerance):
            raise Wrong(message)
    raise Wrong(otherwise)


def _alike(value: Any, expected: Any, tolerance: float) -> bool:
    value, expected = np.asarray(value), np.asarray(expected)
    if value.shape != expected.shape:
        return False
    if value.dtype.kind == "b" or expected.dtype.kind == "b":
        return bool((value == expected).all())
    scale = max(float(np.abs(expected).max(initial=0.0)), 1e-12)
    return bool(np.abs(value - expected).max(initial=0.0) <= tolerance * scale)
