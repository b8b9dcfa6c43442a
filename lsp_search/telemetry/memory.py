"""What the process and its children hold in memory."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterable

import psutil


def resident_bytes(children: Iterable[int] = ()) -> int:
    """Resident set of this process and *children* (process ids), mapped index pages included."""
    total = psutil.Process().memory_info().rss
    for pid in children:
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return int(total)


def give_back() -> None:
    """Returns freed memory to the system, where the allocator keeps it (glibc)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
