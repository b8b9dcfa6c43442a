"""The extension and its server in a real VS Code: changes, settings, state, a crash, alerts, the doctor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.editors.vscode.code import Code
from tests.editors.vscode.conftest import Opener, Photographer

CART = """class ShoppingCart:
    def total_price(self):
        return 0
"""
OTHERS = "".join(
    f"def price_{name}():\n    pass\n\n\n" for name in ("net", "gross", "old", "new", "best", "list")
)
KILLED = "The connection to the server ended."


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace") / "shop"
    folder.mkdir()
    (folder / "cart.py").write_text(CART)
    (folder / "prices.py").write_text(OTHERS)
    (folder / ".lsp-search.toml").write_text("[search]\nlimit = 4\n")
    return folder


@pytest.fixture(scope="module")
def window(opened: Opener, shop: Path) -> Iterator[Code]:
    with opened(shop, allowed=(KILLED,)) as code:
        code.open("cart.py")
        code.wait_for_status("Search is ready")
        yield code


@pytest.fixture(autouse=True)
def settled(window: Code) -> Iterator[None]:
    """Each test begins in the editor, and without notifications."""
    yield
    window.page.keyboard.press("Escape")
    window.run("Notifications: Clear All Notifications")


def configure(folder: Path, **settings: Any) -> None:
    """The workspace's settings, as an editor or a colleague writes them."""
    path = folder / ".vscode" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({f"lspSearch.{key}": value for key, value in settings.items()}))


def test_an_unsaved_change_is_found_and_a_file_from_outside(window: Code, shop: Path) -> None:
    window.page.keyboard.press("Control+End")
    window.page.keyboard.type("def unsaved_offer(): pass\n")
    window.find("unsavedoffer", "unsaved_offer").click()
    window.wait_for_position(4)
    (shop / "outside.lua").write_text("function from_outside() end\n")
    window.find("fromoutside", "from_outside").click()
    window.page.locator(".tab.active", has_text="outside.lua").wait_for()
    window.open("cart.py")
    window.run("File: Revert File")


def test_the_projects_file_counts_until_the_user_sets_something_else(window: Code, shop: Path) -> None:
    window.find(
        "price_", "price_", count=4
    )  # what .lsp-search.toml says, though VS Code has a default of its own
    window.page.keyboard.press("Escape")
    configure(shop, **{"search.limit": 2})
    window.find("price_", "price_", count=2)
    window.page.keyboard.press("Escape")
    configure(shop)
    window.find("price_", "price_", count=4)


def test_an_exclude_acts_at_run_time(window: Code, shop: Path) -> None:
    configure(shop, **{"index.exclude": ["prices.py"]})
    window.find("price_gross", "price_gross", count=0)
    window.page.keyboard.press("Escape")
    configure(shop)
    window.find("price_gross", "price_gross")


def test_a_wrong_value_is_named(window: Code, shop: Path) -> None:
    configure(shop, **{"search.limit": "many"})
    expect(window.notification("lspSearch.search.limit: Expected `int`, got `str`")).to_be_visible()
    configure(shop)


def test_a_killed_server_comes_back_quietly(window: Code) -> None:
    (before,) = window.servers()
    before.kill()
    psutil.wait_procs([before], timeout=60)
    window.wait_for_status("Search is ready")
    window.find("totalprice", "total_price")
    (after,) = window.servers()
    assert after.pid != before.pid
    expect(window.page.locator(".notification-toast")).to_have_count(0)


def test_restart_starts_another_server(window: Code) -> None:
    (before,) = window.servers()
    window.run("lsp-search: Restart Server")
    gone, _ = psutil.wait_procs([before], timeout=60)
    assert gone
    window.wait_for_status("Search is ready")
    window.find("totalprice", "total_price")


def test_reindex_says_what_it_did(window: Code) -> None:
    window.run("lsp-search: Reindex")
    expect(window.notification("files indexed in")).to_contain_text("lsp-search: ")


def test_an_alert_is_a_notification_until_it_was_seen_enough(
    window: Code, shop: Path, picture: Photographer
) -> None:
    configure(shop, **{"alerts.memoryBytes": 1})
    alert = window.notification("lsp-search: ")
    alert.wait_for()
    picture(window.page, "alert")
    alert.get_by_role("button", name="Don't Show Again").click()
    settings = window.home / "User" / "settings.json"
    window.wait_until(
        lambda: "memoryBytes" in settings.read_text(), "the user's settings name the muted alert"
    )
    configure(shop)
    window.wait_for_status("Search is ready")
    configure(shop, **{"alerts.memoryBytes": 1})
    window.wait_for_status("of memory are in use")  # the status item says it all the same
    expect(window.page.locator(".notification-toast")).to_have_count(0)
    configure(shop)


def test_the_doctor_reports_in_a_tab(window: Code, picture: Photographer) -> None:
    window.run("lsp-search: Doctor: Check the Installation")
    window.page.locator(".tab.active", has_text="doctor").wait_for()
    page = window.page.frame_locator("iframe.webview.ready").frame_locator("iframe#active-frame")
    expect(page.get_by_role("heading", name="lsp-search doctor")).to_be_visible()
    expect(page.locator("tr", has_text="grammars")).to_contain_text("load and parse")
    picture(window.page, "doctor")
