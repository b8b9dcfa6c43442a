"""Spans: what counts where, and that work on another thread is not mixed in."""

from __future__ import annotations

import threading

import pytest

from lsp_search.telemetry.spans import Trace, nested, present, span, spanned, times, traced


def test_own_times_add_up_to_the_whole() -> None:
    with traced("work") as trace:
        with span("outer"):
            with span("inner"):
                pass
            with span("inner"):
                pass
        with span("other"):
            pass
    found = times([trace])
    assert {name: one.calls for name, one in found.items()} == {"work": 1, "outer": 1, "inner": 2, "other": 1}
    assert sum(one.own for one in found.values()) == pytest.approx(trace.seconds)
    assert found["work"].total == trace.seconds
    assert found["outer"].total == pytest.approx(found["outer"].own + found["inner"].total)
    assert min(one.own for one in found.values()) >= 0


def test_times_of_several_traces_add_up() -> None:
    trace = _made(("match", 0.0, 2.0))
    found = times([trace, trace])
    assert found["match"] == (2, 4.0, 0.0)


def test_a_span_in_one_of_its_own_name_counts_once() -> None:
    found = times([_made(("rank", 1.0, 2.0), ("rank", 0.0, 4.0))])
    assert (found["rank"].calls, found["rank"].total) == (2, 4.0)


def test_nesting_is_told_from_the_times() -> None:
    spans = [("b", 1.0, 2.0), ("c", 2.0, 3.0), ("a", 0.0, 4.0), ("d", 5.0, 6.0)]
    assert [(one.span.name, one.depth) for one in nested(spans)] == [("a", 0), ("b", 1), ("c", 1), ("d", 0)]


def test_nothing_is_noted_where_nobody_traces() -> None:
    with span("alone"):
        assert present() is None
    with traced("work") as trace:
        pass
    assert trace.spans == []


def test_what_raises_ends_its_spans() -> None:
    @spanned("failing")
    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError), traced("work") as trace:
        fail()
    assert [name for name, _, _ in trace.spans] == ["failing"]
    assert present() is None


def test_other_threads_have_traces_of_their_own() -> None:
    def work() -> None:
        assert present() is None
        with span("elsewhere"):
            pass

    with traced("work") as trace:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert trace.spans == []


def _made(*spans: tuple[str, float, float]) -> Trace:
    trace = Trace("work")
    trace.spans.extend(spans)
    trace.ended = trace.began
    return trace
