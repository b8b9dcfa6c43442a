"""The page in a real Chromium: what it shows, that it is live, that everybody can read it, and that it asks nobody else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lsp_search import dashboard
from tests.dashboard import figures
from tests.dashboard.browser import Served, served

playwright = pytest.importorskip("playwright.sync_api")
PAGES = Path(dashboard.__file__).parent / "web"
WIDTHS = (400, 640, 1000, 1600)


class Shown:
    """A page, and everything that it did wrong."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.faults: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"
        )

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def text(self, selector: str) -> str:
        text = self.page.locator(selector).inner_text()
        assert isinstance(text, str)
        return " ".join(text.split())

    def until(self, selector: str, wanted: str) -> None:
        playwright.expect(self.page.locator(selector)).to_contain_text(wanted, use_inner_text=True)

    def until_drawn(self) -> None:
        """Until all four charts are. Their legends are there before, hidden, with all names in them."""
        drawn = self.page.locator("[role=img][aria-label*='Newest: ']:visible")
        playwright.expect(drawn).to_have_count(4)

    def overflow(self) -> int:
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert isinstance(wide, int)
        return wide


Open = Callable[..., Shown]


@pytest.fixture
def look(browser: Any, site: Served) -> Iterator[Open]:
    """Opens the page as a browser does; whatever it complains of fails the test."""
    opened: list[tuple[Any, Shown]] = []

    def open_(*, width: int = 1280, feed: dict[str, Any] | None = None, **how: Any) -> Shown:
        for kind, params in (feed or {}).items():
            site.feed.publish(kind, params)
        context = browser.new_context(viewport={"width": width, "height": 900}, **how)
        shown = Shown(context.new_page())
        opened.append((context, shown))
        shown.page.goto(site.site.url)
        return shown

    yield open_
    for context, shown in opened:
        context.close()
        assert shown.faults == []
        assert all(url.startswith((f"http://127.0.0.1:{site.site.port}/", "data:")) for url in shown.requests)


def everything(**more: Any) -> dict[str, Any]:
    return {
        "connection": {"state": "live", "source": "127.0.0.1:7777"},
        "status": figures.STATUS,
        "history": figures.history(time.time()),
        "metrics": figures.metrics(**more),
    }


def test_the_token_leaves_the_address(look: Open, site: Served) -> None:
    assert look().page.url == f"http://127.0.0.1:{site.site.port}/"


def test_figures_are_shown_with_their_units(look: Open) -> None:
    shown = look(feed=everything())
    shown.until("#state", "Ready")
    shown.until("#now", "p95, last minute")
    now = shown.text("#now")
    assert "4.7" in now.split("Queries")[0]
    assert "Cache hits 85.3 % of 8,214 queries" in now
    assert "6,763 148,210 symbols" in now
    assert "22.4% of 1 GiB" in now
    assert "Exact 3,120 38%" in shown.text("#cache")
    assert "1,290 made, 932 used, 358 wasted" in shown.text("#cache")
    assert "23,383 files/min" in shown.text("#index")
    assert "python 2,914 43.1%" in shown.text("#languages")
    assert "3 more 66 1%" in shown.text("#languages")
    assert "Watcher native" in shown.text("#work")
    assert "segments 61 MiB" in shown.text("#parts")
    assert "Stage: match 8,214 0.9 ms" in shown.text("#methods")
    assert "Nothing to warn of" in shown.text("#alerts")


