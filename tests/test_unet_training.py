"""The U-Net trains by the same loop: it learns, resumes, and is measured as a whole."""

import numpy as np
import pytest
import torch
from songs import made_up_song, write_hq_dataset
from test_training import Stop

from sepedu import objectives
from sepedu.checkpoints import load_checkpoint
from sepedu.cli import main
from sepedu.engine.resume import Checkpoint
from sepedu.engine.runs import SEGMENT_AUGMENTATION
from sepedu.excerpts import Segments
from sepedu.objectives import UNetObjective
from sepedu.songs import SOURCES, Song
from sepedu.training import Recipe, fit
from sepedu.unet import MaskUNet

SONGS = [made_up_song("a", 0.4), made_up_song("b", 0.4, seed=1)]
VALID = [made_up_song("c", 0.4, seed=2)]
RECIPE = Recipe(epochs=3, learning_rate=5e-3, average=0.5)


def objective() -> UNetObjective:
    torch.manual_seed(0)
    return UNetObjective(MaskUNet((2, 4)).fit_statistics(SONGS))


def train(recipe: Recipe = RECIPE, callbacks=()):
    trained = objective()
    drawn = Segments(SONGS, 16, 2, SEGMENT_AUGMENTATION)
    history = fit(trained.model, drawn, VALID, recipe, objective=trained, callbacks=callbacks)
    return trained.model, history.rows


def test_it_learns():
    _, rows = train(Recipe(epochs=20, learning_rate=1e-2, average=0.5))
    assert min(row["valid_loss"] for row in rows) < rows[0]["valid_loss"] - 0.05
    assert max(row["valid_accuracy"] for row in rows) > rows[0]["valid_accuracy"]


def test_resumed_equals_unbroken(tmp_path):
    path = tmp_path / "unet.safetensors"
    whole, rows = train()
    train(callbacks=[Checkpoint(path), Stop(2)])
    model, again = train(callbacks=[Checkpoint(path, resume=True)])
    for a, b in zip(rows, again, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    for name, value in whole.state_dict().items():
        assert torch.equal(value, model.state_dict()[name])
    about = load_checkpoint(path)[1]
    assert about["augmentation"]["pan"] == 0.5 and about["recipe"]["epochs"] == 3


@pytest.mark.parametrize("stereo", [False, True])
def test_a_long_song_is_measured_in_blocks(monkeypatch, stereo):
    """With a network that hears one frame at a time, blocks change nothing."""
    monkeypatch.setattr(MaskUNet, "run_layers", alone)
    song = VALID[0]
    if stereo:
        sides = {name: np.stack([audio, -audio]) for name, audio in song.sources.items()}
        song = Song("d", np.stack([song.mixture, -song.mixture]), sides, song.sample_rate)
    whole = objective().measure(song)
    monkeypatch.setattr(objectives, "UNET_BLOCK", 16)
    frames = whole[2]
    assert objective().measure(song)[1:] == pytest.approx((whole[1], frames), rel=1e-4)


def test_a_song_is_measured_on_the_networks_device(monkeypatch):
    """The device without memory stands for a GPU."""
    trained, seen = objective(), []
    trained.to("meta")

    def compare(self, *given):
        seen.extend(tensor.device.type for tensor in given)
        return torch.zeros(()), torch.zeros(())

    monkeypatch.setattr(UNetObjective, "_compare", compare)
    trained.measure(VALID[0])
    assert seen == ["meta"] * 3


def alone(self, magnitude, level):
    """Scores that depend on the bin alone."""
    relative = magnitude.mean(1) / level.reshape(-1, 1, 1)
    both = torch.stack([relative * (number - 1.5) for number in range(4)], dim=1)
    return both.unsqueeze(1).repeat(1, 2, 1, 1, 1), torch.zeros(len(both), 2, *both.shape[1:])


def test_by_the_command(tmp_path, capsys):
    hq = write_hq_dataset(tmp_path / "hq", ["one", "Actions - One Minute Smile"])
    out = tmp_path / "unet.safetensors"
    words = ["train", "unet", "--data", str(hq), "--out", str(out), "--epochs", "1"]
    assert main([*words, "--store"]) == 2
    assert "Leave --store out" in capsys.readouterr().err
    assert main([*words, "--loss", "mse", "--threshold", "0.5"]) == 2
    refused = capsys.readouterr().err
    assert "Leave --loss and --threshold out" in refused and refused.count("\n") == 1
    assert main(words) == 0
    model, about, _ = load_checkpoint(out)
    assert isinstance(model, MaskUNet) and about["sources"] == list(SOURCES)
    printed = capsys.readouterr().out
    for name in ("valid_loss", *(f"{source}_sdr" for source in SOURCES)):
        assert f"{about['metrics'][name]:.4f}" in printed
