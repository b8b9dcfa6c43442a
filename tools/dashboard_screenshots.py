"""The pictures of docs/dashboard.md, drawn by the machine's Chromium from the figures that the tests use.

python -m tools.dashboard_screenshots [FOLDER]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.dashboard import figures
from tests.dashboard.browser import Served, chromium, served

FOLDER = Path("docs/images")
BEATS = 420
"""Seconds of live figures before the picture is taken; time is the page's own clock, set ahead."""

TALLEST = 1430


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with served() as site, chromium() as browser:
        draw(site, browser, folder / "dashboard-light.png", 1600, "light")
        draw(site, browser, folder / "dashboard-dark.png", 1600, "dark", span="day", alerts=True)
        draw(site, browser, folder / "dashboard-narrow.png", 400, "light", alerts=True)
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


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
