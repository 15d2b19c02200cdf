"""The refiner shares out each bin, learns from four networks, and belongs to them."""

import numpy as np
import pytest
import torch

from sepedu import MaskCNN, SepeduError
from sepedu.checkpoints import (
    find_refiner,
    load_checkpoint,
    load_refiner,
    save_checkpoint,
    save_refiner,
    weights_path,
)
from sepedu.engine import refiner, refining
from sepedu.engine.gates import combine_gates, predict_gates
from sepedu.engine.refiner import REACH, Refiner, refined_gates, sharpened_gates
from sepedu.evaluation import accuracy
from sepedu.separation import MARGIN_FRAMES
from sepedu.songs import SOURCES, Song
from sepedu.stft import HALF_CONTEXT, STFT

RANDOM = np.random.default_rng(0)
GATES = RANDOM.random((4, 513, 70), dtype=np.float32)
MAGNITUDE = RANDOM.gamma(1, 1, (513, 70)).astype(np.float32)


@pytest.fixture
def random_refiner():
    torch.manual_seed(0)
    return Refiner().eval()


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {source: MaskCNN().eval() for source in SOURCES}


def hum_and_clicks() -> Song:
    """The bass hums, the drums click, and the others are silent."""
    samples = 22050 * 2
    time = np.arange(samples) / 22050
    sources = {source: np.zeros(samples, np.float32) for source in SOURCES}
    sources["bass"] = 0.2 * np.sin(2 * np.pi * 220 * time).astype(np.float32)
    sources["drums"][::5000] = 0.9
    return Song("hum and clicks", sum(sources.values()), sources, 22050)


def test_a_bin_is_shared_out_whole(random_refiner):
    shares = refined_gates(GATES, MAGNITUDE, random_refiner)
    assert shares.shape == GATES.shape and shares.dtype == np.float32
    assert shares.min() >= 0
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-5)


def test_it_has_the_parameters_that_its_page_says(random_refiner):
    assert sum(p.numel() for p in random_refiner.parameters()) == 23_624
    assert "23,624 parameters" in Refiner.__doc__
    assert refiner.REACH == 101 // 2 + 4  # the widest average, and four convolutions


def test_sharpened_gates_are_probabilities_of_their_own(random_refiner):
    likely = sharpened_gates(GATES, MAGNITUDE, random_refiner)
    assert likely.shape == GATES.shape and likely.dtype == np.float32
    assert likely.min() >= 0 and likely.max() <= 1
    assert np.abs(likely.sum(axis=0) - 1).max() > 0.1  # more than one mask may be 1
    with torch.no_grad():
        random_refiner.last.weight[4:] = 0  # what makes the shares
    np.testing.assert_array_equal(sharpened_gates(GATES, MAGNITUDE, random_refiner), likely)


@pytest.mark.parametrize("gates_of", [refined_gates, sharpened_gates])
def test_pieces_give_what_the_whole_gives(gates_of, random_refiner, monkeypatch):
    whole = gates_of(GATES, MAGNITUDE, random_refiner)
    monkeypatch.setattr(refiner, "PIECE", 7)
    np.testing.assert_allclose(gates_of(GATES, MAGNITUDE, random_refiner), whole, atol=1e-5)


def test_what_it_sees_lies_within_the_margin_of_a_block():
    assert REACH + HALF_CONTEXT <= MARGIN_FRAMES


def test_silence_and_a_single_frame_can_be_refined(random_refiner):
    shares = refined_gates(np.zeros((4, 513, 1)), np.zeros((513, 1), np.float32), random_refiner)
    assert np.isfinite(shares).all()


@pytest.mark.parametrize("gates", [GATES[:3], GATES[..., :-1]])
def test_gates_of_something_else_are_refused(random_refiner, gates):
    with pytest.raises(SepeduError, match="cannot be refined"):
        refined_gates(gates, MAGNITUDE, random_refiner)


