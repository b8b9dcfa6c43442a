"""``serve --prometheus``: what a scrape gets, by whichever transport the editor comes, and who may scrape."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from .conftest import SERVE, Listen, Raw, session

Sample = tuple[str, frozenset[tuple[str, str]]]
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def scrape(url: str, token: str | None = None, accept: str = "text/plain") -> str:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return str(answer.read().decode())


def url_of(line: bytes) -> str:
    found = re.fullmatch(rb"metrics on (127\.0\.0\.1:\d+)\n", line)
    assert found, line
    return f"http://{found[1].decode()}/metrics"


def samples(families: Iterable[Metric]) -> dict[Sample, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def of(found: dict[Sample, float], name: str, **labels: str) -> float:
    return found[f"lsp_search_{name}", frozenset({"workspace": "1", **labels}.items())]


@pytest.fixture
def served(raw: Callable[..., Raw], workspace: Path) -> tuple[Raw, str]:
    server = raw("--stdio", "--prometheus", "127.0.0.1:0")
    assert server.process.stderr is not None
    url = url_of(server.process.stderr.readline())
    server.initialize(workspace)
    server.ask("lspSearch/sync")
    for mode, query in (("symbol", "cart"), ("symbol", "open"), ("text", "sesame")):
        assert server.ask("lspSearch/search", params={"query": query, "mode": mode})["result"]["items"]
    return server, url


def test_a_scrape_tells_what_stats_tell(served: tuple[Raw, str]) -> None:
    server, url = served
    found = samples(text_string_to_metric_families(scrape(url)))
    stats = server.ask("lspSearch/stats")["result"]
    assert of(found, "index_files") == stats["index"]["files"] == 3
    assert of(found, "index_symbols") == 6
    assert of(found, "index_language_files", language="python") == 2
    assert of(found, "indexed_files_total") == stats["queue"]["done"]
    assert of(found, "memory_resident_bytes") > 1 << 20
    assert of(found, "query_duration_seconds_count", mode="symbol") == 2
    assert of(found, "query_duration_seconds_bucket", mode="symbol", le="+Inf") == 2
    assert of(found, "request_duration_seconds_count", method="lspSearch/search") == 3
    assert of(found, "queue_wait_seconds_count") == 3
    symbol = stats["latency"]["search.symbol"]
    assert 0 < of(found, "query_duration_seconds_sum", mode="symbol") <= 2.02 * symbol["maxMs"] / 1000
    assert of(found, "stage_duration_seconds_count", stage="match") >= 3
    assert {dict(labels)["kind"] for name, labels in found if name == "lsp_search_cache_answers_total"} == {
        *("exact", "refined", "predicted", "disk", "miss")
    }


@pytest.mark.parametrize("accept", ["text/plain", OPENMETRICS])
def test_the_formats_rules_are_kept(served: tuple[Raw, str], accept: str) -> None:
    """What ``promtool check metrics`` looks at, as far as the client's own strict parser does, and the names."""
    text = scrape(served[1], accept=accept)
    parse = parse_openmetrics if accept == OPENMETRICS else text_string_to_metric_families
    families = {family.name: family for family in parse(text)}
    assert len(families) > 20
    for name, family in families.items():
        assert re.fullmatch(r"lsp_search_[a-z_]+", name)
        assert family.documentation.endswith(".")
        assert not name.endswith(("_total", "_count", "_sum", "_bucket"))
        if family.type == "counter":
            assert all(sample.name == f"{name}_total" for sample in family.samples)
        if family.type == "histogram":
            assert name.endswith("_seconds")
            _check_buckets(family)


def _check_buckets(family: Metric) -> None:
    by_labels: dict[Any, list[float]] = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            labels = frozenset(pair for pair in sample.labels.items() if pair[0] != "le")
            by_labels.setdefault(labels, []).append(sample.value)
    assert by_labels
    assert all(values == sorted(values) for values in by_labels.values())


def test_no_query_and_no_path_leaves(served: tuple[Raw, str], workspace: Path) -> None:
    text = scrape(served[1])
    for word in ("sesame", "cart", "shop", "workspace/", str(workspace), workspace.parent.name):
        assert word not in text.replace('method="workspace/symbol"', "")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", ["tcp", "ws"])
async def test_beside_sockets(kind: str, tmp_path: Path, workspace: Path) -> None:
    process = subprocess.Popen(
        [
            *SERVE,
            f"--{kind}",
            "127.0.0.1:0",
            "--prometheus",
            "127.0.0.1:0",
            "--store",
            str(tmp_path / "store"),
        ],
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        url = url_of(process.stderr.readline())
        listening = re.fullmatch(rb"listening on (\S+):(\d+)\n", process.stderr.readline())
        assert listening
        assert "index_files" not in scrape(url)  # nothing is open yet
        address = (kind, listening[1].decode(), int(listening[2]))
        async with session([workspace], tmp_path / "store", address=address) as client:
            await client.sync()
            text = await asyncio.to_thread(scrape, url)
            assert of(samples(text_string_to_metric_families(text)), "index_files") == 3
    finally:
        process.terminate()
        process.communicate()


def test_beyond_loopback_only_with_a_token(tmp_path: Path) -> None:
    done = subprocess.run(
        [*SERVE, "--stdio", "--prometheus", "0.0.0.0:0"],
        capture_output=True,
        text=True,
        check=False,
        input="",
    )
    assert done.returncode == 2
    assert "--token-file" in done.stderr


def test_a_token_is_asked_for(raw: Callable[..., Raw], tmp_path: Path, workspace: Path) -> None:
    token = tmp_path / "token"
    token.write_text("correct horse\n")
    server = raw("--stdio", "--prometheus", "127.0.0.1:0", "--token-file", str(token))
    assert server.process.stderr is not None
    url = url_of(server.process.stderr.readline())
    server.initialize(workspace)
    server.ask("lspSearch/sync")  # an editor that started us itself needs none
    for wrong in (None, "battery staple"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            scrape(url, wrong)
        assert refused.value.code == 401
        refused.value.close()
    assert "lsp_search_index_files" in scrape(url, "correct horse")


def test_an_address_in_use_is_said(listen: Listen) -> None:
    _, host, port = listen("tcp")
    done = subprocess.run(
        [*SERVE, "--stdio", "--prometheus", f"{host}:{port}"],
        capture_output=True,
        text=True,
        check=False,
        input="",
    )
    assert done.returncode == 1
    assert "Address already in use" in done.stderr or sys.platform == "win32"
