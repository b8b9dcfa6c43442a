"""Which files can hold a text: nothing is ever lost, whatever the text, its length, its case."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.index import array_file, grams
from lsp_search.index.grams import GramSegment
from lsp_search.search import sources
from lsp_search.search.required import AllOf, Literal, OneOf

texts = st.text(st.sampled_from("abcABC_ \n\tkKsSſKéÉ中"), max_size=400)


def made(*contents: bytes) -> GramSegment:
    return of_files((number, 1, text) for number, text in enumerate(contents))


def of_files(files: Iterable[tuple[int, int, bytes]]) -> GramSegment:
    """Of (file id, version, text)."""
    maker = grams.Maker()
    for file_id, version, text in files:
        maker.add(file_id, version, text, len(text))
    return maker.made(1)


@given(st.lists(texts, min_size=1, max_size=4), st.data(), st.booleans())
def test_a_file_that_holds_a_text_is_never_ruled_out(
    contents: list[str], data: st.DataObject, folded: bool
) -> None:
    whole = data.draw(st.sampled_from(contents))
    start = data.draw(st.integers(0, len(whole)))
    piece = whole[start : start + data.draw(st.integers(0, 200))]
    typed = piece.swapcase() if folded and len(piece.swapcase()) == len(piece) else piece
    found = sources.holding(made(*(text.encode() for text in contents)), Literal(typed, folded))
    holds = [typed.lower() in text.lower() if folded else typed in text for text in contents]
    assert not np.any(np.array(holds) & ~found)


@pytest.mark.parametrize("at", [0, grams.BLOCK - 50, grams.BLOCK - 4, grams.BLOCK, 3 * grams.BLOCK - 1])
@pytest.mark.parametrize("length", [4, 60, 300])
def test_a_text_over_the_end_of_a_block_is_found(at: int, length: int) -> None:
    needle = "".join(chr(97 + (number * 7 + number // 26) % 26) for number in range(length))
    haystack = b"." * at + needle.encode() + b"." * 5000
    found = sources.holding(made(b"nothing here", haystack, b""), Literal(needle, False))
    assert found.tolist() == [False, True, False]


def test_needs_combine() -> None:
    segment = made(b"first thing", b"second thing", b"first and second")
    first, second = Literal("first", False), Literal("second", True)
    assert sources.holding(segment, AllOf((first, second))).tolist() == [False, False, True]
    assert sources.holding(segment, OneOf((first, second))).tolist() == [True, True, True]
    assert sources.holding(segment, OneOf((first, AllOf()))).tolist() == [True, True, True]
    assert sources.holding(segment, Literal("abc", False)).tolist() == [True, True, True]  # too short to say


def test_many_blocks_keep_apart() -> None:
    segment = made(*(f"file number {number:05d} of many".encode() for number in range(700)))
    assert np.flatnonzero(sources.holding(segment, Literal("number 00677 of", False))).tolist() == [677]


def test_another_version_of_a_file_is_not_known() -> None:
    segment = of_files([(0, 5, b"text"), (2, 7, b"text")])
    assert segment.current(np.array([5, 1, 8])).tolist() == [True, False]
    assert segment.current(np.array([5])).tolist() == [True, False]
    assert segment.current(np.array([], np.int64)).tolist() == [False, False]


@pytest.mark.parametrize("later", [3, 2])
def test_files_come_in_ascending_order(later: int) -> None:
    with pytest.raises(ValueError, match=f"file {later} comes after file 3"):
        of_files([(0, 1, b"text"), (3, 1, b"text"), (later, 1, b"text")])


def test_a_segment_survives_the_disk(tmp_path: Path) -> None:
    segment = made(b"some text", b"other words")
    path = tmp_path / "1.grams"
    grams.save(segment, path)
    loaded = grams.load(path)
    assert loaded.number == 1
    assert sources.holding(loaded, Literal("other", False)).tolist() == [False, True]
    assert array_file.verify(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(array_file.BadFile, match="expected"):
        grams.load(path)
