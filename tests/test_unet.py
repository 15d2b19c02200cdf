"""The U-Net: shapes, shares that sum to one, and what must not matter to it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sepedu import STFT, SepeduError
from sepedu.datasets import SOURCES, Song
from sepedu.segments import Remixing, Segments
from sepedu.shares import Share
from sepedu.unet import (
    MaskUNet,
    batch_loss,
    fold_normalisation,
    measure_level,
    predict_masks,
    share_loss,
)


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
    assert (model.step, model.margin, model.receptive_field) == (16, 96, 111)
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
    once = predict_masks(model, heard, question=question, block=4096)
    blocks = predict_masks(model, heard, question=question, block=64)
    np.testing.assert_allclose(blocks, once, atol=1e-3)


def test_folded_normalisation_gives_the_same_masks(model):
    heard = magnitudes(70)
    folded = MaskUNet()
    folded.load_state_dict(model.state_dict())
    folded = fold_normalisation(folded.eval())
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    np.testing.assert_allclose(answer(folded, heard), answer(model, heard), atol=1e-4)


def test_bfloat16_is_near(model):
    heard = magnitudes(70)
    near = predict_masks(model, heard, dtype=torch.bfloat16)
    np.testing.assert_allclose(near, predict_masks(model, heard), atol=0.05)


def test_silence(model):
    masks = answer(model, np.zeros((2, 513, 20), np.float32))
    assert np.isfinite(masks).all()


def test_bad_input(model):
    with pytest.raises(SepeduError, match="one or two channels"):
        model(torch.zeros(1, 3, 513, 20))
    with pytest.raises(SepeduError, match="one or two channels"):
        model(torch.zeros(1, 2, 512, 20))
    with pytest.raises(SepeduError, match="'loud'"):
        predict_masks(model, magnitudes(20), question="loud")
    with pytest.raises(SepeduError, match="block of 100"):
        predict_masks(model, magnitudes(20), block=100)


@pytest.fixture(scope="module")
def songs():
    random = np.random.default_rng(3)
    made = []
    for number, seconds in enumerate((3, 5)):
        stems = {
            name: random.normal(0, 0.1, (2, seconds * 22050)).astype(np.float32) for name in SOURCES
        }
        made.append(Song(f"song {number}", sum(stems.values()), stems, 22050))
    return made


def test_segments_have_the_shapes_that_they_promise(songs):
    segments = Segments(songs, frames=64, batch=4)
    batches = list(segments.epoch(seed=0, epoch=0))
    assert len(batches) == len(segments) == (259 + 431) // (64 * 4)
    for mono, stereo in batches:
        assert mono.shape == (2, 4, 1, 513, 64)
        assert stereo.shape == (2, 4, 2, 513, 64)
        assert mono.dtype == stereo.dtype == torch.complex64


def test_segments_depend_on_seed_and_place_alone(songs):
    whole = Segments(songs, frames=32, batch=4).draw([0, 1, 2])
    again = Segments(songs, frames=32, batch=4).draw([0, 1, 2])
    other = Segments(songs, frames=32, batch=4).draw([0, 1, 3])
    parts = [Segments(songs, frames=32, batch=4).draw([0, 1, 2], Share(i, 2)) for i in range(2)]
    for kind in range(2):
        assert torch.equal(whole[kind], again[kind])
        assert not torch.equal(whole[kind], other[kind])
        assert torch.equal(torch.cat([part[kind] for part in parts]), whole[kind])


def test_a_segment_without_changes_is_a_piece_of_a_song(songs):
    nothing = Remixing(0, 0, 0, mono=0, pan=0, equaliser=0, doubled=0, silent=0, extra=0)
    segments = Segments(songs[:1], frames=32, batch=4, remixing=nothing)
    _, stereo = segments.draw([0])
    for stems in stereo:
        audio = STFT().inverse(stems[0], 31 * 256)[:, 1024:-1024].numpy()  # drums, one side or both
        whole = songs[0].sources["drums"]
        for channel in audio:
            near = [np.correlate(side, channel, "valid").max() for side in whole]
            assert max(near) == pytest.approx((channel**2).sum(), rel=1e-2)


def test_extra_songs_are_played_at_the_level_of_the_others(songs):
    loud = [Song(s.name, 10 * s.mixture, {k: 10 * v for k, v in s.sources.items()}, 22050)
            for s in songs]  # fmt: skip
    segments = Segments(songs, extra=loud, frames=32, batch=4)
    assert segments.level.tolist() == pytest.approx([1, 1, 0.1, 0.1], rel=1e-3)


def test_songs_that_do_not_suit(songs):
    with pytest.raises(SepeduError, match="no songs"):
        Segments([])
    with pytest.raises(SepeduError, match="samples"):
        Segments(songs, frames=1000)
    with pytest.raises(SepeduError, match="44100"):
        Segments([replace(songs[0], sample_rate=44100)])


def test_loss_is_the_error_in_sound():
    random = torch.Generator().manual_seed(0)
    stems = torch.randn(3, 4, 2, 513, 8, dtype=torch.complex64, generator=random)
    mixture = stems.sum(1, keepdim=True)
    masks = torch.rand(3, 4, 2, 513, 8, generator=random)
    error = (masks * mixture - stems).abs()
    ratio = (error**2).sum((2, 3, 4)) / (stems.abs() ** 2).sum((2, 3, 4))
    for kind, expected in [
        ("complex L2", ratio.mean()),
        ("relative L2", ratio.sqrt().mean()),
        ("log L2", (1 + torch.log(ratio + 0.01) / 2).mean()),
        ("complex L1", (error.mean((2, 3, 4)) / stems.abs().mean((2, 3, 4))).mean()),
    ]:
        assert share_loss(masks, stems, mixture, kind).item() == pytest.approx(
            expected.item(), rel=1e-3
        )
    with pytest.raises(SepeduError, match="L3"):
        share_loss(masks, stems, mixture, "L3")


def test_a_few_steps_learn(songs):
    torch.manual_seed(0)
    small = MaskUNet(channels=(8, 8, 8))
    segments = Segments(songs, frames=32, batch=2, remixing=Remixing(silent=0))
    optimizer = torch.optim.AdamW(small.parameters(), 0.01)
    losses = []
    for _ in range(15):
        total, parts = batch_loss(small, *segments.draw([0]))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        losses.append(total.item())
        assert torch.isfinite(parts).all()
    assert losses[-1] < losses[0] - 0.1


def test_silence_has_a_finite_loss():
    small = MaskUNet(channels=(8, 8, 8))
    silence = torch.zeros(2, 4, 1, 513, 32, dtype=torch.complex64)
    total, _ = batch_loss(small, silence, silence.expand(-1, -1, 2, -1, -1))
    total.backward()
    assert torch.isfinite(total)
    assert all(torch.isfinite(p.grad).all() for p in small.parameters() if p.grad is not None)
