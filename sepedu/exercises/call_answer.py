"""Tools for looking at a student's answer without trusting it."""

from __future__ import annotations

import _thread
import ctypes
import inspect
import linecache
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np
from torch import Tensor, nn

SECONDS = 10.0
"""How long a check waits for an answer before it gives up."""
LARGEST = 10**8
"""Values of an answer beyond which looking at them would fill the memory."""


class Wrong(Exception):
    """The answer is not right; the message says why.

    Attributes
    ----------
    reason : str
        The message without what differs between answers of one mistake, such as a line's number.
    mistake : str
        Title of the known mistake that was recognised, or "".
    """

    def __init__(self, message: str, reason: str = "", mistake: str = "") -> None:
        super().__init__(message)
        self.reason, self.mistake = reason or message, mistake

    def with_more(self, text: str) -> Wrong:
        """The same with something added to its message."""
        return Wrong(f"{self}{text}", self.reason, self.mistake)


class NotAttempted(Exception):
    """The answer is still the stub."""


class _Late(BaseException):
    """Raised in a thread whose answer takes too long."""


@contextmanager
def time_limit(seconds: float | None = None) -> Iterator[None]:
    """Turn an answer that never ends into a `Wrong`; Ctrl-C and Stop work as before."""
    seconds = SECONDS if seconds is None else seconds
    main = threading.current_thread() is threading.main_thread()
    thread = threading.get_ident()
    late, finished, turn = threading.Event(), threading.Event(), threading.Lock()

    def interrupt() -> None:
        wait = seconds
        while not finished.wait(wait):
            with turn:
                if not finished.is_set():
                    late.set()
                    _interrupt_main() if main else _raise_in(thread, _Late)
            wait = 0.2  # again and again: an endless loop may catch what it is stopped with

    if main:
        # Started in the background, a process may ignore interruptions: here one must be heard.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        yield
    except (KeyboardInterrupt, _Late):
        if not late.is_set():  # the student pressed Stop: let that through
            raise
        raise Wrong(
            f"Your code was still running after {seconds:g} seconds, and was stopped: does a "
            "loop never end?"
        ) from None
    finally:
        with turn:
            finished.set()
        if main:
            signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)
        elif late.is_set():
            _raise_in(thread, None)  # one that has not been delivered yet


def _interrupt_main() -> None:
    """Interrupt the main thread, also where it sleeps or waits for a key."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:  # Windows
        _thread.interrupt_main()


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Let a thread raise an error at its next step, or no longer."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(error) if error else None
    )


def call(function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a student's function on copies of the arguments, and look at what came back at all.

    Raises
    ------
    NotAttempted
        If it raises NotImplementedError or returns `...`.
    Wrong
        If it cannot be called, stops with an error, changes an argument, or returns None or a
        generator.
    """
    if not callable(function):
        raise Wrong(
            f"This should be a function, and it is {a_type(function)}. Pass the function itself, "
            "by its name, without brackets after it."
        )
    handed, handed_named = copied(arguments), copied(named)
    try:
        with np.errstate(all="ignore"):  # the verdict tells of NaN
            value = function(*handed, **handed_named)
    except (NotImplementedError, NotAttempted):
        raise NotAttempted from None
    except Wrong:
        raise
    except (Exception, SystemExit) as error:
        raise _stopped(function, error) from None
    if value is ...:
        raise NotAttempted
    if value is None:
        raise Wrong("Your function returned None. Is a `return` missing at its end?")
    if inspect.isgenerator(value) or isinstance(value, (map, filter, zip)):
        raise Wrong(
            "Your function returned a generator. Use `return`, and give a list or an array."
        )
    changed = [
        _name_of_argument(function, number)
        for number, (before, after) in enumerate(zip(arguments, handed, strict=True))
        if not _same(before, after)
    ] + [f"`{name}`" for name in named if not _same(named[name], handed_named[name])]
    if changed:
        raise Wrong(
            f"Your function changes its argument {changed[0]}: whoever calls it loses the "
            "original. Work on a copy, such as `x.copy()`, or make a new array."
        )
    return _stored(value)


