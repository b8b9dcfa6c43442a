"""What the figures of a while say about where its time went, and what to do about it.

Each finding has a threshold of its own, below which it is silent: it speaks only of what is worth a change of settings.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lsp_search.indexing.costs import Part, Slow, Spent
from lsp_search.telemetry.spans import Trace


class Finding(NamedTuple):
    finding: str
    evidence: str
    """The numbers."""
    suggestion: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What happened in a while."""

    stats: Mapping[str, Any]
    """``lspSearch/stats`` at its end."""
    traces: Sequence[Trace]
    spent: Mapping[str, Spent]
    """By root (real path)."""


_LEAST_SECONDS = 0.1
"""Of extraction in all: below, no share of it is worth a word."""
_SHARE = 0.1
"""Of extraction, in minified files."""
_MINIFIED = 110
"""Bytes of an average line. The rule of GitHub's Linguist for JavaScript and CSS (``minified_files?``)."""
_MINIFIABLE = ("javascript", "css")
_HEAD = 1 << 16
_MOST_PATTERNS = 5
_FOLDER_SHARE = 0.5
_LANGUAGE_SHARE = 0.4
_TIMES = 4.0
"""So many times slower by the byte than all others together is a slow language."""
_ENOUGH_BYTES = 1 << 16
"""Of other languages, to compare with."""
_SCANS = 3
_QUERIES = 50
"""Before so many nothing is said of the cache or the queue."""
_HITS = 0.2
_WAITING = 0.2
"""Of the time from asking to answering."""


def findings(evidence: Evidence) -> list[Finding]:
    """What stands out, what took the most time first."""
    found: list[Finding] = []
    for root, spent in evidence.spent.items():
        if spent.extract_seconds >= _LEAST_SECONDS:
            for look in (_minified, _folder, _language):
                found += look(root, spent)
    for judge in (_scans, _waits, _cold, _too_large, _failed, _watcher):
        found += judge(evidence)
    return [Finding(*map(shown, one)) for one in found]


def shown(text: str) -> str:
    """What is no UTF-8 in the name of a file becomes U+FFFD: messages are text."""
    return os.fsencode(text).decode("utf-8", "replace")


# Indexing


def _minified(root: str, spent: Spent) -> Iterator[Finding]:
    slow = [one for one in spent.slowest if one.language in _MINIFIABLE and _is_minified(root, one.path)]
    seconds = sum(one.seconds for one in slow)
    share = seconds / spent.extract_seconds
    if share < _SHARE:
        return
    patterns = _patterns(root, slow, spent.folders)
    yield Finding(
        f"{share:.0%} of extraction time in {_files(len(slow))} of minified code",
        f"{seconds:.2f} of {spent.extract_seconds:.2f} s; the slowest: {slow_names(slow)}",
        f'exclude {patterns}: "index.exclude" in .lsp-search.toml or in the editor\'s settings',
    )


def _is_minified(root: str, path: str) -> bool:
    with contextlib.suppress(OSError), open(os.path.join(root, path), "rb") as file:
        head = file.read(_HEAD)
        return len(head) > _MINIFIED * (head.count(b"\n") + 1)
    return False


def _patterns(root: str, slow: Sequence[Slow], folders: Mapping[str, Part]) -> str:
    """For gitignore-style excludes: folders that hold hardly anything else, else the files."""
    patterns: dict[str, None] = {}
    at_top = Counter(_top(one.path) for one in slow)
    beside = Counter(os.path.dirname(one.path) for one in slow)
    for one in sorted(slow, reverse=True):
        top, parent = _top(one.path), os.path.dirname(one.path)
        if top and folders.get(top, Part()).files <= 2 * at_top[top]:
            patterns[f"{top}/**"] = None
        elif parent and _entries(os.path.join(root, parent)) <= 2 * beside[parent]:
            patterns[f"{parent}/**"] = None
        else:
            patterns[one.path] = None
    return ", ".join(f'"{pattern}"' for pattern in list(patterns)[:_MOST_PATTERNS])


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def _entries(folder: str) -> float:
    try:
        return len(os.listdir(folder))
    except OSError:
        return math.inf


def _folder(_: str, spent: Spent) -> Iterator[Finding]:
    """A folder that takes most of the time without holding most of the files."""
    for name, part in spent.folders.items():
        share, of_files = part.seconds / spent.extract_seconds, part.files / spent.files
        if name and share >= _FOLDER_SHARE and of_files <= share / 2:
            yield Finding(
                f"{share:.0%} of extraction time in the folder {name}/, which holds {of_files:.0%} of the files",
                f"{part.seconds:.2f} of {spent.extract_seconds:.2f} s, {_files(part.files)},"
                f" {part.bytes / 1e6:,.1f} MB",
                f'where nobody searches it: exclude "{name}/**" ("index.exclude")',
            )


