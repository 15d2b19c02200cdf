"""Training learns, stops, resumes bit for bit, and keeps the best."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from songs import made_up_song

from sepedu import MaskCNN, SepeduError
from sepedu.checkpoints import load_checkpoint, save_checkpoint, weights_path
from sepedu.engine.resume import history_path, last_path
from sepedu.excerpts import Augmentation, Excerpts
from sepedu.training import Recipe, fit, validate
from sepedu.windows import make_example

SONGS = [made_up_song("a"), made_up_song("b", seed=1)]
VALID = [make_example(made_up_song("c", seed=2), "drums")]


def new_model(output: str = "mask") -> MaskCNN:
    torch.manual_seed(0)
    model = MaskCNN(output=output)
    model.features.fit([make_example(song, "drums").mixture for song in SONGS])
    return model


def excerpts(output: str = "mask", **settings) -> Excerpts:
    settings = {"stretch": 32, "batch": 2, "augmentation": Augmentation(gain=3.0), **settings}
    return Excerpts(SONGS, "drums", output, **settings)


def quick(epochs: int = 3, **choices) -> Recipe:
    return Recipe(epochs=epochs, average=0.5, **choices)


@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_it_learns(loss):
    model = new_model()
    history = fit(model, excerpts(), VALID, quick(8, loss=loss), progress=False)
    ones = VALID[0].target.mean()
    assert history.rows[-1]["train_loss"] < history.rows[0]["train_loss"]
    assert history.rows[history.best]["valid_accuracy"] > max(ones, 1 - ones)
    again = validate(model, VALID, loss, 0.5)
    assert again[0] == pytest.approx(history.rows[history.best]["valid_loss"], rel=1e-4)


def test_it_learns_without_the_mask():
    history = fit(
        new_model("magnitude"),
        excerpts("magnitude"),
        [make_example(made_up_song("c", seed=2), "drums", output="magnitude")],
        quick(4),
        progress=False,
    )
    losses = [row["valid_loss"] for row in history.rows]
    assert min(losses) < losses[0]


def test_single_windows_train_too():
    batch = excerpts(stretch=1, batch=64)
    history = fit(new_model(), batch, VALID, quick(1), progress=False)
    assert np.isfinite(history.rows[0]["train_loss"])


def test_resumed_equals_unbroken(tmp_path):
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    first = fit(new_model(), excerpts(), VALID, quick(), checkpoint=whole, progress=False)
    fit(
        new_model(),
        excerpts(),
        VALID,
        quick(),
        checkpoint=broken,
        progress=False,
        on_epoch=lambda history: len(history.rows) == 2,
    )
    torch.manual_seed(123)
    model = new_model()
    second = fit(model, excerpts(), VALID, quick(), checkpoint=broken, resume=True, progress=False)
    for a, b in zip(first.rows, second.rows, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    for name, value in load_checkpoint(whole)[0].state_dict().items():
        assert torch.equal(value, model.state_dict()[name])


def test_the_best_is_kept_not_the_last(tmp_path):
    path = tmp_path / "net.safetensors"
    history = fit(
        new_model(),
        excerpts(),
        VALID,
        quick(6, learning_rate=0.01),
        checkpoint=path,
        progress=False,
    )
    model, about, _ = load_checkpoint(path)
    best = history.rows[history.best]
    assert about["metrics"] == best
    assert validate(model, VALID, "mse", 0.5)[0] == pytest.approx(best["valid_loss"], rel=1e-4)
    assert json.loads(history_path(path).read_text()) == history.rows
    assert last_path(path).is_file()


def test_ctrl_c_keeps_the_best(tmp_path):
    path = tmp_path / "net.safetensors"

    def stop(history):
        if len(history.rows) == 2:
            raise KeyboardInterrupt

    history = fit(
        new_model(), excerpts(), VALID, quick(), checkpoint=path, progress=False, on_epoch=stop
    )
    assert len(history.rows) == 2
    assert load_checkpoint(path)[1]["metrics"] == history.rows[history.best]


def test_patience_stops_early():
    recipe = quick(50, patience=1, learning_rate=0.1)
    history = fit(new_model(), excerpts(), VALID, recipe, progress=False)
    assert len(history.rows) < 50
    assert history.best == len(history.rows) - 2


def test_bad_requests(tmp_path):
    shared = [make_example(SONGS[0], "drums")]
    cases = [
        (lambda: fit(new_model(), excerpts(), shared), "share the song a"),
        (lambda: fit(new_model(), excerpts(), []), "no validation songs"),
        (lambda: fit(new_model(), excerpts(), VALID, Recipe(loss="l1")), "Loss 'l1'"),
        (lambda: fit(new_model("magnitude"), excerpts(), VALID), "the excerpts ask for a mask"),
        (lambda: fit(new_model(), excerpts(), VALID, resume=True), "no training to resume"),
    ]
    for call, message in cases:
        with pytest.raises(SepeduError, match=message):
            call()


def test_resuming_with_other_settings_is_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    fit(new_model(), excerpts(), VALID, quick(1), checkpoint=path, progress=False)
    with pytest.raises(SepeduError, match="another recipe"):
        fit(new_model(), excerpts(), VALID, quick(2), checkpoint=path, resume=True)


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
    with pytest.raises(SepeduError, match="'flute'"):
        weights_path("flute")
