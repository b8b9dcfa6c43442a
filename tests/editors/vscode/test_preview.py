"""What the picker's preview leaves behind in a real VS Code: nothing, and nobody's work undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.editors.vscode.code import Code
from tests.editors.vscode.conftest import Opener
from tests.editors.vscode.searching import Picker

FILES = ("apple.py", "berry.py", "cherry.py", "damson.py")
LINE = 50
SETTINGS = {"files.autoSave": "off"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose files all have a function ``checkout`` at the same line."""
    folder = tmp_path_factory.mktemp("shop")
    for name in FILES:
        (folder / name).write_text("# a line\n" * (LINE - 1) + "def checkout():\n    pass\n")
    return folder


@pytest.fixture(scope="module")
def window(opened: Opener, shop: Path) -> Iterator[Code]:
    with opened(shop, settings=SETTINGS) as shown:
        yield shown


def look_at(picker: Picker, name: str) -> None:
    """Opens the picker, and goes to the function of that file, which is shown then."""
    picker.open("checkout")
    picker.shows(["checkout"] * len(FILES))
    place = f"{name}:{LINE}"
    while True:
        picker.keyboard.press("ArrowDown")
        if place in picker.window.focused.inner_text():
            break
    picker.window.page.locator(".tab.active", has_text=name).wait_for()
    picker.window.wait_for_position(LINE)


def group(picker: Picker, number: int) -> Locator:
    return picker.window.page.locator(".editor-group-container").nth(number - 1)


def has_tabs(where: Locator, *names: str) -> None:
    """Waits until these are the tabs; the last of them is the one that is shown."""
    expect(where.locator(".tab.active")).to_contain_text(names[-1])
    expect(where.locator(".tab")).to_have_count(len(names))
    for name in names:
        expect(where.locator(".tab", has_text=name)).to_have_count(1)


def in_explorer(picker: Picker, name: str) -> Locator:
    return picker.window.page.locator(".explorer-folders-view .monaco-list-row", has_text=name)


def open_as_preview(picker: Picker, name: str) -> None:
    in_explorer(picker, name).click()
    picker.window.page.locator(".editor-group-container.active .tab.active", has_text=name).wait_for()


def is_through(picker: Picker) -> None:
    """Waits until the list that was left is gone, with all that it does: the next one opens no sooner."""
    picker.window.quick_input.wait_for(state="hidden")
    picker.open()
    picker.close()


def test_a_preview_tab_of_the_users_comes_back(picker: Picker) -> None:
    open_as_preview(picker, "apple.py")
    look_at(picker, "cherry.py")
    picker.close()
    has_tabs(group(picker, 1), "apple.py")
    expect(group(picker, 1).locator(".tab.active .monaco-icon-label.italic")).to_have_count(1)


def test_a_tab_that_was_there_keeps_its_cursor(picker: Picker) -> None:
    picker.go("apple.py", 5)
    picker.go("berry.py", 7)
    look_at(picker, "apple.py")
    picker.close()
    has_tabs(group(picker, 1), "apple.py", "berry.py")
    picker.window.wait_for_position(7)
    picker.window.page.locator(".tab", has_text="apple.py").click()
    picker.window.wait_for_position(5)


def test_a_tab_that_was_looked_at_keeps_its_cursor_when_another_file_is_opened(picker: Picker) -> None:
    picker.go("apple.py", 5)
    picker.go("berry.py", 7)
    look_at(picker, "apple.py")
    picker.window.query.fill("file:cherry.py")
    picker.shows(["cherry.py"])
    picker.keyboard.press("Enter")
    has_tabs(group(picker, 1), "apple.py", "berry.py", "cherry.py")
    picker.window.page.locator(".tab", has_text="apple.py").click()
    picker.window.wait_for_position(5)


def test_nothing_is_left_of_a_result_when_another_file_is_opened(picker: Picker) -> None:
    picker.go("apple.py", 5)
    look_at(picker, "berry.py")
    picker.window.query.fill("file:cherry.py")
    picker.shows(["cherry.py"])
    picker.keyboard.press("Enter")
    has_tabs(group(picker, 1), "apple.py", "cherry.py")


def test_a_comparison_comes_back(picker: Picker) -> None:
    picker.go("apple.py", 5)
    picker.window.run("File: Compare Active File with Saved")
    comparison = "(in file) ↔ apple.py"
    picker.window.page.locator(".tab.active", has_text=comparison).wait_for()
    for name in ("cherry.py", "apple.py"):
        look_at(picker, name)
        picker.close()
        expect(picker.window.page.locator(".tab.active")).to_contain_text(comparison)
        expect(picker.window.page.locator(".tab")).to_have_count(2)


def test_a_click_into_another_group_leaves_that_as_it_is(picker: Picker) -> None:
    page = picker.window.page
    picker.go("apple.py", 5)
    picker.keyboard.press("Control+\\")
    has_tabs(group(picker, 2), "apple.py")
    open_as_preview(picker, "berry.py")
    group(picker, 1).locator(".view-lines").click()
    page.locator(".editor-group-container.active .tab.active", has_text="apple.py").wait_for()
    look_at(picker, "cherry.py")
    group(picker, 2).locator(".view-lines").click()
    is_through(picker)
    has_tabs(group(picker, 1), "apple.py")
    has_tabs(group(picker, 2), "apple.py", "berry.py")
    expect(page.locator(".editor-group-container.active .tab.active")).to_contain_text("berry.py")


def test_a_file_that_is_opened_meanwhile_stays(picker: Picker) -> None:
    picker.go("apple.py", 5)
    look_at(picker, "cherry.py")
    open_as_preview(picker, "damson.py")
    is_through(picker)
    has_tabs(group(picker, 1), "apple.py", "damson.py")


def test_a_click_into_what_is_shown_stays_there(picker: Picker) -> None:
    picker.go("apple.py", 5)
    look_at(picker, "cherry.py")
    picker.window.page.locator(".view-line", has_text="a line").last.click()
    picker.window.quick_input.wait_for(state="hidden")
    picker.keyboard.type("zebra")
    picker.window.page.locator(".tab.active.dirty", has_text="cherry.py").wait_for()
    has_tabs(group(picker, 1), "apple.py", "cherry.py")
    picker.window.run("File: Revert File")
    picker.window.page.locator(".tab.active:not(.dirty)").wait_for()


def test_without_preview_tabs_none_are_left(opened: Opener, shop: Path) -> None:
    with opened(shop, settings={**SETTINGS, "workbench.editor.enablePreview": False}) as window:
        picker = Picker(window)
        picker.open("ready")
        picker.settled()
        picker.close()
        picker.go("apple.py", 5)
        for name in ("cherry.py", "damson.py"):
            look_at(picker, name)
        picker.close()
        has_tabs(group(picker, 1), "apple.py")


def test_asked_for_again_meanwhile_the_picker_stays_open_with_its_keys(picker: Picker) -> None:
    picker.go("apple.py", 5)
    look_at(picker, "cherry.py")
    picker.keyboard.press("Control+Alt+t")
    picker.window.query.fill("file:damson.py")
    picker.shows(["damson.py"])
    picker.keyboard.press("Control+Enter")
    has_tabs(group(picker, 2), "damson.py")
    has_tabs(group(picker, 1), "apple.py")
