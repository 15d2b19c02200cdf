"""Ctrl-C within a step waits for its end; after it, the program stops as usual."""

import signal
import threading

import pytest
import torch
from songs import made_up_song

from sepedu import MaskCNN
from sepedu.engine.interrupts import defer_interrupt
from sepedu.excerpts import Excerpts
from sepedu.exercises.framework import lessons
from sepedu.training import Recipe, fit
from sepedu.windows import make_example


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_step_is_finished_and_then_the_program_stops():
    done = []
    with pytest.raises(KeyboardInterrupt), defer_interrupt(), torch.autocast("cpu"):
        press_ctrl_c()
        done.append("the rest of the step")
    assert done
    assert not torch.is_autocast_enabled("cpu")
    with pytest.raises(KeyboardInterrupt):  # the way it was before
        press_ctrl_c()


def test_an_error_of_the_step_is_told_first():
    with pytest.raises(KeyboardInterrupt) as told, defer_interrupt():
        press_ctrl_c()
        raise ValueError("of the step")
    assert isinstance(told.value.__context__, ValueError)


def test_without_ctrl_c_nothing_happens():
    before = signal.getsignal(signal.SIGINT)
    with defer_interrupt():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_changes_nothing():
    before = signal.getsignal(signal.SIGINT)
    during = []

    def work() -> None:
        with defer_interrupt():
            during.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert during == [before]


def test_a_program_that_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with defer_interrupt():
            press_ctrl_c()
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_an_optimizer_is_made_to_its_end(name, monkeypatch):
    """The first one imports for seconds, and what is half imported stays broken."""
    real, made = getattr(torch.optim, name), []

    def make(*arguments, **named):
        press_ctrl_c()
        made.append(real(*arguments, **named))
        return made[-1]

    monkeypatch.setattr(torch.optim, name, make)
    if name == "SGD":
        exercise = lessons()["05"]["training_step"]
        with pytest.raises(KeyboardInterrupt):
            exercise.check(exercise.run(exercise.reference))
    else:
        songs = [made_up_song(song, 0.1, number) for number, song in enumerate("ab")]
        drawn, valid = Excerpts(songs[:1], "vocals"), [make_example(songs[1], "vocals")]
        assert fit(MaskCNN(), drawn, valid, Recipe(epochs=1)).stopped
    assert made
