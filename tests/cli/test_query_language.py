"""The examples of docs/query-language.md, run as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lsp_search import cli

from .conftest import write

PAGE = (Path(__file__).parents[2] / "docs" / "query-language.md").read_text()
FILES = {
    name: text.encode()
    for name, text in re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.S | re.M)
}
EXAMPLES = [
    (command, lines.splitlines())
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.S | re.M)
    for command, lines in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.M)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    root = tmp_path_factory.mktemp("shop")
    write(root, FILES)
    place = ["--root", str(root), "--store", str(tmp_path_factory.mktemp("store"))]
    assert cli.run(["search", "anything", *place]) == 0
    return place


def test_the_page_has_examples() -> None:
    assert len(FILES) == 4
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize(("command", "lines"), EXAMPLES)
def test_an_example(
    place: list[str], command: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, *arguments = shlex.split(command)
    cli.run([arguments[0], *place, "--no-refresh", *arguments[1:]])
    said = capsys.readouterr()
    # How far a line is indented is left out on the page.
    assert [" ".join(line.split()) for line in (said.out + said.err).splitlines()] == lines
