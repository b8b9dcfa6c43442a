"""This process's own memory, without a library: workers import this."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

_M_ARENA_MAX = -8
"""glibc's malloc.h."""


def share_one_arena() -> None:
    """All threads allocate from one heap (glibc; elsewhere nothing). Under Python's lock they hardly compete for it, and
    thirty megabytes of an index server's memory are then not held in gaps of eight heaps. To be called before there
    are threads."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def give_back() -> bool:
    """Returns what the allocator keeps of freed memory (glibc; elsewhere nothing). Costs about a millisecond."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
    return True


def resident_bytes() -> int:
    """The resident set now; 0 where the system does not tell cheaply."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
