"""sepedu: a small library for learning how music is separated into its sources.

>>> from sepedu import STFT, binary_mask, open_dataset, MaskCNN, predict_mask, separate, evaluate

Each name stands for one idea of the course, and its documentation names the lesson.

The rooms, from the ground up; a module imports only from those above it:

===============================  ==========================================================
errors, interruption, spawned    one exception; Ctrl-C between steps; worker processes
memory, whole, shares, devices   the allocator; whole files; portions of batches; processors
ffmpeg, decode, containers       programs that decode; whether a file was cut off
samples, player, audio           what is audio; the player at one gain; read, write, resample
stft                             the transform, its inverse, the features of the network
masks                            B = (S > T M) and its soft kin
places, datasets, fetch          where songs lie; songs with their stems; the download
examples, excerpts               windows and answers; stretches to train on
store, prepare, stored           songs decoded once, for more of them than memory holds
model, refiner                   the network; the small one that shares out each bin
dense                            the network over a whole spectrogram at once
checkpoints, objective           trained networks on disk; loss and accuracy
recipe, schedule, processes      a training's choices; its rates; many processes as one
resume, curves, training         going on after a break; TensorBoard; the loop
gates                            from what networks say to the factors of bins
separation, files                audio in, estimates out
provenance, folders, workers     many songs: where they are, which are done, several at a time
distortion                       the signal-to-distortion ratio and its kin
evaluation, runs, talk           accuracy, SDR, the ladder; one training; the talk's figures
details, results, results_page   every published number
sequence, refining               the trainings of all four sources; that of the refiner
accessibility, plots, widgets    descriptions and colours; figures; what can be turned
exercises                        reference answers, checks, hints
choices, reproduce               the whole chain: songs, four trainings, results
doctor, lab                      the course on this machine
commands, data_commands, cli     what is typed
===============================  ==========================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dense import predict_mask
    from .errors import SepeduError
    from .evaluation import evaluate
    from .masks import apply_mask, average_mask, binary_mask, ratio_mask
    from .model import MaskCNN
    from .separation import separate
    from .songs import load_song, load_songs, open_dataset
    from .stft import STFT

__version__ = "0.1.0"

_HOME = {
    "STFT": "stft",
    "SepeduError": "errors",
    "binary_mask": "masks",
    "ratio_mask": "masks",
    "average_mask": "masks",
    "apply_mask": "masks",
    "open_dataset": "songs",
    "load_song": "songs",
    "load_songs": "songs",
    "MaskCNN": "model",
    "predict_mask": "dense",
    "separate": "separation",
    "evaluate": "evaluation",
}
__all__ = [
    "STFT",
    "MaskCNN",
    "SepeduError",
    "__version__",
    "apply_mask",
    "average_mask",
    "binary_mask",
    "evaluate",
    "load_song",
    "load_songs",
    "open_dataset",
    "predict_mask",
    "ratio_mask",
    "separate",
]


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for, so that `sepedu doctor` starts at once."""
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
