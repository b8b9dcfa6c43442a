"""What the process and its children hold in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import psutil


def resident_bytes(children: Iterable[int] = ()) -> int:
    """Resident set of this process and *children* (process ids), mapped index pages included."""
    total = psutil.Process().memory_info().rss
    for pid in children:
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return int(total)
