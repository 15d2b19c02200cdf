"""Every check of every exercise, fed with the stub, the answer, each known mistake, and rubbish."""

import importlib
import io
import itertools
import pkgutil
import re
import threading
from contextlib import redirect_stdout

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from sepedu.exercises import call_answer
from sepedu.exercises.call_answer import NotAttempted, Wrong
from sepedu.exercises.compare import Mistake, compare
from sepedu.exercises.framework import NOT_ATTEMPTED, RIGHT, WRONG, Exercise, lessons

EXERCISES = [
    pytest.param(exercise, id=f"{number}-{name}")
    for number, exercises in lessons().items()
    for name, exercise in exercises.items()
]


class Hostile:
    """An object on which almost everything fails."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __call__(self, *_arguments, **_named):
        raise ZeroDivisionError

    def __array__(self, *_arguments, **_named):
        raise MemoryError

    def __len__(self):
        raise RecursionError

    def __eq__(self, _other):
        raise OverflowError

    __hash__ = None


class Wordless(Exception):
    def __str__(self):
        raise RuntimeError


def _wordless(*_arguments, **_named):
    raise Wordless


RUBBISH = {
    "a number": 3,
    "NaN": float("nan"),
    "text": "mask",
    "an array": np.zeros((3, 4)),
    "an array of objects": np.array([None, "a"], dtype=object),
    "an empty array": np.zeros(0),
    "a tensor": torch.zeros(2),
    "a list of lists": [[1], [2, 3]],
    "an empty dict": {},
    "a dict": {"a": 1},
    "a half-filled dict": {"a": 1, "b": ...},
    "an endless generator": itertools.count(),
    "a class": dict,
    "a module": np,
    "a hostile object": Hostile(),
    "a torch module": torch.nn.Identity(),
    "returns its first argument": lambda *a, **k: a[0] if a else 1,
    "returns text": lambda *a, **k: "mask",
    "returns NaN": lambda *a, **k: np.full((3, 3), np.nan),
    "returns nothing": lambda *a, **k: print(end=""),
    "returns an endless generator": lambda *a, **k: (i for i in itertools.count()),
    "returns a hostile object": lambda *a, **k: Hostile(),
    "returns a function": lambda *a, **k: len,
    "returns a huge list": lambda *a, **k: [0] * 100_000,
    "returns a dict": lambda *a, **k: {},
    "returns wrongly shaped": lambda *a, **k: np.ones((1, 2, 3, 4)),
    "takes nothing": lambda: 1,
    "divides by zero": lambda *a, **k: 1 / 0,
    "leaves Python": lambda *a, **k: exit(),
    "recurses": lambda *a, **k: (lambda f: f(f))(lambda f: f(f)),
    "fails wordlessly": _wordless,
}


def test_there_are_exercises():
    assert lessons()


@pytest.mark.parametrize("exercise", EXERCISES)
def test_exercise_is_complete(exercise: Exercise):
    module = [e for each in lessons().values() for e in each.values()]
    assert exercise in module
    assert exercise.task.endswith(".")
    assert len(exercise.hints) >= 1
    titles = {mistake.title: mistake.message for mistake in exercise.mistakes}
    assert len(titles) >= 3
    said = [message for message in titles.values() if message]
    assert len(set(said)) == len(said)
    assert all(titles[mistake.title] == mistake.message for mistake in exercise.mistakes)
    assert exercise.stub != exercise.reference
    assert exercise.remark


@pytest.mark.parametrize("number, name", [(n, k) for n, e in lessons().items() for k in e])
def test_exercise_stands_under_its_own_name(number, name):
    package = importlib.import_module(f"sepedu.exercises.lesson{number}")
    assert getattr(package, name) is lessons()[number][name]


@pytest.mark.parametrize("number", lessons())
def test_every_module_is_gathered(number):
    package = importlib.import_module(f"sepedu.exercises.lesson{number}")
    defined = set()
    for module in pkgutil.iter_modules(package.__path__):
        content = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
        defined |= {name for name, value in content.items() if isinstance(value, Exercise)}
    assert defined == set(lessons()[number])


@pytest.mark.parametrize("number", lessons())
def test_each_lesson_has_three_to_six(number):
    assert 3 <= len(lessons()[number]) <= 6


@pytest.mark.parametrize("exercise", EXERCISES)
def test_stub_is_not_attempted(exercise: Exercise):
    verdict = exercise.check(exercise.run(exercise.stub))
    assert verdict.outcome == NOT_ATTEMPTED
    assert exercise.name in verdict.message
    assert exercise.check(None).outcome == NOT_ATTEMPTED
    assert exercise.check(...).outcome == NOT_ATTEMPTED


@pytest.mark.parametrize("exercise", EXERCISES)
def test_solution_is_right(exercise: Exercise):
    verdict = exercise.check(exercise.run(exercise.reference))
    assert verdict.outcome == RIGHT, verdict
    assert repr(verdict).startswith("Right.")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_mistake_is_named(exercise: Exercise):
    for mistake in exercise.mistakes:
        verdict = exercise.check(mistake.answer)
        assert (verdict.outcome, verdict.mistake) == (WRONG, mistake.title), verdict
        assert mistake.message in ("", verdict.message)
        assert "could not be examined" not in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES)
def test_rubbish_is_refused_without_a_traceback(exercise: Exercise):
    for name, answer in RUBBISH.items():
        verdict = exercise.check(answer)
        assert verdict.outcome in (WRONG, NOT_ATTEMPTED), name
        assert verdict.message, name
        assert "<" in verdict._repr_html_(), name


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_answer_that_changes_its_arguments_is_told_so(exercise: Exercise):
    right = exercise.run(exercise.reference)
    if not callable(right):
        pytest.skip("the answer is a value")
    changed = []

    def overwriting(*arguments, **named):
        value = call_answer.copied(right(*arguments, **named))
        for argument in arguments:
            if isinstance(argument, np.ndarray) and argument.dtype.kind in "bif" and argument.size:
                argument[...] = 1 - argument if argument.dtype.kind != "b" else ~argument
                changed.append(argument)
            elif isinstance(argument, list) and argument:
                argument.clear()
                changed.append(argument)
        return value

    verdict = exercise.check(overwriting)
    if changed:
        assert verdict.outcome == WRONG
        assert "changes its argument" in verdict.message
    else:
        assert verdict.outcome == RIGHT


SQUARED = Mistake("Square", lambda x: x**2, "squared")
AS_A_PAIR = Mistake("A pair", lambda x: (x, x))


def _example(**changes) -> Exercise:
    def check(answer):
        compare(answer, [(3.0,)], lambda x: 2 * x, [SQUARED])

    parts = {
        "name": "twice",
        "task": "Double a number.",
        "stub": "def twice(x):\n    raise NotImplementedError",
        "reference": "def twice(x):\n    return 2 * x",
        "hints": ("First.", "Second."),
        "examine": check,
        "mistakes": (SQUARED, AS_A_PAIR),
    }
    return Exercise(**parts | changes)


@pytest.mark.parametrize(
    "source",
    [
        "def twice(x):\n    pass",
        "def twice(x):\n    ...",
        "def twice(x):\n    return ...",
        "def twice(x):\n    'Text.'",
        "def twice(x):\n    return None",
        "def twice(x):\n    y = 2 * x\n    raise NotImplementedError('later')",
        "twice = ...",
        "twice = None",
    ],
)
def test_untouched_is_not_attempted(source):
    assert _example().check(_example().run(source)).outcome == NOT_ATTEMPTED


def test_forgotten_return_is_told_from_an_untouched_stub():
    verdict = _example().check(_example().run("def twice(x):\n    y = 2 * x"))
    assert verdict.outcome == WRONG
    assert "`return`" in verdict.message


def test_value_with_open_entries():
    def check(answer):
        call_answer.as_mapping(answer, ("a", "b"))

    exercise = _example(examine=check)
    assert exercise.check({"a": ..., "b": [..., ...]}).outcome == NOT_ATTEMPTED
    verdict = exercise.check({"a": 1, "b": ...})
    assert verdict.outcome == WRONG
    assert "'b' is still open" in verdict.message


def test_endless_loop_ends(monkeypatch):
    monkeypatch.setattr(call_answer, "SECONDS", 0.3)

    def endless(_x):
        while True:
            pass

    verdict = _example().check(endless)
    assert verdict.outcome == WRONG
    assert "loop" in verdict.message


def test_endless_loop_ends_outside_the_main_thread(monkeypatch):
    monkeypatch.setattr(call_answer, "SECONDS", 0.3)

    def endless(_x):
        while True:
            pass

    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(_example().check(endless)))
    thread.start()
    thread.join(timeout=20)
    assert verdicts[0].outcome == WRONG
    assert "loop" in verdicts[0].message


def test_check_works_outside_the_main_thread():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(_example().check(lambda x: 2 * x)))
    thread.start()
    thread.join()
    assert verdicts[0].outcome == RIGHT


def test_stop_button_still_stops():
    def interrupted(_x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _example().check(interrupted)


def test_hints_come_in_turn_and_stop_at_the_last():
    exercise = _example()
    assert [exercise.hint().text for _ in range(3)] == ["First.", "Second.", "Second."]
    assert repr(exercise.hint()).startswith("Hint 2 of 2, the last")


def test_a_check_finds_the_answer_by_its_name():
    exercise = _example()
    verdict = exercise.check()
    assert verdict.outcome == NOT_ATTEMPTED
    assert "There is no `twice` in this notebook yet" in verdict.message

    def twice(x):
        return 2 * x

    assert twice and exercise.check().outcome == RIGHT


def in_a_notebook(*cells: str) -> list[str]:
    """What cells show that run one after the other in one shell."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shown = []
    try:
        for cell in cells:
            with redirect_stdout(io.StringIO()) as out:
                shell.run_cell(cell, store_history=True)
            shown.append(out.getvalue())
    finally:
        InteractiveShell.clear_instance()
    return shown


