"""What must hold for any input: identities, and an answer instead of an error."""

import os
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes
from songs import made_up_song

from sepedu import STFT, MaskCNN, SepeduError, average_mask, ratio_mask, separate
from sepedu.audio import check_audio, common_gain, read_audio, write_audio
from sepedu.evaluation import framewise_sdr, sdr, si_sdr
from sepedu.excerpts import Augmentation, Excerpts
from sepedu.separation import blocks, grid
from sepedu.windows import as_table

FUZZ = int(os.environ.get("SEPEDU_FUZZ", "1"))
stft = STFT()


def tries(count: int) -> settings:
    """So many examples, the same each time; more and new ones if SEPEDU_FUZZ asks for them."""
    return settings(
        deadline=None,
        derandomize=FUZZ == 1,
        max_examples=count * FUZZ,
        suppress_health_check=list(HealthCheck),
    )


seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 3000)
levels = st.sampled_from([1e-30, 1e-6, 1.0, 30.0, 1e9])


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@tries(30)
@given(seed=seeds, samples=lengths, a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_the_transform_is_linear(seed, samples, a, b):
    x, y = noise(seed, 2, samples)
    together = stft.forward(a * x + b * y)
    assert np.allclose(together, a * stft.forward(x) + b * stft.forward(y), atol=1e-9)


@tries(30)
@given(seed=seeds, samples=st.integers(2000, 6000), frames=st.integers(1, 5))
def test_a_delay_by_whole_hops_moves_the_frames(seed, samples, frames):
    audio = np.pad(noise(seed, samples), 1024)
    later = np.pad(audio, (frames * 256, 0))
    moved = stft.forward(later)[:, frames:]
    assert np.allclose(moved, stft.forward(audio)[:, : moved.shape[1]], atol=1e-9)


@tries(30)
@given(
    fft=st.sampled_from([64, 256, 1022, 2048]),
    part=st.sampled_from([2, 3, 4, 8]),
    seed=seeds,
    samples=lengths,
)
def test_any_settings_that_are_accepted_invert(fft, part, seed, samples):
    chosen = STFT(n_fft=fft, hop_length=fft // part)
    audio = noise(seed, samples)
    assert np.allclose(chosen.inverse(chosen.forward(audio), samples), audio, atol=1e-9)


@tries(50)
@given(arrays(np.float64, (3, 5, 7), elements=st.floats(0, 1e100)), st.floats(0.1, 4))
def test_ratio_masks_share_out_everything(sources, power):
    masks = ratio_mask(sources, power)
    assert ((masks >= 0) & (masks <= 1)).all()
    assert np.allclose(masks.sum(0), 1)


@tries(30)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), seeds)
def test_an_average_mask_does_not_care_about_the_order(frames, seed):
    masks = [noise(seed + k, 6, count) > 0 for k, count in enumerate(frames)]
    assert np.allclose(average_mask(masks), average_mask(masks[::-1]), atol=1e-7)
    assert np.allclose(average_mask(masks), np.concatenate(masks, 1).mean(1, keepdims=True))


@tries(100)
@given(samples=st.integers(1, 10**9), rate=st.integers(1000, 400_000))
def test_blocks_are_a_partition_of_any_recording(samples, rate):
    end = 0
    for count, (first, last, start, stop) in enumerate(blocks(samples, grid(rate), 16)):
        assert first == end and start <= first < last <= stop <= samples
        end = last
        if count == 20:  # a slow rate makes many; the rest is like these
            return
    assert end == samples


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {"vocals": MaskCNN().eval()}


@tries(25)
@given(
    seed=seeds,
    samples=st.integers(1, 3000),
    rate=st.integers(4000, 200_000),
    level=levels,
    mask=st.sampled_from(["soft", "binary"]),
    kind=st.sampled_from(["f4", "f8", "i2", "u1"]),
)
def test_separation_returns_finite_sound_for_any_sound(
    models, seed, samples, rate, level, mask, kind
):
    audio = level * noise(seed, 2, samples)
    audio = audio.astype(kind) if kind[0] == "f" else (audio.clip(0, 1) * 100).astype(kind)
    parts = separate(audio, rate, ["vocals"], models, mask, residual=True)
    whole = check_audio(audio)
    for part in parts.values():
        assert part.shape == audio.shape and np.isfinite(part).all()
    assert np.allclose(sum(parts.values()), whole, atol=1e-5 * max(1, float(np.abs(whole).max())))


