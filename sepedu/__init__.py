"""sepedu: a small library for learning how music is separated into its sources."""

__version__ = "0.1.0"