GAIN = "from sepedu.exercises import lesson00 as ex\n"
RIGHT_GAIN = "def gain(decibels):\n    return 10 ** (decibels / 20)"


def test_a_verdict_is_shown_once_whatever_follows():
    shown = in_a_notebook(
        RIGHT_GAIN,
        GAIN + "ex.gain.check()",
        GAIN + "ex.gain.check()\nex.gain.hint()\nex.gain.solution()",
        "verdict = ex.gain.check()",
        "verdict",
    )
    for text in shown[1:]:
        assert text.count("Right.") == 1
    assert "Hint 1" in shown[2] and "A solution" in shown[2]


def test_a_new_kernel_gives_a_sentence():
    (shown,) = in_a_notebook(GAIN + "ex.gain.check()")
    assert "There is no `gain` in this notebook yet" in shown
    assert "Error" not in shown


@pytest.mark.parametrize(
    "broken",
    ["def gain(decibels)\n    return 1", "def gain(decibels):\n    return 10 ** (", "dfe gain():"],
)
def test_a_syntax_error_does_not_judge_the_cell_before(broken):
    check = GAIN + "ex.gain.check()"
    shown = in_a_notebook(RIGHT_GAIN, check, broken, check, RIGHT_GAIN, check)
    assert shown[1].startswith("Right.") and shown[5].startswith("Right.")
    assert "has a syntax error in line" in shown[3]