@tries(60)
@given(seed=seeds, samples=st.integers(2, 500), gain=st.floats(0.01, 100))
def test_measures_forgive_what_they_say_they_forgive(seed, samples, gain):
    s, e = noise(seed, 2, samples)
    assert sdr(gain * s, gain * e) == pytest.approx(sdr(s, e), abs=1e-6)
    assert si_sdr(s, gain * e) == pytest.approx(si_sdr(s, e), abs=1e-5)
    assert sdr(s, s) == np.inf and sdr(s, 0 * s) == 0
    assert np.isnan(framewise_sdr(0 * s, e, 22050))


@pytest.mark.parametrize("measure", [sdr, si_sdr, lambda s, e: framewise_sdr(s, e, 22050)])
def test_an_estimate_that_is_not_finite_is_no_silent_source(measure):
    with pytest.raises(SepeduError, match="not finite"):
        measure(np.ones(9), np.full(9, np.nan))


@tries(150)
@given(arrays(scalar_dtypes(), array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=70)))
@example(np.ones(2, np.float16))
def test_any_array_is_audio_or_is_refused(array):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            audio = check_audio(array)
        except SepeduError:
            return
    assert audio.dtype == np.float32 and np.isfinite(audio).all() and audio.ndim in (1, 2)
    assert 0 < common_gain(audio) <= 1


@tries(15)
@given(seed=seeds, channels=st.integers(1, 6), samples=lengths, rate=st.integers(1000, 400_000))
def test_wav_keeps_every_bit(tmp_path_factory, seed, channels, samples, rate):
    audio = (20 * noise(seed, channels, samples)).astype(np.float32)
    again, its_rate = read_audio(write_audio(tmp_path_factory.getbasetemp() / "a.wav", audio, rate))
    assert its_rate == rate and np.array_equal(again, audio)


STARTS = [
    b"",
    b"RIFF",
    b"RF64",
    b"riff",
    b"FORM",
    b".snd",
    b"caff",
    b"\0\0\0\x18ftyp",
    b"OggS",
    b"\x1a\x45\xdf\xa3",
    b"ID3\4\0\0\0\0\0\0\xff\xfb\x90\0",
    b"\xff\xfb\x90\0Xing\0\0\0\3",
]


@tries(300)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=300))
def test_headers_of_any_bytes_are_read_or_refused(tmp_path_factory, start, rest):
    path = tmp_path_factory.getbasetemp() / "any bytes"
    path.write_bytes(start + rest)
    try:
        assert read_audio(path)[0].size
    except SepeduError as error:
        assert "any bytes" in str(error)


@tries(6)
@given(
    batch=st.integers(1, 9),
    seed=st.integers(0, 9),
    remix=st.floats(0, 1),
    speed=st.floats(0, 0.5),
)
def test_an_epoch_of_excerpts_has_the_batches_that_it_says(batch, seed, remix, speed):
    songs = [made_up_song(name, 0.5, k) for k, name in enumerate("ab")]
    drawn = Excerpts(
        songs,
        "bass",
        "mask",
        batch=batch,
        augmentation=Augmentation(remix=remix, gain=6, speed=speed, channels=True),
    )
    count = 0
    for mixture, target in drawn.epoch(seed, 0):
        count += 1
        assert mixture.shape[1:] == (513, 25) and target.shape == (len(mixture), 513)
        assert torch.isfinite(mixture).all()
        if count == 3:
            break
    assert count == min(len(drawn), 3)


@tries(40)
@given(frames=st.lists(st.integers(-99, 99), max_size=3))
def test_the_table_has_the_frames_asked_for_or_says_which_is_missing(frames):
    song = made_up_song(seconds=0.5)
    try:
        assert list(as_table(song, frames).index) == frames
    except SepeduError as error:
        assert any(str(frame) in str(error) for frame in frames)
