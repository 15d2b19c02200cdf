"""Windows, targets, the talk's table, and the stretches that training draws."""

import numpy as np
import pytest
import torch
from songs import made_up_song

from sepedu import STFT, SepeduError
from sepedu.excerpts import Augmentation, Excerpts
from sepedu.songs import SOURCES
from sepedu.stft import Features
from sepedu.windows import Windows, as_table, make_example

stft = STFT()
song = made_up_song(seconds=2)


def test_an_example_is_the_mixture_and_the_mask():
    example = make_example(song, "vocals", threshold=0.5)
    mixture = np.abs(stft.forward(song.mixture))
    vocals = np.abs(stft.forward(song.sources["vocals"]))
    assert np.array_equal(example.mixture, mixture)
    assert np.array_equal(example.target, vocals > 0.5 * mixture)


def test_the_target_without_the_mask_is_the_compressed_magnitude():
    example = make_example(song, "bass", output="magnitude")
    assert np.allclose(example.target, np.log1p(np.abs(stft.forward(song.sources["bass"]))))


def test_every_frame_has_a_window_and_silence_beyond_the_ends():
    example = make_example(song, "vocals")
    features = Features().fit([example.mixture])
    windows = Windows([example, example], features)
    frames = example.mixture.shape[1]
    assert len(windows) == 2 * frames
    silence = features(torch.zeros(513, 12))
    first, answer = windows[0]
    assert first.shape == (1, 513, 25)
    assert torch.equal(first[0, :, :12], silence)
    assert torch.equal(answer, torch.from_numpy(example.target[:, 0]).float())
    last, _ = windows[2 * frames - 1]
    assert torch.equal(last[0, :, 13:], silence)
    assert windows.locate(frames) == (1, 0)
    with pytest.raises(IndexError):
        windows[2 * frames]


def test_windows_are_views():
    windows = Windows([make_example(song, "vocals")], Features())
    memory = windows.windows[0].untyped_storage().nbytes()
    assert memory < windows.windows[0].numel() * 4 / 20
    assert windows[5][0].untyped_storage().data_ptr() == windows[6][0].untyped_storage().data_ptr()


def test_the_table_has_the_talks_columns():
    table = as_table(song, [0, 50])
    expected = ["MIXTURE_STFT_SPEC_FRAME", "MIXTURE_STFT_SPEC"]
    for source in SOURCES:
        expected += [f"{source.upper()}_STFT_SPEC", f"{source.upper()}_STFT_MASK"]
    assert list(table.columns) == expected
    row = table.loc[50]
    assert row["MIXTURE_STFT_SPEC_FRAME"].shape == (513, 25)
    assert np.array_equal(row["MIXTURE_STFT_SPEC_FRAME"][:, 12], row["MIXTURE_STFT_SPEC"])
    assert row["VOCALS_STFT_MASK"].dtype == bool


def test_an_epoch_visits_each_frame_at_most_once_and_misses_few():
    excerpts = Excerpts([song], "vocals", stretch=20, batch=3)
    frames = stft.frames(song.mixture.size)
    drawn = sum(len(mixture) for mixture, _ in excerpts.epoch(0, 0))
    assert drawn == frames // 20
    assert len(list(excerpts.epoch(0, 0))) == len(excerpts)


def test_unchanged_stretches_are_pieces_of_the_song():
    excerpts = Excerpts([song], "vocals", stretch=1, batch=1000)
    mixture, target = next(excerpts.epoch(0, 0))
    example = make_example(song, "vocals")
    padded = np.pad(example.mixture, ((0, 0), (12, 12)))
    whole = {padded[:, m : m + 25].tobytes() for m in range(example.mixture.shape[1])}
    assert mixture.shape == (len(whole), 513, 25)
    for frame in range(example.mixture.shape[1]):
        distance = (mixture - torch.from_numpy(padded[:, frame : frame + 25])).abs().amax((1, 2))
        nearest = int(distance.argmin())
        assert distance[nearest] < 1e-3
        heard = example.mixture[:, frame] > 1e-3  # below, rounding decides the mask
        same = target[nearest, :, 0].numpy() == example.target[:, frame]
        assert same[heard].mean() > 0.99


def test_drawing_depends_on_seed_and_epoch_alone():
    change = Augmentation(remix=0.5, gain=6, speed=0.1, channels=True)
    songs = [made_up_song("a"), made_up_song("b", seed=1)]
    excerpts = Excerpts(songs, "drums", stretch=16, augmentation=change)
    first, again, other = (next(excerpts.epoch(*key))[0] for key in ((1, 2), (1, 2), (1, 3)))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_remix_takes_other_stems_but_keeps_the_sum():
    songs = [made_up_song("a"), made_up_song("b", seed=1)]
    excerpts = Excerpts(songs, "vocals", stretch=32, augmentation=Augmentation(remix=1.0))
    mixture, target = next(excerpts.epoch(0, 0))
    assert mixture.shape[1:] == (513, 32 + 24)
    assert target.dtype == torch.bool


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_example(song, "flute"), "no source 'flute'"),
        (lambda: make_example(song, "bass", stft=STFT(44100)), "22050 Hz, the transform 44100"),
        (lambda: as_table(song, [10_000]), "no frame 10000"),
        (lambda: Excerpts([], "bass"), "no songs"),
        (lambda: Excerpts([song], "flute"), "does not suit"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(SepeduError, match=message):
        call()