def test_a_syntax_error_elsewhere_does_not_matter():
    check = GAIN + "ex.gain.check()"
    shown = in_a_notebook(RIGHT_GAIN, "print(gain(3)", 'x = {"gain": 3', check)
    assert shown[3].startswith("Right.")


def test_the_line_where_a_function_stops_is_said():
    shown = in_a_notebook(
        "def gain(decibels):\n    x = decibels\n    return 10 ** (level / 20)",
        GAIN + "ex.gain.check()",
    )
    text = " ".join(shown[1].split())
    assert "stopped in line 3, `return 10 ** (level / 20)`, with NameError" in text
    assert "was a cell above not run" in text


def test_what_is_shown_reads_without_colours_and_escapes():
    exercise = _example(reference="def twice(x):\n    return x + x if x < 9 else 2 * x")
    assert "x < 9" in repr(exercise.solution())
    assert "x &lt; 9" in exercise.solution()._repr_html_()
    shown = exercise.check(lambda x: x**2)._repr_html_()
    assert 'role="status"' in shown
    assert re.search("<strong>Not right yet.</strong> squared", shown)


def test_a_verdict_knows_which_mistake_was_made():
    exercise = _example()
    assert exercise.check(lambda x: x * x).mistake == "Square"
    assert exercise.check(lambda x: [x, 2 * x]).mistake == "A pair"  # refused for the same reason
    assert exercise.check(lambda x: 7.0).mistake == ""
    assert exercise.check(lambda x: 2 * x).mistake == ""


