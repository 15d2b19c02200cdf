"""Masks: the equation, its kin, and what they do to a mixture."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from songs import made_up_song

from sepedu import STFT, SepeduError, apply_mask, average_mask, binary_mask, ratio_mask

magnitudes = arrays(np.float64, (4, 5), elements=st.floats(0, 1e6))


@given(source=magnitudes, mixture=magnitudes, threshold=st.floats(0, 10))
def test_binary_mask_is_its_equation(source, mixture, threshold):
    mask = binary_mask(source, mixture, threshold)
    assert mask.dtype == bool
    assert np.array_equal(mask, source > threshold * mixture)


@given(source=magnitudes, mixture=magnitudes, low=st.floats(0, 5), high=st.floats(0, 5))
def test_a_higher_threshold_passes_less(source, mixture, low, high):
    low, high = sorted((low, high))
    assert not (binary_mask(source, mixture, high) & ~binary_mask(source, mixture, low)).any()


def test_silence_belongs_to_nobody():
    assert not binary_mask(np.zeros(3), np.zeros(3)).any()


def test_binary_masks_need_not_exclude_one_another():
    """Two sources of opposite phase are each louder than their mixture."""
    assert binary_mask(np.array([1.0]), np.array([0.1])).all()
    assert binary_mask(np.array([0.9]), np.array([0.1])).all()


@given(sources=arrays(np.float64, (3, 4, 5), elements=st.floats(0, 1e6)))
def test_ratio_masks_sum_to_one(sources):
    for power in (1.0, 2.0):
        masks = ratio_mask(sources, power)
        assert np.allclose(masks.sum(0), 1)
        assert (masks >= 0).all()


def test_ratio_mask_of_tensors_equals_that_of_arrays():
    sources = np.random.default_rng(0).uniform(size=(4, 513, 3))
    assert np.allclose(ratio_mask(torch.from_numpy(sources)).numpy(), ratio_mask(sources))


def test_ratio_masks_give_the_mixture_back():
    song, stft = made_up_song(), STFT()
    spectrum = stft.forward(song.mixture)
    sources = np.stack([np.abs(stft.forward(audio)) for audio in song.sources.values()])
    estimates = apply_mask(ratio_mask(sources), spectrum)
    assert np.abs(estimates.sum(0) - spectrum).max() < 1e-3


def test_average_mask_counts_frames():
    masks = [np.ones((513, 1), bool), np.zeros((513, 3), bool)]
    mask = average_mask(masks)
    assert mask.shape == (513, 1)
    assert np.allclose(mask, 0.25)


def test_applying_keeps_the_phase():
    spectrum = STFT().forward(made_up_song().mixture)
    estimate = apply_mask(np.full(spectrum.shape, 0.5), spectrum)
    assert np.allclose(np.angle(estimate), np.angle(spectrum))
    assert np.allclose(np.abs(estimate), 0.5 * np.abs(spectrum))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: binary_mask(np.ones((3, 2)), np.ones((2, 3))), "cannot be compared"),
        (lambda: binary_mask(np.ones(3, complex), np.ones(3)), "got complex128"),
        (lambda: binary_mask(np.ones(3), np.ones(3), -1), "threshold must be at least 0, got -1"),
        (
            lambda: binary_mask(np.ones(3), np.ones(3), float("nan")),
            "be a number, got nan",
        ),
        (lambda: ratio_mask(np.ones((2, 3)), 0), "power must be above 0, got 0"),
        (lambda: average_mask([]), "no masks"),
        (lambda: apply_mask(np.ones(3), np.ones(3)), "phase is lost"),
        (lambda: apply_mask(np.ones(1), np.ones((3, 4), complex)), r"\(1,\) does not fit"),
        (lambda: apply_mask(np.ones((1, 4)), np.ones((3, 4), complex)), r"\(1, 4\) does not fit"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(SepeduError, match=message):
        call()
