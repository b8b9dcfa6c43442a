"""Where time went: spans by stage, the hottest queries by class (never their text), the slowest files, and advice.

The result is that of ``lspSearch/profile``::

    {seconds, spans: [{name, count, totalMs, selfMs}], queries: [{mode, characters, words, count, totalMs, p50Ms, p95Ms}],
     files: [{path, root, language, bytes, ms}], advice: [{finding, evidence, suggestion}]}

Spans of queries bear the names of methods and stages; those of indexing begin with ``index.``: ``read`` and ``extract`` add
up what workers took side by side, ``segments`` and ``grams`` what builders did.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from lsp_search.indexing.costs import Spent
from lsp_search.insight.findings import Evidence, findings, shown
from lsp_search.telemetry.spans import Nested, Trace, nested, times

_MOST_FILES = 20
_MOST_CLASSES = 20
_LENGTHS = ((2, "1-2"), (4, "3-4"), (8, "5-8"), (16, "9-16"), (40, "17-40"))
"""Characters of a query, in classes."""
_WORDS = ((1, "1"), (2, "2"), (4, "3-4"))


def profile(evidence: Evidence, seconds: float) -> dict[str, Any]:
    """*seconds*: how long the time is that *evidence* is of."""
    return {
        "seconds": round(seconds, 1),
        "spans": _spans(evidence.traces, evidence.spent),
        "queries": _queries(evidence.traces),
        "files": _files(evidence.spent),
        "advice": [finding._asdict() for finding in findings(evidence)],
    }


def _spans(traces: Sequence[Trace], spent: Mapping[str, Spent]) -> list[dict[str, Any]]:
    """Those with the most own time first."""
    rows = [(name, one.calls, one.total, one.own) for name, one in times(traces).items()]
    waits = [trace.facts["waited"] for trace in traces if "waited" in trace.facts]
    if waits:
        rows.append(("queue", len(waits), sum(waits), sum(waits)))
    sums: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for one in spent.values():
        parts = {
            "read": (one.files, one.read_seconds),
            "extract": (one.files, one.extract_seconds),
            **one.builds,
        }
        for name, (count, total) in parts.items():
            if count:
                before = sums[f"index.{name}"]
                sums[f"index.{name}"] = (before[0] + count, before[1] + total)
    rows += [(name, count, total, total) for name, (count, total) in sums.items()]
    return [
        {"name": name, "count": count, "totalMs": _ms(total), "selfMs": _ms(own)}
        for name, count, total, own in sorted(rows, key=lambda row: -row[3])
    ]


def _queries(traces: Sequence[Trace]) -> list[dict[str, Any]]:
    """The classes that took the most time first."""
    classes: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for trace in traces:
        if (took := trace.facts.get("took")) is not None:
            characters, words = trace.facts.get("size", (0, 0))
            key = (trace.facts["mode"], _class(characters, _LENGTHS, "41+"), _class(words, _WORDS, "5+"))
            classes[key].append(took)
    hottest = sorted(classes.items(), key=lambda entry: -sum(entry[1]))[:_MOST_CLASSES]
    return [
        {
            "mode": mode,
            "characters": characters,
            "words": words,
            "count": len(took),
            "totalMs": _ms(sum(took)),
            "p50Ms": _ms(sorted(took)[(len(took) - 1) // 2]),
            "p95Ms": _ms(sorted(took)[-(-len(took) * 95 // 100) - 1]),
        }
        for (mode, characters, words), took in hottest
    ]


def _class(count: int, classes: Sequence[tuple[int, str]], beyond: str) -> str:
    if count == 0:
        return "0"
    return next((name for most, name in classes if count <= most), beyond)


def _files(spent: Mapping[str, Spent]) -> list[dict[str, Any]]:
    """The slowest to extract, the slowest first."""
    slowest = heapq.nlargest(
        _MOST_FILES, ((slow, root) for root, one in spent.items() for slow in one.slowest)
    )
    return [
        {
            "path": shown(slow.path),
            "root": shown(root),
            "language": slow.language,
            "bytes": slow.bytes,
            "ms": _ms(slow.seconds),
        }
        for slow, root in slowest
    ]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def speedscope(name: str, evidence: Evidence) -> dict[str, Any]:
    """The same as flame graphs, in the file format of https://www.speedscope.app (its JSON schema is at
    https://www.speedscope.app/file-format-schema.json): queries one after the other, as they ran; and the slowest files, by
    language. Holds names of files, no queries."""
    frames = _Frames()
    profiles = [_flame(frames, evidence.traces), _heap(frames, evidence.spent)]
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": "lsp-search",
        "name": name,
        "shared": {"frames": [{"name": one} for one in frames]},
        "profiles": [one for one in profiles if one["endValue"]],
    }


class _Frames(dict[str, int]):
    """Numbers of frames, by name, in the order in which they came."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number


def _flame(frames: _Frames, traces: Sequence[Trace]) -> dict[str, Any]:
    """The time between two queries is left out."""
    events: list[dict[str, Any]] = []
    at = 0.0
    for trace in traces:
        shift = at - trace.began
        at += trace.seconds
        mode = trace.facts.get("mode")
        root = frames[f"{trace.name} ({mode})" if mode else trace.name]
        events.append({"type": "O", "frame": root, "at": at - trace.seconds})
        open_: list[Nested] = []

        def close(depth: int, shift: float = shift, open_: list[Nested] = open_) -> None:
            while len(open_) > depth:
                span = open_.pop().span
                events.append({"type": "C", "frame": frames[span.name], "at": span.ended + shift})

        for one in nested(trace.spans):
            close(one.depth)
            events.append({"type": "O", "frame": frames[one.span.name], "at": one.span.began + shift})
            open_.append(one)
        close(0)
        events.append({"type": "C", "frame": root, "at": at})
    return {
        "type": "evented",
        "name": "queries",
        "unit": "seconds",
        "startValue": 0,
        "endValue": at,
        "events": events,
    }


def _heap(frames: _Frames, spent: Mapping[str, Spent]) -> dict[str, Any]:
    """Indexing: a stack for each of the slowest files, for what is left of each language, and for each kind of build."""
    weights: dict[tuple[str, ...], float] = defaultdict(float)
    for one in spent.values():
        weights["read",] += one.read_seconds
        for what, (_, seconds) in one.builds.items():
            weights[what,] += seconds
        left = {language: part.seconds for language, part in one.languages.items()}
        for slow in one.slowest:
            weights["extract", slow.language, shown(slow.path)] += slow.seconds
            left[slow.language] = left.get(slow.language, 0.0) - slow.seconds
        for language, seconds in left.items():
            weights["extract", language, "other files"] += max(seconds, 0.0)
    stacks = {stack: seconds for stack, seconds in sorted(weights.items()) if seconds > 0}
    return {
        "type": "sampled",
        "name": "indexing",
        "unit": "seconds",
        "startValue": 0,
        "endValue": sum(stacks.values()),
        "samples": [[frames[part] for part in stack] for stack in stacks],
        "weights": list(stacks.values()),
    }
