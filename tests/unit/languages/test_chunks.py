"""How files are cut into chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.index import chunk_blob
from lsp_search.languages.chunks import FILE, Chunk, cut
from lsp_search.languages.extract import extract
from lsp_search.languages.terms import Terms
from lsp_search.model import Symbol

PYTHON = b'''"""Uploads of files."""

import time


# Tries again, with longer and longer pauses.
@decorated
def retry(action, attempts=3):
    """Runs an action until it succeeds."""
    for attempt in range(attempts):
        time.sleep(2 ** attempt)


class Uploader:
    """Sends files to the bucket."""

    def send(self, path):
        return self.client.put(path)

    def cancel(self): ...


LIMIT = 3
'''


def cuts(source: bytes, language: str = "python", path: str = "src/net/uploads.py") -> dict[str, Chunk]:
    symbols = extract(language, source)
    chunks = cut(symbols, source, path, Terms())
    return {symbols[chunk.symbol].name if chunk.symbol != FILE else "": chunk for chunk in chunks}


def test_definitions_are_chunks_and_the_rest_of_the_file_is_one() -> None:
    assert set(cuts(PYTHON)) == {"retry", "Uploader", "send", "cancel", ""}


def test_a_chunk_has_the_comment_above_it_and_says_where_its_name_is() -> None:
    retry = cuts(PYTHON)["retry"]
    assert PYTHON.split(b"\n")[retry.line].startswith(b"def retry")
    assert {"paus", "decor", "succeed", "sleep"} <= set(retry.terms)


def test_what_lies_within_an_inner_chunk_belongs_to_that_alone() -> None:
    found = cuts(PYTHON)
    assert "client" in found["send"].terms
    assert "client" not in found["Uploader"].terms
    assert "bucket" in found["Uploader"].terms
    assert "client" not in found[""].terms


def test_a_type_knows_the_names_of_what_it_holds() -> None:
    assert "cancel" in cuts(PYTHON)["Uploader"].terms


def test_the_path_describes_every_chunk() -> None:
    assert all({"upload", "net"} <= set(chunk.terms) for chunk in cuts(PYTHON).values())


def test_a_file_that_stands_for_its_folder_is_called_like_it() -> None:
    chunk = cuts(b"fn route() { dispatch(); }\n", "rust", "src/routing/mod.rs")["route"]
    assert chunk.terms["rout"] > chunk.terms["dispatch"]
    assert "mod" not in chunk.terms


def test_prose_is_cut_into_sections_and_windows() -> None:
    sections = cuts(b"# Install\n\nUse pip.\n\n# Configure\n\nWrite a file.\n", "markdown", "README.md")
    assert "pip" in sections["Install"].terms
    assert "pip" not in sections["Configure"].terms
    text = b"\n".join(b"line about topic%d" % number for number in range(150))
    windows = cut([], text, "notes.txt", Terms())
    assert [(chunk.line, chunk.end_line) for chunk in windows] == [(0, 59), (60, 119), (120, 149)]


@pytest.mark.parametrize("source", [b"", b"\n\n", b"   ", b"}{)(", b"\r\r\r"])
def test_nothing_gives_nothing(source: bytes) -> None:
    assert cut([], source, "a.py", Terms()) == []


positions = st.integers(0, 12)


@given(
    st.lists(st.tuples(positions, positions, st.sampled_from([5, 6, 12, 13, 15])), max_size=12),
    st.integers(1, 12),
)
def test_every_line_is_in_one_chunk_however_symbols_lie(
    ranges: list[tuple[int, int, int]], count: int
) -> None:
    source = b"\n".join(b"word%c" % (ord("a") + number) for number in range(count))
    symbols = [
        Symbol(f"name{number}", kind, "", min(one, other), 0, min(one, other), 0, max(one, other), 1)
        for number, (one, other, kind) in enumerate(sorted(ranges))
    ]
    chunks = cut(symbols, source, "x/y.py", Terms())
    for number in range(count):
        term = f"word{chr(ord('a') + number)}"
        assert any(Terms()[term.encode()][0] in chunk.terms for chunk in chunks)
    assert all(chunk.terms and max(chunk.terms.values()) <= 255 for chunk in chunks)
    places = [chunk.symbol for chunk in chunks if chunk.symbol != FILE]
    assert len(places) == len(set(places))


def test_a_blob_gives_back_what_was_packed() -> None:
    chunks = [Chunk(0, 3, 9, {"retri": 4, "日本": 1}), Chunk(FILE, 0, 12, {"retri": 255})]
    opened = chunk_blob.open_blob(chunk_blob.pack(chunks))
    assert opened.count == 2
    assert [name.decode() for name in opened.names] == ["retri", "日本"]
    assert opened.weight == bytes([4, 1, 255])
    assert chunk_blob.open_blob(b"").count == 0


@pytest.mark.parametrize("blob", [b"x", b"\x00" * 40, chunk_blob.pack([Chunk(0, 0, 0, {"a": 1})])[:-3]])
def test_what_is_no_blob_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="table of chunks"):
        chunk_blob.open_blob(blob)
