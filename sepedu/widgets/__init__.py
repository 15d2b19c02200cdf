"""Every interactive piece of the course; `docs/widgets.md` shows how a lesson calls them."""

from .threshold import ThresholdExplorer

__all__ = ["ThresholdExplorer"]
