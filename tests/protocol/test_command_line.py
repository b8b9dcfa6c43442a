"""The command itself: help, version, wrong usage, and the short forms that editors write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from .conftest import Raw


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lsp_search", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("serve", "--help")])
def test_help(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 0
    assert "Usage: lsp-search" in done.stdout
    assert done.stderr == ""


def test_help_lists_commands() -> None:
    assert "serve" in run("--help").stdout


def test_version() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("lsp-search, version ")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("no-such",), "no-such"), (("--no-such",), "--no-such"), (("serve", "what"), "what")],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: tuple[str, ...], named: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_options_alone_mean_serve(raw: Callable[..., Raw]) -> None:
    server = raw("--stdio")
    assert server.initialize()["result"]["serverInfo"]["name"] == "lsp-search"
