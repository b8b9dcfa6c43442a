"""A large project in a real VS Code: Ctrl+T, the dashboard, reloading the window, the walkthrough; and the pictures of them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import FrameLocator, expect

from tests.editors.vscode.code import Code
from tests.editors.vscode.conftest import Opener, Photographer

FILES = re.compile(r"Files\s*[1-9],\d{3}")
OTHER_THEME = "Preferences: Toggle between Light/Dark Themes"


@pytest.fixture(scope="module")
def store(indexed: Callable[[], Path]) -> Path:
    return indexed()


@pytest.fixture(scope="module")
def window(opened: Opener, project: Path) -> Iterator[Code]:
    with opened(project, allowed=("The connection to the server ended.",)) as code:
        code.open("django/shortcuts.py")
        yield code


def test_the_first_index_shows_how_far_it_is(
    opened: Opener, project: Path, tmp_path: Path, picture: Photographer
) -> None:
    with opened(project, environment={"LSP_SEARCH_STORE": str(tmp_path)}) as code:
        code.open("django/shortcuts.py")
        code.page.locator(".statusbar-item", has_text="Indexing: ").wait_for()
        code.page.locator("[id='status.languageStatus']").click()
        item = code.page.locator(".hover-language-status")
        expect(item).to_contain_text("Indexing")
        expect(item.locator(".codicon-loading")).to_be_visible()
        picture(code.page, "indexing")


def test_symbols_come_best_first_and_open_at_their_line(
    window: Code, project: Path, server_command: list[str], store: Path, picture: Photographer
) -> None:
    window.wait_for_status("Search is ready")
    window.find("QuerySet", "QuerySet")
    shown = window.rows.locator(".label-name").all_inner_texts()[:5]
    command = [
        *server_command,
        "search",
        "--root",
        str(project),
        "--store",
        str(store),
        "--limit",
        "200",
        "--json",
        "QuerySet",
    ]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    best = [item["name"] for item in json.loads(answer.stdout)["items"]]
    assert shown[0] == best[0] == "QuerySet"
    assert set(shown) <= set(best)
    picture(window.page, "symbols")
    window.rows.first.click()
    window.page.locator(".tab.active", has_text="query.py").wait_for()
    lines = (project / "django/db/models/query.py").read_text().splitlines()
    window.wait_for_position(
        1 + next(n for n, line in enumerate(lines) if line.startswith("class QuerySet("))
    )


def test_the_dashboard_lives_and_follows_the_theme(window: Code, picture: Photographer) -> None:
    window.run("lsp-search: Show Dashboard")
    page = dashboard(window)
    expect(page.locator("#state")).to_have_text("Ready")
    expect(page.locator("#source")).to_have_text("django")
    expect(page.locator("#now")).to_contain_text(FILES)
    before = page.locator("#now").inner_text()
    window.find("httpresponse", "HttpResponse")
    window.page.keyboard.press("Escape")
    expect(page.locator("#now")).not_to_have_text(before)
    picture(window.page, "dashboard")
    light = background(page)
    window.run(OTHER_THEME)
    expect(page.locator("body.vscode-dark")).to_be_visible()
    assert background(page) != light
    picture(window.page, "dashboard-dark")
    window.run(OTHER_THEME)
    expect(page.locator("body.vscode-light")).to_be_visible()


def test_after_a_reload_the_dashboard_is_there_with_a_new_server(window: Code) -> None:
    (before,) = window.servers()
    window.run("Developer: Reload Window")
    gone, _ = psutil.wait_procs([before], timeout=60)
    assert gone
    expect(dashboard(window).locator("#state")).to_have_text("Ready")
    expect(dashboard(window).locator("#now")).to_contain_text(FILES)


def test_without_a_server_the_dashboard_says_so(window: Code) -> None:
    (server,) = window.servers()
    server.suspend()
    server.kill()
    expect(dashboard(window).locator("#lost")).to_contain_text("The server is starting.")
    expect(dashboard(window).locator("#state")).to_have_text("Ready")


def test_the_settings(window: Code, picture: Photographer) -> None:
    window.run("Preferences: Open Settings (UI)")
    window.page.locator(".settings-editor .suggest-input-container").click()
    window.page.keyboard.type("@ext:lsp-search.lsp-search ")  # the space ends the suggestions
    expect(window.page.locator(".setting-item-label", has_text="Exclude").first).to_be_visible()
    picture(window.page, "settings")
    window.page.keyboard.press("Control+w")


def test_the_walkthrough(window: Code, picture: Photographer) -> None:
    assert (
        window.page.get_by_text("Search everything with lsp-search").count() == 0
    )  # it does not open by itself
    window.run("View: Toggle Primary Side Bar Visibility")  # a narrow page has no pictures
    window.run("Welcome: Open Walkthrough...")
    window.rows.filter(has_text="Search everything with lsp-search").click()
    window.page.get_by_role("button", name="Go to Symbol").wait_for()
    expect(window.page.locator(".getting-started-media img")).to_be_visible()
    picture(window.page, "walkthrough")


def dashboard(window: Code) -> FrameLocator:
    return window.page.frame_locator("iframe.webview.ready").frame_locator("iframe#active-frame")


def background(page: FrameLocator) -> str:
    colour: str = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    return colour
