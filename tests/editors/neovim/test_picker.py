"""The picker on Neovim's own windows, as its user types."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.editors.neovim.conftest import Opener
from tests.editors.neovim.editor import Editor, needs_neovim

pytestmark = needs_neovim

SERVER_PROCESS = "vim.api.nvim_get_proc_children(vim.fn.getpid())"


def searching(editor: Editor, command: str, expected: str) -> None:
    """Opens the picker by a command and waits until the list shows a text."""
    editor.until("vim.fn.exists(':LspSearch') == 2")
    editor.type(f":{command}<CR>")
    editor.until("T.text('list'):find(..., 1, true)", expected)


def test_order_is_the_servers_and_enter_opens_the_place(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "view.ts")
    editor.ready()
    editor.lua("T.listen()")
    searching(editor, "LspSearch cart kind:class", "ShoppingCart")
    asked = editor.ask("T.sent('lspSearch/search')")[-1]
    answer = editor.request("lspSearch/search", asked)
    assert len(answer["items"]) > 1
    assert [line.split()[1] for line in editor.ask("T.lines('list')")] == [
        item["name"] for item in answer["items"]
    ]
    assert editor.ask("T.title('prompt')") == f" auto → symbol · {len(answer['items'])} "
    names = [item["name"] for item in answer["items"]]
    editor.type("<C-n>" * names.index("ShoppingCart"))
    editor.until("T.text('preview'):find('class ShoppingCart', 1, true)")
    assert editor.ask("T.marked('preview', 'LspSearchPreviewMatch')") == [[1, "ShoppingCart"]]
    editor.type("<CR>")
    editor.until("not T.window('list')")
    assert editor.until("#T.sent('lspSearch/picked') == 1 and T.place()") == [str(shop / "cart.py"), 1, 7]
    [item] = [item for item in answer["items"] if item["name"] == "ShoppingCart"]
    assert editor.ask("T.sent('lspSearch/picked')") == [
        {"query": "cart kind:class", "id": item["id"], "rank": names.index("ShoppingCart")}
    ]
    assert editor.complaints() == []


def test_matches_are_marked_at_the_right_bytes(shop: Path, neovim: Opener) -> None:
    (shop / "wide.py").write_text("\t\t# 漢字 🙂 größe\tgröße of 漢字\n")
    editor = neovim(shop / "wide.py", columns=200)
    editor.ready()
    searching(editor, "LspSearchText größe", "漢字")
    editor.until("#T.marked('list', 'LspSearchMatch') > 2")
    lines = editor.ask("T.lines('list')")
    marked = editor.ask("T.marked('list', 'LspSearchMatch')")
    assert {text for _, text in marked} == {"größe"}
    [wide] = [at for at, line in enumerate(lines, 1) if "漢字" in line]
    assert [at for at, _ in marked].count(wide) == 2
    assert "\t" not in lines[wide - 1]
    assert lines[wide - 1].startswith("text    # 漢字 🙂 größe")
    assert editor.complaints() == []


def test_typing_asks_anew_and_gives_up_what_was_asked_before(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", init="vim.g.lsp_search = { debounce = 0 }")
    editor.ready()
    searching(editor, "LspSearch view", "CartView")
    editor.type("<C-w>")
    editor.until("T.text('prompt') == ''")
    editor.lua("T.listen()")
    [process] = editor.ask(SERVER_PROCESS)
    os.kill(process, signal.SIGSTOP)  # a server that takes its time
    last = "(T.sent('lspSearch/search')[#T.sent('lspSearch/search')] or {}).query == ..."
    for keys, query in (("check", "check"), ("<C-w>total", "total")):
        editor.type(keys)
        editor.until(last, query)
    asked = editor.ask("#T.sent('lspSearch/search')")
    pending = """vim.iter(vim.tbl_values(T.client().requests)):filter(function(request)
        return request.method == 'lspSearch/search' and request.type == 'pending'
    end):totable()"""
    assert asked > 1
    assert len(editor.ask(pending)) == 1
    assert editor.ask("#T.sent('$/cancelRequest')") >= asked - 1
    os.kill(process, signal.SIGCONT)
    # What was there before, of no query, holds both.
    editor.until(
        "T.text('list'):find('total_price', 1, true) and not T.text('list'):find('checkout', 1, true)"
    )
    assert editor.complaints() == []


def test_enter_opens_what_was_typed_and_not_what_was_shown_before(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "view.ts")
    editor.ready()
    searching(editor, "LspSearch view", "CartView")
    editor.type("<C-w>checkout<CR>")
    assert editor.until("not T.window('list') and T.place()[2] > 1 and T.place()") == [
        str(shop / "cart.py"),
        6,
        5,
    ]
    assert editor.complaints() == []


def test_what_is_wrong_with_a_query_is_said_in_the_list(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    searching(editor, "LspSearchRegex retry(", "missing )")
    assert editor.ask("T.marked('list', 'LspSearchError')")
    # Mended, it is gone.
    editor.type("<BS>")
    editor.until("T.text('list'):find('Nothing found', 1, true)")
    editor.type("<C-u>")
    editor.type("<Esc>")
    searching(editor, "LspSearch cart knid:class", "unknown filter")
    assert editor.ask("T.marked('prompt', 'LspSearchError')") == [[1, "k"]]
    assert editor.complaints() == []


def test_modes_history_and_copies(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    searching(editor, "LspSearch checkout", "func    checkout")
    editor.type("<Tab><Tab>")
    editor.until("T.title('prompt'):find('^ text') and T.text('list'):find('def checkout(cart):', 1, true)")
    editor.type("<S-Tab>")
    editor.until("T.title('prompt'):find('^ symbol') and T.text('list'):find('func', 1, true)")
    editor.type("<C-y>")
    editor.until("vim.fn.getreg('\"') == ...", str(shop / "cart.py"))
    editor.type("<CR>")
    editor.until("not T.window('list')")
    searching(editor, "LspSearch view", "CartView")
    editor.type("<CR>")
    editor.until("T.place()[1] == ...", str(shop / "view.ts"))
    editor.until("vim.fn.exists(':LspSearch') == 2")
    editor.type(":LspSearch<CR>")
    editor.until("T.window('prompt')")
    for key, query in (("<Up>", "view"), ("<Up>", "checkout"), ("<Down>", "view"), ("<Down>", "")):
        editor.type(key)
        editor.until("T.text('prompt') == ...", query)
    assert editor.complaints() == []


def test_splits_tabs_and_quickfix(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    for key, count in (
        ("<C-x>", "#vim.api.nvim_tabpage_list_wins(0) == 2"),
        ("<C-t>", "#vim.api.nvim_list_tabpages() == 2"),
    ):
        searching(editor, "LspSearch CartView", "CartView")
        editor.type(key)
        editor.until(f"not T.window('list') and {count} and T.place()[1]:find('view.ts', 1, true)")
    searching(editor, "LspSearch cart", "ShoppingCart")
    shown = editor.ask("#T.lines('list')")
    editor.type("<C-q>")
    editor.until("not T.window('list') and vim.bo.buftype == 'quickfix'")
    assert editor.ask("#vim.fn.getqflist()") == shown
    assert editor.complaints() == []


def test_the_preview_shows_unsaved_text(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.nvim.current.buffer[0:0] = ["class UnsavedBasket:", "    pass"]
    editor.nvim.command("set hidden")
    editor.open(shop / "view.ts")
    searching(editor, "LspSearch UnsavedBasket", "UnsavedBasket")
    editor.until("T.text('preview'):find('class UnsavedBasket', 1, true)")
    assert editor.complaints() == []


def test_a_file_that_is_gone(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "view.ts", init="vim.g.lsp_search = { debounce = 1 }")
    editor.ready()
    searching(editor, "LspSearch cart kind:class", "CartView")
    [process] = editor.ask(SERVER_PROCESS)
    os.kill(process, signal.SIGSTOP)  # or it would say so before its user looks
    (shop / "cart.py").unlink()
    at = [line.split()[1] for line in editor.ask("T.lines('list')")].index("ShoppingCart")
    editor.type("<C-n>" * at if at else "<C-n><C-p>")
    editor.until("T.text('preview'):find('This file is gone', 1, true)")
    editor.type("<CR>")
    editor.until("vim.fn.execute('messages'):find('cart.py is gone', 1, true)")
    assert editor.ask("T.place()[1]") == str(shop / "view.ts")
    os.kill(process, signal.SIGCONT)
    assert editor.complaints() == []


def test_very_long_lines(shop: Path, neovim: Opener) -> None:
    (shop / "long.txt").write_text("x " * 50_000 + "needle_far_away " + "y " * 50_000 + "\n")
    editor = neovim(shop / "cart.py")
    editor.ready()
    editor.request("lspSearch/sync", {})
    searching(editor, "LspSearchText needle_far_away", "needle_far_away")
    assert editor.ask("T.marked('list', 'LspSearchMatch')") == [[1, "needle_far_away"]]
    editor.until("#T.marked('preview', 'LspSearchPreviewMatch') == 1")
    assert editor.ask("T.marked('preview', 'LspSearchPreviewMatch')") == [[1, "needle_far_away"]]
    editor.type("<CR>")
    editor.until("T.place()[3] == ...", 100_001)
    assert editor.complaints() == []


def test_narrow_wide_and_resized(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", columns=60, lines=15)
    editor.ready()
    searching(editor, "LspSearch cart", "ShoppingCart")
    assert not editor.ask("T.window('preview')")
    editor.nvim.ui_try_resize(150, 40)
    editor.until("T.window('preview') and T.text('preview') ~= ''")
    editor.nvim.ui_try_resize(24, 6)
    editor.until("not T.window('preview') and vim.o.columns == 24")
    fits = """(function(win) local place = vim.api.nvim_win_get_config(win)
        return place.row + place.height + 2 <= vim.o.lines and place.col + place.width + 2 <= vim.o.columns end)(T.window('list'))"""
    assert editor.ask(fits)
    assert editor.complaints() == []


def test_without_borders_mode_and_count_stand_at_the_right(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", init="vim.o.winborder = 'none'")
    editor.ready()
    searching(editor, "LspSearch cart", "ShoppingCart")
    count = editor.ask("#T.lines('list')")
    editor.until("vim.deep_equal(T.right('prompt'), { ... })", f" auto → symbol · {count} ")
    editor.type("<C-w>")
    editor.type("checkout")
    editor.until("vim.deep_equal(T.right('prompt'), { ' auto → symbol · 1 ' })")
    editor.type("<Tab><Tab>")
    editor.until("T.screen('prompt'):find('^checkout +text · %d')")
    # It gives way to what is typed.
    more = "x" * (editor.ask("vim.api.nvim_win_get_width(T.window('prompt'))") - len("checkout") - 3)
    editor.type(more)
    editor.until("vim.startswith(T.screen('prompt'), ...)", "checkout" + more)
    editor.type("<Esc>")
    editor.until("not T.window('list')")
    assert editor.complaints() == []


def test_closed_while_an_answer_is_awaited(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    for keys in (
        ":LspSearch cart<CR><Esc>",
        ":LspSearch cart<CR><C-w>x<C-c>",
        ":LspSearch cart<CR><CR><Esc>",
    ):
        editor.type(keys)
        editor.until("not T.window('list')")
    editor.request("lspSearch/sync", {})
    assert editor.ask("#vim.api.nvim_list_wins()") == 1
    assert editor.complaints() == []


def test_a_key_of_the_users_own(shop: Path, neovim: Opener) -> None:
    editor = neovim(
        shop / "cart.py", init="vim.g.lsp_search = { keys = { ['<C-j>'] = 'next', ['<C-y>'] = false } }"
    )
    editor.ready()
    searching(editor, "LspSearch cart", "ShoppingCart")
    row = "vim.api.nvim_win_get_cursor(T.window('list'))[1]"
    editor.type("<C-j>")
    editor.until(f"{row} == 2")
    assert editor.ask("vim.fn.maparg('<C-y>', 'i')") == ""


def test_clicks_select_and_open_and_leave_the_cursor_in_the_prompt(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    searching(editor, "LspSearch cart", "ShoppingCart")
    shown = editor.ask("T.lines('list')")
    row = "vim.api.nvim_win_get_cursor(T.window('list'))[1]"
    editor.click("list", 2)
    editor.until(f"{row} == 2 and vim.api.nvim_get_current_win() == T.window('prompt')")
    editor.click("preview", 1)
    editor.type("s")
    editor.until("T.text('prompt') == 'carts'")
    assert editor.ask("vim.api.nvim_get_current_win() == T.window('prompt')")
    editor.type("<BS>")
    editor.until("T.text('prompt') == 'cart' and vim.deep_equal(T.lines('list'), ...)", shown)
    view = next(at for at, line in enumerate(shown, 1) if "CartView" in line)
    editor.click("list", view, times=2)
    editor.until("not T.window('list') and T.place()[1] == ...", str(shop / "view.ts"))
    assert editor.complaints() == []


def test_a_click_beside_the_picker_closes_it(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    searching(editor, "LspSearch cart", "ShoppingCart")
    editor.click_at(0, 0)
    editor.until("not T.window('list') and not T.window('prompt')")
    assert editor.ask("vim.fn.mode()") == "n"
    assert editor.complaints() == []


def test_the_list_is_not_for_editing_and_no_window_stays_behind(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py")
    editor.ready()
    searching(editor, "LspSearch cart", "ShoppingCart")
    editor.type("<C-o><C-w>w")
    assert editor.ask("vim.api.nvim_get_current_win() == T.window('prompt')")
    assert not editor.ask("vim.bo[vim.api.nvim_win_get_buf(T.window('list'))].modifiable")
    assert not editor.ask("vim.bo[vim.api.nvim_win_get_buf(T.window('preview'))].modifiable")
    for name in ("list", "preview", "prompt"):
        editor.lua("vim.api.nvim_win_close(T.window(...), true)", name)
        editor.until("#vim.api.nvim_list_wins() == 1 and vim.fn.mode() == 'n'")
        searching(editor, "LspSearch cart", "ShoppingCart")
    editor.type("<Esc>")
    editor.until("not T.window('list')")
    assert editor.complaints() == []
