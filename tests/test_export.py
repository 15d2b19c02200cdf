"""Networks written as ONNX answer as they do in PyTorch, and the page's folder is whole."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
import torch

from sepedu.checkpoints import save_checkpoint
from sepedu.cli import main
from sepedu.engine.export import export_onnx
from sepedu.model import MaskCNN
from sepedu.separation import predict_soft_mask
from sepedu.unet import MaskUNet, predict_masks

onnx_reference = pytest.importorskip("onnx.reference", reason="onnx is not installed")


def run(path, magnitude: np.ndarray, level: float) -> np.ndarray:
    session = onnx_reference.ReferenceEvaluator(str(path))
    feeds = {"magnitude": magnitude[None], "level": np.array([level], np.float32)}
    return session.run(["masks"], feeds)[0]


def some_magnitudes(channels: int, frames: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.exponential(1, (channels, 513, frames)).astype(np.float32)


def test_the_unet_is_written_for_any_number_of_frames(tmp_path):
    torch.manual_seed(0)
    model = MaskUNet((4, 8, 8)).eval()
    network = export_onnx(model, tmp_path / "unet.onnx")
    assert network["outputs"] == ["drums", "bass", "other", "vocals"]
    magnitude = some_magnitudes(2, 112)
    masks = run(tmp_path / "unet.onnx", magnitude, 0.3)
    assert np.abs(masks - predict_masks(model, magnitude, level=0.3)).max() < 1e-4


@pytest.mark.parametrize("output", ["mask", "magnitude"])
def test_the_talks_network_is_written_in_its_dense_evaluation(tmp_path, output):
    torch.manual_seed(0)
    model = MaskCNN(output).eval()
    network = export_onnx({"vocals": model}, tmp_path / "cnn.onnx")
    assert network["outputs"] == ["vocals", "residual"]
    frames, around = network["window"], network["context"]
    magnitude = some_magnitudes(1, frames)
    masks = run(tmp_path / "cnn.onnx", np.pad(magnitude, ((0, 0), (0, 0), (around, around))), 0.3)
    assert np.abs(masks[0, 0] - predict_soft_mask(model, magnitude[0], 0.3)).max() < 1e-4


def test_export_writes_a_page_with_a_network_of_ones_own(tmp_path, capsys):
    checkpoint = save_checkpoint(tmp_path / "mine.safetensors", MaskCNN(), {"source": "drums"})
    folder = tmp_path / "page"
    assert main(["export", str(checkpoint), "--out", str(folder)]) == 0
    assert "http.server" in capsys.readouterr().out
    page = json.loads((folder / "page.json").read_text())
    assert [network["sources"] for network in page["networks"]] == [["drums"]]
    files = [page["networks"][0]["file"], *(song["file"] for song in page["songs"])]
    files += ["stft.js", "vendor/ort.wasm.packed"]
    assert all((folder / file).stat().st_size for file in files)
    (folder / "page.json").unlink()  # as an interruption leaves it
    assert main(["export", str(checkpoint), "--out", str(folder)]) == 0


def test_export_leaves_other_folders_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("two years of work")
    assert main(["export", "unet", "--out", str(tmp_path)]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_without_onnx_the_error_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["export", "unet", "--out", str(tmp_path / "page")]) == 2
    assert 'pip install "sepedu[export]"' in capsys.readouterr().err
