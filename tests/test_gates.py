"""Gates share out each bin, and the best of them on validation is what `separate` uses."""

import json

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sepedu import MaskCNN, SepeduError, separate
from sepedu.checkpoints import save_checkpoint, save_refiner
from sepedu.cli import main
from sepedu.engine import gates
from sepedu.engine.gates import (
    JOINT,
    MASKS,
    REFINED,
    best_masks,
    best_masks_path,
    combine_all,
    combine_gates,
    shared_gates,
    wiener_gates,
)
from sepedu.engine.refiner import Refiner
from sepedu.separation import check_request, read_networks
from sepedu.songs import SOURCES

PROBABILITIES = arrays(np.float32, (4, 3, 5), elements=st.floats(0, 1, width=32))


@settings(deadline=None)
@given(PROBABILITIES)
def test_joint_gates_sum_to_one_and_stay_between_0_and_1(soft):
    for make in (shared_gates, wiener_gates):
        made = make(soft)
        assert made.dtype == np.float32
        assert ((made >= 0) & (made <= 1)).all()
        np.testing.assert_allclose(made.sum(axis=0), 1, atol=1e-6)


@settings(deadline=None)
@given(PROBABILITIES, st.floats(0, 1))
def test_gates_keep_the_order_of_what_the_networks_say(soft, threshold):
    for mask in set(MASKS) - set(REFINED):  # the refiner may well turn it round
        made = combine_gates(soft, mask, threshold)
        assert made.shape == soft.shape and made.dtype == np.float32
        larger = soft[0] > soft[1]
        assert (made[0] >= made[1])[larger].all()


def test_several_kinds_at_once_are_those_one_by_one(refiner):
    random = np.random.default_rng(0)
    soft = random.random((4, 513, 20), dtype=np.float32)
    words = {"magnitude": random.gamma(1, 1, (513, 20)).astype(np.float32), "refiner": refiner}
    made = combine_all(soft, MASKS, **words)
    assert set(made) == set(MASKS)
    for mask, gate in made.items():
        np.testing.assert_array_equal(gate, combine_gates(soft, mask, **words))


def test_two_sources_exactly():
    soft = np.array([0.6, 0.2])
    np.testing.assert_allclose(shared_gates(soft), [0.75, 0.25])
    np.testing.assert_allclose(wiener_gates(soft), [0.9, 0.1])
    np.testing.assert_array_equal(combine_gates(soft, "binary", 0.5), [1, 0])


def test_the_wiener_gate_is_that_of_the_soft_estimates():
    random = np.random.default_rng(0)
    soft, mixture = random.random((4, 6, 7)), random.random((6, 7)) + 0.01
    energies = (soft * mixture) ** 2
    np.testing.assert_allclose(wiener_gates(soft), energies / energies.sum(axis=0))


def test_bins_that_no_network_claims_go_to_all_alike():
    for make in (shared_gates, wiener_gates):
        np.testing.assert_array_equal(make(np.zeros((4, 2, 2), np.float32)), 0.25)


def test_an_unknown_kind_is_refused():
    with pytest.raises(SepeduError, match="Mask 'hard'"):
        combine_gates(np.zeros((4, 2, 2)), "hard")


@pytest.fixture(scope="module")
def refiner():
    torch.manual_seed(0)
    return Refiner().eval()


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {source: MaskCNN().eval() for source in SOURCES}


AUDIO = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 20000)).astype(np.float32)


@pytest.mark.parametrize("mask", ["shared", "wiener", "refined"])
def test_shared_estimates_sum_to_the_mixture(models, refiner, mask):
    audio = AUDIO[:, ::2]  # at the network's own rate, nothing lies beyond it
    words = {"residual": True, "models": models, "refiner": refiner}
    estimates = separate(audio, 22050, mask=mask, **words)
    assert np.abs(estimates["residual"]).max() < 1e-5
    soft = separate(audio, 22050, mask="soft", residual=True, models=models)
    assert np.abs(soft["residual"]).max() > 0.01


