"""Columns in a client's units, incremental edits, and the open documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.files.buffers import Buffers
from lsp_search.files.positions import Encoding, Range, apply_edits, byte_column, columns

ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]
TEXT = st.text(st.sampled_from("ab \n\ré𝒳日\x0c\x85\u2028\v"), max_size=30)
LINE = st.text(st.sampled_from("ab é𝒳日\x0c\u2028"), max_size=20)


@pytest.mark.parametrize(
    ("line", "byte", "expected"),
    [
        ("abc", 2, {"utf-8": 2, "utf-16": 2, "utf-32": 2}),
        ("é𝒳b", 2, {"utf-8": 2, "utf-16": 1, "utf-32": 1}),
        ("é𝒳b", 6, {"utf-8": 6, "utf-16": 3, "utf-32": 2}),
        ("é𝒳b", 4, {"utf-8": 2, "utf-16": 1, "utf-32": 1}),
        ("é𝒳b", 99, {"utf-8": 7, "utf-16": 4, "utf-32": 3}),
        ("abc", 99, {"utf-8": 3, "utf-16": 3, "utf-32": 3}),
        ("abc", -1, {"utf-8": 0, "utf-16": 0, "utf-32": 0}),
    ],
)
def test_columns(line: str, byte: int, expected: dict[Encoding, int]) -> None:
    assert {encoding: columns(line, byte, encoding) for encoding in ENCODINGS} == expected


@given(LINE, st.sampled_from(ENCODINGS), st.data())
def test_columns_there_and_back(line: str, encoding: Encoding, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(line)))
    byte = len(line[:index].encode())
    assert byte_column(line, columns(line, byte, encoding), encoding) == byte


def units(char: str, encoding: Encoding) -> int:
    return {"utf-8": len(char.encode()), "utf-16": len(char.encode("utf-16-le")) // 2, "utf-32": 1}[encoding]


def naive_offset(text: str, line: int, column: int, encoding: Encoding) -> int:
    """Character by character, straight from the specification."""
    at = 0
    while line > 0:
        if at == len(text):
            return at
        if text.startswith("\r\n", at):
            at += 2
            line -= 1
        else:
            line -= text[at] in "\r\n"
            at += 1
    while at < len(text) and text[at] not in "\r\n" and column >= units(text[at], encoding):
        column -= units(text[at], encoding)
        at += 1
    return at


@given(
    TEXT,
    st.lists(
        st.tuples(
            st.none() | st.tuples(*[st.integers(0, 8)] * 4),
            TEXT,
        ),
        max_size=4,
    ),
    st.sampled_from(ENCODINGS),
)
def test_edits_like_the_naive_model(
    text: str, edits: list[tuple[Range | None, str]], encoding: Encoding
) -> None:
    expected = text
    for span, new in edits:
        if span is None:
            expected = new
        else:
            offsets = sorted(naive_offset(expected, span[at], span[at + 1], encoding) for at in (0, 2))
            expected = expected[: offsets[0]] + new + expected[offsets[1] :]
    assert apply_edits(text, edits, encoding) == expected


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        ("a\nb\n", ((1, 0, 1, 1), "x"), "a\nx\n"),
        ("a\r\nb\rc", ((2, 0, 2, 1), "x"), "a\r\nb\rx"),
        ("a\x0cb\x85c\u2028d", ((0, 2, 0, 3), "x"), "a\x0cx\x85c\u2028d"),
        ("a𝒳b", ((0, 2, 0, 3), "x"), "axb"),
        ("ab", ((0, 9, 0, 99), "x"), "abx"),
        ("a\r\nb", ((0, 9, 1, 0), ""), "ab"),
        ("ab", ((9, 9, 99, 0), "x"), "abx"),
        ("ab", ((0, 2, 0, 0), "x"), "x"),
        ("", ((0, 0, 0, 0), "x"), "x"),
        ("ab", (None, "x"), "x"),
    ],
)
def test_edits(text: str, edit: tuple[Range | None, str], expected: str) -> None:
    assert apply_edits(text, [edit], "utf-16") == expected


def test_buffers() -> None:
    buffers = Buffers()
    assert buffers.get("/a") is None
    first = buffers.set("/a", "é")
    buffers.set("/b", "b")
    assert buffers.get("/a") == "é".encode()
    assert buffers.paths() == ["/a", "/b"]
    buffers.close("/a")
    buffers.close("/a")
    assert buffers.paths() == ["/b"]
    assert buffers.set("/a", "") > first, "an old version never looks new"
    assert buffers.get("/a") == b""


def test_half_a_surrogate_pair_becomes_valid_utf8() -> None:
    buffers = Buffers()
    buffers.set("/a", "x\ud83dy\ud83d\ude00")
    assert buffers.get("/a") == "x\ufffdy😀".encode()
