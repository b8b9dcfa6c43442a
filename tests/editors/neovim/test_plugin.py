"""The Neovim plugin and the server: what attaches, what is found, settings, commands, health."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.neovim.conftest import WEB, Opener
from tests.editors.neovim.editor import NVIM, REPOSITORY, Editor, needs_neovim

pytestmark = needs_neovim


def names(editor: Editor, query: str) -> list[str]:
    return [symbol["name"] for symbol in editor.request("workspace/symbol", {"query": query})]


def test_attaches_searches_and_sees_unsaved_text(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    assert names(editor, "shoppingc") == ["ShoppingCart"]
    assert names(editor, "sc kind:class") == ["ShoppingCart"]
    # Unsaved text wins, in Neovim's own incremental edits.
    editor.nvim.current.buffer[0:0] = ["# 🙂", "def unsaved_offer(): pass"]
    editor.request("lspSearch/sync", {})
    assert names(editor, "unsavedoffer") == ["unsaved_offer"]
    # Undone, it is not found any more; saved, it stays.
    editor.nvim.command("undo")
    editor.request("lspSearch/sync", {})
    assert names(editor, "unsavedoffer") == []
    editor.nvim.current.buffer.append("def saved_offer(): pass")
    editor.nvim.command("write")
    editor.request("lspSearch/sync", {})
    assert names(editor, "savedoffer") == ["saved_offer"]
    # A file written by another program.
    (shop / "other.lua").write_text("function from_outside() end\n")
    editor.request("lspSearch/sync", {})
    assert names(editor, "fromoutside") == ["from_outside"]
    # What the user sees: the answers as a quickfix list, at the right places.
    editor.lua(
        "vim.lsp.buf.workspace_symbol('checkout', { on_list = function(list) T.listed = list.items end })"
    )
    [listed] = editor.until("T.listed")
    assert (listed["lnum"], listed["col"]) == (6, 5)
    assert editor.complaints() == []
    editor.lua("T.stopped = T.client(); T.stopped:stop()")
    editor.until("T.stopped:is_stopped()")


def test_attaches_to_files_of_no_known_type(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "NOTES")
    editor.until("#vim.lsp.get_clients({ bufnr = 0, name = 'lsp_search' }) == 1")
    assert editor.ask("vim.bo.filetype") == ""
    editor.ready()
    assert editor.complaints() == []


def test_two_projects_in_one_neovim(tmp_path: Path, shop: Path, neovim: Opener) -> None:
    other = tmp_path / "bakery"
    (other / ".git").mkdir(parents=True)
    (other / "oven.py").write_text("class CartOven: pass\n")
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.open(other / "oven.py")
    editor.until("#vim.lsp.get_clients({ name = 'lsp_search' }) == 2")
    editor.ready()
    editor.type(":LspSearchSymbols cart<CR>")
    editor.until("T.text('list'):find('CartOven')")
    assert "ShoppingCart" not in editor.ask("T.text('list')")
    editor.type("<Esc>")
    editor.until("not T.window('list')")
    editor.nvim.command(f"buffer {shop / 'cart.py'}")
    editor.type(":LspSearchSymbols cart<CR>")
    editor.until("T.text('list'):find('ShoppingCart')")
    assert "CartOven" not in editor.ask("T.text('list')")
    assert editor.complaints() == []


def test_settings_are_taken_at_the_start_and_changed_at_run_time(shop: Path, neovim: Opener) -> None:
    (shop / "generated").mkdir()
    (shop / "generated" / "made.py").write_text("class GeneratedCart: pass\n")
    init = "vim.lsp.config('lsp_search', { settings = { lspSearch = { index = { exclude = { 'generated/' } } } } })"
    editor = neovim(shop / "cart.py", init=init)
    editor.ready()
    editor.request("lspSearch/sync", {})
    assert names(editor, "GeneratedCart") == []
    editor.lua("require('lsp_search').configure({ index = { exclude = {} } })")
    editor.request("lspSearch/sync", {})
    assert names(editor, "GeneratedCart") == ["GeneratedCart"]
    assert len(names(editor, "cart")) > 1
    editor.nvim.command("LspSearchSet search.limit 1")
    editor.request("lspSearch/sync", {})
    assert len(names(editor, "cart")) == 1
    editor.nvim.command('LspSearchSet index.exclude ["view.ts"]')
    editor.request("lspSearch/sync", {})
    assert names(editor, "CartView") == []
    # A client of a later start has them too.
    editor.nvim.command("LspSearchRestart")
    editor.ready()
    assert len(names(editor, "cart")) == 1
    assert editor.complaints() == []


def test_a_wrong_setting_is_named(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.command("LspSearchSet search.limit many")
    editor.until("vim.fn.execute('messages'):find('search.limit', 1, true)")


def test_results_as_a_quickfix_list(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.command("LspSearch! cart")
    editor.until("#vim.fn.getqflist() > 0")
    listed = editor.ask("vim.fn.getqflist({ title = 1, items = 1 })")
    asked = editor.request("lspSearch/search", {"query": "cart"})
    assert [item["lnum"] for item in listed["items"]] == [
        item["location"]["range"]["start"]["line"] + 1 for item in asked["items"]
    ]
    assert listed["title"] == "lsp-search: cart"
    assert editor.complaints() == []


def test_the_selection_is_what_is_searched(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "view.ts")
    editor.ready()
    editor.type("/größe<CR>ve:LspSearchText<CR>")
    editor.until("T.text('list'):find('render')")
    assert editor.ask("T.lines('prompt')") == ["größeÄnderung"]
    assert editor.complaints() == []


def test_a_range_is_what_is_searched(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "view.ts")
    editor.ready()
    editor.until("vim.fn.exists(':LspSearch') == 2")
    first, second = WEB.splitlines()[:2]
    for keys, query in (
        (":2LspSearchText<CR>", second.strip()),
        ("gg0wwvey:2,3LspSearchText<CR>", second.strip()),
    ):
        editor.type(keys)
        editor.until("T.text('prompt') == ...", query)
        editor.type("<Esc>")
        editor.until("not T.window('list')")
    editor.type(":1LspSearchText<CR>")  # just the lines of the selection
    editor.until("T.text('prompt') == ...", "CartView")
    assert first.split()[2] == "CartView"
    assert editor.complaints() == []


def test_code_like_that_under_the_cursor(shop: Path, neovim: Opener) -> None:
    (shop / "till.py").write_text("def checkout_till(cart):\n    return cart\n")
    editor = neovim(shop / "till.py")
    editor.ready()
    editor.request("lspSearch/sync", {})
    editor.nvim.command("LspSearchSimilar")
    editor.until("#vim.fn.getqflist() > 0")
    assert "checkout" in [item["text"] for item in editor.ask("vim.fn.getqflist()")]


def test_commands_complete(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.until("vim.tbl_get(require('lsp_search').metrics() or {}, 'index', 'languages', 'typescript')")
    complete = "vim.fn.getcompletion(..., 'cmdline')"
    assert "kind:class" in editor.ask(complete, "LspSearch cart kind:cl")
    assert editor.ask(complete, "LspSearch lang:typ") == ["lang:typescript"]
    assert editor.ask(complete, "LspSearchSet search.li") == ["search.limit"]
    assert editor.ask(complete, "LspSearchDash") == ["LspSearchDashboard"]


def test_the_statusline_tells_state_and_speed(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.nvim.command("set laststatus=2 statusline=%{v:lua.require'lsp_search'.statusline()}")
    editor.ready()
    editor.request("workspace/symbol", {"query": "cart"})
    text = editor.until(
        "require('lsp_search').statusline():match('p95 [%d.]+ ms · %d+%% hits') and require('lsp_search').statusline()"
    )
    drawn = "vim.api.nvim_eval_statusline(vim.o.statusline, {}).str"
    assert editor.ask(drawn) == text
    # While files are indexed: how far that is; then what stands as an alert.
    say = "require('lsp_search.server').heard(T.client().id, ...)"
    editor.lua(say, "status", {"state": "indexing", "done": 45, "total": 100})
    assert editor.ask(drawn) == "search: indexing 45%"
    editor.lua(say, "status", {"state": "ready", "done": 0, "total": 0})
    metrics = editor.ask("require('lsp_search').metrics()")
    editor.lua(say, "metrics", metrics | {"alerts": [{"level": "warning", "message": "slow"}]})
    assert editor.ask(drawn).endswith("!1")


def test_health_has_no_error_and_shows_what_is_there(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.command("checkhealth lsp_search")
    report = "\n".join(editor.nvim.current.buffer[:])
    assert "ERROR" not in report
    for part in (
        "lsp-search, version",
        "protocol version 1",
        "state: ready",
        "3 files",
        "python:",
        "watcher:",
        "picker:",
    ):
        assert part in report
    assert editor.complaints() == []


def test_health_names_a_wrong_option(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", init="vim.g.lsp_search = { limt = 3, debounce = 'long' }")
    editor.ready()
    editor.nvim.command("checkhealth lsp_search")
    report = "\n".join(editor.nvim.current.buffer[:])
    assert "vim.g.lsp_search.limt is not known" in report
    assert "vim.g.lsp_search.debounce is a string; it must be a number" in report


def test_without_a_server_a_message_says_what_to_do(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", server=["lsp-search-that-is-not-there", "serve", "--stdio"])
    editor.until("vim.fn.execute('messages'):find('pipx install', 1, true)")
    assert "vim.lsp.config('lsp_search'" in editor.messages()
    told = editor.messages().count("pipx install")
    editor.open(shop / "view.ts")
    assert editor.messages().count("pipx install") == told == 1
    editor.nvim.command("checkhealth lsp_search")
    report = "\n".join(editor.nvim.current.buffer[:])
    assert "ERROR" in report
    assert "pipx install" in report


def test_help_is_there(shop: Path, neovim: Opener, tmp_path: Path) -> None:
    documentation = tmp_path / "doc"
    shutil.copytree(REPOSITORY / "editors" / "neovim" / "doc", documentation)
    done = subprocess.run(
        [str(NVIM), "--clean", "--headless", "-c", f"helptags {documentation}", "-c", "qa"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    tags = {line.split("\t")[0] for line in (documentation / "tags").read_text().splitlines()}
    editor = neovim(shop / "cart.py")
    editor.ready()
    commands = editor.ask("vim.tbl_keys(vim.api.nvim_buf_get_commands(0, {}))")
    assert {f":{name}" for name in commands if name.startswith("LspSearch")} <= tags
    plugs = editor.ask("vim.tbl_map(function(map) return map.lhs end, vim.api.nvim_get_keymap('n'))")
    assert {plug for plug in plugs if plug.startswith("<Plug>(LspSearch")} <= tags
    assert "lsp_search" in tags


@pytest.mark.parametrize("command", ["LspSearchStats", "LspSearchReindex"])
def test_reports_come_as_messages(shop: Path, neovim: Opener, command: str) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.command(command)
    editor.until("vim.fn.execute('messages'):find('3 files', 1, true)")
    assert editor.complaints() == []
