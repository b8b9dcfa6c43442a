"""A server that is killed, one that always dies, one that is stopped on purpose; the window of figures."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.editors.neovim.conftest import Opener
from tests.editors.neovim.editor import needs_neovim

pytestmark = needs_neovim


def test_a_killed_server_comes_back_with_all_its_buffers(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.command("set hidden")
    editor.nvim.current.buffer.append("def unsaved_offer(): pass")
    editor.open(shop / "view.ts")
    editor.lua("require('lsp_search').configure({ search = { limit = 1 } })")
    first = editor.until("#vim.tbl_keys(T.client().attached_buffers) == 2 and T.client().id")
    [process] = editor.ask("vim.api.nvim_get_proc_children(vim.fn.getpid())")
    os.kill(process, signal.SIGKILL)
    editor.until("T.client() and T.client().id ~= ... and T.client().initialized", first)
    editor.until("vim.tbl_count(T.client().attached_buffers) == 2")
    editor.ready()
    editor.request("lspSearch/sync", {})
    found = editor.request("workspace/symbol", {"query": "unsavedoffer"})
    assert [symbol["name"] for symbol in found] == ["unsaved_offer"]
    assert len(editor.request("workspace/symbol", {"query": "cart"})) == 1  # the setting is still there


def test_a_server_that_always_dies_is_left_alone(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", server=[sys.executable, "-c", "raise SystemExit(3)"])
    editor.until("vim.fn.execute('messages'):find('in a row', 1, true)", seconds=60)
    assert ":LspSearchRestart" in editor.messages()
    assert editor.messages().count("in a row") == 1


def test_a_wanted_stop_stays_one(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.lua("T.id = T.client().id; vim.lsp.enable('lsp_search', false)")
    editor.until("not vim.lsp.get_client_by_id(T.id)")
    # The first restart would come within a quarter of a second; Neovim's loop runs on for longer than that here.
    assert editor.ask("vim.wait(1500, function() return T.client() ~= nil end, 20)") is False
    editor.type(":LspSearch<CR>")
    editor.until("T.text('list'):find('not enabled', 1, true)")


def test_the_dashboard_shows_live_figures(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.command("LspSearchDashboard")
    editor.until("T.text('dashboard'):find('nothing asked yet', 1, true)")
    for query in ("cart", "checkout", "cart"):
        editor.request("lspSearch/search", {"query": query})
    editor.until("T.text('dashboard'):find('last minute +[%d.]+ ms +[%d.]+ ms +[%d.]+ ms +3')")
    text = editor.ask("T.text('dashboard')")
    for part in ("shop", "ready", "symbol", "hits", "3 files", "Memory", "Watcher", "Alerts         none"):
        assert part in text
    # An alert stands out, with advice.
    metrics = editor.ask("require('lsp_search.server').metrics(T.client())")
    alert = {"level": "warning", "message": "p95 is high", "advice": "exclude generated code"}
    editor.lua(
        "require('lsp_search.server').heard(T.client().id, 'metrics', ...)", metrics | {"alerts": [alert]}
    )
    editor.until("T.text('dashboard'):find('p95 is high', 1, true)")
    assert "→ exclude generated code" in editor.ask("T.text('dashboard')")
    editor.nvim.ui_try_resize(40, 10)
    editor.until("vim.api.nvim_win_get_config(T.window('dashboard')).width <= 36")
    editor.type("q")
    editor.until("not T.window('dashboard')")
    assert editor.complaints() == []


def test_a_question_that_is_lost_with_its_server_is_asked_again(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "view.ts", init="vim.g.lsp_search = { debounce = 0 }")
    editor.ready()
    editor.type(":LspSearch<CR>")
    editor.until("T.text('list'):find('CartView', 1, true)")
    [process] = editor.ask("vim.api.nvim_get_proc_children(vim.fn.getpid())")
    os.kill(process, signal.SIGSTOP)
    editor.lua("T.listen()")
    editor.type("checkout")
    editor.until("(T.sent('lspSearch/search')[#T.sent('lspSearch/search')] or {}).query == 'checkout'")
    os.kill(process, signal.SIGKILL)
    editor.until("T.text('list'):find('being started again', 1, true)")
    editor.until("T.text('list'):find('^func +checkout')")
    editor.type("<CR>")
    editor.until("not T.window('list') and T.place()[1] == ...", str(shop / "cart.py"))


def test_the_dashboard_says_when_its_server_is_gone(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.command("LspSearchDashboard")
    editor.until("T.text('dashboard'):find('3 files', 1, true)")
    [process] = editor.ask("vim.api.nvim_get_proc_children(vim.fn.getpid())")
    os.kill(process, signal.SIGKILL)
    editor.until("T.text('dashboard') == ' the server has stopped and is being started again'")
    editor.until("T.text('dashboard'):find('3 files', 1, true)")
    editor.lua("vim.lsp.enable('lsp_search', false)")
    editor.until("T.text('dashboard'):find('the server is not enabled', 1, true)")


def test_the_dashboard_is_not_replaced_and_goes_with_its_buffer(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    update = "require('lsp_search.server').heard(T.client().id, 'status', { state = 'ready', done = 0, total = 0 })"
    for leave in (f"edit! {shop / 'view.ts'}", "bwipeout!"):
        editor.nvim.command("LspSearchDashboard")
        editor.until("T.text('dashboard'):find('3 files', 1, true)")
        editor.type(f":edit {shop / 'view.ts'}<CR>")
        editor.until("vim.fn.execute('messages'):find('E1513', 1, true)")
        assert editor.ask("vim.bo.filetype") == "lsp_search_dashboard"
        editor.nvim.command("messages clear")
        editor.nvim.command(leave)
        editor.lua(update)
        editor.until("#vim.api.nvim_list_wins() == 1")
        editor.lua(update)
        assert editor.complaints() == []
