"""Every interactive piece of the course; `docs/widgets.md` shows how a lesson calls them."""

import lazy_loader

# A widget's module is imported when it is first used: the threshold explorer needs no network.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "listening": ["BlindListening"],
        "monitor": ["TrainingMonitor"],
        "painter": ["MaskPainter"],
        "predicted": ["PredictedMaskExplorer"],
        "threshold": ["ThresholdExplorer"],
        "transform": ["STFTExplorer"],
    },
)
