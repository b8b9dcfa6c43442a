"""Wrong usage: one line that names what is wrong, status 2, and nothing on standard output."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_search import cli


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("index no-such-folder", "'no-such-folder' does not exist"),
        ("index a-file", "'a-file' is a file"),
        ("index . .", "unexpected extra argument"),
        ("index --what", "--what"),
        ("stats no-such-folder", "'no-such-folder' does not exist"),
        ("doctor no-such-folder", "'no-such-folder' does not exist"),
        ("clean no-such-folder", "no-such-folder does not exist and has no index"),
        ("clean --all .", "--all and ROOT exclude each other"),
        ("index --store a-file", "'a-file' is a file"),
        ("search", "QUERY"),
        ("search x --root no-such-folder", "'no-such-folder' does not exist"),
        ("search x --mode psychic", "'psychic' is not one of 'auto'"),
        ("search x --kind klass", "'klass' is none of file, module"),
        ("search x --limit 0", "0 is not in the range"),
        ("search x --case maybe", "unexpected extra argument (maybe)"),
        ("search what:ever", "unknown filter 'what:' at character 1"),
        ("search kind:klass", "unknown kind 'klass' at character 6"),
        ("dashboard no-such-folder", "'no-such-folder' does not exist"),
        ("dashboard --connect nowhere", "'nowhere' is no HOST:PORT"),
        ("dashboard --port 70000", "70000 is not in the range"),
        ("dashboard --token-file a-file", "--token-file is for --connect"),
    ],
)
def test_wrong_usage(
    arguments: str,
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LSP_SEARCH_STORE", str(tmp_path / "store"))
    (tmp_path / "a-file").touch()
    assert cli.run(arguments.split()) == 2
    said = capsys.readouterr()
    assert named in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


@pytest.mark.parametrize("command", ["index", "search", "stats", "doctor", "clean"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Usage: lsp-search {command} ")
    assert "--json" in said.out
    assert "--store DIR" in said.out
    assert said.err == ""
