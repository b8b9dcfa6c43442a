"""How long things take, by name: histograms over all time (HdrHistogram: constant memory, two significant digits), and
the single times of the last minute.

Times are written into a ring, many at once where they come so (0.3 µs each; a histogram takes 1.3 µs), and from there counted
into the histograms, when somebody reads or before they would be overwritten.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Figures = dict[str, float]
"""``{count, p50Ms, p95Ms, p99Ms, maxMs}``"""

_LONGEST_US = 3_600_000_000
_DIGITS = 2
_BITS = 8
"""What such a histogram keeps of a number: within its buckets nothing differs."""
_ROOM = 1 << 16
"""Times that are kept singly: 6,500 queries with ten each."""
_MASK = _ROOM - 1


class Latency:
    """Thread-safe. *clock*: seconds, never going back."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._at = np.zeros(_ROOM)
        self._name = np.zeros(_ROOM, np.uint16)
        self._us = np.zeros(_ROOM, np.uint32)
        self._written = self._counted = 0
        """Times noted since the start, and those of them that the histograms know."""
        self._histograms: dict[str, Any] = {}
        self._fresh: dict[str, Any] = {}
        """The same of what came since :meth:`taken`."""
        self._sums: dict[str, float] = {}

    def record(self, name: str, seconds: float) -> None:
        """A time that ends now."""
        self.record_all([(self._clock(), name, seconds)])

    def record_all(self, times: Iterable[tuple[float, str, float]]) -> None:
        """Several times: when each ended (on the clock, never going back), its name, and how many seconds it is."""
        rest = iter(times)
        while some := list(itertools.islice(rest, _ROOM // 2)):
            with self._lock:
                self._note(some)

    def _note(self, times: Sequence[tuple[float, str, float]]) -> None:
        numbers = self._numbers
        for _, name, _ in times:
            if name not in numbers:
                numbers[name] = len(numbers)
        if self._written + len(times) - self._counted > _ROOM:
            self._count()
        places = np.arange(self._written, self._written + len(times)) & _MASK
        self._at[places] = [at for at, _, _ in times]
        self._name[places] = [numbers[name] for _, name, _ in times]
        seconds = np.array([seconds for _, _, seconds in times])
        self._us[places] = np.clip(seconds * 1e6, 1, _LONGEST_US)
        self._written += len(times)

    @property
    def noted(self) -> int:
        """Times since the start."""
        return self._written

    def figures(self) -> dict[str, Figures]:
        """Of all time, by name."""
        with self._lock:
            self._count()
            return figures_of(self._histograms)

    def recent(self, seconds: float) -> tuple[float, dict[str, Figures]]:
        """Of the last *seconds*, by name; and how many of them that really are, where there was too much to keep."""
        with self._lock:
            now = self._clock()
            first = max(self._written - _ROOM, 0)
            places = np.arange(first, self._written) & _MASK
            at, name, us = self._at[places], self._name[places], self._us[places]
            known = list(self._numbers)
        start = int(np.searchsorted(at, now - seconds))
        covered = now - float(at[0]) if first and start == 0 else seconds
        name, us = name[start:], us[start:]
        return covered, {known[number]: _of_times(us[name == number]) for number in np.unique(name).tolist()}

    def histograms(self) -> dict[str, tuple[Any, float]]:
        """A copy of each HdrHistogram (of microseconds), with the sum of its times in seconds."""
        with self._lock:
            self._count()
            return {name: (added(None, one), self._sums[name]) for name, one in self._histograms.items()}

    def taken(self) -> dict[str, Any]:
        """HdrHistograms, by name, of what came since the last call."""
        with self._lock:
            self._count()
            fresh, self._fresh = self._fresh, {}
            return fresh

    def _count(self) -> None:
        """What was noted goes into the histograms."""
        places = np.arange(self._counted, self._written) & _MASK
        names, times = self._name[places], self._us[places]
        self._counted = self._written
        known = list(self._numbers)
        for number in np.unique(names).tolist():
            name, us = known[number], times[names == number]
            self._sums[name] = self._sums.get(name, 0.0) + float(us.sum(dtype=np.float64)) / 1e6
            shift = np.maximum(np.frexp(us.astype(np.float64))[1] - _BITS, 0).astype(np.uint32)
            values, counts = np.unique((us >> shift) << shift, return_counts=True)
            for held in (self._histograms, self._fresh):
                histogram = held.get(name)
                if histogram is None:
                    histogram = held[name] = _empty()
                for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                    histogram.record_value(value, count)


def _empty() -> Any:
    from hdrh.histogram import HdrHistogram  # noqa: PLC0415 - not before there is something to count

    return HdrHistogram(1, _LONGEST_US, _DIGITS)


def encoded(histogram: Any) -> bytes:
    """As HdrHistogram's own format (V2, compressed, base64) has it."""
    return bytes(histogram.encode())


def added(kept: bytes | None, histogram: Any | None) -> Any:
    """A histogram of what *kept* (as :func:`encoded`) and *histogram* hold. What cannot be read counts nothing."""
    from hdrh.histogram import HdrHistogram  # noqa: PLC0415 - as above

    before = None
    if kept:
        try:
            before = HdrHistogram.decode(kept)
        except Exception:  # its codecs raise what they like
            before = None
    both = _empty()
    for one in (before, histogram):
        if one is not None:
            both.add(one)
    return both


def figures_of(histograms: Mapping[str, Any]) -> dict[str, Figures]:
    return {
        name: {
            "count": histogram.get_total_count(),
            "p50Ms": histogram.get_value_at_percentile(50) / 1000,
            "p95Ms": histogram.get_value_at_percentile(95) / 1000,
            "p99Ms": histogram.get_value_at_percentile(99) / 1000,
            "maxMs": histogram.get_max_value() / 1000,
        }
        for name, histogram in histograms.items()
    }


def _of_times(us: npt.NDArray[np.uint32]) -> Figures:
    us = np.sort(us)

    def at(percent: float) -> float:
        """The least that so many percent do not exceed (nearest rank)."""
        return int(us[max(math.ceil(len(us) * percent / 100), 1) - 1]) / 1000

    return {"count": len(us), "p50Ms": at(50), "p95Ms": at(95), "p99Ms": at(99), "maxMs": int(us[-1]) / 1000}
