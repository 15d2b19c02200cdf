"""What the widgets tell the browser, measure and say, without a browser."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from sepedu.dense import window_scores
from sepedu.errors import SepeduError
from sepedu.evaluation import sdr
from sepedu.masks import apply_mask, binary_mask
from sepedu.model import MaskCNN
from sepedu.songs import SOURCES, Song
from sepedu.stft import STFT
from sepedu.training import History, Recipe
from sepedu.unet import MaskUNet, predict_masks
from sepedu.widgets import (
    BlindListening,
    MaskPainter,
    PredictedMaskExplorer,
    STFTExplorer,
    ThresholdExplorer,
    TrainingMonitor,
    base,
)
from sepedu.widgets.base import FOLDER, bundle
from sepedu.widgets.listening import chance, level_matched
from sepedu.widgets.material import Material, encode
from sepedu.widgets.predicted import inspect_network
from sepedu.widgets.threshold import THRESHOLDS
from sepedu.widgets.transform import WINDOWS, WindowedSTFT, dip, two_clicks, two_tones
from sepedu.windows import make_example

RATE = 22050
WITH_A_SONG = {
    "threshold": lambda song: ThresholdExplorer(song, "vocals"),
    "predicted": lambda song: PredictedMaskExplorer(song, network(), "vocals"),
    "painter": lambda song: MaskPainter(song, "vocals"),
    "transform": lambda song: STFTExplorer(song),
    "listening": lambda song: BlindListening(song, "vocals", network(), np.full((513, 1), 0.3)),
}


def network() -> MaskCNN:
    torch.manual_seed(0)
    return MaskCNN()


def make_song(samples: int = RATE // 2, name: str = "noise and a tone", **sources) -> Song:
    rng = np.random.default_rng(0)
    time = np.arange(samples) / RATE
    parts = {
        "vocals": 0.3 * np.sin(2 * np.pi * 440 * time) * np.sin(np.pi * time) ** 2,
        "drums": 0.1 * rng.standard_normal(samples),
    }
    parts = {key: part.astype(np.float32) for key, part in (parts | sources).items()}
    return Song(name, np.sum(list(parts.values()), axis=0), parts, RATE)


@pytest.fixture(scope="module")
def song() -> Song:
    return make_song()


@pytest.fixture(scope="module")
def explorer(song) -> ThresholdExplorer:
    return ThresholdExplorer(song, "vocals")


def picture(data: bytes, shape: tuple[int, int]) -> np.ndarray:
    """Bytes for the browser as an array again, lowest frequency first."""
    return np.frombuffer(data, np.uint8).reshape(shape)[::-1]


# Songs at the edge of what there is


EDGES = {
    "one sample": make_song(1),
    "one frame": make_song(200),
    "silent source": make_song(vocals=np.zeros(RATE // 2)),
    "all silent": make_song(vocals=np.zeros(RATE // 2), drums=np.zeros(RATE // 2)),
    "loud": make_song(vocals=4 * np.ones(RATE // 2)),
}
stereo = make_song()
EDGES["stereo"] = Song(
    "stereo",
    np.stack([stereo.mixture, 0.5 * stereo.mixture]),
    {name: np.stack([audio, 0.5 * audio]) for name, audio in stereo.sources.items()},
    RATE,
)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("kind", WITH_A_SONG)
def test_no_song_breaks_a_widget(kind, edge):
    widget = WITH_A_SONG[kind](EDGES[edge])
    if kind == "threshold":
        for threshold in (0.01, 10, 1):
            widget.threshold = threshold
        widget.kind = "ratio"
    elif kind == "predicted":
        widget.decision, widget.frame = 0.0, 0
        widget.decision = 1.0
    elif kind == "painter":
        widget.mask = np.ones_like(widget.mask)
    elif kind == "transform":
        for widget.signal in ("song", "tones", "clicks", "both"):
            for widget.n_fft in (128, 8192):
                pass
    else:
        widget.answer("a")
    state = {name: v for name, v in widget.get_state().items() if not isinstance(v, bytes)}
    json.dumps(state, allow_nan=False, default=str)
    assert "nan" not in widget.reading
    if "silent" in edge and kind in ("threshold", "predicted", "painter"):
        assert "silent" in widget.reading


@pytest.mark.parametrize("kind", WITH_A_SONG)
def test_what_stays_in_the_notebook_says_what_was_on_show(kind, song):
    widget = WITH_A_SONG[kind](song)
    data, _ = widget.kept()
    png = base64.b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG") and len(png) < 150_000
    page = BeautifulSoup(data["text/html"], "html.parser")
    assert page.img["alt"] == data["text/plain"] == f"{widget.title}. {widget.reading}"
    assert page.img["src"].endswith(data["image/png"])
    assert widget.reading in page.text and "Run this cell to turn it again." in page.text


def test_the_picture_that_stays_follows_the_widget(song, monkeypatch):
    shown = []
    for name in ("display", "update_display"):
        record = partial(lambda name, data, **kwargs: shown.append((name, data, kwargs)), name)
        monkeypatch.setattr(base, name, record)
    widget = ThresholdExplorer(song, "vocals")
    widget.receive({"kind": "rest"})
    assert shown == []  # not displayed yet
    widget._ipython_display_()
    widget.threshold = 2
    widget._hear(widget, {"kind": "rest"}, [])
    assert [name for name, *_ in shown] == ["display", "display", "update_display"]
    assert list(shown[0][1]) == [base.VIEW] and shown[0][1][base.VIEW]["model_id"]
    assert shown[1][2]["display_id"] == shown[2][2]["display_id"]
    assert "T = 0.5:" in shown[1][1]["text/plain"] and "T = 2:" in shown[2][1]["text/plain"]
    assert "threshold=2." in shown[2][1]["text/html"]


def test_the_threshold_explorer_loads_no_network():
    code = (
        "import sys; from sepedu.widgets import ThresholdExplorer; "
        "print(*(name for name in sys.modules if name.startswith('sepedu')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "sepedu.widgets.threshold" in loaded and len(loaded) <= 15
    assert not {"sepedu.model", "sepedu.unet", "sepedu.training"} & set(loaded)


@pytest.mark.parametrize("kind", ["threshold", "predicted", "painter", "listening"])
def test_bad_input_is_named_with_a_remedy(kind, song):
    low = Song(song.name, song.mixture, song.sources, 8000)
    with pytest.raises(SepeduError, match="8000 Hz"):
        WITH_A_SONG[kind](low)
    bare = Song(song.name, song.mixture, {"drums": song.sources["drums"]}, RATE)
    with pytest.raises(SepeduError, match=r"no source 'vocals'\. It has: drums"):
        WITH_A_SONG[kind](bare)


@pytest.mark.parametrize("start, seconds", [(-1, 1), (9, 1), (0, 0), (0, -1), (float("nan"), 1)])
def test_a_segment_lies_inside_of_the_song(song, start, seconds):
    with pytest.raises(SepeduError, match=r"lasts 0\.50 s"):
        Material.of(song, "vocals", start, seconds)


def test_a_segment_is_cut_from_every_recording(song):
    cut = Material.of(song, "vocals", 0.1, 0.2).song
    assert np.array_equal(cut.mixture, song.mixture[2205:6615])
    assert np.array_equal(cut.sources["drums"], song.sources["drums"][2205:6615])


# Threshold explorer


def test_the_slider_has_the_round_thresholds():
    assert len(THRESHOLDS) == 241 and (np.diff(THRESHOLDS) > 0).all()
    assert {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0} <= set(THRESHOLDS.tolist())
    ratios = THRESHOLDS[1:] / THRESHOLDS[:-1]
    assert ratios.min() > 1.028 and ratios.max() < 1.030


@given(position=st.integers(0, 240))
def test_what_the_browser_draws_is_the_mask_of_the_library(explorer, position):
    material = explorer.material
    drawn = picture(explorer.passes, material.shape) > position
    mask = binary_mask(material.magnitude, material.mixture, float(THRESHOLDS[position]))
    assert np.array_equal(drawn, mask)
    assert explorer.shares[position] == mask.mean()


def test_the_curve_is_measured_by_the_library(explorer):
    explorer.kind, explorer.threshold = "binary", 0.2
    material = explorer.material
    mask = binary_mask(material.magnitude, material.mixture, 0.2)
    assert np.array_equal(explorer.mask, mask)
    estimate = material.stft.inverse(apply_mask(mask, material.spectrum), len(material.reference))
    expected = sdr(material.reference, estimate)
    assert explorer.result["sdr"] == pytest.approx(expected)
    assert [0.2, explorer.result["sdr"]] in explorer.curve
    assert explorer.lines["best"][1] == max(value for _, value in explorer.curve)
    assert f"SDR {expected:.1f} dB" in explorer.reading
    assert f"{100 * mask.mean():.1f} % of the points are ones" in explorer.reading


def test_the_browser_gets_the_sounds_that_it_computes_with(explorer):
    assert list(explorer.heard["sounds"]) == ["mixture", "source"]
    data = base64.b64decode(explorer.heard["sounds"]["mixture"].split(",")[1])
    mixture, rate = soundfile.read(io.BytesIO(data))
    assert rate == RATE
    expected = explorer.material.song.mixture * explorer.heard["gain"]
    assert np.abs(mixture - expected).max() < 1 / 2**15


def test_when_one_recording_would_clip_all_are_turned_down():
    quiet, loud = np.full(2000, 0.5, np.float32), np.full(2000, 2.0, np.float32)
    alone, beside = encode({"mixture": quiet}, RATE), encode({"mixture": quiet, "b": loud}, RATE)
    assert alone["gain"] == 1 and beside["gain"] == 0.5
    assert alone["sounds"]["mixture"] != beside["sounds"]["mixture"]


@pytest.mark.parametrize("threshold", [0.0, 0.009, 11, float("nan")])
def test_a_threshold_outside_of_the_slider_is_refused(explorer, song, threshold):
    with pytest.raises(SepeduError, match="is not on the slider"):
        explorer.threshold = threshold
    with pytest.raises(SepeduError, match="is not on the slider"):
        ThresholdExplorer(song, threshold=threshold)


@pytest.mark.parametrize("threshold", [0, -1])
def test_a_threshold_of_zero_or_less_is_explained(explorer, threshold):
    with pytest.raises(SepeduError, match="at T = 0 every point passes"):
        explorer.threshold = threshold


# Predicted mask explorer


def test_the_mask_is_what_exceeds_the_decision_threshold(song):
    explorer = PredictedMaskExplorer(song, network(), "vocals")
    shape = explorer.material.shape
    for decision in (0.0, 0.37, 0.5, 1.0):
        explorer.decision = decision
        drawn = picture(explorer.passes, shape) > explorer.position
        assert np.array_equal(drawn, explorer.prediction > decision)
        assert np.array_equal(explorer.mask, drawn)
        count = explorer.counts[explorer.position]
        right = (drawn == explorer.target).mean()
        assert count["right"] == pytest.approx(right)
        assert count["right"] + count["miss"] + count["false alarm"] == pytest.approx(1)
    assert explorer.context == 25 and len(explorer.features) == 513 * (shape[1] + 24)
    with pytest.raises(SepeduError, match="not a probability"):
        explorer.decision = 1.2


def test_what_the_network_reads_is_what_it_answers_about(song):
    """The features on show, put through the network, give the probability on show."""
    model, soft = network().eval(), replace(song, mixture=song.mixture / 10)
    probability, _, features = inspect_network(model, Material.of(soft, "vocals", 0.0, 9.0))
    with torch.inference_mode():
        scores = window_scores(model, torch.from_numpy(6 * features[None] - 3))
    assert np.allclose(model.finish(scores)[0].numpy(), probability, atol=1e-4)


def test_a_network_that_predicts_magnitudes_is_shown_too(song):
    explorer = PredictedMaskExplorer(song, MaskCNN(output="magnitude"), "vocals")
    assert explorer.prediction.min() >= 0 and explorer.prediction.max() <= 1


def test_the_unet_is_shown_by_its_answer_about_the_binary_mask(song):
    torch.manual_seed(0)
    model = MaskUNet(channels=(4, 6, 8)).eval()
    explorer = PredictedMaskExplorer(song, model, "drums")
    mixture = explorer.material.mixture[None]
    place = SOURCES.index("drums")
    expected = predict_masks(model, mixture, "binary")[place, 0]
    assert np.allclose(explorer.prediction, expected, atol=1e-6)
    soft = predict_masks(model, mixture, "share")[place, 0]
    assert explorer.lines["soft"] == pytest.approx(explorer.material.sdr_of(soft), abs=1e-4)
    assert explorer.context == 2 * model.receptive_field + 1
    assert len(explorer.features) == 513 * (mixture.shape[-1] + explorer.context - 1)


# Mask painter


def test_what_is_painted_arrives_and_leaves_as_an_array(song):
    painter = MaskPainter(song, "vocals")
    assert not painter.mask.any() and painter.result["sdr"] == 0
    painter.set_state({"painted": memoryview(b"\x01" * painter.mask.size)})
    assert painter.mask.all()
    painter.mask = painter.ideal
    assert np.array_equal(painter.mask, painter.ideal)
    assert painter.result["agreed"] == 1
    assert painter.result["sdr"] == pytest.approx(painter.lines["ideal"])
    with pytest.raises(SepeduError, match="does not fit"):
        painter.mask = np.ones((513, 3))
    with pytest.raises(SepeduError, match="do not fit"):
        painter.painted = b"\x01"


def test_a_painted_mask_is_saved_and_taken_up_again(song, tmp_path):
    painter = MaskPainter(song, "vocals", mask=np.eye(513, len(make_song().mixture) // 256 + 1))
    assert painter.mask.sum() == painter.mask.shape[1]
    again = MaskPainter(song, "vocals", mask=painter.save(tmp_path / "my-mask.npy"))
    assert np.array_equal(again.mask, painter.mask) and again.reading == painter.reading
    again.set_state({"painted": memoryview(b"\x01" * again.mask.size)})  # kept without a word
    assert MaskPainter(song, "vocals", mask=tmp_path / "my-mask.npy").mask.all()
    assert not MaskPainter(song, "vocals", mask=tmp_path / "another.npy").mask.any()
    assert "kept in my-mask.npy" in again.kept()[0]["text/html"]
    with pytest.raises(SepeduError, match="does not fit"):
        MaskPainter(song, "vocals", mask=np.ones((513, 3)))


def test_the_painters_aims_can_be_reached_where_it_says(song):
    painter = MaskPainter(song, "vocals")
    assert "first aim is an SDR above 0 dB" in painter.reading
    words = r"Try first (\S+) to (\S+) s between (\d+) and (\d+) Hz"
    begin, end, low, high = map(float, re.search(words, painter.aim).groups())
    assert low <= 440 <= high  # the voice is a tone of 440 Hz
    frequencies, rate = STFT().frequencies, STFT().frames_per_second
    mask = np.zeros_like(painter.mask)
    rows = (frequencies >= low) & (frequencies < high)
    mask[rows, round(begin * rate) : round(end * rate)] = True
    painter.mask = mask
    assert painter.result["sdr"] > painter.aims[1] > 0
    assert "Both aims are reached" in painter.reading


# STFT explorer


def test_the_windowed_transform_is_the_courses_with_a_hann_window():
    audio = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    assert np.array_equal(WindowedSTFT().forward(audio), STFT().forward(audio))
    for window in WINDOWS:
        stft = WindowedSTFT(RATE, 256, 64, window)
        assert np.allclose(stft.inverse(stft.forward(audio), 5000), audio, atol=1e-4)


def test_each_turn_of_a_knob_is_said():
    explorer = STFTExplorer()
    readings = [explorer.reading]
    turns = {"window": "blackman", "n_fft": 2048, "tones": 90.0, "clicks": 9.0, "overlap": 8}
    for name, value in turns.items():
        setattr(explorer, name, value)
        readings.append(explorer.reading)
    assert all(before != after for before, after in pairwise(readings))


def test_a_dip_is_measured_from_the_lower_peak():
    values = np.array([-80.0, -10, -40, -12, -80])
    assert dip(values, 1, 3) == 28
    assert dip(values, 1, 2) == 0 and dip(np.zeros(9), 2, 6) == 0


def test_long_windows_part_tones_and_short_ones_clicks():
    explorer = STFTExplorer()
    found = {}
    for size in (256, 8192):
        explorer.n_fft = size
        found[size] = explorer.apart(np.abs(explorer.stft.forward(explorer.audio)))
    assert found[256]["tones"] < 3 < found[8192]["tones"]
    assert found[8192]["clicks"] < 3 < found[256]["clicks"]
    assert "The two tones, 60 Hz apart, stand apart" in explorer.reading
    assert "The two clicks, 30 ms apart, run together" in explorer.reading


def test_the_signals_are_where_they_say():
    clicks = np.flatnonzero(two_clicks(100))
    assert (clicks[1] - clicks[0]) / RATE == pytest.approx(0.1, abs=1.1 / RATE)
    spectrum = np.abs(np.fft.rfft(two_tones(200, seconds=2.0)))
    assert set(np.argsort(spectrum)[-2:] / 2) == {900, 1100}


# Blind listening


def test_chance_is_the_binomial_tail():
    assert chance(0, 10) == 1 and chance(10, 10) == 2**-10
    assert chance(8, 10) == pytest.approx(56 / 1024)


def test_all_clips_have_the_power_of_the_last():
    clips = level_matched({"a": np.full(9, 3.0), "silent": np.zeros(9), "b": np.full(9, 0.5)})
    assert clips["a"] == pytest.approx(np.full(9, 0.5)) and not clips["silent"].any()


def test_answers_are_counted_against_chance(song):
    listening = BlindListening(song, trials=4, seed=0)
    for _ in range(4):
        listening.receive(
            {"kind": "answer", "choice": "a" if listening._x == listening.first else "b"}
        )
    listening.receive({"kind": "answer", "choice": "a"})  # the run is over
    assert listening.run == [True] * 4 and len(listening.answers) == 4
    assert listening.verdict.startswith(
        "4 of 4 right; guessing gets at least that in 6.2 % of runs"
    )
    assert "does not show" in listening.verdict
    listening.receive({"kind": "again"})
    assert listening.run == [] and len(listening.answers) == 4
    listening.first = "mixture"
    listening.receive({"kind": "answer", "choice": "a"})
    row = listening.answers.iloc[-1]
    assert row["a"] == row["answer"] == "mixture" and row["right"] == (row["x"] == "mixture")
    assert list(listening.sounds) == ["mixture", "ideal binary mask", "the source itself"]


def test_answers_are_saved_and_taken_up_again(song, tmp_path):
    listening = BlindListening(song, trials=4, seed=0)
    listening.first = "mixture"
    for choice in "abaabb":
        listening.receive({"kind": "answer", "choice": choice})
        if len(listening.run) == 4:
            listening.receive({"kind": "again"})
    again = BlindListening(song, trials=4, answers=listening.save(tmp_path / "answers.csv"))
    assert again.answers.equals(listening.answers) and again.run == listening.run
    assert again.first == "mixture" and again.verdict == listening.verdict
    again.answer("a")  # kept without a word
    assert len(BlindListening(song, answers=tmp_path / "answers.csv").answers) == 7
    with pytest.raises(SepeduError, match="not heard here"):
        other = listening.answers.assign(a="network")
        other.to_csv(tmp_path / "other.csv", index=False)
        BlindListening(song, answers=tmp_path / "other.csv")


def test_the_same_seed_hides_the_same(song):
    orders = []
    for _ in range(2):
        listening = BlindListening(song, seed=3)
        for _ in range(10):
            listening.answer("a")
        orders.append(list(listening.answers["x"]))
    assert orders[0] == orders[1] and len(set(orders[0])) == 2


# Training monitor


def test_a_cell_run_again_closes_its_earlier_widget(monkeypatch):
    def shown(cell, run, widget):
        parent = {"header": {"msg_id": run}, "metadata": {"cellId": cell}}
        shell = SimpleNamespace(get_parent=lambda: parent)
        monkeypatch.setattr(base, "get_ipython", lambda: shell)
        widget._ipython_display_()

    monkeypatch.setattr(base, "display", lambda *_, **__: None)
    monkeypatch.setattr(base, "_SHOWN", {})
    first, second, third = (TrainingMonitor(Recipe()) for _ in range(3))
    shown("a", "1", first)
    shown("a", "1", second)
    shown("b", "2", second)
    shown("a", "3", third)
    closed = [widget.comm is None for widget in (first, second, third)]
    assert closed == [True, False, False], "the second stands in another cell"
    first.keep()  # nothing is shown that could be kept
    shown("a", "4", first)
    assert first.comm is not None and third.comm is None, "opened again"


def row(epoch: int, loss: float) -> dict[str, float]:
    return {
        "epoch": epoch,
        "train_loss": loss - 0.01,
        "train_accuracy": 0.7,
        "valid_loss": loss,
        "valid_accuracy": 0.6,
        "seconds": 10.0,
    }


def training(*rows: dict[str, float], batches: int = 4) -> SimpleNamespace:
    """A training as callbacks see it."""
    return SimpleNamespace(history=History(list(rows)), train=range(batches), seen=[])


def test_the_monitor_follows_a_training(song):
    example = make_example(song, "vocals")
    monitor = TrainingMonitor(Recipe(epochs=4), [example])
    assert monitor.majority == pytest.approx(max(example.target.mean(), 1 - example.target.mean()))
    under_way = training()
    monitor.on_start(under_way)
    assert (monitor.stage, monitor.batches, monitor.left) == ("training", 4, None)
    under_way.seen.append([0.3, 0.6])
    monitor.on_batch(under_way)
    assert monitor.batch_loss is None  # the browser has just been told of the start
    monitor._told -= 1  # a second later
    under_way.seen.append([0.2, 0.7])
    monitor.on_batch(under_way)
    assert monitor.batch == 2 and monitor.left > 0
    assert monitor.batch_loss == pytest.approx(0.25)
    under_way.history.rows.append(row(1, 0.2))
    assert monitor.on_epoch(under_way) is False
    assert (monitor.stage, monitor.left, monitor.best) == ("training", 30.0, 0)
    assert monitor.batch == 0 and "About 30 s left" in monitor.reading
    under_way.history.rows.append(row(2, 0.3))
    monitor.set_state({"stop": True})
    assert monitor.on_epoch(under_way) is True
    monitor.on_end(under_way)
    assert (monitor.stage, monitor.left, monitor.best, monitor.stop) == ("over", 0.0, 0, False)
    assert "The best so far is epoch 1" in monitor.reading and "is over" in monitor.reading
    assert monitor.kept()[0]["image/png"]


def test_a_second_training_begins_the_monitor_anew():
    monitor = TrainingMonitor(Recipe(epochs=9))
    assert monitor.majority is None
    monitor.receive({"kind": "stop"})
    assert not monitor.stop  # nothing is trained yet
    monitor.on_start(training())
    monitor.receive({"kind": "stop"})  # heard from the first batch on
    assert monitor.on_epoch(training(row(1, 0.2))) is True
    monitor.on_end(training(row(1, 0.2)))
    monitor.on_start(training())
    assert (monitor.rows, monitor.best, monitor.stop, monitor.stage) == ([], -1, False, "training")
    assert monitor.batch_loss is None
    assert "has begun" in monitor.reading
    monitor.on_end(training())
    assert "before its first epoch" in monitor.reading


# Scripts


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.js")))
def test_a_bundle_needs_nothing_else(name):
    text = bundle(name)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert not re.search(r"^export (?!default)", text, re.MULTILINE)
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    names = re.findall(r"^(?:const|let|function|class) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names)), "two files use one name"
