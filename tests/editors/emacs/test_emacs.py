"""Emacs, really: Eglot with lsp-search as its server, and ``M-x lsp-search`` beside whatever Eglot runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import corpus
from tests.conftest import wait_until
from tests.protocol.conftest import FILES, write

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "editors" / "emacs" / "lsp-search.el"
EMACS = shutil.which("emacs")
TMUX = shutil.which("tmux")

pytestmark = pytest.mark.skipif(EMACS is None, reason="needs Emacs (tests/editors/set_up.sh)")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of an Emacs that knows nothing of its user."""
    (tmp_path / "home").mkdir()
    return {
        **os.environ,
        "HOME": str(tmp_path / "home"),
        "LC_ALL": "C.UTF-8",
        "LSP_SEARCH_EL": str(SOURCE),
        "LSP_SEARCH_PYTHON": sys.executable,
        "LSP_SEARCH_STORE": str(tmp_path / "store"),
        "LSP_SEARCH_WORKSPACE": str(tmp_path / "workspace"),
    }


@pytest.fixture
def django(tmp_path: Path) -> Path:
    """A real project that a test may change."""
    try:
        source = corpus.locate("django")
    except corpus.NoCorpus as error:
        pytest.skip(str(error))
    root = tmp_path / "workspace"
    shutil.copytree(source, root)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


def batch(environment: dict[str, str], *arguments: str) -> str:
    """What Emacs said while it ran; it must end well."""
    done = subprocess.run(
        [str(EMACS), "--batch", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_eglot_with_a_real_project(environment: dict[str, str], django: Path) -> None:
    if subprocess.run(
        [str(EMACS), "--batch", "-f", "package-initialize", "-l", "eglot"], check=False
    ).returncode:
        pytest.skip("needs Eglot (tests/editors/set_up.sh)")
    said = batch(environment, "-l", str(HERE / "with_eglot.el"))
    print(said)
    assert not re.search(r"warning|unknown|server reports", said, re.IGNORECASE)


def test_lsp_search_beside_eglot_with_a_real_project(environment: dict[str, str], django: Path) -> None:
    print(batch(environment, "-l", str(HERE / "beside_eglot.el")))


def test_files_on_windows(environment: dict[str, str]) -> None:
    batch(environment, "-l", str(HERE / "windows.el"))


def test_it_compiles_without_a_warning(environment: dict[str, str], tmp_path: Path) -> None:
    copy = str(shutil.copy(SOURCE, tmp_path))
    batch(
        environment, "-Q", "--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile", copy
    )


class Screen:
    """Emacs in a terminal."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self._name = f"lsp-search-{uuid.uuid4().hex[:8]}"
        self._environment = environment
        self.tmux("new-session", "-d", "-x", "120", "-y", "30", str(EMACS), "-nw", *arguments)

    def tmux(self, *arguments: str) -> str:
        command = [str(TMUX), "-L", self._name, "-f", "/dev/null", *arguments]
        return subprocess.run(
            command, env=self._environment, check=True, capture_output=True, text=True
        ).stdout

    def type(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def text(self) -> str:
        return self.tmux("capture-pane", "-p")

    def shows(self, pattern: str) -> bool:
        return re.search(pattern, self.text(), re.MULTILINE) is not None

    def wait_for(self, pattern: str) -> None:
        try:
            wait_until(lambda: self.shows(pattern), 60)
        except AssertionError:
            pytest.fail(f"no {pattern!r} on the screen:\n{self.text()}")


@pytest.fixture
def screen(environment: dict[str, str], tmp_path: Path) -> Iterator[Screen]:
    if TMUX is None:
        pytest.skip("needs tmux (tests/editors/set_up.sh)")
    root = write(tmp_path / "workspace", {**FILES, "README.md": "# Read me\n"})
    (root / ".git").mkdir()
    subprocess.run([sys.executable, "-m", "lsp_search", "index", str(root)], env=environment, check=True)
    shown = Screen(environment, "-Q", "-l", str(HERE / "live_list.el"), str(root / "README.md"))
    yield shown
    shown.tmux("kill-server")


def test_the_list_is_live_and_in_the_servers_order(screen: Screen) -> None:
    screen.wait_for("Read me")
    screen.type("C-c", "s")
    screen.wait_for(" Search:")
    screen.type("shpcrt")  # no completion style of Emacs finds a name by this
    screen.wait_for(r" Search: shpcrt.*\nShoppingCart  class  shop/cart\.py:4")
    screen.type("C-a", "C-k", "cart.tot")
    screen.wait_for(r" Search: cart\.tot.*\ntotal_price  method in ShoppingCart  shop/cart\.py:8")
    screen.type("Enter")
    screen.wait_for(r"cart\.py .*L8 ")
    assert screen.shows("def total_price")
    screen.type("M-,")
    screen.wait_for(r"README\.md .*L1 ")
    screen.type("C-c", "s")
    screen.wait_for(" Search:")
    screen.type("e")
    screen.wait_for(r" Search: e\s*\n.*\n.*:\d+")
    second = re.search(r" Search: e\s*\n.*\n.* \S+/(\S+):(\d+)", screen.text())
    assert second
    place = rf"{second[1]} .*L{second[2]} "
    assert not screen.shows(place)
    screen.type("C-n", "Enter")
    screen.wait_for(place)


def test_the_history_holds_what_was_typed(screen: Screen) -> None:
    screen.wait_for("Read me")
    for query, end in (("shpcrt", r"cart\.py .*L4 "), ("cart.tot", r"cart\.py .*L8 ")):
        screen.type("C-c", "s")
        screen.wait_for(" Search:")
        screen.type(query)
        screen.wait_for(rf" Search: {re.escape(query)}.*\n\S+  \S+ .*cart\.py:\d")
        screen.type("Enter")
        screen.wait_for(end)
    screen.type("C-c", "s")
    screen.wait_for(" Search:")
    screen.type("M-p")
    screen.wait_for(r" Search: cart\.tot.*\ntotal_price  method")
    screen.type("M-p")
    screen.wait_for(r" Search: shpcrt.*\nShoppingCart  class")
