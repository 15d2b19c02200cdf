"""The U-Net: shapes, shares that sum to one, and what must not matter to it."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

from sepedu import STFT, SepeduError
from sepedu.unet import MaskUNet, fold_normalisation, measure_level, predict_masks


@pytest.fixture(scope="module")
def model():
    """A network whose statistics and batch normalisation are not those that it begins with."""
    torch.manual_seed(0)
    model = MaskUNet()
    random = torch.Generator().manual_seed(1)
    for value in model.buffers():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape, generator=random) * 0.5 + 0.5)
    return model.eval()


def magnitudes(frames, channels=2, seed=0):
    random = np.random.default_rng(seed)
    return random.exponential(2, (channels, 513, frames)).astype(np.float32)


def answer(model, magnitude, **given):
    with torch.inference_mode():
        return model(torch.from_numpy(magnitude)[None], **given)[0].numpy()


def test_parameters(model):
    assert sum(p.numel() for p in model.parameters()) == 1_036_292
    assert sum(p.numel() for p in model.parameters()) <= 2_000_000


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [1, 2, 3, 100, 129])
def test_shapes_and_sum(model, frames, channels):
    masks = answer(model, magnitudes(frames, channels))
    assert masks.shape == (4, channels, 513, frames)
    assert masks.dtype == np.float32
    np.testing.assert_allclose(masks.sum(0), 1, atol=1e-5)


def test_binary_masks_do_not_exclude_one_another(model):
    heard = torch.from_numpy(magnitudes(40))[None]
    with torch.inference_mode():
        binary = model.binary_masks(heard)
    assert binary.shape == (1, 4, 2, 513, 40)
    assert ((binary >= 0) & (binary <= 1)).all()
    assert not torch.allclose(binary.sum(1), torch.ones(()))


@pytest.mark.parametrize("decibels", [-20, -40, 20])
def test_level_does_not_matter(model, decibels):
    heard = magnitudes(50)
    softer = heard * np.float32(10 ** (decibels / 20))
    np.testing.assert_allclose(answer(model, softer), answer(model, heard), atol=1e-3)


def test_offset_does_not_matter(model):
    audio = np.random.default_rng(0).normal(0, 0.1, 22050).astype(np.float32)
    # Beyond the ends there is silence, so only frames within the recording are compared.
    plain, offset = (np.abs(STFT().forward(a))[None, :, 2:-2] for a in (audio, audio + 0.1))
    level = float(measure_level(plain))
    assert float(measure_level(offset)) == pytest.approx(level, rel=1e-3)
    np.testing.assert_allclose(answer(model, offset), answer(model, plain), atol=1e-3)


def test_mono_is_two_equal_channels(model):
    mono = magnitudes(60, channels=1)
    two = answer(model, np.repeat(mono, 2, axis=0))
    for channel in range(2):
        np.testing.assert_allclose(two[:, channel], answer(model, mono)[:, 0], atol=1e-5)


def test_channels_that_differ_are_told_apart(model):
    heard = magnitudes(60)
    masks = answer(model, heard)
    assert np.abs(masks[:, 0] - masks[:, 1]).max() > 1e-3
    assert np.abs(masks - answer(model, np.repeat(heard[:1], 2, axis=0))).max() > 1e-3


def test_receptive_field_is_as_stated(model):
    assert model.receptive_field == 108
    heard = magnitudes(321)
    changed = heard.copy()
    changed[..., 160] *= 5
    level = float(measure_level(heard))
    differs = np.abs(answer(model, heard, level=level) - answer(model, changed, level=level))
    reached = np.flatnonzero(differs.max((0, 1, 2)))
    assert 160 - model.receptive_field <= reached.min()
    assert reached.max() <= 160 + model.receptive_field


@pytest.mark.parametrize("question", ["share", "binary"])
@pytest.mark.parametrize("frames", [63, 64, 500])
def test_blocks_equal_one_pass(model, frames, question):
    heard = magnitudes(frames)
    once = predict_masks(model, heard, question, block=4096)
    np.testing.assert_allclose(predict_masks(model, heard, question, block=64), once, atol=1e-3)


def test_folded_normalisation_gives_the_same_masks(model):
    heard = magnitudes(70)
    folded = MaskUNet()
    folded.load_state_dict(model.state_dict())
    folded = fold_normalisation(folded.eval())
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    np.testing.assert_allclose(answer(folded, heard), answer(model, heard), atol=1e-4)


def test_bfloat16_is_near(model):
    heard = magnitudes(70)
    near = predict_masks(model, heard, bfloat16=True)
    np.testing.assert_allclose(near, predict_masks(model, heard), atol=0.05)


def test_double_precision_is_taken(model):
    heard = magnitudes(9)
    assert np.array_equal(
        predict_masks(model, heard.astype(np.float64)), predict_masks(model, heard)
    )


def test_silence(model):
    masks = answer(model, np.zeros((2, 513, 20), np.float32))
    assert np.isfinite(masks).all()


def test_bad_input(model):
    with pytest.raises(SepeduError, match="one or two channels"):
        model(torch.zeros(1, 3, 513, 20))
    with pytest.raises(SepeduError, match="one or two channels"):
        model(torch.zeros(1, 2, 512, 20))
    with pytest.raises(SepeduError, match="'loud'"):
        predict_masks(model, magnitudes(20), "loud")
    unusable = [np.zeros((3, 513, 9)), np.zeros((2, 512, 9)), np.zeros((513, 9)), torch.ones(1)]
    for wrong in [*unusable, np.ones((1, 513, 9), complex)]:
        with pytest.raises(SepeduError, match=r"Give a NumPy array \(channels, 513, frames\)"):
            predict_masks(model, wrong)
    for value in (-1, np.nan, np.inf):
        with pytest.raises(SepeduError, match="negative or not finite"):
            predict_masks(model, np.full((1, 513, 2), value))
        with pytest.raises(SepeduError, match=f"level must be .*{value}"):
            predict_masks(model, magnitudes(2), level=value)
    with pytest.raises(SepeduError, match=r"multiple of the network's step 16, got 50\. Use 64\."):
        predict_masks(model, magnitudes(20), block=50)


def test_masks_are_predicted_on_the_networks_device(monkeypatch):
    """The device without memory stands for a GPU."""
    model, seen = MaskUNet((2, 4)).to("meta"), []

    def answer(self, magnitude, level):
        seen.append(magnitude.device.type)
        return torch.ones(1, 4, *magnitude.shape[1:], dtype=torch.bfloat16)

    monkeypatch.setattr(MaskUNet, "forward", answer)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # it has none there
    assert predict_masks(model, magnitudes(20)).shape == (4, 2, 513, 20)
    assert seen == ["meta"]
