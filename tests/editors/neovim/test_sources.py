"""Telescope, fzf-lua and snacks with results of the server, where LSP_SEARCH_NVIM_PLUGINS is a folder that holds them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.editors.neovim.conftest import Opener
from tests.editors.neovim.editor import Editor, needs_neovim

PLUGINS = Path(os.environ.get("LSP_SEARCH_NVIM_PLUGINS", "/nonexistent"))


def plugins(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if not (PLUGINS / name).is_dir()]
    return pytest.mark.skipif(bool(missing), reason=f"LSP_SEARCH_NVIM_PLUGINS has no {', '.join(missing)}")


pytestmark = needs_neovim


def expected(editor: Editor, query: str) -> list[str]:
    return [item["name"] for item in editor.request("lspSearch/search", {"query": query})["items"]]


@plugins("telescope.nvim", "plenary.nvim")
def test_telescope(shop: Path, neovim: Opener) -> None:
    installed = [PLUGINS / "telescope.nvim", PLUGINS / "plenary.nvim"]
    init = "vim.g.lsp_search = { picker = 'telescope' }"
    editor = neovim(shop / "cart.py", plugins=installed, init=init)
    editor.ready()
    editor.lua("T.listen()")
    names = expected(editor, "cart")
    editor.nvim.command("Telescope lsp_search")
    editor.until("vim.bo.filetype == 'TelescopePrompt'")
    editor.type("cart")
    shown = """(function()
        local picker = require('telescope.actions.state').get_current_picker(vim.api.nvim_get_current_buf())
        local names = {}
        if not picker or not picker.manager then return names end
        for entry in picker.manager:iter() do names[#names + 1] = entry.value.text end
        return names
    end)()"""
    editor.until(f"vim.deep_equal({shown}, ...)", names)
    editor.type("<Esc>")
    editor.type("<Esc>")
    editor.until("vim.bo.filetype ~= 'TelescopePrompt'")
    editor.nvim.command("LspSearch CartView")
    editor.until(f"vim.bo.filetype == 'TelescopePrompt' and {shown}[1] == 'CartView'")
    editor.type("<CR>")
    editor.until("T.place()[1] == ... and T.place()[3] == 14", str(shop / "view.ts"))
    [picked] = editor.until("#T.sent('lspSearch/picked') == 1 and T.sent('lspSearch/picked')")
    assert picked["rank"] == 0
    assert editor.complaints() == []


@plugins("fzf-lua")
def test_fzf_lua(shop: Path, neovim: Opener) -> None:
    editor = neovim(
        shop / "cart.py", plugins=[PLUGINS / "fzf-lua"], init="vim.g.lsp_search = { picker = 'auto' }"
    )
    editor.ready()
    editor.lua("T.listen()")
    names = expected(editor, "cart")
    editor.nvim.command("LspSearch cart")
    screen = "table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n')"
    editor.until(f"vim.bo.filetype == 'fzf' and {screen}:find('ShoppingCart', 1, true)")
    lines = editor.ask("vim.api.nvim_buf_get_lines(0, 0, -1, false)")
    listed = [line for line in lines if ":" in line and any(name in line for name in names)]
    assert [line.split(": ", 1)[1].split()[1] for line in listed][: len(names)] == names
    editor.type("<CR>")
    editor.until("#T.sent('lspSearch/picked') == 1 and vim.bo.filetype ~= 'fzf'")
    assert editor.complaints() == []


@plugins("snacks.nvim")
def test_snacks(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", plugins=[PLUGINS / "snacks.nvim"])
    editor.ready()
    editor.lua("T.listen()")
    names = expected(editor, "cart")
    editor.lua("require('lsp_search').search({ picker = 'snacks', query = 'cart' })")
    shown = """(function()
        local picker = require('snacks').picker.get()[1]
        return picker and vim.tbl_map(function(item) return item.row.text end, picker:items())
    end)()"""
    editor.until(f"vim.deep_equal({shown}, ...)", names)
    editor.type("<CR>")
    editor.until("#T.sent('lspSearch/picked') == 1 and #require('snacks').picker.get() == 0")
    assert editor.complaints() == []


def test_a_picker_that_is_not_installed(shop: Path, neovim: Opener) -> None:
    editor = neovim(shop / "cart.py", init="vim.g.lsp_search = { picker = 'telescope' }")
    editor.ready()
    editor.type(":LspSearch cart<CR>")
    editor.until("T.text('list'):find('ShoppingCart', 1, true)")
    assert "telescope is not installed; this is the builtin picker" in editor.messages()