@pytest.mark.parametrize(
    ("mask", "gates_of"), [("refined", refined_gates), ("sharpened", sharpened_gates)]
)
def test_refining_needs_mixture_and_refiner(mask, gates_of, random_refiner):
    with pytest.raises(SepeduError, match=f"{mask}' needs the mixture and a refiner"):
        combine_gates(GATES, mask)
    made = combine_gates(GATES, mask, magnitude=MAGNITUDE, refiner=random_refiner)
    np.testing.assert_array_equal(made, gates_of(GATES, MAGNITUDE, random_refiner))


def test_it_learns_what_stands_out(models):
    """The networks know nothing: only hits and lines can tell drums from bass."""
    song = hum_and_clicks()
    fitted = refining.fit_refiner(models, [song])
    spectrum = STFT().forward(song.mixture)
    magnitude = np.abs(spectrum)
    shares = refined_gates(predict_gates(models, magnitude), magnitude, fitted)

    def error(gates):
        wanted = np.stack([STFT().forward(song.sources[source]) for source in SOURCES])
        return (np.abs(wanted - gates * spectrum) ** 2).sum()

    assert error(shares) < 0.2 * error(np.full_like(shares, 0.25))
    drums = np.abs(STFT().forward(song.sources["drums"])) > 0.5 * magnitude
    likely = sharpened_gates(predict_gates(models, magnitude), magnitude, fitted)
    commonest = max(drums.mean(), 1 - drums.mean())
    assert accuracy(likely[0], drums) > commonest + 0.5 * (1 - commonest)


def test_fitting_twice_gives_the_same(models, monkeypatch):
    monkeypatch.setattr(refining, "EPOCHS", 1)
    one, two = (refining.fit_refiner(models, [hum_and_clicks()], seed=3) for _ in range(2))
    for name, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[name])


def test_fitting_needs_four_networks_and_songs(models):
    with pytest.raises(SepeduError, match="no network for other, vocals"):
        refining.fit_refiner({s: models[s] for s in ("drums", "bass")}, [hum_and_clicks()])
    with pytest.raises(SepeduError, match="no songs"):
        refining.fit_refiner(models, [])


def test_networks_of_two_thresholds_have_no_refiner(models, tmp_path):
    for source, model in models.items():
        about = {"threshold": 0.25 if source == "bass" else 0.5}
        save_checkpoint(tmp_path / f"{source}.safetensors", model, about)
    with pytest.raises(SepeduError, match="trained for thresholds"):
        refining.train_refiner(None, tmp_path)
    assert not (tmp_path / "refiner.safetensors").exists()


def test_it_comes_back_from_disk_and_is_no_network(random_refiner, models, tmp_path):
    assert find_refiner(tmp_path) is None
    path = save_refiner(tmp_path / "refiner.safetensors", random_refiner, {"data": "made up"})
    read, about = load_refiner(path)
    assert about["data"] == "made up"
    for name, value in random_refiner.state_dict().items():
        assert torch.equal(value, read.state_dict()[name])
    with pytest.raises(SepeduError, match="not those of the course's network"):
        load_checkpoint(path)
    other = save_checkpoint(tmp_path / "bass.safetensors", models["bass"], {})
    with pytest.raises(SepeduError, match="not those of a refiner"):
        load_refiner(other)
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    with pytest.raises(SepeduError, match="damaged"):
        find_refiner(tmp_path)


def test_the_courses_refiner_belongs_to_the_courses_networks(tmp_path):
    folder = weights_path("vocals").parent
    assert refining.is_refined(folder)
    for source in SOURCES:
        (tmp_path / f"{source}.safetensors").write_bytes(weights_path(source).read_bytes())
    assert not refining.is_refined(tmp_path)
    model, about, state = load_checkpoint(weights_path("bass"))
    with torch.no_grad():
        model.linear2.bias[0] += 1
    save_checkpoint(tmp_path / "bass.safetensors", model, about, state)
    (tmp_path / "refiner.safetensors").write_bytes((folder / "refiner.safetensors").read_bytes())
    assert not refining.is_refined(tmp_path)
