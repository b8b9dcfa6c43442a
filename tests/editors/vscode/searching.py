"""What tests of the VS Code search share: the picker as it is drawn, and a server beside the editor's to compare with."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import playwright.sync_api

from benchmarks.client import Client
from tests.editors.vscode.code import Code

DRAWN = """() => [...document.querySelectorAll(".quick-input-list .monaco-list-row")]
    .sort((a, b) => a.dataset.index - b.dataset.index)
    .map(row => [
        row.querySelector(".label-name")?.innerText ?? "",
        row.querySelector(".label-description")?.innerText ?? "",
    ])"""

_SHOWS = f"""wanted => {{
    const drawn = ({DRAWN})().map(([label, place]) => wanted.places ? place.split(" — ").at(-1) : label);
    const count = Math.min(drawn.length, wanted.rows.length);
    return drawn.length >= Math.min(wanted.rows.length, 5)
        && (!wanted.places || drawn.length <= wanted.rows.length)
        && drawn.slice(0, count).every((row, at) => row === wanted.rows[at]);
}}"""


class Picker:
    """The search of our own, in a window."""

    def __init__(self, window: Code) -> None:
        self.window = window
        self.keyboard = window.page.keyboard
        # Once its view is there, its keys are known, too.
        window.page.locator('.activitybar [aria-label^="lsp-search"]').first.wait_for()

    def open(self, query: str | None = None) -> None:
        self.keyboard.press("Control+Alt+t")
        self.title.wait_for()
        if query is not None:
            self.window.query.fill(query)

    @property
    def title(self) -> playwright.sync_api.Locator:
        return self.window.quick_input.locator(".quick-input-title", has_text="Search:")

    def says(self, text: str) -> None:
        """Waits until the title holds *text*."""
        self.window.quick_input.locator(".quick-input-title", has_text=text).wait_for()

    def settled(self) -> None:
        """Waits until the answer is one over all files."""
        over_all = re.compile(r"(results?|files?|nothing found)$")
        playwright.sync_api.expect(self.title).to_have_text(over_all)

    def drawn(self) -> list[list[str]]:
        """Label and description of each row that can be seen, from top to bottom."""
        rows: list[list[str]] = self.window.page.evaluate(DRAWN)
        return rows

    def shows_places(self, places: list[str]) -> None:
        """Waits until the list shows these places, ``path:line``, and no others; the last may be below what can be seen."""
        self._wait({"rows": places, "places": True})

    def shows(self, labels: list[str]) -> None:
        """Waits until the list begins with these labels."""
        self._wait({"rows": labels, "places": False})

    def _wait(self, wanted: dict[str, Any]) -> None:
        try:
            self.window.page.wait_for_function(_SHOWS, arg=wanted, polling=50)
        except playwright.sync_api.TimeoutError:
            raise AssertionError(f"wanted {wanted['rows'][:12]}\nshown {self.drawn()}") from None

    def button(self, tooltip: str) -> playwright.sync_api.Locator:
        return self.window.quick_input.locator(f'[aria-label^="{tooltip}"]')

    def go(self, path: str, line: int, column: int = 1) -> None:
        """Opens a file of the folder, with the cursor there."""
        self.open(f"file:{path}")
        self.window.rows.first.filter(has_text=path).wait_for()
        self.keyboard.press("Enter")
        self.window.page.locator(".tab.active", has_text=PurePosixPath(path).name).wait_for()
        self.keyboard.press("Control+g")
        self.window.query.fill(f":{line}:{column}")
        self.keyboard.press("Enter")
        self.window.quick_input.wait_for(state="hidden")
        self.window.wait_for_position(line, column)
        self.window.page.locator(".monaco-editor.focused").wait_for()

    def close(self) -> None:
        self.keyboard.press("Escape")
        self.window.quick_input.wait_for(state="hidden")


class Reference:
    """A server of its own over the same folder: what the editor must show."""

    def __init__(self, project: Path, store: Path) -> None:
        self.project = project
        self.client = Client(project, store, {})
        self.client.until_ready()

    def search(self, query: str, mode: str = "auto", limit: int = 50) -> dict[str, Any]:
        self.client.sync()
        params = {"query": query, "mode": mode, "limit": limit}
        answer: dict[str, Any] = self.client.request("lspSearch/search", params).result
        return answer

    def places(self, query: str, mode: str = "auto") -> list[str]:
        return [self.place(item) for item in self.search(query, mode)["items"]]

    def place(self, item: dict[str, Any]) -> str:
        """``path:line``, or the path of a file."""
        path = PurePosixPath(unquote(urlsplit(item["location"]["uri"]).path)).relative_to(self.project)
        return str(path) if item["kind"] == 1 else f"{path}:{item['location']['range']['start']['line'] + 1}"
