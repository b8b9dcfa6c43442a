"""Where the server comes from: nowhere at first, the PATH, a setting, the workspace; in a real VS Code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.editors.vscode.code import Code
from tests.editors.vscode.conftest import Opener, Photographer

NEEDED = "lsp-search needs its search server"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "cart.py").write_text("class ShoppingCart:\n    pass\n")
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine that has a Python, and no server for it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    return {"PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin", "PYTHONPATH": ""}


@pytest.fixture
def window(opened: Opener, shop: Path, bare: dict[str, str]) -> Iterator[Code]:
    with opened(shop, machine={}, environment=bare) as code:
        code.open("cart.py")
        yield code


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def test_the_server_is_installed_when_the_user_says_so(window: Code, picture: Photographer) -> None:
    window.notification(NEEDED).wait_for()
    picture(window.page, "install")
    window.notification(NEEDED).get_by_role("button", name="Install").click()
    window.notification("Installing the lsp-search server").wait_for()
    window.wait_for_status("Search is ready")
    window.find("shoppingcart", "ShoppingCart")
    (server,) = window.servers()
    assert any("globalStorage" in part for part in server.cmdline())


def test_without_a_network_it_is_told_what_to_do(
    opened: Opener, shop: Path, bare: dict[str, str], picture: Photographer
) -> None:
    offline = {
        **bare,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
    }
    with opened(shop, machine={}, environment=offline) as code:
        code.notification(NEEDED).get_by_role("button", name="Install").click()
        failed = code.notification("pip could not install the server")
        expect(failed).to_contain_text("HTTPS_PROXY")
        expect(failed).to_contain_text("lspSearch.server.path")
        picture(code.page, "install-failed")
        failed.get_by_role("button", name="Try Again").click()
        code.notification("Installing the lsp-search server").wait_for()
        expect(failed).to_be_visible()
        assert list(code.home.rglob("env*/pyvenv.cfg")) == []


def test_without_a_new_python_it_says_so(opened: Opener, shop: Path, tmp_path: Path) -> None:
    programs = tmp_path / "none"
    programs.mkdir()
    for name in ("sh", "bash", "env"):
        (programs / name).symlink_to(f"/bin/{name}" if name != "env" else "/usr/bin/env")
    with opened(shop, machine={}, environment={"PATH": str(programs)}) as code:
        code.notification(NEEDED).get_by_role("button", name="Install").click()
        expect(code.notification("There is no Python 3.11 or later")).to_be_visible()


def test_a_wrong_setting_is_named_and_mended_without_a_restart(
    opened: Opener, shop: Path, tmp_path: Path, server_command: list[str]
) -> None:
    wrong = str(tmp_path / "nothing-here")
    with opened(shop, machine={"lspSearch.server.path": [wrong]}, allowed=(wrong,)) as code:
        code.open("cart.py")
        expect(code.notification("lspSearch.server.path: ")).to_contain_text("starts no lsp-search")
        code.wait_for_status("Search is not running")
        settings = code.home / "Machine" / "settings.json"
        settings.write_text(json.dumps({"lspSearch.server.path": server_command}))
        code.wait_for_status("Search is ready")


def test_a_server_that_always_ends_is_given_up(opened: Opener, shop: Path, tmp_path: Path) -> None:
    broken = script(
        tmp_path / "broken",
        'if [ "$1" = --version ]; then echo "lsp-search, version 9.9"; exit 0; fi',
        "echo out of luck >&2",
        "exit 3",
    )
    with opened(shop, machine={"lspSearch.server.path": [str(broken)]}, allowed=("[error]",)) as code:
        code.open("cart.py")
        given_up = code.notification("The lsp-search server ends soon after each start (status 3)")
        given_up.wait_for()
        expect(code.page.locator(".notification-toast")).to_have_count(1)
        assert "out of luck" in code.logs("lsp-search")
        given_up.get_by_role("button", name="Restart").click()
        code.wait_for_status("Search is starting")


def test_what_lies_in_the_workspace_runs_only_where_it_is_trusted(
    opened: Opener, shop: Path, tmp_path: Path, server_command: list[str]
) -> None:
    command = " ".join(server_command)
    ran = {name: tmp_path / f"{name}-ran" for name in ("setting", "path")}
    in_setting = script(shop / "tools" / "server", f"touch {ran['setting']}", f'exec {command} "$@"')
    in_path = script(shop / "bin" / "lsp-search", f"touch {ran['path']}", f'exec {command} "$@"')
    outside = script(tmp_path / "outside" / "lsp-search", f'exec {command} "$@"')
    (shop / ".vscode").mkdir()
    (shop / ".vscode" / "settings.json").write_text(json.dumps({"lspSearch.server.path": [str(in_setting)]}))
    path = os.pathsep.join([".", str(in_path.parent), str(outside.parent), os.environ["PATH"]])
    with opened(shop, machine={}, environment={"PATH": path}, flags=()) as code:
        code.page.locator(".statusbar-item", has_text="Restricted Mode").wait_for()
        code.open("cart.py")
        code.wait_for_status("Search is ready")
        code.find("shoppingcart", "ShoppingCart")
        code.page.keyboard.press("Escape")
        assert [str(outside) in code.logs("lsp-search"), *(each.exists() for each in ran.values())] == [
            True,
            False,
            False,
        ]
        code.run("Workspaces: Manage Workspace Trust")
        code.page.get_by_role("button", name="Trust", exact=True).click()
        code.wait_until(ran["setting"].exists, "the workspace's own server starts once it is trusted")
        dialog = code.page.locator(".monaco-modal-editor-block")
        dialog.click(position={"x": 5, "y": 5})  # beside it, to close it
        dialog.wait_for(state="hidden")
        code.open("cart.py")
        code.wait_for_status("Search is ready")


def test_all_folders_of_a_workspace_are_searched(opened: Opener, tmp_path: Path) -> None:
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.py").write_text(f"def from_{name}(): pass\n")
    workspace = tmp_path / "both.code-workspace"

    def hold(*names: str) -> None:
        workspace.write_text(json.dumps({"folders": [{"path": name} for name in names]}))

    hold("first", "second")
    with opened(workspace) as code:
        code.page.locator(".explorer-folders-view .monaco-list-row").first.wait_for()
        for name in ("first", "second"):
            code.find(f"from{name}", f"from_{name}")
            code.page.keyboard.press("Escape")
        (server,) = code.servers()
        hold("first", "second", "third")
        code.find("fromthird", "from_third")
        code.page.keyboard.press("Escape")
        hold("first", "third")
        code.find("fromsecond", "from_second", count=0)
        assert code.servers() == [server]