_ADVICE = (
    (r"^NameError", "Is it misspelt, or was a cell above not run, such as the first one?"),
    (
        r"could not (be )?broadcast|not aligned|mismatch in its core dimension|same size|"
        r"must match the size",
        "Two shapes do not fit together: print `.shape` of both sides. Is a number such as 513 "
        "written out, where the argument may have another size?",
    ),
    (
        r"must have the same shape|inhomogeneous",
        "Pieces that differ in length make no array. Do the last ones run over the end? Songs can "
        "be put one after the other in time: `np.concatenate(..., axis=1)`.",
    ),
    (
        r"concatenation axis",
        "Join along the axis in which they may differ. For songs this is time: `axis=1`.",
    ),
    (
        r"truth value of an array",
        "`if`, `and`, `or`, `not`, `max` and `min` take one True or False, and this is an array: "
        "use `&`, `|`, `~` or a function of NumPy such as `np.maximum`.",
    ),
    (
        r"bitwise_|unsupported operand type\(s\) for [&|^]|unary ~|'invert'",
        "`&`, `|` and `~` work on arrays of True and False, and this one holds numbers or is a "
        "list: compare first, for example with `> 0.5`.",
    ),
    (r"numpy boolean", "Arrays of True and False are turned with `~`, not with a minus sign."),
    (
        r"IndexError.*out of bounds",
        "Python counts from 0. Is a number such as 513 written out, where the argument may have "
        "another size? And a number from a flattened array, as `np.argsort(x, axis=None)` gives, "
        "is not a row: `np.unravel_index` makes row and column of it.",
    ),
    (r"list index out of range", "Python counts from 0. The list may be shorter than you expect."),
    (r"empty sequence|iterable argument is empty", "What if there is nothing to look at yet?"),
    (
        r"converted to Python scalars",
        "`float` and the functions of `math` take one number: for an array there is `np.log`.",
    ),
    (
        r"unexpected keyword argument '(axis|dtype|out)'|call numpy\(\) on Tensor",
        "NumPy cannot follow gradients: use the tensor's own functions, such as `.mean()`.",
    ),
    (
        r"to have \d+ channels, but got",
        "A layer got a picture with another number of channels: are the layers taken in another "
        "order, or pictures joined where they should be added?",
    ),
    (
        r"does not require grad",
        "The loss carries no gradients: was it computed under `torch.no_grad()`, or with "
        "`.item()` or `.detach()` before the end?",
    ),
    (r"only integer|must be of integer|integer scalar", "Positions must be whole numbers: `//`."),
    (r"AxisError|axis \d+ is out of bounds", "Count the axes from 0, and look at `.shape`."),
    (
        r"\w\.\w+\(\) (missing|got|takes)",
        "The function that you call there takes other arguments: `help` lists them.",
    ),
    (
        r"positional argument|unexpected keyword",
        "Leave the line with `def` as it was in the stub: the check passes these arguments.",
    ),
    (r"'(list|tuple|dict|dict_values)' object has no attribute", "It is not an array yet."),
    (r"unhashable|not subscriptable|not callable", "Look at what kind of thing it is: `type(x)`."),
)
"""What the most frequent errors of Python and NumPy mean for a student."""


def _stopped(function: Any, error: BaseException) -> Wrong:
    """Say where and with what a student's function stopped, and what that means."""
    lines = (str(error).strip() or "no message").splitlines()
    told = f"{type(error).__name__}: {lines[0][:200]}"
    advice = next((advice for pattern, advice in _ADVICE if re.search(pattern, told)), "")
    place = _line_of(function, error.__traceback__)
    message = f"Your function stopped{place} with {told.rstrip('.')}. {advice}".strip()
    return Wrong(message, advice or told)


def _line_of(function: Any, trace: TracebackType | None) -> str:
    """Say in which line of the student's cell an error arose, if it arose there."""
    code = getattr(function, "__code__", None)
    place = ""
    while trace is not None and code is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            place = f" in line {trace.tb_lineno}" + (f", `{line}`," if line else "")
        trace = trace.tb_next
    return place


def _name_of_argument(function: Any, number: int) -> str:
    try:
        return f"`{list(inspect.signature(function).parameters)[number]}`"
    except Exception:  # a callable of any kind
        return str(number + 1)


def a_type(value: Any) -> str:
    """Name the type of a value with its article: "an int", "a list"."""
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _stored(value: Any) -> Any:
    """A list or a tuple as it is stored: a class of one's own may count for ever when iterated."""
    if isinstance(value, list):
        return list.__getitem__(value, slice(None))
    return tuple.__getitem__(value, slice(None)) if isinstance(value, tuple) else value


def copied(argument: Any) -> Any:
    """A copy of arrays and tensors, also inside of lists, tuples and dicts."""
    if isinstance(argument, np.ndarray):
        return argument.copy()
    if isinstance(argument, Tensor):
        return argument.clone()
    if type(argument) in (list, tuple, set):
        return type(argument)(copied(part) for part in argument)
    if type(argument) is dict:
        return {key: copied(part) for key, part in argument.items()}
    return argument


def _same(before: Any, after: Any) -> bool:
    """Whether an argument is as it was."""
    if isinstance(before, np.ndarray):
        return (before.shape, before.dtype) == (after.shape, after.dtype) and (
            before.tobytes() == after.tobytes()
        )
    if isinstance(before, Tensor):
        return before.shape == after.shape and bool((before == after).all())
    if type(before) in (list, tuple):
        return len(before) == len(after) and all(map(_same, before, after))
    if type(before) is dict:
        return list(before) == list(after) and all(map(_same, before.values(), after.values()))
    return before == after if type(before) is set else True