def test_an_answer_that_defines_something_else_was_not_attempted():
    with pytest.raises(NotAttempted, match="does not define `twice`"):
        _example().run("def thrice(x):\n    return 3 * x")
    with pytest.raises(KeyError):
        _example().run("def twice(x):\n    return 2 * x\n{}['a']")


@pytest.mark.parametrize(
    "value, options, says",
    [
        (np.zeros((3, 2)), {"shape": (2, 3)}, "axes are swapped"),
        (np.zeros((3, 4)), {"shape": (2, 3)}, "shape"),
        (np.zeros(3, complex), {"kind": "real"}, "np.abs"),
        (np.zeros(3), {"kind": "complex"}, "phase is lost"),
        (np.full(3, 0.5), {"kind": "bool"}, "True and False"),
        (np.full(3, np.nan), {}, "NaN"),
        ("text", {}, "str"),
        ([[1], [2, 3]], {}, "list"),
        ([[1, 2], [2, 3]], {}, "list of lists"),
        (3.0, {"shape": (2, 3)}, "single number"),
        (np.zeros(3, int), {"kind": "bool"}, "dtype int64"),
        (None, {}, "a NoneType"),
        ({}, {}, "a dict"),
    ],
)
def test_as_array_says_what_is_the_matter(value, options, says):
    with pytest.raises(Wrong, match=says):
        call_answer.as_array(value, **options)


def _said(answer, cases=((1.0,), (2.0,), (0.5,)), right=lambda x: x / 4, **options) -> str:
    with pytest.raises(Wrong) as wrong:
        compare(answer, cases, right, **options)
    return str(wrong.value)


HALF = Mistake("Half", lambda x: x / 2, "half")


def test_a_mistake_is_named_only_if_it_explains_what_is_wrong():
    known = [HALF, Mistake("Squared", lambda x: x * x / 2, "squared")]
    assert _said(lambda x: x / 2, mistakes=known) == "half"
    assert _said(lambda x: x * x / 2, mistakes=known) == "squared"  # at 1 it is the half, too
    assert "right" in _said(lambda x: x / 2 if x == 1 else x / 3, mistakes=known)


def test_a_mistake_is_named_beside_another_one():
    known = [HALF]
    cases = [(1.0,), (2.0,), (3.0,), (0.0,)]
    assert _said(lambda x: x / 2 if x else 7.0, cases, mistakes=known) == "half"


def test_a_mistake_in_one_of_two_parts_is_named_whatever_the_other_is():
    known = [Mistake("Half", lambda x: (x / 2, x), "half")]
    pair = {"right": lambda x: (x / 4, x), "read": lambda value: value, "what": "a, b"}
    assert _said(lambda x: (x / 2, x), mistakes=known, **pair) == "half"
    assert _said(lambda x: (x / 2, 9.0), mistakes=known, **pair) == "half"
    assert "your b is 9" in _said(lambda x: (x / 4, 9.0), mistakes=known, **pair)


def test_per_cent_and_turned_around_are_named_everywhere():
    assert "per cent" in _said(lambda x: 25 * x)
    masks = [(np.arange(6).reshape(2, 3) % 2 > 0,)]
    says = _said(lambda mask: ~mask, masks, lambda mask: mask, read=call_answer.as_array)
    assert "turned around" in says


def test_what_is_special_about_a_failing_case_is_said():
    cases = {"0": (1.0,), "silence": (0.0,)}
    says = _said(lambda x: 1 / x, cases, lambda x: 1.0)
    assert "ZeroDivisionError" in says and says.endswith("This is the case of silence.")