def test_trends_compare_the_same_hours_of_both_days(look: Open) -> None:
    now = time.time()
    rows = [
        {**row, "p95Ms": 10.0 if now - row["at"] < 86400 else 5.0, "hitRate": 0.8, "queries": 60}
        for row in figures.history(now)["rows"]
    ]
    outside = {"at": int(now // 60) * 60 - 9 * 3600, "queries": 10**6, "p95Ms": 999.0, "hitRate": 0.1}
    shown = look(feed={"history": {"rows": [*rows, outside]}})
    shown.until("#trend", "p95 10 ms 5 ms +100%")
    assert "Cache hits 80% 80% steady" in shown.text("#trend")
    assert shown.page.locator("#trend [data-turn=worse]").first.inner_text().startswith("+100%")


def test_updates_arrive_by_themselves(look: Open, site: Served) -> None:
    shown = look(feed=everything())
    shown.until("#now", "6,763")
    stats = figures.metrics()
    stats["index"]["files"] = 9999
    site.feed.publish("metrics", stats)
    shown.until("#now", "9,999")
    site.feed.publish("status", {**figures.STATUS, "state": "indexing", "done": 1200, "total": 4800})
    shown.until("#state", "Indexing 25%")
    shown.until("#index", "1,200 of 4,800 files")
    assert shown.page.locator("progress").get_attribute("value") == "1200"


def test_alerts_are_announced_and_go_away(look: Open, site: Served) -> None:
    shown = look(feed=everything())
    shown.until("#alerts", "Nothing to warn of")
    assert shown.page.locator("#alert-list").get_attribute("aria-live") == "polite"
    site.feed.publish("alert", figures.ALERTS[0])
    shown.until("#alerts", "Warning Searches take longer than usual")
    shown.until("#alerts", "exclude dist/**")
    site.feed.publish("metrics", figures.metrics(alerts=True))
    shown.until("#alerts", "Error Only 8,192 of 21,480 folders")
    assert shown.page.locator("#alerts li").count() == 2
    site.feed.publish("metrics", figures.metrics())
    shown.until("#alerts", "Nothing to warn of")


def test_what_a_server_says_is_text(look: Open, site: Served) -> None:
    markup = "<img src=x onerror=alert(1)>"
    stats = figures.metrics()
    stats["index"]["languages"] = {markup: 3}
    stats["alerts"] = [{**figures.ALERTS[0], "message": markup, "advice": markup, "level": markup}]
    stats["latency"] = {markup: figures.percentiles(1, 1.0)}
    shown = look(feed={"metrics": stats, "connection": {"state": "live", "source": markup}})
    for place in ("#languages", "#alerts", "#methods", "#source"):
        shown.until(place, markup)
    assert shown.page.locator("img").count() == 0


@pytest.mark.parametrize(
    "stats",
    [
        {},
        figures.FIRST,
        *(
            {key: value for key, value in figures.metrics().items() if key != left_out}
            for left_out in figures.metrics()
        ),
    ],
)
def test_any_part_may_be_missing(look: Open, site: Served, stats: dict[str, Any]) -> None:
    shown = look(feed={"metrics": stats, "status": {"state": "ready"}, "history": {}})
    shown.until("#state", "Ready")
    shown.until("#methods", "Wait for a thread" if stats.get("latency") else "No queries yet")


def test_an_older_server_is_shown_for_what_it_tells(look: Open, site: Served) -> None:
    stats = figures.metrics()
    old = {key: stats[key] for key in ("index", "watcher", "queue", "alerts")}
    old["latency"] = {"search": figures.percentiles(12, 2.0)}
    old["cache"] = {name: stats["cache"][name] for name in ("memory", "disk", "hitRate")}
    old["memory"] = {"rssBytes": 1 << 20, "indexBytes": 1 << 10}
    shown = look(feed={"metrics": old})
    shown.until("#now", "p95, since start 5.8 ms")
    shown.until("#cache", "Miss 1,700")
    shown.until("#latency .legend", "p95 5.8 ms")
    shown.until("#trend", "Nothing was recorded in the last 8 hours")


def test_empty_states_are_said_in_words(look: Open) -> None:
    shown = look(
        feed={
            "metrics": figures.FIRST,
            "status": {**figures.STATUS, "state": "indexing", "done": 0, "total": 0},
        }
    )
    shown.until("#state", "Indexing")
    assert "no queries yet" in shown.text("#now")
    for place, said in {
        "#latency": "No queries in this period",
        "#throughput": "No queries in this period",
        "#cache": "No queries yet",
        "#trend": "Nothing was recorded",
        "#methods": "No queries yet",
    }.items():
        assert said in shown.text(place)


def test_a_day_is_drawn_from_history(look: Open) -> None:
    shown = look(feed=everything())
    shown.until_drawn()
    shown.page.get_by_label("24 h").check(force=True)
    shown.until("#latency .legend", "p95 yesterday")
    shown.page.get_by_label("Latency of").select_option(label="Text")
    shown.until("#latency .legend", "p95 18 ms")
    shown.page.locator("#latency summary").click()
    shown.until("#latency details table", "18 ms")
    assert shown.page.locator("#latency details tbody tr").count() > 3


def test_charts_say_in_words_what_they_show(look: Open) -> None:
    shown = look(feed=everything())
    shown.until_drawn()
    labels = shown.page.locator("[role=img]:visible").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert len(labels) == 4
    assert all("Newest: " in label for label in labels)


def test_pausing_holds_the_figures_still(look: Open, site: Served) -> None:
    shown = look(feed=everything())
    shown.until("#now", "6,763")
    shown.page.get_by_role("button", name="Pause").click()
    stats = figures.metrics()
    stats["index"]["files"] = 1
    site.feed.publish("metrics", stats)
    site.feed.publish("status", {**figures.STATUS, "state": "degraded"})
    shown.until("#state", "Degraded")
    assert "6,763" in shown.text("#now")
    shown.page.get_by_role("button", name="Pause").click()
    shown.until("#now", "1 148,210 symbols")


def test_a_lost_server_is_said_and_found_again(look: Open, site: Served) -> None:
    shown = look(feed=everything())
    shown.until("#state", "Ready")
    lost = {"state": "lost", "source": "127.0.0.1:7777", "detail": "127.0.0.1:7777 does not answer."}
    site.feed.publish("connection", lost)
    shown.until("#state", "Disconnected, retrying")
    shown.until("[role=alert]", "127.0.0.1:7777 does not answer.")
    assert "6,763" in shown.text("#now"), "the last figures stay"
    site.feed.publish("connection", {"state": "live", "source": "127.0.0.1:7777"})
    shown.until("#state", "Ready")
    assert shown.page.locator("#lost").is_hidden()
    site.feed.publish("connection", {"state": "stopped", "source": "shop", "detail": "It was told to."})
    shown.until("#state", "Stopped")
    shown.until("[role=alert]", "Stopped. It was told to.")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("feed", [everything(alerts=True), {"metrics": figures.FIRST}], ids=["busy", "empty"])
def test_it_fits_every_width(look: Open, width: int, feed: dict[str, Any]) -> None:
    shown = look(width=width, feed=feed)
    shown.until("#now", "symbols")
    assert shown.overflow() == 0
    for details in shown.page.locator("summary:visible").all():
        details.click()
    assert shown.overflow() == 0


# The page is laid out, still empty, in some frames before the one in which everything is drawn at once.
DRAWN_AT_ONCE = """
  const real = window.requestAnimationFrame.bind(window);
  const told = () => typeof state !== "undefined" && state.held.metrics && state.held.rows.size > 0;
  let frames = 0;
  window.requestAnimationFrame = (draw) => real(function wait() { ++frames > 4 && told() ? draw() : real(wait); });
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_charts_keep_to_their_place_when_all_is_drawn_at_once(look: Open, site: Served, width: int) -> None:
    shown = look(width=width)
    shown.page.add_init_script(DRAWN_AT_ONCE)
    for kind, params in everything(alerts=True).items():
        site.feed.publish(kind, params)
    shown.page.reload()
    shown.until_drawn()
    for summary in shown.page.locator("summary:visible").all():
        summary.click(timeout=5000)
    misfits = """async plots => {
      const size = (box) => [box.offsetWidth, box.offsetHeight];
      for (let frame = 0, misfits; ; frame++) {
        misfits = plots.map((plot) => [size(plot), size(plot.querySelector(".u-wrap"))]).filter(([place, drawn]) => `${place}` !== `${drawn}`);
        if (!misfits.length || frame === 100) return misfits;
        await new Promise(requestAnimationFrame);
      }
    }"""
    assert shown.page.locator(".plot:visible").evaluate_all(misfits) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(look: Open, scheme: str) -> None:
    other = {"light": "dark", "dark": "light"}[scheme]
    brightness = "sum = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b) / 3"
    shown = look(color_scheme=scheme, feed=everything())
    shown.until("#state", "Ready")
    by_system = shown.page.evaluate(brightness)
    assert by_system > 200 if scheme == "light" else by_system < 50
    shown.page.get_by_label("Theme").select_option(other)
    by_choice = shown.page.evaluate(brightness)
    assert by_choice > 200 if other == "light" else by_choice < 50
    shown.page.reload()
    shown.until("#state", "Ready")
    assert shown.page.evaluate(brightness) == by_choice, "the choice is kept"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("feed", [everything(alerts=True), {"metrics": figures.FIRST}], ids=["busy", "empty"])
def test_axe_finds_no_fault(look: Open, scheme: str, feed: dict[str, Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    shown = look(color_scheme=scheme, feed=feed, bypass_csp=True)
    shown.until("#now", "symbols")
    for details in shown.page.locator("summary:visible").all():
        details.click()
    violations = axe.run(shown.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []


def test_the_keyboard_reaches_everything_in_order(look: Open) -> None:
    shown = look(feed=everything())
    shown.until_drawn()
    order = []
    for _ in range(10):
        shown.page.keyboard.press("Tab")
        name, outline = shown.page.evaluate(
            """() => {
              const one = document.activeElement;
              const seen = one.closest(".switch") ?? one;
              return [one.id || one.className || one.value || one.tagName, getComputedStyle(seen).outlineStyle];
            }"""
        )
        order.append(name)
        assert outline == "solid", f"{name}: the focus is seen"
    assert order == ["skip", "pause", "theme", "latency-of", "live", *["SUMMARY"] * 4, "methods"]
    shown.page.locator("input[value=live]").focus()
    shown.page.keyboard.press("ArrowRight")
    assert shown.page.locator("input[value=day]").is_checked()


def test_nothing_moves_for_those_who_want_no_motion(look: Open) -> None:
    indexing = {**figures.STATUS, "state": "indexing"}
    shown = look(reduced_motion="reduce", feed={"status": indexing})
    shown.until("#state", "Indexing")
    style = "getComputedStyle(document.getElementById('state'), '::before').animationName"
    assert shown.page.evaluate(style) == "none"


def test_a_stream_that_breaks_comes_back_by_itself(browser: Any, site: Served) -> None:
    context = browser.new_context()
    shown = Shown(context.new_page())
    shown.page.route("**/events", lambda route: route.abort())
    shown.page.goto(site.site.url)
    shown.until("#state", "Disconnected, retrying")
    shown.until("#lost", "The dashboard does not answer.")
    shown.page.unroute("**/events")
    site.feed.publish("connection", {"state": "live"})
    site.feed.publish("status", figures.STATUS)
    shown.until("#state", "Ready")
    context.close()


def test_a_page_of_an_earlier_dashboard_is_told_so(browser: Any) -> None:
    context = browser.new_context()
    with served() as earlier:
        shown = Shown(context.new_page())
        shown.page.goto(earlier.site.url)
        earlier.feed.publish("status", figures.STATUS)
        shown.until("#state", "Ready")
        port = earlier.site.port
    shown.until("#lost", "The dashboard does not answer.")
    with served(port):
        shown.until("#lost", "open the address that it printed")
    context.close()


def test_the_files_make_the_page_of_an_editor(browser: Any, tmp_path: Path) -> None:
    """As a webview does it: the plain file with a nonce and an address put in, messages by ``postMessage``."""
    text = (PAGES / "page.html").read_text().replace("NONCE", "abc")
    text = re.sub(r'(href|src)="(?=[\w.]+\.(css|js)")', rf'\1="{PAGES.as_uri()}/', text)
    file = tmp_path / "webview.html"
    file.write_text(text)
    context = browser.new_context(color_scheme="light")
    shown = Shown(context.new_page())
    shown.page.add_init_script(
        "window.said = []; window.acquireVsCodeApi = () => ({postMessage: message => said.push(message)});"
        "document.addEventListener('DOMContentLoaded', () => {"
        " document.body.classList.add('vscode-dark');"
        " document.documentElement.style.setProperty('--vscode-editor-background', 'rgb(1, 2, 3)'); });"
    )
    shown.page.goto(file.as_uri())
    assert shown.page.evaluate("said") == [{"type": "ready"}]
    for kind, params in everything(alerts=True).items():
        shown.page.evaluate("message => window.postMessage(message)", {"type": kind, "params": params})
    shown.until("#now", "6,763")
    shown.until("#alerts", "exclude dist/**")
    assert shown.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(1, 2, 3)"
    assert shown.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert shown.page.get_by_label("Theme").is_hidden(), "an editor has a theme of its own"
    context.close()
    assert shown.faults == []
