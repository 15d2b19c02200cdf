"""Windows, targets, the talk's table, and what training draws."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from songs import made_up_song

from sepedu import STFT, SepeduError
from sepedu.excerpts import Augmentation, Excerpts, SegmentAugmentation, Segments
from sepedu.songs import SOURCES, Song
from sepedu.stft import Features
from sepedu.unet import MaskUNet
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
    frames = stft.frames(song.mixture.size)
    for drawn, count in (
        (Excerpts([song], "vocals", batch=7), frames),
        (Segments([song], frames=20, batch=3), frames // 20),
    ):
        assert sum(len(batch[0]) for batch in drawn.epoch(0, 0)) == count
        assert len(list(drawn.epoch(0, 0))) == len(drawn)


def test_unchanged_windows_are_pieces_of_the_song():
    excerpts = Excerpts([song], "vocals", batch=1000)
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
        same = target[nearest].numpy() == example.target[:, frame]
        assert same[heard].mean() > 0.99


def test_drawing_depends_on_seed_and_epoch_alone():
    change = Augmentation(remix=0.5, gain=6, speed=0.1, channels=True)
    songs = [made_up_song("a"), made_up_song("b", seed=1)]
    excerpts = Excerpts(songs, "drums", augmentation=change)
    first, again, other = (next(excerpts.epoch(*key))[0] for key in ((1, 2), (1, 2), (1, 3)))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_remix_takes_other_stems_but_keeps_the_sum():
    songs = [made_up_song("a"), made_up_song("b", seed=1)]
    excerpts = Excerpts(songs, "vocals", "magnitude", augmentation=Augmentation(remix=1.0))
    plain = Excerpts(songs, "vocals", "magnitude")
    (mixture, target), (unmixed, same) = (next(each.epoch(0, 0)) for each in (excerpts, plain))
    assert mixture.shape[1:] == (513, 25) and target.shape[1:] == (513,)
    # The same windows of the source, whatever plays beside it.
    assert torch.equal(target, same) and not torch.equal(mixture, unmixed)


def stereo(name: str, seed: int) -> Song:
    mono = made_up_song(name, seed=seed)
    sources = {key: np.stack([audio, 0.5 * audio]) for key, audio in mono.sources.items()}
    return Song(name, np.stack([mono.mixture] * 2), sources, mono.sample_rate)


def test_segments_are_spectra_of_all_sources():
    whole = stereo("a", 0)
    (spectra,) = next(Segments([whole], frames=30, batch=1).epoch(0, 0))
    assert spectra.shape == (1, 4, 2, 513, 30) and spectra.dtype == torch.complex64
    expected = stft.forward(np.stack(list(whole.sources.values())))
    distances = [
        np.abs(spectra[0].numpy() - expected[..., first : first + 30]).max()
        for first in range(expected.shape[-1] - 29)
    ]
    assert min(distances) < 1e-3


def test_a_song_shorter_than_a_segment_shortens_them_aloud():
    with pytest.warns(UserWarning, match="130 frames instead of 1000: the song short has no more"):
        drawn = Segments([song, made_up_song("short")], frames=1000)
    assert next(drawn.epoch(0, 0))[0].shape[-1] == 130


def test_segments_of_mono_songs_have_two_equal_channels():
    (spectra,) = next(Segments([made_up_song("a")], frames=30).epoch(0, 0))
    assert torch.equal(spectra[:, :, 0], spectra[:, :, 1])
    change = SegmentAugmentation(channels=True)
    drawn = torch.cat([s for (s,) in Segments([stereo("a", 0)], 8, 4, change).epoch(0, 0)])
    equal = (drawn[:, :, 0] == drawn[:, :, 1]).flatten(1).all(1)
    assert 0 < equal.float().mean() < 1, "some segments are mono, some are not"


def test_changed_segments_depend_on_seed_and_epoch_alone():
    change = SegmentAugmentation(0.7, 6, 0.1, True, pan=0.5, equaliser=2.5)
    drawn = Segments([stereo("a", 0), stereo("b", 1)], 16, 6, change)
    whole, again = (list(drawn.epoch(1, 2)) for _ in range(2))
    parts = [list(drawn.epoch(1, 2, process, 2)) for process in range(2)]
    for (spectra,), (same,), ((first,), (second,)) in zip(
        whole, again, zip(*parts, strict=True), strict=True
    ):
        assert torch.equal(spectra, same) and torch.isfinite(spectra.abs()).all()
        assert len(spectra) == 1 or torch.equal(torch.cat([first, second]), spectra)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_example(song, "flute"), "no source 'flute'"),
        (lambda: make_example(song, "bass", stft=STFT(44100)), "22050 Hz, the transform 44100"),
        (lambda: as_table(song, [10_000]), "no frame 10000"),
        (lambda: Excerpts([], "bass"), "no songs"),
        (lambda: Excerpts([song], "flute"), "Source 'flute' is unknown"),
        (lambda: make_example(stereo("a", 0), "bass"), "a has 2 channels"),
        (lambda: as_table(replace(song, sample_rate=44100), [0]), "44100 Hz, the transform 22050"),
        (lambda: Features().fit([]), "no frames"),
        (lambda: MaskUNet((2, 4)).fit_statistics([]), "no frames"),
        (lambda: Augmentation(remix=7), "remix must be between 0 and 1, got 7"),
        (lambda: Augmentation(gain=-3), "gain must be at least 0, got -3"),
        (lambda: SegmentAugmentation(pan=float("nan")), "pan must be a number, got nan"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(SepeduError, match=message):
        call()
