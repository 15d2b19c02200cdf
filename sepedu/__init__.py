"""sepedu: a small library for learning how music is separated into its sources.

>>> from sepedu import STFT, binary_mask, open_dataset, MaskCNN, predict_mask, separate, evaluate

What stands in this folder is what the lessons teach, in their order, and a module imports only
those before it: `errors`, `audio`, `songs`, `stft`, `masks`, `windows`, `model`, `dense`, `unet`,
`excerpts`, `objectives`, `training`, `checkpoints`, `separation`, `evaluation`, `plots`. What no
lesson teaches lies in `engine`; `cli` holds the commands, `widgets` the interactive pieces and
`exercises` the answers and checks.
"""

import lazy_loader

__version__ = "0.1.0"

# A name's module is imported when the name is first used: `sepedu --help` need not load PyTorch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "errors": ["SepeduError"],
        "songs": ["load_song", "load_songs", "open_dataset"],
        "stft": ["STFT"],
        "masks": ["apply_mask", "average_mask", "binary_mask", "convert_masks", "ratio_mask"],
        "model": ["MaskCNN"],
        "unet": ["MaskUNet"],
        "separation": ["separate"],
        "evaluation": ["evaluate"],
        "dense": ["predict_mask"],
    },
)
