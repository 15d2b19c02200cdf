"""Every interactive piece of the course; `docs/widgets.md` shows how a lesson calls them."""

from .listening import BlindListening
from .monitor import TrainingMonitor
from .painter import MaskPainter
from .predicted import PredictedMaskExplorer
from .threshold import ThresholdExplorer
from .transform import STFTExplorer

__all__ = [
    "BlindListening",
    "MaskPainter",
    "PredictedMaskExplorer",
    "STFTExplorer",
    "ThresholdExplorer",
    "TrainingMonitor",
]
