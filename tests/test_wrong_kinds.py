"""Plainly wrong arguments of all that `import sepedu` offers: told in a line, never a traceback."""

import numpy as np
import pytest
import torch
from songs import made_up_song

import sepedu
from sepedu import MaskCNN, MaskUNet, SepeduError
from sepedu.excerpts import Excerpts, Segments

BAD = {
    "number": 7,
    "text": "x",
    "list": [1, 2],
    "nothing": None,
    "array": np.zeros(3),
    "NaN": np.full((513, 4), np.nan, np.float32),
}
MASK = np.ones((513, 4), np.float32)
SONG = made_up_song("a", 0.2)

CASES = [  # with good arguments, and the bad values that are good for one of them
    (sepedu.load_song, {"track": None}, {}),
    (sepedu.load_songs, {"dataset": None}, {}),
    (
        sepedu.open_dataset,
        {"where": None, "subset": "train", "split": None},
        {"where": ["nothing"], "split": ["nothing"]},
    ),
    (
        sepedu.STFT,
        {"sample_rate": 22050, "n_fft": 1024, "hop_length": 256},
        {"sample_rate": ["number"], "hop_length": ["number"]},
    ),
    (sepedu.STFT().forward, {"audio": MASK}, {"audio": ["number", "list", "array"]}),
    (sepedu.STFT().inverse, {"spectrum": MASK.astype(complex), "length": 800}, {}),
    (
        sepedu.binary_mask,
        {"source": MASK, "mixture": MASK, "threshold": 0.5},
        {"threshold": ["number"]},
    ),
    (
        sepedu.ratio_mask,
        {"sources": MASK[None], "power": 1},
        {"sources": ["array"], "power": ["number"]},
    ),
    (sepedu.apply_mask, {"mask": MASK, "mixture": MASK.astype(complex)}, {"mask": ["NaN"]}),
    (sepedu.average_mask, {"masks": [MASK]}, {}),
    (
        sepedu.convert_masks,
        {"masks": MASK[None], "mask": "binary", "threshold": 0.5},
        {"masks": ["array"]},
    ),
    (MaskCNN, {"output": "mask"}, {}),
    (MaskUNet, {"channels": (2, 4)}, {"channels": ["list"]}),
    (sepedu.predict_mask, {"model": MaskCNN(), "mixture": MASK, "method": "dense"}, {}),
    (
        sepedu.separate,
        {
            "audio": np.ones(900),
            "sample_rate": 22050,
            "sources": ["vocals"],
            "model": MaskUNet((2, 4)).eval(),
            "mask": "soft",
            "threshold": 0.5,
        },
        {"audio": ["list", "array"]},
    ),
    (
        sepedu.evaluate,
        {
            "songs": [SONG],
            "models": {},
            "average_masks": None,
            "sources": ["vocals"],
            "threshold": 0.5,
            "unet": None,
        },
        {"average_masks": ["nothing"], "unet": ["nothing"], "threshold": ["number"]},
    ),
    (
        Excerpts,
        {"songs": [SONG], "source": "bass", "output": "mask", "threshold": 0.5, "batch": 4},
        {"threshold": ["number"], "batch": ["number"]},
    ),
    (Excerpts, {"songs": [SONG], "source": "bass", "augmentation": None}, {}),
    (
        Segments,
        {"songs": [SONG], "frames": 8, "batch": 4, "stft": None},
        {"frames": ["number"], "batch": ["number"], "stft": ["nothing"]},
    ),
    (Segments, {"songs": [SONG], "augmentation": None}, {}),
]
WRONG = [
    pytest.param(function, good | {name: value}, id=f"{function.__qualname__} {name} {kind}")
    for function, good, fine in CASES
    for name in good
    for kind, value in BAD.items()
    if kind not in fine.get(name, [])
]


@pytest.mark.parametrize(("function", "arguments"), WRONG)
def test_it_is_told_in_one_line(function, arguments):
    with pytest.raises(SepeduError) as told:
        function(**arguments)
    assert "\n" not in str(told.value) and len(str(told.value)) < 350


def test_every_public_name_is_tried():
    tried = {function.__name__ for function, _, _ in CASES}
    assert set(sepedu.__all__) - tried == {"SepeduError"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_masks_refuse_magnitudes_that_are_none(value):
    """One value among many, in arrays and in tensors."""
    bad = np.ones((2, 513, 4), np.float32)
    bad[1, 77, 2] = value
    for kind in (np.asarray, torch.from_numpy):
        with pytest.raises(SepeduError, match="source must be finite and at least 0"):
            sepedu.binary_mask(kind(bad), kind(np.ones_like(bad)))
        with pytest.raises(SepeduError, match="sources must be finite and at least 0"):
            sepedu.ratio_mask(kind(bad))
