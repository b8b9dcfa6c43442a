"""The figures of all open workspaces for Prometheus, at ``http://HOST:PORT/metrics`` (docs/metrics.md lists them).

A scrape reads what ``lspSearch/stats`` reads, then and there; nothing is kept twice. Workspaces are told apart by a number in
the order of their opening: names and paths do not leave the process.
"""

from __future__ import annotations

import hmac
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import ThreadingWSGIServer

from lsp_search import __version__
from lsp_search.telemetry.latency import Latency

_PREFIX = "lsp_search_"
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds; of a histogram's buckets."""


class Meter(Protocol):
    @property
    def latency(self) -> Latency: ...


class Measured(Protocol):
    """A workspace."""

    @property
    def meter(self) -> Meter: ...

    def stats(self) -> Mapping[str, Any]: ...


Workspaces = Callable[[], Mapping[int, Measured]]


def serve(workspaces: Workspaces, address: tuple[str, int], token: str | None) -> tuple[str, int]:
    """Answers scrapes from a daemon thread on; returns the address. *token*: what they must send as a bearer token. Raises
    OSError where the address cannot be had."""
    registry = CollectorRegistry()
    registry.register(Figures(workspaces))
    app = make_wsgi_app(registry)

    class Server(ThreadingWSGIServer):
        address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    served = make_server(
        *address, app if token is None else _guarded(app, token), Server, handler_class=_Silent
    )
    threading.Thread(target=served.serve_forever, name="lsp-search metrics", daemon=True).start()
    return address[0], served.server_port


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Scrapes are no news."""


def _guarded(app: Callable[..., Any], token: str) -> Callable[..., Any]:
    """Only for those who know the token."""
    wanted = f"Bearer {token}".encode()

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        given = str(environ.get("HTTP_AUTHORIZATION", "")).encode("latin-1", "replace")
        if hmac.compare_digest(given, wanted):
            return app(environ, start_response)
        start_response("401 Unauthorized", [("WWW-Authenticate", "Bearer"), ("Content-Type", "text/plain")])
        return [b"this server wants its token: Authorization: Bearer TOKEN\n"]

    return guarded


class Figures:
    """A collector of prometheus-client."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to be registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        families = _Families()
        families.gauge("build_info", "The version.", ("version",), [((__version__,), 1)])
        for number, workspace in sorted(self._workspaces().items()):
            label = str(number)
            stats = workspace.stats()
            for add in (_index, _memory, _cache, _work):
                add(families, label, stats)
            _latency(families, label, workspace.meter.latency)
        yield from families


