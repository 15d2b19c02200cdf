"""The threshold explorer, live in a built deck without a kernel."""

from __future__ import annotations


def live_threshold_explorer(song, source):
    return None


def widget_script() -> str:
    return ""
