"""This process's own memory, without a library: workers import this."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""glibc's malloc.h."""
_KEPT_BYTES = 64 << 20
_HEAP_BYTES = 32 << 20
"""The most that glibc allows for the threshold of mmap on 64-bit machines."""


def set_up_heap() -> None:
    """For a process that makes many arrays (glibc; elsewhere nothing). To be called before there are threads.

    All threads allocate from one heap: under Python's lock they hardly compete for it, and thirty megabytes of an index
    server's memory are then not held in gaps of eight heaps. And freed memory stays in the heap until it is given back:
    a query's arrays, of megabytes, are made anew some hundred times a second, and faulting in fresh pages for each took
    half the time of filling them.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            malloc = ctypes.CDLL(None)
            malloc.mallopt(_M_ARENA_MAX, 1)
            malloc.mallopt(_M_MMAP_THRESHOLD, _HEAP_BYTES)
            malloc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


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
