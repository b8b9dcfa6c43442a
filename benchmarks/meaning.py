"""How long does a search by meaning take, and what does what it needs cost?

    python -m benchmarks.meaning linux --store DIR

Questions are first sentences of comments, drawn from the tree itself. They are asked of a real server over its standard streams
(modes ``semantic`` and ``hybrid``; of the latter also when the first results are there), and the stages are timed inside this process on
the same index: retrieval over about as many chunks as ``--chunks`` asks for (whole segments, so the number is near), and ranking of a
thousand candidates. Encoding is timed over files of the tree: cutting, taking words apart, packing, vectors and posting lists; bytes
on disk are those of the segments' columns, and of what the store keeps of chunks.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report, subject
from benchmarks.client import Client
from benchmarks.report import LATENCY, Results
from lsp_search.index import chunk_blob, chunks, packed, segment_file
from lsp_search.index.segment import Segment
from lsp_search.index.store import Store
from lsp_search.languages.chunks import cut
from lsp_search.languages.extract import extract
from lsp_search.languages.registry import language_of
from lsp_search.languages.terms import Terms
from lsp_search.model import SearchRequest
from lsp_search.search import fusion, meaning
from lsp_search.search.asked import asked
from lsp_search.search.grammar import clauses
from lsp_search.search.meaning import Place
from lsp_search.settings import SearchSettings, Settings
from lsp_search.workspace import Workspace

_SENTENCE = re.compile(rb"^\s*(?:\*|//|#|/\*\*?)\s+([A-Z][a-z]+(?: [a-z]{2,}){3,8})[.\s]", re.M)
_SAMPLE = 400
"""Files whose encoding is timed."""
_CANDIDATES = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    subject.add_options(parser)
    parser.add_argument("--each", type=int, default=100, metavar="N", help="questions (default: 100)")
    parser.add_argument(
        "--chunks", type=int, nargs="+", default=[100_000, 500_000], metavar="N", help="sizes of retrieval"
    )
    parser.add_argument(
        "--fts5", action="store_true", help="compare BM25 with SQLite's over the largest segment"
    )
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> Results:
    choose = random.Random(options.seed)
    with subject.opened(options) as place:
        place.ensure_indexed()
        paths = list(_paths(place))
        questions = list(_questions(place.root, paths, options.each, choose))
        with place.client() as client:
            client.until_ready()
            client.until_settled()
            for question in questions[:10]:
                _asked(client, question, "hybrid", 0)
            over_the_wire = _served(client, questions)
        return {
            **place.figures(),
            "questions": len(questions),
            "server": over_the_wire,
            **_inside(place, questions, options.chunks, fts5=options.fts5),
            "encoding": _encoding(place.root, choose.sample(paths, min(_SAMPLE, len(paths)))),
            "disk": _disk(place),
            "tableMs": round(min(_table_seconds() for _ in range(3)) * 1000, 2),
        }


def _paths(place: subject.Subject) -> Iterator[str]:
    with contextlib.closing(Store.reader(place.stored().folder)) as connection:
        for path, language in connection.execute("SELECT path, language FROM files ORDER BY path"):
            if language != "plaintext":
                yield path.decode("utf-8", "surrogateescape")


def _questions(root: Path, paths: Sequence[str], count: int, choose: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    for path in choose.sample(paths, len(paths)):
        found = _SENTENCE.findall((root / path).read_bytes()[: 1 << 16])
        text = choose.choice(found).decode() if found else ""
        if text and text not in seen:
            seen.add(text)
            yield text
        if len(seen) == count:
            return


def _served(client: Client, questions: Sequence[str]) -> dict[str, Any]:
    times = {
        mode: [_asked(client, question, mode, None)[0] for question in questions]
        for mode in ("semantic", "hybrid")
    }
    first = [_asked(client, question, "hybrid", number)[1] for number, question in enumerate(questions, 1)]
    return {
        **{mode: report.milliseconds(seconds) for mode, seconds in times.items()},
        "hybrid, first part": report.milliseconds(
            [seconds for seconds in first if seconds is not None] or [0.0]
        ),
        "withFirstPart": sum(seconds is not None for seconds in first),
    }


def _asked(client: Client, question: str, mode: str, token: int | None) -> tuple[float, float | None]:
    params: dict[str, Any] = {"query": question, "mode": mode, "limit": 50}
    if token is not None:
        params["partialResultToken"] = token
    began = time.perf_counter()
    answer = client.request("lspSearch/search", params)
    first = client.first_parts.pop(token, None) if token is not None else None
    # What was not handed over before comes as one part with the answer.
    early = first is not None and answer.at - first > 0.002
    return answer.seconds, first - began if first is not None and early else None


def _inside(
    place: subject.Subject, questions: Sequence[str], sizes: Sequence[int], *, fts5: bool
) -> dict[str, Any]:
    workspace = Workspace(
        [place.root],
        Settings(search=SearchSettings(cache=False)),
        store_dir=place.store,
        watch=False,
        refresh=False,
    )
    workspace.start()
    try:
        workspace.search(SearchRequest("warm", "semantic", 1))
        [snapshot] = workspace.snapshots
    finally:
        workspace.close()  # or it would give mapped pages back at rest; the snapshot lives on
    everything = [segment for segment in snapshot.segments if len(segment.chunks)]
    total = sum(len(segment.chunks) for segment in everything)
    held: dict[str, Any] = {}
    for size in (*(size for size in sizes if size < total), total):
        chosen = _about(everything, size)
        places = [Place(snapshot, segment, meaning.alive(snapshot, segment)) for segment in chosen]
        held[f"{sum(len(segment.chunks) for segment in chosen)} chunks"] = _stages(places, questions)
    largest = max(everything, key=lambda segment: len(segment.chunks))
    if not fts5:
        return {"stages": held}
    compared = Place(snapshot, largest, meaning.alive(snapshot, largest))
    return {"stages": held, "fts5": _against_fts5(place.stored().folder, compared, questions)}


def _about(segments: Sequence[Segment], size: int) -> list[Segment]:
    """Some of the segments that together have about *size* chunks, rather more."""
    chosen: list[Segment] = []
    for segment in sorted(segments, key=lambda segment: -len(segment.chunks)):
        left = size - sum(len(one.chunks) for one in chosen)
        if left > 0 and (len(segment.chunks) <= 1.1 * left or segment is segments[-1]):
            chosen.append(segment)
    return chosen or [min(segments, key=lambda segment: len(segment.chunks))]


def _stages(places: Sequence[Place], questions: Sequence[str]) -> dict[str, Any]:
    retrieval: list[float] = []
    ranking: list[float] = []
    for round_ in range(2):
        for question in questions:
            began = time.perf_counter()
            wanted = asked(clauses(question))
            found = meaning.candidates(wanted, places, lambda: None)
            between = time.perf_counter()
            some = found.some(np.arange(min(_CANDIDATES, len(found))))
            start = time.perf_counter()
            fusion.ranked(wanted, some)
            if round_:
                retrieval.append(between - began)
                ranking.append(time.perf_counter() - start)
    return {"retrieval": report.milliseconds(retrieval), "ranking": report.milliseconds(ranking)}


def _encoding(root: Path, paths: Sequence[str]) -> dict[str, Any]:
    terms, maker = Terms(), chunks.Maker()
    seconds = {"extract": 0.0, "cut": 0.0, "pack": 0.0, "build": 0.0}
    count = rows = 0
    for number, path in enumerate(paths):
        source = (root / path).read_bytes()
        clock = [time.process_time()]
        symbols = extract(language_of(path, source[:4096]), source)
        clock.append(time.process_time())
        found = cut(symbols, source, path, terms)
        clock.append(time.process_time())
        blob = chunk_blob.pack(found)
        clock.append(time.process_time())
        maker.add(number, rows, chunks.encoded([symbol.name.encode() for symbol in symbols], blob))
        clock.append(time.process_time())
        rows += len(symbols)
        count += len(found)
        for name, spent in zip(seconds, np.diff(clock).tolist(), strict=True):
            seconds[name] += spent
    began = time.process_time()
    maker.made(np.arange(rows))
    seconds["build"] += time.process_time() - began
    each = {f"{name}Us": round(1e6 * spent / max(count, 1), 1) for name, spent in seconds.items()}
    return {"chunks": count, **each, "encodeUs": round(sum(each.values()) - each["extractUs"], 1)}


def _disk(place: subject.Subject) -> dict[str, Any]:
    folder = place.stored().folder
    segments = [segment_file.load(path) for path in sorted((folder / "segments").glob("*.seg"))]
    count = sum(len(segment.chunks) for segment in segments)
    columns = sum(segment.chunks.nbytes for segment in segments)
    with contextlib.closing(Store.reader(folder)) as connection:
        blobs = sum(
            len(packed.open_blob(blob).chunks)
            for (blob,) in connection.execute("SELECT symbols FROM packed WHERE file_id % 20 = 0")
        )
    return {
        "chunks": count,
        "columnBytesEach": round(columns / max(count, 1)),
        "storeBytesEach": round(20 * blobs / max(count, 1)),
    }


def _against_fts5(folder: Path, held: Place, questions: Sequence[str]) -> dict[str, Any]:
    """The same terms of the same chunks, those of one segment, in an FTS5 table; the best 400 by any of a question's terms."""
    with contextlib.closing(sqlite3.connect(":memory:")) as other:
        other.execute("CREATE VIRTUAL TABLE chunks USING fts5(text, content='', detail=none)")
        texts = list(_texts(folder, held.segment))
        began = time.perf_counter()
        other.executemany("INSERT INTO chunks(text) VALUES (?)", ((text,) for text in texts))
        built = time.perf_counter() - began
        theirs = [_fts5_seconds(other, question) for question in questions]
    ours: list[float] = []
    for question in questions:
        wanted = asked(clauses(question))
        began = time.perf_counter()
        meaning.best_by_words(meaning.by_words(wanted, [held], lambda: None))
        ours.append(time.perf_counter() - began)
    return {
        "chunks": len(texts),
        "fts5BuildSeconds": round(built, 1),
        "fts5": report.milliseconds(theirs),
        "ours": report.milliseconds(ours),
    }


