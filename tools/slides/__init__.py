"""The decks of the course: read from `slides/`, built into one HTML file each, and shown.

Only a clone has the sources; `slides/README.md` tells how they are written.
"""

from .build import build, serve

__all__ = ["build", "serve"]
