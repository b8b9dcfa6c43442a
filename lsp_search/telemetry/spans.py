"""Spans: which part of one piece of work took how long, on the thread that does it.

    with traced("search") as trace:
        with span("match"):
            ...

Spans nest. Each notes when it began and ended; its *own* time is that without the spans inside it, so own times add up.
Where nobody traces, a span costs a quarter of a microsecond; where somebody does, about one.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_here = threading.local()


class Span(NamedTuple):
    """Seconds on ``time.perf_counter``."""

    name: str
    began: float
    ended: float


class Times(NamedTuple):
    """Of all spans of one name."""

    calls: int
    total: float
    """Seconds; a span inside one of its own name counts once."""
    own: float
    """Seconds outside of all spans inside it."""


class Trace:
    """One piece of work. Written by its thread; may be read by any."""

    __slots__ = ("_inside", "began", "ended", "facts", "name", "own", "spans")

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = perf_counter()
        self.ended = 0.0
        """0 until it is over."""
        self.spans: list[tuple[str, float, float]] = []
        """As :class:`Span`, in the order in which they ended."""
        self.own: dict[str, float] = {}
        """Own seconds by span's name."""
        self.facts: dict[str, Any] = {}
        """What whoever traces wants to remember of it."""
        self._inside = 0.0
        """Seconds of the spans that are over, inside the one that is open."""

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def outside(self) -> float:
        """Seconds that are in no span."""
        return self.seconds - self._inside


class span:  # noqa: N801 - reads as a statement
    """``with span("match"): ...``"""

    __slots__ = ("_before", "_began", "_name", "_trace")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._trace: Trace | None = getattr(_here, "trace", None)
        if self._trace is not None:
            self._before = self._trace._inside
            self._trace._inside = 0.0
            self._began = perf_counter()

    def __exit__(self, *_: object) -> None:
        if self._trace is not None:
            _end(self._trace, self._name, self._began, self._before)


def spanned(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes every call of a function a span. Half as dear as ``with span(name)``."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            trace: Trace | None = getattr(_here, "trace", None)
            if trace is None:
                return function(*args, **kwargs)
            before, trace._inside = trace._inside, 0.0
            began = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                _end(trace, name, began, before)

        return timed

    return wrap


def _end(trace: Trace, name: str, began: float, before: float) -> None:
    """*before*: seconds of spans that were over beside this one."""
    ended = perf_counter()
    took = ended - began
    trace.spans.append((name, began, ended))
    trace.own[name] = trace.own.get(name, 0.0) + took - trace._inside
    trace._inside = before + took


class traced:  # noqa: N801 - reads as a statement
    """``with traced("search") as trace: ...`` collects the spans of this thread; nothing else may be traced on it."""

    __slots__ = ("_trace",)

    def __init__(self, name: str) -> None:
        self._trace = Trace(name)

    def __enter__(self) -> Trace:
        _here.trace = self._trace
        return self._trace

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> Trace:
        """For those who cannot use ``with``."""
        _here.trace = None
        self._trace.ended = perf_counter()
        return self._trace


def present() -> Trace | None:
    """What is traced on this thread."""
    return getattr(_here, "trace", None)


def times(traces: Iterable[Trace]) -> dict[str, Times]:
    """By name of span, and by that of the trace itself, whose own time is what lies outside all spans."""
    found: dict[str, Times] = {}

    def add(name: str, calls: int, total: float, own: float) -> None:
        before = found.get(name, Times(0, 0.0, 0.0))
        found[name] = Times(before.calls + calls, before.total + total, before.own + own)

    for trace in traces:
        add(trace.name, 1, trace.seconds, trace.outside)
        for name, own in list(trace.own.items()):
            add(name, 0, 0.0, own)
        for one in nested(trace.spans):
            add(one.span.name, 1, 0.0 if one.again else one.span.ended - one.span.began, 0.0)
    return found


class Nested(NamedTuple):
    span: Span
    depth: int
    """0: in no other span."""
    again: bool
    """It lies in a span of its own name."""


def nested(spans: Iterable[tuple[str, float, float]]) -> list[Nested]:
    """Spans in the order in which they began, the outer before the inner."""
    found: list[Nested] = []
    above: list[Span] = []
    for one in sorted(map(Span._make, spans), key=lambda one: (one.began, -one.ended)):
        while above and one.began >= above[-1].ended:
            above.pop()
        found.append(Nested(one, len(above), any(outer.name == one.name for outer in above)))
        above.append(one)
    return found
