"""From an event in the server to its pixels: how long the dashboard takes, in a real Chromium.

    python -m benchmarks.dashboard [--messages 200] [--chromium PATH]

Each message is a whole set of figures, dispatched in the server with the time on it (epoch milliseconds; server and browser
share the machine's clock), twice in five with an alert. The clock stops at the start of the first animation frame *after* the one
that drew it, when the drawn one was handed to the screen: an upper bound that holds up to one frame (16.7 ms) of waiting.
Times of the first ten messages, which compile the page's scripts, do not count.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.dashboard import figures
from tests.dashboard.browser import CHROMIUM, FLAGS, served

WARM_UP = 10

_STOPWATCH = """
window.times = [];
document.addEventListener("drawn", ({detail}) =>
  requestAnimationFrame(() => detail.type === "metrics" && times.push(Date.now() - detail.at)));
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--chromium", type=Path, default=CHROMIUM)
    given = parser.parse_args()
    times = measure(given.messages, given.chromium)
    print(
        f"event to pixel, {len(times)} messages: p50 {times[len(times) // 2]:.1f} ms, "
        f"p95 {times[len(times) * 95 // 100]:.1f} ms, most {times[-1]:.1f} ms"
    )


def measure(count: int, chromium: Path) -> list[float]:
    """Milliseconds of each message, ascending."""
    chance = random.Random(1)
    with served() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.add_init_script(_STOPWATCH)
        site.feed.publish("connection", {"state": "live", "source": "benchmark"})
        site.feed.publish("status", figures.STATUS)
        site.feed.publish("history", figures.history(time.time()))
        page.goto(site.site.url)
        for beat in range(WARM_UP + count):
            # Not in step with frames, and at a pace that lets each message be drawn by itself.
            page.wait_for_timeout(60 + chance.random() * 40)
            site.feed.publish("metrics", figures.metrics(beat, alerts=beat % 5 < 2))
            while page.evaluate("times.length") <= beat:
                page.wait_for_timeout(20)
        times = page.evaluate("times")
        browser.close()
    return sorted(times[WARM_UP:])


if __name__ == "__main__":
    main()
