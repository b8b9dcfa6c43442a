"""The dashboard's site beside a test, and a real Chromium in front of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

from lsp_search.dashboard.feed import Feed
from lsp_search.dashboard.site import Site

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Served:
    """A site that answers, and what it is fed by."""

    site: Site
    feed: Feed


@contextlib.contextmanager
def served(port: int = 0) -> Iterator[Served]:
    """A site on a loop of its own, in a thread."""
    started: Future[Served] = Future()

    async def run() -> None:
        feed = Feed()
        site = Site(feed, port)
        started.set_result(Served(site, feed))
        await site.run()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    made = started.result(10)
    try:
        yield made
    finally:
        made.site.stop()
        thread.join(10)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()
