"""Measures agree with museval and with their definitions; the ladder is in order."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from songs import made_up_song, write_hq_dataset

from sepedu import STFT, MaskCNN, MaskUNet, SepeduError, binary_mask, evaluate
from sepedu.cli import main
from sepedu.engine.ffmpeg import ensure_ffmpeg
from sepedu.evaluation import METHODS, framewise_sdr, sdr, si_sdr, summarise
from sepedu.separation import predict_soft_mask
from sepedu.songs import SOURCES
from sepedu.unet import predict_masks

random = np.random.default_rng(0)
REFERENCE = random.standard_normal((2, 3 * 22050))
ESTIMATE = REFERENCE + 0.3 * random.standard_normal(REFERENCE.shape)


def test_sdr_of_a_known_error():
    assert sdr(np.ones(100), np.full(100, 0.9)) == pytest.approx(20)
    assert sdr(np.ones(100), np.zeros(100)) == 0
    assert sdr(np.ones(100), np.ones(100)) == np.inf


def test_framewise_sdr_is_that_of_museval():
    ensure_ffmpeg()
    import museval

    theirs = museval.metrics.bss_eval(
        REFERENCE.T[None], ESTIMATE.T[None], window=22050, hop=22050, compute_permutation=False
    )[0]
    assert framewise_sdr(REFERENCE, ESTIMATE, 22050) == pytest.approx(np.median(theirs), abs=1e-4)


def test_si_sdr_forgives_the_level_only():
    assert si_sdr(REFERENCE, 5 * REFERENCE) > 100
    level = si_sdr(REFERENCE, ESTIMATE)
    assert si_sdr(REFERENCE, 0.1 * ESTIMATE) == pytest.approx(level)
    assert level < sdr(REFERENCE, ESTIMATE) + 0.1


def test_a_silent_source_has_no_sdr():
    silent = np.zeros_like(REFERENCE)
    assert np.isnan(sdr(silent, ESTIMATE))
    assert np.isnan(framewise_sdr(silent, ESTIMATE, 22050))
    assert np.isnan(si_sdr(silent, ESTIMATE))
    assert np.isnan(si_sdr(REFERENCE, silent))


def test_an_estimate_with_nothing_of_the_reference():
    assert si_sdr(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == -np.inf


def test_museval_leaves_out_a_window_where_any_source_is_silent():
    """Ours leaves it out for that source alone, and so measures the others there, too."""
    ensure_ffmpeg()
    import museval

    rate, noise = 1000, np.random.default_rng(0)
    references = noise.standard_normal((2, 2 * rate))
    references[1, rate:] = 0
    errors = np.repeat([0.5, 0.1], rate)  # the window of one second that museval leaves out is good
    estimates = references + errors * noise.standard_normal(references.shape)
    theirs = museval.metrics.bss_eval(
        references[..., None],
        estimates[..., None],
        window=rate,
        hop=rate,
        compute_permutation=False,
    )[0]
    assert np.isnan(theirs[:, 1]).all()
    first = framewise_sdr(references[0, :rate], estimates[0, :rate], rate)
    assert np.nanmedian(theirs[0]) == pytest.approx(first, abs=1e-4)
    assert framewise_sdr(references[0], estimates[0], rate) > first + 5
    assert framewise_sdr(references[1], estimates[1], rate) == pytest.approx(
        np.nanmedian(theirs[1]), abs=1e-4
    )


@pytest.mark.parametrize(
    ("songs", "message"),
    [
        ([], "nothing to measure"),
        ([replace(made_up_song("a"), sample_rate=44100)], "44100 Hz"),
        ([replace(made_up_song("a"), mixture=np.zeros((2, 99), np.float32))], "2 channels"),
    ],
)
def test_songs_that_cannot_be_measured(songs, message):
    with pytest.raises(SepeduError, match=message):
        evaluate(songs, {})


def test_other_shapes_are_refused():
    with pytest.raises(SepeduError, match="cannot be compared"):
        sdr(np.ones(3), np.ones(4))


@pytest.fixture(scope="module")
def table():
    songs = [made_up_song("a"), made_up_song("b", seed=1)]
    torch.manual_seed(0)
    masks = {"vocals": np.full((513, 1), 0.3, np.float32)}
    return evaluate(songs, {"vocals": MaskCNN().eval()}, masks, ["vocals", "bass"])


def test_the_ladder_is_whole_and_in_order(table):
    summary = summarise(table)
    alone = [m for m in METHODS if m not in ("network, ratio", "network, wiener")]
    alone = [m for m in alone if not m.startswith("U-Net")]
    assert list(summary.loc["vocals"].index) == alone
    assert "network, soft" not in summary.loc["bass"].index
    vocals = summary.loc["vocals"]
    assert vocals.loc["silence", "sdr"] == 0
    assert vocals.loc["ideal binary mask", "accuracy"] == 1
    assert vocals.loc["ideal binary mask", "mse"] == 0
    ones = vocals["ones"].iloc[0]
    assert vocals.loc["mixture", "accuracy"] == pytest.approx(ones)
    assert vocals.loc["silence", "accuracy"] == pytest.approx(1 - ones)
    assert vocals.loc["majority class", "accuracy"] == pytest.approx(max(ones, 1 - ones))
    assert vocals.loc["ideal ratio mask", "sdr"] > vocals.loc["mixture", "sdr"]


def test_four_networks_and_a_u_net_are_measured_on_the_same_frames():
    torch.manual_seed(0)
    models = {source: MaskCNN().eval() for source in SOURCES}
    unet = MaskUNet((4, 8)).eval()
    song = made_up_song("a")
    summary = summarise(evaluate([song], models, sources=["other"], unet=unet)).loc["other"]
    predicted = [m for m in METHODS if m.startswith(("network", "U-Net"))]
    assert [m for m in summary.index if m.startswith(("network", "U-Net"))] == predicted
    place = SOURCES.index("other")
    magnitude = np.abs(STFT().forward(song.mixture))
    soft = np.stack([predict_soft_mask(model, magnitude) for model in models.values()])
    truth = binary_mask(np.abs(STFT().forward(song.sources["other"])), magnitude)
    expected = {
        "network, soft": soft[place],
        "network, ratio": soft[place] / soft.sum(0),
        "network, wiener": soft[place] ** 2 / (soft**2).sum(0),
        "U-Net, soft": predict_masks(unet, magnitude[None])[place, 0],
        "U-Net, binary": predict_masks(unet, magnitude[None], "binary")[place, 0] > 0.5,
    }
    for method, mask in expected.items():
        mse = np.mean((mask.astype(float) - truth) ** 2)
        assert summary.loc[method, "mse"] == pytest.approx(mse, abs=1e-5), method


def test_means_weigh_frames_and_medians_songs(table):
    rows = table[(table.source == "vocals") & (table.method == "network, soft")]
    row = summarise(table).loc[("vocals", "network, soft")]
    assert row["accuracy"] == pytest.approx(np.average(rows["accuracy"], weights=rows["frames"]))
    assert row["sdr"] == pytest.approx(rows["sdr"].median())
    assert row["songs"] == 2


def test_a_silent_stem_is_counted():
    song = made_up_song()
    song.sources["bass"][:] = 0
    summary = summarise(evaluate([song], {}, sources=["bass"]))
    assert summary.loc[("bass", "mixture"), "silent"] == 1
    assert STFT().frames(song.mixture.size) == 130


def test_command_line_writes_every_row(tmp_path, capsys):
    root = write_hq_dataset(tmp_path / "data", ["one"])
    out = tmp_path / "folder" / "rows.json"
    arguments = ["evaluate", "--data", str(root), "--sources", "other", "--out", str(out)]
    assert main(arguments) == 0
    assert "ideal binary mask" in capsys.readouterr().out
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert {row["method"] for row in rows} >= {"silence", "mixture", "ideal ratio mask"}


def test_command_line_tells_a_wrong_root(tmp_path, capsys):
    assert main(["evaluate", "--data", str(tmp_path)]) == 2
    assert "expected train/ and test/" in capsys.readouterr().err
