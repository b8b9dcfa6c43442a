"""``lsp-search index``: brings the index of a folder up to date and says what it holds."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import click
import psutil

from lsp_search.cli import opening, output
from lsp_search.model import IndexReport, LspSearchError

_SAMPLE_SECONDS = 0.2
_MOST_LANGUAGES = 10
_MOST_ERRORS = 10


@click.command(short_help="Bring the index of a folder up to date.")
@opening.root_argument
@click.option(
    "--rebuild", is_flag=True, help="Index every file again, from nothing. What was learned from picks stays."
)
@click.option("--list-skipped", is_flag=True, help="List every path that is not indexed, with the reason.")
@opening.store_option
@opening.json_option
def command(root: Path, rebuild: bool, list_skipped: bool, store: Path | None, as_json: bool) -> None:
    """Bring the index of ROOT (default: the current folder) up to date.

    Only files that changed since the last time are read. Files that cannot be indexed are listed and do not stop the
    others. Interrupt it whenever you like: what is indexed is kept, and the next run goes on from there.
    """
    if rebuild:
        from lsp_search import stores  # noqa: PLC0415 - --help need not wait for it

        stores.empty(store, root)
    memory = PeakMemory()
    with opening.opened(root, store) as workspace:
        began = time.monotonic()
        status = opening.up_to_date(workspace, "Indexing", memory.sample)
        workspace.settle(memory.sample)
        seconds = time.monotonic() - began
        report = workspace.report(seconds)
        memory.sample(now=True)
    if as_json:
        output.emit_json(_json(report, status.done, memory.bytes, list_skipped))
    else:
        output.say(_lines(report, status.done, memory.bytes, list_skipped))
    if status.state == "degraded":
        raise LspSearchError(f"{report.root}: {status.message}")


class PeakMemory:
    """The most memory that this process and its children held, as sampled."""

    def __init__(self) -> None:
        self.bytes = 0
        self._process = psutil.Process()
        self._due = 0.0

    def sample(self, now: bool = False) -> None:
        """Looks a few times a second, however often it is called; *now*: in any case."""
        if not now and time.monotonic() < self._due:
            return
        total = 0
        with contextlib.suppress(psutil.Error):
            for process in (self._process, *self._process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
        self.bytes = max(self.bytes, total, _own_peak())
        self._due = time.monotonic() + _SAMPLE_SECONDS


def _own_peak() -> int:
    """What the system noted as this process's peak; 0 where it does not."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _per_minute(report: IndexReport) -> float:
    return round(report.files * 60 / max(report.seconds, 1e-6), 1)


def _json(report: IndexReport, read: int, peak: int, list_skipped: bool) -> dict[str, object]:
    answer: dict[str, object] = {
        "root": report.root,
        "files": report.files,
        "filesRead": read,
        "symbols": report.symbols,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "filesPerMinute": _per_minute(report),
        "languages": report.languages,
        "skipped": report.skipped,
        "errors": [error._asdict() for error in report.errors],
        "storeBytes": report.store_bytes,
        "peakRssBytes": peak,
        "generation": report.generation,
    }
    if list_skipped:
        answer["skippedPaths"] = [{"path": path, "reason": reason} for path, reason in report.skipped_paths]
    return answer


def _lines(report: IndexReport, read: int, peak: int, list_skipped: bool) -> list[str]:
    lines = []
    if list_skipped:
        lines += [f"{reason}: {output.readable(path)}" for path, reason in report.skipped_paths]
    lines += [
        output.readable(report.root),
        f"  {report.files:,} files, {report.symbols:,} symbols, {output.size(report.bytes)} of text",
        f"  {read:,} files read in {output.duration(report.seconds)} ({_per_minute(report):,.0f} files/min)",
        f"  index {output.size(report.store_bytes)} on disk, peak memory {output.size(peak)}",
    ]
    if report.languages:
        lines += ["Languages", *output.columns(_languages(report.languages))]
    if report.skipped:
        rows = sorted(report.skipped.items(), key=lambda entry: -entry[1])
        lines += [
            "Skipped (--list-skipped names them)",
            *output.columns([(reason, f"{count:,}") for reason, count in rows]),
        ]
    if report.errors:
        lines.append("Indexed without symbols")
        lines += [
            f"  {output.readable(error.path)}: {output.readable(error.message)}"
            for error in report.errors[:_MOST_ERRORS]
        ]
        if len(report.errors) > _MOST_ERRORS:
            lines.append(f"  and {len(report.errors) - _MOST_ERRORS:,} more (--json lists all)")
    return lines


def _languages(languages: dict[str, int]) -> list[tuple[str, str]]:
    """The commonest languages, and the others as one row."""
    counts = sorted(languages.items(), key=lambda entry: -entry[1])
    rows = [(name, f"{count:,}") for name, count in counts[:_MOST_LANGUAGES]]
    if rest := counts[_MOST_LANGUAGES:]:
        rows.append((f"{len(rest)} more", f"{sum(count for _, count in rest):,}"))
    return rows
