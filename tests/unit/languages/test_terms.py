"""What words and identifiers are about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.languages.terms import Terms, words


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("RetryPolicy", ("retri", "polici")),
        ("retry_policy", ("retri", "polici")),
        ("retries", ("retri",)),
        ("HTTPServer2", ("http", "server")),
        ("getURLs", ("get", "url")),
        ("base64Decode", ("base", "64", "decod")),
        ("kebab", ("kebab",)),
        ("x", ()),
        ("the", ()),
        ("return", ()),
        ("übergröße", ("übergröß",)),
        ("日本語", ("日本", "本語")),
        ("a" * 100, ()),
        ("__init__", ("init",)),
        ("_", ()),
    ],
)
def test_a_word_is_taken_apart(word: str, terms: tuple[str, ...]) -> None:
    assert Terms()[word.encode()] == terms


def test_all_ways_to_write_a_name_meet() -> None:
    terms = Terms()
    ways = {
        tuple(terms.of_text(way)) for way in (b"parseHTTPHeader", b"parse_http_header", b"parse HTTP headers")
    }
    assert len(ways) == 1


def test_words_are_what_stands_between_signs() -> None:
    assert words("a.b(c_d, é)[x-1]".encode()) == [b"a", b"b", b"c_d", "é".encode(), b"x", b"1"]


@given(st.binary(max_size=200))
def test_anything_can_be_taken_apart(raw: bytes) -> None:
    terms = Terms()
    first = terms.of_text(raw)
    assert first == terms.of_text(raw)
    assert all((term and term == term.lower()) or not term.isascii() for term in first)
