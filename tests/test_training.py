"""Training learns, stops, resumes bit for bit, and keeps the best."""

import copy
import json
import signal

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from songs import made_up_song

from sepedu import MaskCNN, SepeduError
from sepedu.checkpoints import load_checkpoint, save_checkpoint, weights_path
from sepedu.engine.backend import Backend
from sepedu.engine.curves import ProgressBar
from sepedu.engine.resume import Checkpoint, history_path, last_path
from sepedu.excerpts import Augmentation, Excerpts, Segments
from sepedu.objectives import MaskObjective
from sepedu.training import Callback, Recipe, average_weights, fit, learning_rate, validate
from sepedu.unet import MaskUNet
from sepedu.widgets import TrainingMonitor
from sepedu.windows import make_example

SONGS = [made_up_song("a", 0.3), made_up_song("b", 0.3, seed=1)]
VALID = [make_example(made_up_song("c", 0.3, seed=2), "drums")]
"""So short that an epoch has 52 windows."""


def new_model(output: str = "mask") -> MaskCNN:
    torch.manual_seed(0)
    model = MaskCNN(output=output)
    model.features.fit([make_example(song, "drums").mixture for song in SONGS])
    return model


def excerpts(output: str = "mask", **settings) -> Excerpts:
    settings = {"augmentation": Augmentation(gain=3.0), "batch": 16, **settings}
    return Excerpts(SONGS, "drums", output, **settings)


class Stop(Callback):
    """Stop after this many epochs, or press Ctrl-C then."""

    def __init__(self, epochs, interrupt=False):
        self.epochs, self.interrupt = epochs, interrupt

    def on_epoch(self, training):
        over = len(training.history.rows) == self.epochs
        if over and self.interrupt:
            signal.raise_signal(signal.SIGINT)
        return over and not self.interrupt


def quick(epochs: int = 3, **choices) -> Recipe:
    return Recipe(epochs=epochs, average=0.5, **choices)


@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_it_learns(loss):
    model = new_model()
    history = fit(model, excerpts(), VALID, quick(4, loss=loss))
    ones = VALID[0].target.mean()
    assert history.rows[-1]["train_loss"] < history.rows[0]["train_loss"]
    assert history.rows[history.best]["valid_accuracy"] > max(ones, 1 - ones)
    again = validate(MaskObjective(model, loss), VALID)
    assert again[0] == pytest.approx(history.rows[history.best]["valid_loss"], rel=1e-4)


def test_it_learns_without_the_mask():
    history = fit(
        new_model("magnitude"),
        excerpts("magnitude"),
        [make_example(made_up_song("c", 0.3, seed=2), "drums", output="magnitude")],
        quick(3),
    )
    losses = [row["valid_loss"] for row in history.rows]
    assert min(losses) < losses[0]


def test_the_monitors_button_is_heard_from_the_first_batch():
    class Press(Callback):
        def on_batch(self, training):
            monitor.receive({"kind": "stop"})
            monitor._told = 0.0  # the browser hears of each batch

    monitor, model = TrainingMonitor(Recipe(epochs=50), VALID), new_model()
    losses = []
    monitor.observe(lambda change: losses.append(change["new"]), "batch_loss")
    history = fit(model, excerpts(), VALID, quick(50), callbacks=[Press(), monitor])
    assert len(history.rows) == 1 and monitor.stage == "over" and monitor.rows == history.rows
    sizes = [excerpts().size(step) for step in range(len(excerpts()))]
    assert np.average(losses, weights=sizes) == pytest.approx(history.rows[0]["train_loss"])