def _texts(folder: Path, segment: Segment) -> Iterator[str]:
    """The terms of each chunk."""
    with contextlib.closing(Store.reader(folder)) as connection:
        for member in segment.member.tolist():
            row = connection.execute("SELECT symbols FROM packed WHERE file_id = ?", (member,)).fetchone()
            opened = chunk_blob.open_blob(packed.open_blob(row[0]).chunks if row else b"")
            terms, at = np.frombuffer(opened.term, "<u4").tolist(), 0
            for count in np.frombuffer(opened.terms, "<u4").tolist():
                yield b" ".join(opened.names[term] for term in terms[at : at + count]).decode()
                at += count


def _fts5_seconds(connection: sqlite3.Connection, question: str) -> float:
    wanted = " OR ".join(f'"{term}"' for term in asked(clauses(question)).terms)
    began = time.perf_counter()
    connection.execute(
        "SELECT rowid FROM chunks WHERE chunks MATCH ? ORDER BY bm25(chunks) LIMIT 400", (wanted,)
    ).fetchall()
    return time.perf_counter() - began


def _table_seconds() -> float:
    """What opening the table adds to a process that has numpy."""
    code = "import numpy, time; from lsp_search.index import embeddings; t = time.perf_counter(); embeddings.shipped().of_terms([b'retri']); print(time.perf_counter() - t)"
    return float(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    )


def lines(results: Results) -> Iterable[str]:
    server = results["server"]
    rows = [(f"server, {name}", server[name]) for name in ("semantic", "hybrid", "hybrid, first part")]
    for size, stages in results["stages"].items():
        rows += [(f"{size}: {name}", figures) for name, figures in stages.items()]
    yield from report.table(LATENCY, (report.latency_row(name, figures) for name, figures in rows))
    yield f"{server['withFirstPart']} of {results['questions']} questions had a first part before the rest"
    if "fts5" in results:
        yield f"BM25 against FTS5: {results['fts5']}"
    yield f"encoding: {results['encoding']}"
    yield f"disk: {results['disk']}; opening the table: {results['tableMs']} ms"


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
