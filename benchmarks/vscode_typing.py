"""How long from a key to the list that it leads to, in a real VS Code? (Needs tests/editors/set_up.sh and a packaged extension.)

    python -m benchmarks.vscode_typing [ROOT] [--queries 40]

Queries (names as people begin them, typos, qualified names, texts, questions) are typed into the extension's own picker and into
Ctrl+T: key by key at a steady pace, and in one burst. Clocks run in the page: from the time of the browser's key event to the start
of the first animation frame *after* the one that drew the rows, when these were handed to the screen: an upper bound that holds up to
one frame of waiting. The debounce of the picker is part of it.

*each key*: of a query typed steadily, every key whose answer has other rows than are there already, until the very rows of its answer
are drawn (known from a server beside). Keys that were overtaken by the next one are counted, not timed. *last key*: until the list no
longer changes; this can be told of Ctrl+T, too.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import corpus, queries, report
from benchmarks.report import Results
from lsp_search import stores
from lsp_search.model import LspSearchError
from tests.dashboard.browser import chromium
from tests.editors.vscode import code
from tests.editors.vscode.code import Code
from tests.editors.vscode.searching import DRAWN, Picker, Reference

_BURST = 20
_QUIET = 1000
"""Milliseconds without a change after which a list is at rest; Ctrl+T alone waits 200 before it asks."""

_TEXTS = (
    "make_aware(",
    '"select_related"',
    "/def get_\\w+_manager/",
    "self.assertEqual(",
    "kind:class path:forms/ Form",
)
_QUESTIONS = (
    "where are migrations applied",
    "how are cookies signed",
    "parse dates of a query string",
    "escape html in templates",
)

_STOPWATCH = f"""expected => {{
    const drawn = {DRAWN};
    const places = () => drawn().map(([, description]) => description.split(" — ").at(-1));
    const same = wanted => {{
        const shown = places();
        return shown.length >= Math.min(5, wanted.length) && shown.length <= wanted.length && shown.every((row, at) => row === wanted[at]);
    }};
    const input = () => document.querySelector(".quick-input-widget input.input");
    const watch = window.stopwatch = {{ keys: [], overtaken: 0, unchanged: 0, key: null, changed: 0, reset() {{
        Object.assign(this, {{ keys: [], overtaken: 0, unchanged: 0, key: null, changed: performance.now() }});
    }} }};
    let pressed = 0;
    document.addEventListener("keydown", event => {{ pressed = event.timeStamp; watch.pressed = pressed; }}, true);
    document.addEventListener("input", () => {{
        if (watch.key) watch.overtaken++;
        const wanted = expected[input().value];
        watch.key = wanted && !same(wanted) ? {{ at: pressed, wanted }} : null;
        if (wanted && !watch.key) watch.unchanged++;
    }}, true);
    let dirty = false;
    new MutationObserver(() => {{ dirty = true; }}).observe(
        document.querySelector(".quick-input-list"), {{ childList: true, characterData: true, subtree: true }});
    const look = () => {{
        requestAnimationFrame(look);
        if (!dirty) return;
        dirty = false;
        const key = watch.key;
        const there = key && same(key.wanted);
        if (there) watch.key = null;
        requestAnimationFrame(() => {{
            watch.changed = performance.now();
            if (there) watch.keys.push(watch.changed - key.at);
        }});
    }};
    look();
}}"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "root", nargs="?", default="django", help="a folder or a named corpus (default: django)"
    )
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="where named corpora are kept")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument(
        "--pace",
        type=int,
        default=120,
        metavar="MS",
        help="between two keys of one who types steadily; 300 lets hardly any be overtaken (default: 120)",
    )


def measure(options: argparse.Namespace) -> Results:
    if code.MISSING:
        raise LspSearchError(code.MISSING)
    root = corpus.locate(options.root, options.corpora)
    with tempfile.TemporaryDirectory(prefix="lsp-search-vscode-") as scratch:
        folder = Path(scratch)
        reference = Reference(root, folder / "reference")
        with reference.client, chromium() as browser:
            reference.client.until_settled()
            asked = _queries(folder / "reference", root, options)
            expected = _expected(reference, asked)
            command = {"lspSearch.server.path": [sys.executable, "-m", "lsp_search"]}
            environment = {"LSP_SEARCH_STORE": str(folder / "store")}
            with code.code(
                browser, folder / "home", root, machine=command, environment=environment
            ) as window:
                return {
                    "source": root.name,
                    "queries": asked,
                    "pace": options.pace,
                    **_typed(window, asked, expected, options.pace),
                }


