"""Every language by example: a small source, and the table of what it defines.

``fixtures/languages/NAME`` is the source, ``fixtures/languages/expected/NAME.tsv`` the table: line
(from 1), kind, name, container.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_search.languages.extract import extract
from lsp_search.languages.registry import LANGUAGES, language_of
from lsp_search.model import SymbolKind

SAMPLES = Path(__file__).parents[2] / "fixtures" / "languages"
FILES = sorted(path.name for path in SAMPLES.iterdir() if path.is_file())
SAME_AS_ANOTHER = {"javascriptreact", "typescriptreact", "jsonc", "objective-cpp", "cuda-cpp"}


def table(file: str) -> list[str]:
    source = (SAMPLES / file).read_bytes()
    return [
        f"{symbol.line + 1}\t{SymbolKind(symbol.kind).name}\t{symbol.name}\t{symbol.container}"
        for symbol in extract(language_of(file, source), source)
    ]


@pytest.mark.parametrize("file", FILES)
def test_definitions(file: str) -> None:
    assert table(file) == (SAMPLES / "expected" / f"{file}.tsv").read_text().splitlines()


@pytest.mark.parametrize("file", FILES)
def test_positions(file: str) -> None:
    """The name stands where the symbol says, within the full range, in the order of the file."""
    source = (SAMPLES / file).read_bytes()
    lines = source.split(b"\n")
    symbols = extract(language_of(file, source), source)
    for symbol in symbols:
        name = symbol.name.encode()
        assert lines[symbol.line][symbol.column : symbol.column + len(name)] == name
        assert (symbol.start_line, symbol.start_column) <= (symbol.line, symbol.column)
        assert (symbol.line, symbol.column + len(name)) <= (symbol.end_line, symbol.end_column)
    places = [(symbol.line, symbol.column) for symbol in symbols]
    assert places == sorted(places)
    assert len(set(symbols)) == len(symbols)


@pytest.mark.parametrize("file", FILES)
def test_crlf_changes_nothing(file: str) -> None:
    source = (SAMPLES / file).read_bytes()
    language = language_of(file, source)
    with_lf = [(s.name, s.kind, s.container, s.line, s.column) for s in extract(language, source)]
    with_crlf = [
        (s.name, s.kind, s.container, s.line, s.column)
        for s in extract(language, source.replace(b"\n", b"\r\n"))
    ]
    assert with_crlf == with_lf


def test_every_language_has_a_sample() -> None:
    sampled = {language_of(file, (SAMPLES / file).read_bytes()) for file in FILES}
    assert set(LANGUAGES) - SAME_AS_ANOTHER <= sampled


@pytest.mark.parametrize(
    ("file", "language"),
    [
        ("sample.js", "javascriptreact"),
        ("sample.json", "jsonc"),
        ("sample.m", "objective-cpp"),
        ("sample.cpp", "cuda-cpp"),
    ],
)
def test_languages_that_share_a_grammar(file: str, language: str) -> None:
    source = (SAMPLES / file).read_bytes()
    assert extract(language, source) == extract(language_of(file, source), source)


def test_tsx_reads_components() -> None:
    source = (
        b"export const View = (p: Props) => <div>{p.x}</div>;\nfunction App() { return <View x={1}/>; }\n"
    )
    assert [s.name for s in extract("typescriptreact", source)] == ["View", "App"]
