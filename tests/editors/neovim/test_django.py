"""A large project in a real terminal: what its user sees from the first start on. Makes the pictures of the plugin's README
where LSP_SEARCH_PICTURES is a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from benchmarks import corpus
from tests.editors.neovim.editor import NVIM, Home, needs_neovim
from tests.editors.neovim.terminal import TMUX, Terminal, terminal

pytestmark = [needs_neovim, pytest.mark.skipif(TMUX is None, reason="needs tmux")]

INIT = """
vim.o.termguicolors = true
vim.o.laststatus = 2
vim.o.statusline = "%t %m%=%{v:lua.require'lsp_search'.statusline()} "
vim.keymap.set('n', ' s', '<Plug>(LspSearchSearch)')
"""


def picture(screen: Terminal, name: str) -> None:
    folder = os.environ.get("LSP_SEARCH_PICTURES")
    if folder:
        screen.picture(Path(folder) / name)


def test_django_from_the_first_start(tmp_path: Path) -> None:
    try:
        original = corpus.locate("django")
    except corpus.NoCorpus as problem:
        pytest.skip(str(problem))
    project = tmp_path / "django"
    shutil.copytree(original, project, symlinks=True)
    (project / ".git").mkdir(exist_ok=True)
    home = Home(tmp_path / "home", init=INIT)
    with terminal(f"lsp-search-{os.getpid()}") as screen:
        environment = home.environment() | {"TERM": "tmux-256color", "COLORTERM": "truecolor"}
        screen.start([str(NVIM), "-n", str(project / "django" / "shortcuts.py")], environment)
        screen.until("indexing")
        screen.until("search: ready", 300)
        # By name, as it is typed.
        screen.keys(" s")
        screen.until(" auto ")
        screen.keys("-l", "getobj404")
        screen.until("func    get_object_or_404")
        screen.keys("Enter")
        screen.until("def get_object_or_404")
        # The preview follows the selection.
        screen.keys(":LspSearch getqueryset", "Enter")
        screen.until("method  get_queryset")
        screen.keys("C-n", "C-n")
        screen.until("    def get_queryset(self")
        picture(screen, "neovim-picker.png")
        screen.keys("Escape")
        # The window of figures.
        screen.keys(":LspSearchDashboard", "Enter")
        screen.until("last minute")
        screen.until("python")
        picture(screen, "neovim-dashboard.png")
        screen.keys("q")
        # An unsaved change, then a saved one, among thousands of files.
        screen.keys("Go", "def unsaved_among_thousands(): pass", "Escape")
        screen.keys(":LspSearchSymbols unsavedamong", "Enter")
        screen.until("func    unsaved_among_thousands")
        screen.keys("Escape")
        screen.keys(":w", "Enter")
        screen.keys(":LspSearchSymbols unsavedamong", "Enter")
        screen.until("func    unsaved_among_thousands")
        screen.keys("Enter")
        screen.keys(":qall!", "Enter")
    assert "[ERROR]" not in (home.log.read_text() if home.log.exists() else "")