def _expected(reference: Reference, asked: Sequence[str]) -> dict[str, list[str]]:
    """Places by what has been typed of a query; what is an error in the middle of a filter leads to no list."""
    expected = {}
    for part in (query[:end] for query in asked for end in range(1, len(query) + 1)):
        with contextlib.suppress(LspSearchError):
            expected[part] = reference.places(part)
    return expected


def _queries(store: Path, root: Path, options: argparse.Namespace) -> list[str]:
    choose = random.Random(options.seed)
    stored = stores.find(store, root)
    assert stored is not None
    kinds = ("start", "full", "humps", "middle", "two words", "qualified", "typo")
    each = max(1, (options.queries - len(_TEXTS) - len(_QUESTIONS)) // len(kinds) + 1)
    drawn = [query.text for query in queries.draw(queries.from_index(stored.folder, choose), each, choose)]
    everything = [*drawn, *_TEXTS, *_QUESTIONS]
    return choose.sample(everything, min(options.queries, len(everything)))


def _typed(window: Code, asked: Sequence[str], expected: dict[str, list[str]], pace: int) -> Results:
    page, picker = window.page, Picker(window)
    picker.open("x")
    picker.says("symbols · ")
    picker.settled()
    page.evaluate(_STOPWATCH, expected)
    picker.window.query.fill("")

    def rest() -> float:
        """Milliseconds from the last key until the list no longer changed."""
        page.wait_for_function(
            f"performance.now() - Math.max(stopwatch.changed, stopwatch.pressed) > {_QUIET}"
        )
        took: float = page.evaluate("stopwatch.changed - stopwatch.pressed")
        return took

    def each(pace: int, start: str = "") -> tuple[list[float], list[float], dict[str, int]]:
        keys: list[float] = []
        last: list[float] = []
        counted = {"overtaken": 0, "unchanged": 0}
        for query in asked:
            window.query.fill(start)
            page.wait_for_timeout(_QUIET)
            page.evaluate("stopwatch.reset()")
            page.keyboard.type(query, delay=pace)
            if (took := rest()) > 0:  # else the last key changed nothing
                last.append(took)
            watch: dict[str, Any] = page.evaluate("({...stopwatch, reset: null})")
            keys += watch["keys"]
            for name in counted:
                counted[name] += watch[name]
        return keys, last, counted

    keys, last, counted = each(pace)
    burst_keys, burst, burst_counted = each(_BURST)
    picker.close()
    page.keyboard.press("Control+t")
    window.query.wait_for()
    _, symbols, _ = each(pace, "#")
    _, symbols_burst, _ = each(_BURST, "#")
    return {
        "each key": {**_figures(keys), **counted},
        "last key": _figures(last),
        "last key of a burst": _figures(burst),
        "keys of bursts": {**_figures(burst_keys), **burst_counted},
        "Ctrl+T, last key": _figures(symbols),
        "Ctrl+T, last key of a burst": _figures(symbols_burst),
    }


def _figures(milliseconds: Sequence[float]) -> dict[str, float]:
    return report.milliseconds([value / 1000 for value in milliseconds])


def lines(results: Results) -> Iterable[str]:
    yield f"on {results['source']}: {len(results['queries'])} queries, {results['pace']} ms a key, bursts of {_BURST} ms a key"
    rows = [name for name, figures in results.items() if isinstance(figures, dict)]
    yield from report.table(report.LATENCY, [report.latency_row(name, results[name]) for name in rows])
    each = results["each key"]
    yield f"typed steadily, {each['overtaken']} keys were overtaken by the next, {each['unchanged']} changed nothing"


if __name__ == "__main__":
    report.run(__doc__, configure, measure, lines)