def _language(_: str, spent: Spent) -> Iterator[Finding]:
    """A language that takes much longer by the byte than the others, among those that have symbols."""
    parts = {name: part for name, part in spent.languages.items() if name != "plaintext"}
    for name, part in parts.items():
        share = part.seconds / spent.extract_seconds
        rest = [other for language, other in parts.items() if language != name]
        rest_bytes, rest_seconds = sum(one.bytes for one in rest), sum(one.seconds for one in rest)
        if share < _LANGUAGE_SHARE or rest_bytes < _ENOUGH_BYTES or not part.bytes:
            continue
        times = (part.seconds / part.bytes) / max(rest_seconds / rest_bytes, 1e-12)
        if times >= _TIMES:
            slow = sorted((one for one in spent.slowest if one.language == name), reverse=True)
            yield Finding(
                f"{share:.0%} of extraction time in {name}, which takes {times:.0f} times as long by the byte as the rest",
                f"{part.seconds:.2f} of {spent.extract_seconds:.2f} s for {part.bytes / 1e6:,.2f} MB in"
                f" {_files(part.files)}; the slowest: {slow_names(slow)}",
                'where few files take most of it, exclude them ("index.exclude")',
            )


def slow_names(slow: Sequence[Slow], most: int = 3) -> str:
    """The slowest with their times."""
    return ", ".join(
        f"{one.path} ({one.seconds * 1000:,.0f} ms)" for one in sorted(slow, reverse=True)[:most]
    )


# Queries


def _scans(evidence: Evidence) -> Iterator[Finding]:
    scans = [trace for trace in evidence.traces if trace.facts.get("scanned")]
    if len(scans) < _SCANS:
        return
    took = sum(trace.facts["took"] for trace in scans)
    whole = sum(trace.facts.get("took", 0.0) for trace in evidence.traces)
    modes = Counter(str(trace.facts["mode"]) for trace in scans)
    yield Finding(
        f"searches of text had to read all files {len(scans)} times",
        f"{took:.2f} of {whole:.2f} s of all queries ("
        + ", ".join(f"{mode} {count}" for mode, count in modes.most_common())
        + "): nothing that a match must hold is four letters long",
        "ask for four letters in a row that every match holds, or limit the search to paths or languages",
    )


def _waits(evidence: Evidence) -> Iterator[Finding]:
    waits = [(trace.facts["waited"], trace.seconds) for trace in evidence.traces if "waited" in trace.facts]
    waited, worked = sum(wait for wait, _ in waits), sum(work for _, work in waits)
    if len(waits) >= _QUERIES and waited > _WAITING * (waited + worked):
        yield Finding(
            f"{waited / (waited + worked):.0%} of the time of requests was spent waiting for a thread",
            f"{waited:.2f} s waited, {worked:.2f} s worked, {len(waits):,} requests",
            'more was asked at once than four threads answer: see "queries" for what keeps them busy',
        )


def _cold(evidence: Evidence) -> Iterator[Finding]:
    kinds: Mapping[str, int] = evidence.stats["cache"]["kinds"]
    asked = sum(kinds.values())
    hits = asked - kinds.get("miss", 0)
    if asked >= _QUERIES and hits < _HITS * asked:
        yield Finding(
            f"the cache is cold: it helped with {hits / asked:.0%} of the queries",
            f"{hits:,} of {asked:,} since the start",
            "normal after a start or a large change; if it lasts, the index changes faster than queries come",
        )


# The workspace


def _too_large(evidence: Evidence) -> Iterator[Finding]:
    count = evidence.stats["index"]["skipped"].get("too-large", 0)
    if count:
        yield Finding(
            f"{_files(count)} over the limit of size: not searched",
            "'lsp-search index --list-skipped' names them (too-large)",
            'raise "index.maxFileBytes" to search them, or exclude them to say that they do not matter',
        )


def _failed(evidence: Evidence) -> Iterator[Finding]:
    count = evidence.stats["queue"]["failed"]
    if count:
        yield Finding(
            f"{_files(count)} gave no symbols, because finding them failed or took too long",
            "'lsp-search index' names them, with the reasons",
            "exclude those that are generated; their text is searched all the same",
        )


def _watcher(evidence: Evidence) -> Iterator[Finding]:
    watcher = evidence.stats["watcher"]
    if watcher["overflows"]:
        yield Finding(
            f"the watcher lost track {watcher['overflows']} times, and everything was compared again",
            f"{watcher['events']:,} changes were seen",
            'exclude folders that builds write to ("index.exclude"), or raise fs.inotify.max_queued_events',
        )
    if watcher["mode"] in ("polling", "mixed"):
        yield Finding(
            "changes are found by polling, late and at a cost",
            f"mode {watcher['mode']}, {watcher['watched']:,} folders watched",
            "'lsp-search doctor' says which limit to raise",
        )


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"
