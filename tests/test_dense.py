"""The dense evaluation gives what the sliding window gives."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sepedu import MaskCNN, SepeduError, predict_mask
from sepedu import dense as dense_module
from sepedu.checkpoints import load_checkpoint, weights_path
from sepedu.dense import dense_scores, pad_frames, window_scores
from sepedu.songs import SOURCES


def random_model(seed: int, output: str = "mask") -> MaskCNN:
    torch.manual_seed(seed)
    model = MaskCNN(output=output, dropout=(0.0, 0.0, 0.0))
    with torch.no_grad():
        for parameter in model.parameters():  # biases and borders must count
            parameter.mul_(3)
        model.features.mean.uniform_(0, 1)
        model.features.deviation.uniform_(0.5, 2)
    return model


@settings(deadline=None, max_examples=4)
@given(frames=st.integers(1, 30), batch=st.integers(1, 2), seed=st.integers(0, 99))
def test_scores_agree_in_double_precision(frames, batch, seed):
    model = random_model(seed).double()
    magnitude = torch.rand(batch, 513, frames, dtype=torch.float64) * 10
    padded = pad_frames(model, magnitude)
    with torch.no_grad():
        difference = dense_scores(model, padded) - window_scores(model, padded)
    assert difference.abs().max() < 1e-12


@pytest.mark.parametrize("frames", [1, 25, 300])
def test_masks_agree_in_single_precision_and_over_chunks(frames):
    model = random_model(frames)
    magnitude = np.random.default_rng(0).gamma(1, 3, (513, frames)).astype(np.float32)
    dense = predict_mask(model, magnitude)
    assert dense.shape == (513, frames) and dense.dtype == np.float32
    assert np.abs(dense - predict_mask(model, magnitude, method="windows")).max() < 1e-5


@pytest.mark.parametrize("source", SOURCES)
def test_masks_agree_with_the_weights_that_come_with_the_course(source):
    if not weights_path(source).is_file():
        pytest.skip(f"the weights for {source} are not here yet")
    model = load_checkpoint(weights_path(source))[0]
    magnitude = np.random.default_rng(1).gamma(1, 3, (513, 60)).astype(np.float32)
    # Noise is unlike music: its scores are large, and single precision rounds large numbers more.
    for precision, tolerance in ((torch.float32, 1e-4), (torch.float64, 1e-7)):
        model.to(precision)
        dense, windows = (predict_mask(model, magnitude, m) for m in ("dense", "windows"))
        assert np.abs(dense - windows).max() < tolerance


def test_bfloat16_is_close():
    model = random_model(2)
    magnitude = np.random.default_rng(0).gamma(1, 3, (513, 40)).astype(np.float32)
    lower = predict_mask(model, magnitude, bfloat16=True)
    assert lower.dtype == np.float32
    assert np.abs(lower - predict_mask(model, magnitude)).mean() < 0.01


def test_chunks_agree_with_the_whole(monkeypatch):
    model = random_model(3)
    frames = 2 * dense_module.CHUNK + 1
    magnitude = np.random.default_rng(0).gamma(1, 3, (513, frames)).astype(np.float32)
    chunked = predict_mask(model, magnitude)
    monkeypatch.setattr(dense_module, "CHUNK", 1000)
    assert np.abs(chunked - predict_mask(model, magnitude)).max() < 1e-5


def test_the_network_without_the_mask_too():
    model = random_model(1, output="magnitude")
    magnitude = np.random.default_rng(0).gamma(1, 3, (513, 20)).astype(np.float32)
    dense, windows = (predict_mask(model, magnitude, m) for m in ("dense", "windows"))
    assert np.abs(dense - windows).max() < 1e-4 * np.abs(windows).max()


def test_prediction_leaves_the_training_mode_as_it_was():
    model = MaskCNN().train()
    magnitude = np.ones((513, 3), np.float32)
    assert np.array_equal(predict_mask(model, magnitude), predict_mask(model, magnitude))
    assert model.training


@pytest.mark.parametrize(
    ("magnitude", "method", "message"),
    [
        (np.ones((513, 3)), "fast", "Method 'fast'"),
        (np.ones((512, 3)), "dense", r"shape \(512, 3\)"),
        (np.ones((513, 3), complex), "dense", "got complex128"),
    ],
)
def test_bad_input(magnitude, method, message):
    with pytest.raises(SepeduError, match=message):
        predict_mask(MaskCNN(), magnitude, method)
