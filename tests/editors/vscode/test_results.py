"""The view of search results in a real VS Code, over Django."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.editors.vscode.code import Code
from tests.editors.vscode.conftest import Opener, Photographer
from tests.editors.vscode.searching import Picker, Reference

QUERY = '"make_aware"'


class Results:
    """The view, as it is drawn."""

    def __init__(self, window: Code) -> None:
        self.window = window
        self.page = window.page
        self.keyboard = window.page.keyboard

    @property
    def view(self) -> Locator:
        return self.page.locator(
            '.sidebar .pane:has([aria-label^="Results"]), .sidebar .composite:has([id="workbench.view.extension.lspSearch"])'
        ).first

    @property
    def rows(self) -> Locator:
        return self.page.locator(".sidebar .customview-tree .monaco-list-row")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text).first

    def says(self, text: str) -> None:
        """Waits until the line above the tree holds *text*."""
        self.page.locator(".sidebar .tree-explorer-viewlet-tree-view .message", has_text=text).wait_for()

    def shows(self, found: str, file: str = "", count: int = 0) -> None:
        """Waits until the rows are those of a search for *found*, the best *count* of them in *file*. Rows come after the line above
        them, and those of the search before stand until then."""
        if file:
            expect(self.rows.first).to_contain_text(Path(file).name)
            expect(self.rows.first).to_contain_text(f"{count} · {Path(file).parent}")
        expect(self.rows.nth(1).locator(".highlight").first).to_have_text(found)

    def title_button(self, label: str) -> Locator:
        return self.page.locator(
            f'.sidebar .title-actions [aria-label^="{label}"], .sidebar .pane-header [aria-label^="{label}"]'
        ).first


@pytest.fixture(scope="module")
def store(indexed: Callable[[], Path]) -> Path:
    return indexed()


@pytest.fixture(scope="module")
def window(opened: Opener, project: Path) -> Iterator[Code]:
    with opened(project, settings={"workbench.colorTheme": "Default Light Modern"}) as shown:
        yield shown


@dataclass(frozen=True)
class Known:
    """What the other server found for the query."""

    lines: int
    places: list[str]

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(place.rpartition(":")[0] for place in self.places))

    @property
    def count(self) -> int:
        """Of lines in the first file."""
        return sum(place.startswith(f"{self.files[0]}:") for place in self.places)


@pytest.fixture(scope="module")
def known(reference: Reference) -> Known:
    answer = reference.search(QUERY, limit=1000)
    found = Known(answer["lines"], [reference.place(item) for item in answer["items"]])
    assert answer["files"] == len(found.files) > 1
    return found


@pytest.fixture
def results(window: Code, known: Known) -> Results:
    """Those of a search for text, which the picker has handed over; those of the test before, which look the same, are gone."""
    shown = Results(window)
    clear = shown.title_button("Clear")
    if clear.is_visible():
        clear.click()
        expect(shown.rows).to_have_count(0)
    picker = Picker(window)
    picker.open("ready")
    picker.settled()
    window.query.fill(QUERY)
    picker.says("Search: text · ")
    picker.button("Open All in the Search Results View").click()
    shown.says(f"{QUERY} · text · ")
    shown.shows("make_aware", known.files[0], known.count)
    return shown


def test_all_lines_are_counted_and_grouped_by_file(
    results: Results, known: Known, picture: Photographer
) -> None:
    results.says(f"{QUERY} · text · {known.lines} lines in {len(known.files)} files")
    results.rows.nth(1).click()
    results.page.locator(".tab.active", has_text=Path(known.files[0]).name).wait_for()
    picture(results.page, "results")


def test_a_click_opens_the_line_and_enter_moves_there(results: Results) -> None:
    line = int(results.rows.nth(1).locator(".label-description").inner_text())
    results.rows.nth(1).click()
    results.window.wait_for_position(line)
    expect(results.page.locator(".sidebar .customview-tree .monaco-list")).to_be_focused()
    results.keyboard.press("ArrowDown")
    results.keyboard.press("Enter")
    results.page.locator(".monaco-editor.focused").wait_for()


def test_dismiss_and_search_again(results: Results, known: Known) -> None:
    lines, files = known.lines, known.files
    results.rows.nth(1).click()
    results.keyboard.press("Delete")
    results.says(f"{lines - 1} of {lines} lines in {len(files)} files")
    results.shows("make_aware", files[0], known.count - 1)
    results.rows.first.hover()
    results.rows.first.locator('[aria-label^="Dismiss"]').click()
    results.says(f"{lines - known.count} of {lines} lines")
    expect(results.rows.first.locator(".label-name")).not_to_have_text(Path(files[0]).name)
    results.title_button("Search Again").click()
    results.says(f"· {lines} lines in {len(files)} files")
    results.shows("make_aware", files[0], known.count)


def test_next_and_previous_begin_at_the_top_of_each_search(results: Results, known: Known) -> None:
    lines = [int(results.rows.nth(row).locator(".label-description").inner_text()) for row in (1, 2)]
    results.rows.nth(2).click()
    results.window.wait_for_position(lines[1])
    results.rows.nth(1).hover()
    results.rows.nth(1).locator('[aria-label^="Dismiss"]').click()
    results.says(f"{known.lines - 1} of {known.lines} lines")
    results.title_button("Search Again").click()
    results.says(f"· {known.lines} lines")
    results.shows("make_aware", known.files[0], known.count)
    expect(results.page.locator(".sidebar .monaco-list-row.selected")).to_have_count(0)
    for key, line in (("F4", lines[0]), ("F4", lines[1]), ("Shift+F4", lines[0])):
        results.keyboard.press(key)
        results.window.wait_for_position(line)


def test_open_to_the_side(results: Results) -> None:
    results.rows.nth(1).click()
    results.keyboard.press("Control+Enter")
    expect(results.page.locator(".editor-group-container")).to_have_count(2)
    results.window.run("View: Close All Editors")


def test_copy(results: Results) -> None:
    results.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    results.rows.nth(1).click()
    results.keyboard.press("Control+c")
    results.page.wait_for_function(
        "async () => /^\\S+:\\d+: .*make_aware/.test(await navigator.clipboard.readText())"
    )


def test_list_and_clear(results: Results, known: Known) -> None:
    results.title_button("Results as List").click()
    expect(results.rows.first.locator(".label-description")).to_have_text(Path(known.places[0]).name)
    results.title_button("Results by File").click()
    expect(results.rows.first).to_contain_text(" · ")
    results.title_button("Clear").click()
    results.page.locator(".sidebar .welcome-view-content", has_text="Find Similar Code").wait_for()


def test_a_search_without_results_can_be_run_again_and_cleared(results: Results) -> None:
    query = '"nothing holds this at all"'
    picker = Picker(results.window)
    picker.open(query)
    picker.says("nothing found")
    picker.button("Open All in the Search Results View").click()
    results.says(query)
    results.title_button("Search Again").click()
    results.says(query)
    results.title_button("Clear").click()
    results.page.locator(".sidebar .welcome-view-content", has_text="Find Similar Code").wait_for()


def test_meaning_is_a_list_best_first(results: Results, reference: Reference) -> None:
    query = "where are migrations applied to the database"
    picker = Picker(results.window)
    picker.open(query)
    picker.says("Search: meaning · ")
    picker.button("Open All in the Search Results View").click()
    results.says(f"{query} · meaning · ")
    names = [item["name"] for item in reference.search(query, limit=1000)["items"][:8]]
    for row, name in enumerate(names):
        expect(results.rows.nth(row).locator(".label-name")).to_have_text(name)


@pytest.fixture
def thousand(results: Results) -> Results:
    picker = Picker(results.window)
    picker.open('"self.assert"')
    picker.says("Search: text · ")
    picker.button("Open All in the Search Results View").click()
    results.says("1,000 of ")
    results.shows("self.assert")
    return results


def test_a_thousand_results(thousand: Results) -> None:
    thousand.rows.nth(1).click()
    thousand.keyboard.press("End")
    thousand.keyboard.press("Enter")
    thousand.page.locator(".monaco-editor.focused").wait_for()


def test_searched_again_while_the_list_is_still_filled(thousand: Results) -> None:
    for _ in range(60):
        thousand.title_button("Search Again").click()
    thousand.title_button("Clear").click()
    thousand.page.locator(".sidebar .welcome-view-content", has_text="Find Similar Code").wait_for()
    assert thousand.window.errors() == []


def test_find_similar_from_the_context_menu(results: Results, reference: Reference) -> None:
    start = reference.search("make_aware")["items"][0]["location"]["range"]["start"]
    picker = Picker(results.window)
    picker.go("django/utils/timezone.py", 1)
    picker.open("make_aware")
    picker.shows(["make_aware"])
    picker.keyboard.press("Enter")
    results.window.wait_for_position(start["line"] + 1, start["character"] + 1)
    results.page.locator(".monaco-editor.focused").wait_for()
    results.keyboard.press("Shift+F10")
    item = results.page.locator(".context-view .action-item", has_text="Find Similar Code")
    item.hover()  # a click on a menu that has just come is taken for the one that opened it
    results.page.locator(".context-view .action-item.focused", has_text="Find Similar Code").wait_for()
    results.keyboard.press("Enter")
    results.says("code like timezone.py:")
    expect(results.row("make_naive")).to_be_visible()
