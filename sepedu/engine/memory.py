"""Ask the C library to keep the memory that it has."""

from __future__ import annotations

import ctypes
import functools
import platform

_TRIM_THRESHOLD = -1  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h
_MMAP_THRESHOLD = -3


@functools.cache
def keep_freed_memory() -> bool:
    """Let freed tensors' memory be used again instead of going back to the system.

    By default glibc, the C library of most Linux systems, returns large blocks at once, and each
    new tensor then pays for having its pages mapped and cleared again: on the machine where this
    was found, the dense evaluation spent more than half of its time there. The setting holds for
    the whole process; elsewhere than on glibc nothing happens.

    Returns
    -------
    kept : bool
        Whether the C library took the setting.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(option, 2**30) for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD))
