"""The transform and its inverse: exact for every length, and every bad input told plainly."""

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sepedu import STFT, SepeduError
from sepedu.stft import Features

stft = STFT()


@settings(deadline=None, max_examples=40)
@given(
    samples=st.integers(1, 5000),
    shape=st.sampled_from([(), (1,), (2,), (3, 2)]),
    seed=st.integers(0, 999),
)
def test_round_trip_returns_every_length(samples, shape, seed):
    audio = np.random.default_rng(seed).uniform(-1, 1, (*shape, samples)).astype(np.float32)
    spectrum = stft.forward(audio)
    assert spectrum.shape == (*shape, 513, stft.frames(samples))
    assert spectrum.dtype == np.complex64
    again = stft.inverse(spectrum, samples)
    assert again.shape == audio.shape
    assert np.abs(again - audio).max() < 1e-6


def test_double_precision_is_kept():
    audio = np.random.default_rng(0).uniform(-1, 1, 3000)
    again = stft.inverse(stft.forward(audio), 3000)
    assert again.dtype == np.float64
    assert np.abs(again - audio).max() < 1e-14


def test_masked_inverse_is_free_of_clicks():
    """A mask that is constant in time filters; it must not leave a trace at the hops."""
    audio = np.random.default_rng(0).uniform(-1, 1, 256 * 40)
    gain = np.linspace(1, 0, 513)[:, None] ** 2
    masked = stft.inverse(gain * stft.forward(audio), audio.size)
    inside = masked[2048:-2048].reshape(-1, 256)
    energy = (np.diff(inside, axis=1) ** 2).mean(axis=0)
    assert energy.max() / energy.min() < 4  # a click at a hop would stand out by far more


def test_equals_librosa():
    audio = np.random.default_rng(1).uniform(-1, 1, 22050).astype(np.float32)
    theirs = librosa.stft(audio, n_fft=1024, hop_length=256, pad_mode="constant")
    assert np.abs(stft.forward(audio) - theirs).max() < 1e-4


def test_tensors_stay_tensors():
    audio = torch.rand(2, 3000)
    spectrum = stft.forward(audio)
    assert isinstance(spectrum, torch.Tensor)
    assert torch.allclose(stft.inverse(spectrum, 3000), audio, atol=1e-6)


def test_the_course_settings():
    assert (stft.bins, stft.frequencies[-1]) == (513, 11025.0)
    assert stft.frames_per_second == pytest.approx(86.13, abs=0.01)
    assert stft.times(3)[2] == pytest.approx(512 / 22050)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: STFT(n_fft=0), "n_fft=0"),
        (lambda: STFT(n_fft=1023), "cannot be inverted"),
        (lambda: STFT(hop_length=600), "cannot be inverted"),
        (lambda: STFT(sample_rate=22050.5), "sample_rate=22050.5"),
        (lambda: stft.forward(np.zeros(0)), "cannot be transformed"),
        (lambda: stft.forward(np.array([1.0, np.nan])), "not finite"),
        (lambda: stft.forward(np.zeros(9, complex)), "cannot be transformed"),
        (lambda: stft.inverse(np.zeros((513, 4)), 1000), "magnitude alone"),
        (lambda: stft.inverse(np.zeros((512, 4), complex), 1000), "cannot become"),
        (lambda: stft.inverse(np.zeros((513, 9), complex), 1000), "do not belong"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(SepeduError, match=message):
        call()


def test_features_use_the_training_statistics():
    random = np.random.default_rng(0)
    songs = [random.gamma(1, 2, (513, frames)).astype(np.float32) for frames in (30, 50)]
    features = Features().fit(songs)
    values = features(torch.from_numpy(np.concatenate(songs, axis=1)))
    assert torch.allclose(values.mean(-1), torch.zeros(513), atol=1e-5)
    assert torch.allclose(values.std(-1), torch.ones(513), atol=1e-4)


def test_a_frequency_without_energy_stays_finite():
    features = Features().fit([np.zeros((513, 20), np.float32)])
    assert torch.isfinite(features(torch.zeros(513, 4))).all()
