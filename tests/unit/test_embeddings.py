"""The table of vectors that ships with the package."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.index import embeddings
from lsp_search.languages.terms import Terms

TABLE = embeddings.shipped()


def near(one: str, other: str) -> float:
    vectors = [
        TABLE.of_terms([term.encode() for term in Terms().of_text(text.encode())]).sum(axis=0)
        for text in (one, other)
    ]
    return float(vectors[0] @ vectors[1] / np.linalg.norm(vectors[0]) / np.linalg.norm(vectors[1]))


def test_the_table_is_whole() -> None:
    assert TABLE.rows.nbytes + TABLE.hashes.nbytes + TABLE.scales.nbytes < 8_000_000
    assert np.all(np.diff(TABLE.hashes.astype(np.int64)) > 0)
    assert len(TABLE.hashes) < len(TABLE.rows) == len(TABLE.scales)
    assert TABLE.rows.shape[1] == embeddings.DIMENSIONS


@pytest.mark.parametrize(
    ("one", "other", "unlike"),
    [
        ("delete", "remove", "sort"),
        ("fetch over http", "download request", "parse tree"),
        ("directory", "folder path", "colour"),
        ("initialise", "setup constructor", "percentage"),
    ],
)
def test_words_of_like_meaning_are_near(one: str, other: str, unlike: str) -> None:
    assert near(one, other) > near(one, unlike) + 0.05


@pytest.mark.parametrize(
    ("typo", "meant"), [("authentciation", "authentication"), ("serialisation", "serialization")]
)
def test_a_typo_is_near_what_was_meant(typo: str, meant: str) -> None:
    assert near(typo, meant) > near(typo, "viewport") + 0.1


def test_an_unknown_term_is_the_mean_of_its_buckets() -> None:
    term, known = b"qxzvwk", len(TABLE.hashes)
    assert zlib.crc32(term) not in TABLE.hashes
    text = b"<qxzvwk>"
    pieces = [text[at : at + size] for size in (3, 4, 5) for at in range(len(text) - size + 1)]
    at = [known + zlib.crc32(piece) % (len(TABLE.rows) - known) for piece in pieces]
    wanted = (TABLE.rows[at] * TABLE.scales[at, None]).mean(axis=0)
    np.testing.assert_allclose(TABLE.of_terms([b"retri", term])[1], wanted, rtol=1e-4, atol=1e-6)


@given(
    st.lists(st.text(min_size=1, max_size=8).map(lambda text: text.encode("utf-8", "ignore")), max_size=20)
)
def test_a_term_has_one_vector_whoever_stands_beside_it(terms: list[bytes]) -> None:
    together = TABLE.of_terms(terms)
    assert together.shape == (len(terms), embeddings.DIMENSIONS)
    assert np.isfinite(together).all()
    for place, term in enumerate(terms):
        np.testing.assert_array_equal(TABLE.of_terms([term])[0], together[place])
