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
_FLAGS = (
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
def served() -> Iterator[Served]:
    """A site on a loop of its own, in a thread."""
    started: Future[Served] = Future()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        feed = Feed()
        site = Site(feed)
        started.set_result(Served(site, feed))
        await site.run()

    task = loop.create_task(run())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield started.result(10)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run_coroutine_threadsafe(_ended(task), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        browser.close()
