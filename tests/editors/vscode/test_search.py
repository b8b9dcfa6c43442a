"""The search of our own in a real VS Code, over Django."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.editors.vscode.code import Code
from tests.editors.vscode.conftest import Opener, Photographer
from tests.editors.vscode.searching import Picker, Reference

SETTINGS = {"workbench.colorTheme": "Default Light Modern", "files.autoSave": "off"}
FILTERS = "django/contrib/admin/filters.py"


@pytest.fixture(scope="module")
def store(indexed: Callable[[], Path]) -> Path:
    return indexed()


@pytest.fixture(scope="module")
def window(opened: Opener, project: Path) -> Iterator[Code]:
    with opened(project, settings=SETTINGS) as shown:
        yield shown


QUERIES = [
    "queryset",
    "totlaprice",
    "qurey_set",
    "QuerySet::filter",
    "Model.save",
    "where are migrations applied to the database",
    '"make aware" timezone',
    '"select_related" "prefetch"',
    "/def get_\\w+_manager/",
    "make_aware(",
    "kind:class lang:python path:forms/ Form",
    "file:timezone",
    "utils/timezone.py",
]


@pytest.mark.parametrize("query", QUERIES)
def test_order_is_the_servers(picker: Picker, reference: Reference, query: str) -> None:
    places = reference.places(query)
    picker.open(query)
    if places:
        picker.shows_places(places)
    else:
        picker.says("nothing found")


def test_finds_a_symbol_and_goes_to_its_line(picker: Picker, reference: Reference) -> None:
    first = reference.search("make_aware")["items"][0]
    picker.open("make_aware")
    picker.shows_places(reference.places("make_aware"))
    picker.keyboard.press("Enter")
    start = first["location"]["range"]["start"]
    picker.window.page.locator(".tab.active", has_text="timezone.py").wait_for()
    picker.window.wait_for_position(start["line"] + 1, start["character"] + 1)


def test_enter_waits_for_the_answer(picker: Picker) -> None:
    picker.open("queryset")
    picker.shows(["queryset"] * 5)
    picker.window.query.fill("make_aware")
    picker.keyboard.press("Enter")
    picker.window.page.locator(".tab.active", has_text="timezone.py").wait_for()


@contextlib.contextmanager
def halted(window: Code) -> Iterator[None]:
    """No answers come meanwhile."""
    (server,) = window.servers()
    server.suspend()
    try:
        yield
    finally:
        server.resume()


def test_enter_is_forgotten_when_the_query_changes(picker: Picker, reference: Reference) -> None:
    picker.open("queryset")
    picker.shows(["queryset"] * 5)
    with halted(picker.window):
        picker.window.query.fill("make_aware")
        picker.keyboard.press("Enter")
        picker.window.query.fill("timezone")
        picker.button("Text:").click()
        picker.says("Search: text")  # what was typed before is known, too
    picker.shows_places(reference.places("timezone", "text"))
    expect(picker.window.page.locator(".tab")).to_have_count(0)


def test_a_row_that_was_gone_to_is_opened_though_an_answer_is_awaited(picker: Picker) -> None:
    picker.open("queryset")
    picker.shows(["queryset"] * 5)
    place = picker.drawn()[4][1].split(" — ")[-1]
    with halted(picker.window):
        picker.window.query.fill("querysets")
        picker.window.rows.nth(4).click()
        picker.window.quick_input.wait_for(state="hidden")
        picker.window.wait_for_position(int(place.rsplit(":")[-1]))


def test_to_the_side_waits_for_the_answer(picker: Picker) -> None:
    picker.open("queryset")
    picker.shows(["queryset"] * 5)
    with halted(picker.window):
        picker.window.query.fill("make_aware")
        picker.keyboard.press("Control+Enter")
    picker.window.page.locator(".tab.active", has_text="timezone.py").wait_for()
    expect(picker.window.page.locator(".tab")).to_have_count(1)


def test_the_first_character_is_answered(picker: Picker, reference: Reference) -> None:
    picker.open("")
    picker.keyboard.type("q")
    picker.shows_places(reference.places("q"))


def test_after_thirty_fast_keystrokes_the_last_answer_stands(picker: Picker, reference: Reference) -> None:
    query = "where are migrations applied to the database"
    picker.open("")
    picker.keyboard.type(query)
    assert len(query) > 30
    picker.shows_places(reference.places(query))
    expect(picker.window.query).to_have_value(query)


def test_answers_after_the_list_was_closed_do_nothing(picker: Picker) -> None:
    for query in ("queryset", "where are cookies signed", "/[a-z]{40}/"):
        picker.open(query)
        picker.close()
    picker.open("make_aware")
    picker.says("symbols · ")
    picker.shows(["make_aware"])


def test_unsaved_changes_are_found(picker: Picker) -> None:
    page = picker.window.page
    picker.go(FILTERS, 24)
    picker.keyboard.type("zebra_crossing = 1")
    page.locator(".tab.active.dirty").wait_for()
    picker.open("zebra_crossing")
    picker.shows_places([f"{FILTERS}:24"])
    picker.keyboard.press("Enter")
    picker.window.wait_for_position(24, 1)
    page.locator(".monaco-editor.focused").wait_for()
    picker.window.run("File: Revert File")
    page.locator(".tab.active:not(.dirty)").wait_for()


def test_what_is_found_later_comes_into_the_list_by_itself(picker: Picker, project: Path) -> None:
    later = project / "later.py"
    picker.open("giraffe_house")
    picker.says("nothing found")
    try:
        later.write_text("def giraffe_house(): ...\n")
        picker.shows_places(["later.py:1"])
        later.write_text("# higher up\n\n\ndef giraffe_house(): ...\n")
        picker.shows_places(["later.py:4"])
        for line in range(5, 15):  # each while the answer to the one before may be on its way
            later.write_text("# the same line\n" * (line - 1) + "def giraffe_house(): ...\n")
            later.write_text(later.read_text() + "# nothing that is shown\n")
        picker.shows_places(["later.py:14"])
    finally:
        later.unlink()
    picker.says("nothing found")


def test_preview_follows_the_cursor_and_goes_when_nothing_is_opened(picker: Picker) -> None:
    page = picker.window.page
    picker.go("django/shortcuts.py", 40)
    picker.open("queryset")
    picker.shows(["queryset"] * 5)
    at = [place for _, place in picker.drawn()].index(f"EmptyFieldListFilter — {FILTERS}:677")
    for _ in range(at):
        picker.keyboard.press("ArrowDown")
    page.locator(".tab.active", has_text="filters.py").wait_for()
    picker.window.wait_for_position(677)
    expect(picker.window.query).to_be_focused()
    picker.close()
    page.locator(".tab.active", has_text="shortcuts.py").wait_for()
    expect(page.locator(".tab")).to_have_count(1)
    picker.window.wait_for_position(40)
    page.locator(".monaco-editor.focused").wait_for()


def test_preview_without_an_editor_leaves_none(picker: Picker) -> None:
    page = picker.window.page
    picker.open("queryset")
    picker.shows(["queryset"] * 5)
    picker.keyboard.press("ArrowDown")
    page.locator(".tab.active", has_text="filters.py").wait_for()
    picker.close()
    page.locator(".tab").first.wait_for(state="detached")


def test_opens_to_the_side(picker: Picker) -> None:
    page = picker.window.page
    picker.go("django/shortcuts.py", 1)
    for side, way in enumerate(("key", "button"), start=2):
        picker.open("make_aware")
        picker.shows(["make_aware"])
        if way == "key":
            picker.keyboard.press("Control+Enter")
        else:
            picker.window.rows.first.hover()
            picker.window.rows.first.locator('[aria-label^="Open to the Side"]').click()
        page.locator(".editor-group-container").nth(side - 1).locator(
            ".tab.active", has_text="timezone.py"
        ).wait_for()
        expect(page.locator(".editor-group-container .tab", has_text="shortcuts.py")).to_have_count(1)


def test_keep_open(picker: Picker) -> None:
    page = picker.window.page
    picker.open("make_aware")
    picker.shows(["make_aware"])
    picker.button("Keep Open").click()
    picker.keyboard.press("Enter")
    page.locator(".tab.active", has_text="timezone.py").wait_for()
    picker.window.query.fill("queryset")
    picker.shows(["queryset"] * 5)


def test_history(picker: Picker) -> None:
    for query in ("make_aware", "QuerySet"):
        picker.open(query)
        picker.shows([query])
        picker.keyboard.press("Enter")
        picker.window.quick_input.wait_for(state="hidden")
    picker.open()
    expect(picker.window.query).to_have_value("QuerySet")
    picker.keyboard.type("m")  # what was there is selected
    expect(picker.window.query).to_have_value("m")
    for key, query in (
        ("Alt+ArrowUp", "QuerySet"),
        ("Alt+ArrowUp", "make_aware"),
        ("Alt+ArrowDown", "QuerySet"),
        ("Alt+ArrowDown", "m"),
    ):
        picker.keyboard.press(key)
        expect(picker.window.query).to_have_value(query)
    picker.window.query.fill("")
    picker.shows(["QuerySet", "make_aware"])
    assert "recent searches" in picker.window.rows.first.inner_text()
    picker.window.rows.nth(1).hover()
    picker.window.rows.nth(1).locator('[aria-label^="Remove from"]').click()
    expect(picker.window.rows.filter(has_text="make_aware").filter(has_not_text="timezone.py")).to_have_count(
        0
    )
    picker.keyboard.press("Enter")
    expect(picker.window.query).to_have_value("QuerySet")


def test_modes_by_button(picker: Picker, reference: Reference) -> None:
    picker.open("prefetch")
    picker.says("Search: symbols")
    for tooltip, mode, name in (
        ("Text:", "text", "text"),
        ("Regular", "regex", "regular expression"),
        ("Meaning:", "semantic", "meaning"),
    ):
        picker.button(tooltip).click()
        picker.says(f"Search: {name} · ")
        picker.shows_places(reference.places("prefetch", mode))
    picker.button("Meaning:").click()
    picker.says("Search: symbols · ")


def test_case_and_whole_words(picker: Picker, reference: Reference) -> None:
    picker.open("aware")
    picker.button("Text:").click()
    lines = reference.search("aware", "text")["lines"]
    picker.says(f"of {lines} lines")
    picker.button("Match Case").click()
    picker.says("match case")
    picker.button("Match Whole Words").click()
    picker.says("match case · whole words")
    expect(picker.title).not_to_contain_text(f"of {lines} lines")


def test_commands_open_in_their_mode(picker: Picker) -> None:
    for command, name in (("lsp-search: Search Text", "text"), ("lsp-search: Search by Meaning", "meaning")):
        picker.window.run(command)
        picker.says(f"Search: {name}")
        picker.close()


def test_nothing_found_offers_other_ways(picker: Picker) -> None:
    picker.open("zzqqxx")
    picker.says("nothing found")
    picker.shows(["No symbols found for “zzqqxx”", "Look for it as text", "Look for it by meaning"])
    picker.window.rows.nth(1).click()
    picker.says("Search: text · nothing found")


def test_an_invalid_query_is_explained_in_the_list(picker: Picker) -> None:
    picker.open("lang:python /Retry(/")
    picker.shows(["invalid regular expression at character 19: missing )"])
    expect(picker.window.page.locator(".notification-toast")).to_have_count(0)


def test_selection_and_word_are_preset(picker: Picker) -> None:
    page = picker.window.page
    picker.go("django/shortcuts.py", 18, 6)
    picker.window.run("lsp-search: Search for Selection")
    picker.title.wait_for()
    expect(picker.window.query).to_have_value("render")
    picker.close()
    page.locator(".monaco-editor.focused").wait_for()
    picker.keyboard.press("Home")
    picker.keyboard.press("Shift+End")
    picker.window.run("lsp-search: Search for Selection")
    picker.says("Search: text")
    expect(picker.window.query).to_have_value("def render(")


ODD = """// odd
label("$(zap) läuft 😀 zebrafish $(gear)");
%s zebrafish %s
"""


def test_odd_lines_are_shown_as_they_are(picker: Picker, project: Path) -> None:
    odd = project / "odd_lines.js"
    odd.write_text(ODD % ("a" * 4000, "b" * 4000))
    try:
        picker.open("zebrafish;")
        picker.says("nothing found")
        picker.window.query.fill('"zebrafish"')
        picker.shows_places(["odd_lines.js:2", "odd_lines.js:3"])
        (first, _), (long, _) = picker.drawn()
        assert first == 'label("$(zap) läuft 😀 zebrafish $(gear)");'
        assert " zebrafish " in long
        assert long.startswith("…")
        assert len(long) < 200
    finally:
        odd.unlink()


def test_what_is_picked_is_learned(picker: Picker, reference: Reference) -> None:
    wanted = reference.search("filter_horizontal")["items"][2]
    for _ in range(2):
        picker.open("filter_horizontal")
        picker.shows(["filter_horizontal"])
        picker.window.rows.filter(has_text=reference.place(wanted)).first.click()
        picker.window.quick_input.wait_for(state="hidden")
    picker.open("filter_horizontal")
    picker.window.rows.first.filter(has_text=reference.place(wanted)).wait_for()


def test_pictures(picker: Picker, picture: Photographer) -> None:
    page = picker.window.page
    for query, name, title in (
        ("prefetch", "picker-symbols", "symbols · "),
        ('"prefetch_related" lookups', "picker-text", "text · "),
        ("where are failed migrations rolled back?", "picker", "meaning · "),
    ):
        picker.open(query)
        picker.says(title)
        page.mouse.move(1000, 700)
        picture(page, name)
        picker.close()


def test_without_a_server_the_list_says_so(opened: Opener, tmp_path: Path) -> None:
    with opened(
        tmp_path, machine={"lspSearch.server.path": [str(tmp_path / "none")]}, allowed=("none", "not start")
    ) as window:
        picker = Picker(window)
        picker.open("x")
        picker.shows(["The search server is not running", "Start it", "Show its log"])