class _Families:
    """Metrics by name, each with the samples of all workspaces."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._held.values())

    def gauge(self, name: str, text: str, labels: Sequence[str], samples: _Samples) -> None:
        self._add(GaugeMetricFamily, name, text, labels, samples)

    def counter(self, name: str, text: str, labels: Sequence[str], samples: _Samples) -> None:
        self._add(CounterMetricFamily, name, text, labels, samples)

    def histogram(self, name: str, text: str, labels: Sequence[str], values: Sequence[str], one: Any) -> None:
        histogram, total = one
        self._family(HistogramMetricFamily, name, text, labels).add_metric(values, _buckets(histogram), total)

    def _add(self, kind: type[Any], name: str, text: str, labels: Sequence[str], samples: _Samples) -> None:
        family = self._family(kind, name, text, labels)
        for values, value in samples:
            family.add_metric(values, value)

    def _family(self, kind: type[Any], name: str, text: str, labels: Sequence[str]) -> Any:
        if name not in self._held:
            self._held[name] = kind(_PREFIX + name, text, labels=labels)
        return self._held[name]


_Samples = Iterable[tuple[Sequence[str], float]]
_ONE = ("workspace",)


def _index(to: _Families, workspace: str, stats: Mapping[str, Any]) -> None:
    index = stats["index"]
    for name, key, text in (
        ("index_files", "files", "Files in the index."),
        ("index_symbols", "symbols", "Symbols in the index."),
        ("index_disk_bytes", "storeBytes", "Bytes of the index on disk."),
        ("index_generation", "generation", "Number of the index's present state."),
        ("index_last_update_timestamp_seconds", "lastUpdate", "When the index last changed; 0: never."),
    ):
        to.gauge(name, text, _ONE, [((workspace,), index[key])])
    to.gauge(
        "index_language_files",
        "Files in the index, by language.",
        (*_ONE, "language"),
        [((workspace, language), count) for language, count in index["languages"].items()],
    )


def _memory(to: _Families, workspace: str, stats: Mapping[str, Any]) -> None:
    memory = stats["memory"]
    for name, key, text in (
        ("memory_resident_bytes", "rssBytes", "What the server and the workspace's workers hold in memory."),
        ("memory_limit_bytes", "limitBytes", "What that is kept below."),
    ):
        to.gauge(name, text, _ONE, [((workspace,), memory[key])])
    to.gauge(
        "memory_part_bytes",
        "Known parts of what is held in memory.",
        (*_ONE, "part"),
        [((workspace, part), size) for part, size in memory["parts"].items()],
    )


def _cache(to: _Families, workspace: str, stats: Mapping[str, Any]) -> None:
    cache = stats["cache"]
    to.counter(
        "cache_answers",
        "Queries, by what the cache did for them.",
        (*_ONE, "kind"),
        [((workspace, kind), count) for kind, count in cache["kinds"].items()],
    )
    to.counter(
        "cache_predictions",
        "Answers made ahead of their query, and what became of them.",
        (*_ONE, "outcome"),
        [((workspace, outcome), count) for outcome, count in cache["predictions"].items()],
    )
    for name, key, text in (
        ("cache_entries", "entries", "Answers in the cache, by level."),
        ("cache_bytes", "bytes", "Bytes of the cache, by level."),
    ):
        samples = [((workspace, level), cache[level][key]) for level in ("memory", "disk")]
        to.gauge(name, text, (*_ONE, "level"), samples)


def _work(to: _Families, workspace: str, stats: Mapping[str, Any]) -> None:
    queue, watcher = stats["queue"], stats["watcher"]
    to.gauge("queue_depth", "Pieces of indexing under way.", _ONE, [((workspace,), queue["depth"])])
    to.gauge("failed_files", "Files without symbols because of an error.", _ONE, [((workspace,), queue["failed"])])  # fmt: skip
    to.counter("indexed_files", "Files that workers looked at.", _ONE, [((workspace,), queue["done"])])
    to.counter("watcher_events", "Changes seen by the watcher.", _ONE, [((workspace,), watcher["events"])])
    to.counter("watcher_overflows", "How often changes may have been lost.", _ONE, [((workspace,), watcher["overflows"])])  # fmt: skip
    to.gauge("watched_folders", "Folders being watched.", _ONE, [((workspace,), watcher["watched"])])
    to.gauge(
        "alerts",
        "Alerts that stand now.",
        (*_ONE, "metric", "level"),
        [((workspace, alert["metric"], alert["level"]), 1) for alert in stats["alerts"]],
    )


def _latency(to: _Families, workspace: str, latency: Latency) -> None:
    for name, histogram in sorted(latency.histograms().items()):
        group, _, rest = name.partition(".")
        if name == "queue":
            to.histogram("queue_wait_seconds", "Wait for a thread.", _ONE, (workspace,), histogram)
        elif group == "search" and rest:
            text = "Time to answer a query, without its encoding, by mode."
            to.histogram("query_duration_seconds", text, (*_ONE, "mode"), (workspace, rest), histogram)
        elif group == "stage":
            text = "Own time of one stage in one query."
            to.histogram("stage_duration_seconds", text, (*_ONE, "stage"), (workspace, rest), histogram)
        elif "/" in name:
            text = "Time to answer a request, with its encoding, by method."
            to.histogram("request_duration_seconds", text, (*_ONE, "method"), (workspace, name), histogram)


def _buckets(histogram: Any) -> list[tuple[str, float]]:
    """Cumulative, up to each of :data:`BOUNDS`, to the precision of the histogram (1%)."""
    found: list[tuple[str, float]] = []
    recorded = [(item.value_iterated_to, item.count_added_in_this_iter_step) for item in histogram.get_recorded_iterator()]  # fmt: skip
    for bound in BOUNDS:
        below = sum(count for value, count in recorded if value <= bound * 1e6)
        found.append((str(bound), below))
    return [*found, ("+Inf", histogram.get_total_count())]