@pytest.mark.parametrize("mask", JOINT)
def test_one_source_alone_is_shared_among_all_four(models, refiner, mask):
    alone = separate(AUDIO, 44100, ["bass"], mask, models=models, refiner=refiner)
    assert list(alone) == ["bass"]
    together = separate(AUDIO, 44100, mask=mask, models=models, refiner=refiner)
    np.testing.assert_allclose(alone["bass"], together["bass"], atol=1e-6)
    with pytest.raises(SepeduError, match="all four sources; there is none for drums, other"):
        some = {source: models[source] for source in ("vocals", "bass")}
        separate(AUDIO, 44100, ["bass"], mask, models=some, refiner=refiner)


def test_the_best_is_chosen_source_by_source(models, monkeypatch, tmp_path):
    path = tmp_path / "masks.json"
    monkeypatch.setattr(gates, "best_masks_path", lambda: path)
    assert best_masks() == dict.fromkeys(SOURCES, "soft")
    wanted = {"drums": "wiener", "bass": "shared", "other": "binary", "vocals": "soft"}
    path.write_text(json.dumps(wanted), encoding="utf-8")
    estimates = separate(AUDIO, 44100, models=models)
    for source, mask in wanted.items():
        expected = separate(AUDIO, 44100, [source], mask, models=models)[source]
        np.testing.assert_allclose(estimates[source], expected, atol=1e-6)
    one = {"drums": models["drums"]}
    assert check_request(["drums"], "best", 0.5, 44100, one).masks == {"drums": "soft"}
    assert set(check_request(["vocals"], "best", 0.5, 44100, models).models) == {"vocals"}


def test_networks_of_ones_own_are_not_refined_by_another_ones_refiner(
    models, refiner, monkeypatch, tmp_path
):
    with pytest.raises(SepeduError, match="'refined' needs a refiner of these very networks"):
        separate(AUDIO, 44100, mask="refined", models=models)
    path = tmp_path / "masks.json"
    path.write_text(json.dumps(dict.fromkeys(SOURCES, "refined")), encoding="utf-8")
    monkeypatch.setattr(gates, "best_masks_path", lambda: path)
    assert set(check_request(SOURCES, "best", 0.5, 44100, models).masks.values()) == {"soft"}
    plan = check_request(SOURCES, "best", 0.5, 44100, models, refiner)
    assert set(plan.masks.values()) == {"refined"} and plan.refiner is refiner


def test_a_folder_of_networks_separates_with_its_own_refiner(models, refiner, tmp_path):
    with pytest.raises(SepeduError, match="has no network"):
        read_networks(tmp_path)
    for source, model in models.items():
        save_checkpoint(tmp_path / f"{source}.safetensors", model, {"source": source})
    assert read_networks(tmp_path)[1] is None
    save_refiner(tmp_path / "refiner.safetensors", refiner, {})
    soundfile.write(tmp_path / "song.wav", AUDIO.T, 44100)
    words = ["separate", str(tmp_path / "song.wav"), "--mask", "refined", "--model", str(tmp_path)]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    expected = separate(AUDIO, 44100, mask="refined", models=models, refiner=refiner)
    for source in SOURCES:
        heard, _ = soundfile.read(tmp_path / "out" / "song" / f"{source}.wav")
        np.testing.assert_allclose(heard.T, expected[source], atol=1e-4)


@pytest.mark.parametrize("content", ["", "[]", '{"drums": "hard"}', '{"flute": "soft"}', "7"])
def test_a_damaged_record_of_the_best_is_told(tmp_path, content):
    path = tmp_path / "masks.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SepeduError, match="does not say which mask"):
        best_masks(path)


def test_the_best_masks_are_those_of_the_results(clone):
    path = clone / "docs" / "results.json"
    if not path.is_file() or not best_masks_path().is_file():
        pytest.skip("the results have not been made yet")
    measured = json.loads(path.read_text(encoding="utf-8"))
    assert best_masks() == measured["best_masks"]
    rows = {(r["source"], r["part"], r["method"]): r for r in measured["rows"]}
    for source, best in measured["best_masks"].items():
        ratios = {mask: rows[source, "valid", f"network, {mask}"]["sdr"] for mask in MASKS}
        assert ratios[best] == max(ratios.values())
