"""The pictures of docs/dashboard.md, drawn by the machine's Chromium.

python -m tools.dashboard_screenshots                     a day and an empty page, from the figures that the tests use
python -m tools.dashboard_screenshots ROOT [MINUTES]      a real server on ROOT, asked by somebody who types (10 minutes)
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from benchmarks import queries
from tests.dashboard import figures
from tests.dashboard.browser import Served, chromium, served
from tests.protocol.conftest import session

FOLDER = Path("docs/images")
BEATS = 420
"""Seconds of live figures before the picture is taken; time is the page's own clock, set ahead."""

TALLEST = 1430


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with served() as site, chromium() as browser:
        draw(site, browser, folder / "dashboard-dark.png", 1600, "dark", span="day", alerts=True)
        draw(site, browser, folder / "dashboard-empty.png", 1000, "dark", empty=True)


def draw(
    site: Served,
    browser: Browser,
    file: Path,
    width: int,
    scheme: Literal["light", "dark"],
    *,
    span: str = "live",
    alerts: bool = False,
    empty: bool = False,
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.add_init_script(_FEED_BY_HAND)
    began = time.time() - BEATS
    page.clock.install(time=began)
    page.goto(site.site.url)
    _say(page, "connection", {"state": "live", "source": "127.0.0.1:7777"})
    if empty:
        _say(
            page, "status", {"state": "indexing", "done": 2140, "total": 6763, "generation": 3, "message": ""}
        )
        _say(page, "metrics", figures.FIRST)
    else:
        _say(page, "status", figures.STATUS)
        _say(page, "history", figures.history(began))
        for beat in range(BEATS):
            page.clock.run_for(1000)
            _say(page, "metrics", figures.metrics(beat, alerts=alerts))
    page.locator(f"input[value={span}]").check(force=True)
    page.clock.run_for(1000)
    page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": TALLEST})
    context.close()
    print(f"{file}: {file.stat().st_size:,} bytes")


_FEED_BY_HAND = "window.EventSource = class { constructor() { window.feed = this; } };"


def _say(page: Page, kind: str, params: object) -> None:
    page.evaluate(
        "message => window.feed.onmessage({data: JSON.stringify(message)})", {"type": kind, "params": params}
    )


def draw_real(root: Path, minutes: float, folder: Path) -> None:
    """A server and a dashboard that follows it, both as users start them."""
    with contextlib.ExitStack() as stack:
        store = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lsp-search-pictures-")))
        server = ("serve", "--tcp", "127.0.0.1:0", "--store", str(store))
        address = stack.enter_context(_started(server, "listening on "))
        shown = stack.enter_context(
            _started(("dashboard", "--connect", address, "--no-open"), "dashboard on ")
        )
        browser = stack.enter_context(chromium())
        pages = []
        for name, width in (("dashboard-light.png", 1600), ("dashboard-narrow.png", 400)):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
            pages.append((name, width, context.new_page()))
            pages[-1][2].goto(shown)
        typing = threading.Thread(target=lambda: asyncio.run(_type(root, store, address, minutes)))
        typing.start()
        while typing.is_alive():
            for *_, page in pages:
                page.wait_for_timeout(100)  # what the pages hear is drawn
        for name, width, page in pages:
            clip = {"x": 0, "y": 0, "width": width, "height": TALLEST}
            page.screenshot(path=folder / name, full_page=True, clip=clip)  # type: ignore[arg-type]


@contextlib.contextmanager
def _started(command: tuple[str, ...], says: str) -> Iterator[str]:
    """Runs a command until the end of the block; what it *says* on standard error after these words."""
    with subprocess.Popen(
        [sys.executable, "-m", "lsp_search", *command], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            line = next(line for line in process.stderr if line.startswith(says))
            yield line.removeprefix(says).strip()
        finally:
            process.terminate()


async def _type(root: Path, store: Path, address: str, minutes: float) -> None:
    """Asks as somebody does who looks for names letter by letter, and now and then for words and texts."""
    choose = random.Random(1)
    host, port = address.split(":")
    names = [named.name for named in queries.from_files(root, choose)]
    async with session([root], store, address=("tcp", host, int(port))) as client:
        await client.ask("lspSearch/sync", {})
        ends = time.monotonic() + 60 * minutes
        while time.monotonic() < ends:
            name = choose.choice(names[: 30 + len(names) // 20])
            mode = choose.choices(("symbol", "text", "hybrid"), (8, 1, 1))[0]
            words = " ".join(queries.words(name))
            asked = {"symbol": [name[:end].lower() for end in range(1, min(len(name), 8))], "text": [name]}
            for query in asked.get(mode, [f"where is {words} checked"]):
                await client.ask("lspSearch/search", {"query": query, "mode": mode})
                await asyncio.sleep(choose.lognormvariate(0, 0.4) * 0.16)
            await asyncio.sleep(choose.random())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        draw_real(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 10.0, FOLDER)
    else:
        main(FOLDER)