def test_resumed_equals_unbroken(tmp_path):
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    first = fit(new_model(), excerpts(), VALID, quick(), callbacks=[Checkpoint(whole)])
    fit(new_model(), excerpts(), VALID, quick(), callbacks=[Checkpoint(broken), Stop(2)])
    torch.manual_seed(123)
    model, resumed = new_model(), Checkpoint(broken, resume=True)
    second = fit(model, excerpts(), VALID, quick(), callbacks=[resumed, ProgressBar()])
    for a, b in zip(first.rows, second.rows, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    for name, value in load_checkpoint(whole)[0].state_dict().items():
        assert torch.equal(value, model.state_dict()[name])


def test_the_best_is_kept_not_the_last(tmp_path):
    path = tmp_path / "net.safetensors"
    recipe = quick(4, learning_rate=0.01)
    history = fit(new_model(), excerpts(), VALID, recipe, callbacks=[Checkpoint(path)])
    model, about, _ = load_checkpoint(path)
    best = history.rows[history.best]
    assert about["metrics"] == best
    assert validate(MaskObjective(model), VALID)[0] == pytest.approx(best["valid_loss"], rel=1e-4)
    assert json.loads(history_path(path).read_text()) == history.rows
    assert last_path(path).is_file()


def test_ctrl_c_keeps_the_best(tmp_path):
    path, model = tmp_path / "net.safetensors", new_model()
    callbacks = [Checkpoint(path), Stop(2, interrupt=True)]
    history = fit(model, excerpts(), VALID, quick(), callbacks=callbacks)
    assert len(history.rows) == 2 and history.stopped
    best = load_checkpoint(path)[0].state_dict()
    assert all(value.equal(best[name]) for name, value in model.state_dict().items())
    assert load_checkpoint(path)[1]["metrics"] == history.rows[history.best]


class NaNInTheSecondEpoch(MaskObjective):
    """Cannot be validated after the second epoch."""

    measured = 0

    def measure(self, song):
        self.measured += 1
        return (0.5 if self.measured == 1 else float("nan")), 0.5, 10


def test_a_validation_loss_of_nan_is_an_error_and_not_the_best(tmp_path):
    path, model = tmp_path / "net.safetensors", new_model()
    objective, kept = NaNInTheSecondEpoch(model), [Checkpoint(path)]
    with pytest.raises(SepeduError, match="validation loss became nan in epoch 2"):
        fit(model, excerpts(), VALID, quick(3), objective=objective, callbacks=kept)
    assert load_checkpoint(path)[1]["metrics"]["epoch"] == 1


def test_patience_stops_early():
    recipe = quick(50, patience=1, learning_rate=0.1)
    history = fit(new_model(), excerpts(), VALID, recipe)
    assert len(history.rows) < 50
    assert history.best == len(history.rows) - 2


def test_bad_requests(tmp_path):
    shared = [make_example(SONGS[0], "drums")]
    unet, segments = MaskUNet((2, 4)), Segments(SONGS, 16, 2)
    nothing = Checkpoint(tmp_path / "nothing.safetensors", resume=True)
    cases = [
        (lambda: fit(new_model(), excerpts(), shared), "share the song a"),
        (lambda: fit(new_model(), excerpts(), []), "no validation songs"),
        (lambda: fit(new_model(), excerpts(), VALID, Recipe(loss="l1")), "Loss 'l1'"),
        (lambda: fit(new_model("magnitude"), excerpts(), VALID), "the excerpts ask for a mask"),
        (lambda: fit(new_model(), excerpts(), VALID, callbacks=[nothing]), "no training to resume"),
        (lambda: fit(unet, segments, VALID), "A MaskUNet on Segments cannot be trained without"),
        (lambda: fit(unet, excerpts(), VALID), "A MaskUNet on Excerpts cannot be trained without"),
        (lambda: Recipe(epochs=0), "epochs must be between 1 and 10000, got 0"),
        (lambda: Recipe(epochs=10**400), "epochs must be between 1 and 10000, got 1000"),
        (
            lambda: Recipe(seed=2**64),
            "seed must be between 0 and 4294967295, got 18446744073709551616",
        ),
        (lambda: Recipe(patience=0), "patience must be at least 1, got 0"),
        (lambda: Recipe(epochs=2.5), "epochs must be a whole number, got 2.5"),
        (lambda: Recipe(weight_decay=float("nan")), "weight_decay must be a number, got nan"),
        (lambda: Recipe(learning_rate=0), "learning_rate must be above 0, got 0"),
        (lambda: Recipe(average=1.0), "average must be at least 0 and below 1, got 1.0"),
    ]
    for call, message in cases:
        with pytest.raises(SepeduError, match=message):
            call()


def test_resuming_with_other_settings_is_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    fit(new_model(), excerpts(), VALID, quick(1), callbacks=[Checkpoint(path)])
    again = Checkpoint(path, resume=True)
    with pytest.raises(SepeduError, match="another recipe"):
        fit(new_model(), excerpts(), VALID, quick(2), callbacks=[again])


@pytest.mark.parametrize("moment", ["Parameter.__deepcopy__", "Module.load_state_dict"])
def test_ctrl_c_takes_effect_between_steps_only(moment, monkeypatch):
    """In the middle of what PyTorch does without gradients it would leave them off for good."""
    owner = {"Parameter": torch.nn.Parameter, "Module": torch.nn.Module}[moment.split(".")[0]]
    name = moment.split(".")[1]
    function = getattr(owner, name)

    def pressed(*arguments, **named):
        signal.raise_signal(signal.SIGINT)
        return function(*arguments, **named)

    monkeypatch.setattr(owner, name, pressed)
    with pytest.raises(KeyboardInterrupt), Backend():
        copy.deepcopy(new_model())
        new_model().load_state_dict(MaskCNN().state_dict())
        finished = True
    assert finished and torch.is_grad_enabled()
    model = new_model()
    try:
        history = fit(model, excerpts(), VALID, quick(1))
    except KeyboardInterrupt:  # it came after the last step
        return
    assert history.stopped and not history.rows


def test_gradients_that_something_else_left_off_are_no_harm():
    with torch.no_grad():
        history = fit(new_model(), excerpts(), VALID, quick(1))
    assert np.isfinite(history.rows[0]["train_loss"])


def test_the_schedule_rises_and_falls_to_zero():
    rates = [learning_rate(0.1, step, 1000) for step in range(1001)]
    assert rates[0] == pytest.approx(0.1 / 20) and max(rates) == pytest.approx(0.1, rel=2e-3)
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_averaged_weights_follow_faster_at_first():
    model = torch.nn.Linear(1, 1, bias=False)
    averaged = average_weights(model, 0.99)
    expected = None
    for step in range(20):
        with torch.no_grad():
            model.weight.fill_(float(step))
        averaged.update_parameters(model)
        decay = min(0.99, step / (9 + step))
        expected = step if expected is None else decay * expected + (1 - decay) * step
        assert averaged.module.weight.item() == pytest.approx(expected, rel=1e-5)


def test_checkpoints_tell_what_is_wrong(tmp_path):
    path = save_checkpoint(tmp_path / "a.safetensors", MaskCNN(), {"source": "bass"})
    whole = path.read_bytes()
    pickled = tmp_path / "pickle.safetensors"
    torch.save({"model": 1}, pickled)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(3)}, foreign)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole[: len(whole) // 2])
    newer = tmp_path / "newer.safetensors"
    newer.write_bytes(whole.replace(rb"\"format\": 1", rb"\"format\": 9"))
    other = tmp_path / "other.safetensors"
    other.write_bytes(whole.replace(rb"\"n_fft\": 1024", rb"\"n_fft\": 2048"))
    infinite = MaskCNN()
    with torch.no_grad():
        infinite.linear2.bias[0] = float("nan")
    broken = save_checkpoint(tmp_path / "nan.safetensors", infinite, {})
    cases = {
        tmp_path / "none.safetensors": "no checkpoint",
        pickled: "never opened",
        foreign: "not a checkpoint",
        cut: "damaged",
        newer: "format 9, newer than 1",
        other: "'n_fft': 2048",
        broken: "not finite",
    }
    for file, message in cases.items():
        with pytest.raises(SepeduError, match=message):
            load_checkpoint(file)
    assert load_checkpoint(path)[1]["source"] == "bass"


def test_unknown_source_has_no_weights():
    with pytest.raises(SepeduError, match=r"'flute'.* vocals, unet\."):
        weights_path("flute")