def as_array(
    value: Any, shape: tuple[int, ...] | None = None, kind: str | None = None, what: str = "result"
) -> np.ndarray:
    """Return an answer as an array, or say what is wrong with its kind, shape or values.

    A plain list of numbers is taken for an array; a list of lists is not.

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
            value = np.asarray(_stored(value))
        except Exception:
            raise Wrong(f"Your {what} is a list that does not make an array.") from None
        if value.ndim > 1 and value.dtype.kind in "biufc":
            raise Wrong(
                f"Your {what} is a list of lists or arrays, and a NumPy array is asked for: "
                "`np.array(...)` or `np.stack(...)` makes one."
            )
    if isinstance(value, (int, float, complex, np.generic)) or hasattr(value, "to_numpy"):
        value = np.asarray(value)  # a column of pandas, too
    if not isinstance(value, np.ndarray):
        raise Wrong(f"Your {what} is {a_type(value)}, and an array of numbers is asked for.")
    if value.dtype.kind not in "biufc":
        raise Wrong(
            f"Your {what} is an array of dtype {value.dtype}, and one of "
            f"{'True and False' if kind == 'bool' else 'numbers'} is asked for: "
            "does it hold None, text or lists?"
        )
    if value.size > LARGEST:
        raise Wrong(f"Your {what} has the shape {value.shape}: far more than is asked for.")
    if shape is not None:
        check_shape(value, shape, what)
    if kind == "bool" and value.dtype.kind != "b":
        if not np.isin(value, (0, 1)).all():
            raise Wrong(
                f"Your {what} holds other values than True and False: a comparison, such as "
                "with `>`, gives them."
            )
        raise Wrong(
            f"Your {what} holds the numbers 0 and 1 (dtype {value.dtype}), and True and False "
            "(dtype bool) are asked for: a comparison gives them."
        )
    if kind == "real" and value.dtype.kind == "c":
        raise Wrong(f"Your {what} is complex: take the magnitude with `np.abs`.")
    if kind == "complex" and value.dtype.kind != "c":
        raise Wrong(f"Your {what} is real, so the phase is lost. Keep the complex values.")
    if value.dtype.kind in "fc" and not np.isfinite(value).all():
        raise Wrong(f"Your {what} holds NaN or infinity: look for a division by 0 or a log of 0.")
    return value


def check_shape(value: np.ndarray, shape: tuple[int, ...], what: str) -> None:
    """Raise `Wrong` with what is the matter if an array has another shape."""
    if value.shape == shape:
        return
    if value.ndim == 0:
        raise Wrong(f"Your {what} is a single number, and an array of shape {shape} is asked for.")
    if value.ndim == len(shape) == 1:
        count = f"{len(value)} value{'s' * (len(value) != 1)}"
        raise Wrong(f"Your {what} has {count}, and {shape[0]} are asked for.")
    turned = len(shape) > 1 and value.shape == shape[::-1]
    raise Wrong(
        f"Your {what} has the shape {value.shape}, and {shape} is asked for. "
        + ("The axes are swapped: transpose it." if turned else "Look at each axis in turn.")
    )


def as_number(value: Any, what: str = "result") -> float:
    """Return an answer as a single finite real number."""
    if isinstance(value, (list, tuple, np.ndarray, Tensor)) and np.ndim(value):
        size = as_array(value, what=what).size
        if size != 1:
            raise Wrong(f"Your {what} holds {size} values, and one number is asked for.")
    return float(as_array(value, kind="real", what=what).reshape(()))


def as_mapping(value: Any, keys: Sequence[str], what: str = "answer") -> dict[str, Any]:
    """Return an answer as a dict with these keys, or name the one that is missing or open."""
    if not isinstance(value, dict):
        raise Wrong(f"Your {what} is {a_type(value)}, and a dict is asked for.")
    for key in keys:
        if key not in value:
            raise Wrong(f"Your {what} has no entry {key!r}.")
        if value[key] is ... or value[key] is None:
            raise Wrong(f"The entry {key!r} is still open.")
    return value


def as_module(value: Any, what: str = "network") -> nn.Module:
    """Return an answer as a torch module."""
    if not isinstance(value, nn.Module):
        raise Wrong(f"Your {what} is {a_type(value)}, and a torch module is asked for.")
    return value


def as_pair(
    value: Any, first: Callable[[Any], Any], second: Callable[[Any], Any], what: str
) -> tuple[Any, Any]:
    """Return an answer of two parts, each read in its own way."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise Wrong(f"Return two things: `return {what}`.")
    return first(value[0]), second(value[1])
