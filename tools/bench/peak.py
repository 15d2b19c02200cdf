"""The most memory that a process has held."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil


def peak() -> int:
    """Most bytes that this process has held at once, the mapped pages of files among them."""
    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):  # Windows
        return memory.peak_wset
    status = Path("/proc/self/status")
    if status.is_file():
        # On Linux getrusage would also count what the parent held before it started this process.
        return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
