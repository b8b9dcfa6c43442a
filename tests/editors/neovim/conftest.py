"""Shared by the tests of editors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.editors.neovim.editor import Editor, Home, editing

SHOP = """class ShoppingCart:
    def total_price(self):
        return sum(item.price for item in self.items)


def checkout(cart):
\treturn cart  # 🙂 größe of the cart
"""
WEB = "export class CartView {\n  render(größeÄnderung: number) { return größeÄnderung }\n}\n"

Opener = Callable[..., Editor]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small project."""
    root = tmp_path / "shop"
    (root / ".git").mkdir(parents=True)
    (root / "cart.py").write_text(SHOP)
    (root / "view.ts").write_text(WEB)
    (root / "NOTES").write_text("the cart has no filetype\n")
    return root


@pytest.fixture
def neovim(tmp_path: Path) -> Iterator[Opener]:
    """Opens a file in a Neovim of the test's own; the options are those of Home and editing."""
    with ExitStack() as stack:
        count = 0

        def open_(path: Path, columns: int = 140, lines: int = 40, **home: object) -> Editor:
            nonlocal count
            count += 1
            made = Home(tmp_path / f"home{count}", **home)  # type: ignore[arg-type]
            editor = stack.enter_context(editing(made, columns, lines))
            editor.open(path)
            return editor

        yield open_
