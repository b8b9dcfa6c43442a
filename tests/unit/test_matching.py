"""The tiers of the matcher, as a table; and the vectorised tiers against the plain ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from lsp_search.index import packed, segment, text
from lsp_search.index.segment import Segment
from lsp_search.model import Symbol
from lsp_search.search import candidates, edits, names, tiers
from lsp_search.search import pattern as p
from lsp_search.search.narrowing import Narrowing
from lsp_search.search.pattern import Pattern
from lsp_search.search.pool import Names, Pool

TABLE = [
    # typed, name, tier, matched characters
    ("getDateRange", "getDateRange", p.EXACT, "getDateRange"),
    ("getdaterange", "getDateRange", p.EXACT, "getDateRange"),
    ("getdaterange", "get_date_range", p.LOOSE, "getdaterange"),
    ("get_date_range", "getDateRange", p.LOOSE, "getDateRange"),
    ("getD", "getDateRange", p.CASED, "getD"),
    ("getd", "getDateRange", p.PREFIX, "getD"),
    ("range", "getDateRange", p.WORD, "Range"),
    ("http", "XMLHttpRequest", p.WORD, "Http"),
    ("wsp", "WorkspaceSymbolProvider", p.INITIAL, "WSP"),
    ("wsp", "workspace_symbol_provider", p.INITIAL, "wsp"),
    ("xhr", "XMLHttpRequest", p.INITIAL, "XHR"),
    ("wosypro", "WorkspaceSymbolProvider", p.INITIAL, "WoSyPro"),
    ("ange", "getDateRange", p.SUBSTRING, "ange"),
    ("gdrg", "getDateRange", p.SCATTERED, "gDRg"),
    ("v2ray", "core_v2ray", p.WORD, "v2ray"),
    ("zzz", "getDateRange", p.NONE, ""),
    ("egn", "getDateRange", p.NONE, ""),
    ("ßtraße", "ßtraße", p.EXACT, "ßtraße"),
]


@pytest.mark.parametrize(("typed", "name", "tier", "matched"), TABLE)
def test_a_name_is_matched_in_the_tier_the_prose_says(typed: str, name: str, tier: int, matched: str) -> None:
    raw = name.encode()
    got, positions = p.align(Pattern(typed), raw)
    assert got == tier
    assert bytes(raw[at] for at in positions).decode() == matched


@given(st.text(st.sampled_from("abXY12_-é"), max_size=20))
def test_heads_of_one_name_are_the_heads_of_many(name: str) -> None:
    raw = name.encode()
    many = text.heads(np.frombuffer(raw, np.uint8), np.zeros(1 if raw else 0, np.int64))
    assert p.head_positions(raw) == np.flatnonzero(many).tolist()


def segment_of(words: list[str], *, bitmaps: bool = False) -> Segment:
    symbols = [Symbol(word, 12, "", line, 0, line, 0, line, 1) for line, word in enumerate(words)]
    blob = packed.pack(symbols, b"\n" * len(words))
    threshold = segment.BITMAP_THRESHOLD
    try:
        segment.BITMAP_THRESHOLD = 0 if bitmaps else threshold
        return segment.build(1, [(0, 1, blob)])
    finally:
        segment.BITMAP_THRESHOLD = threshold


def all_of(built: Segment) -> tuple[Pool, Names]:
    pool = Pool([built])
    return pool, pool.names([np.arange(built.names)])


identifiers = st.text(st.sampled_from("abcXYZ_-09éÉ"), min_size=1, max_size=70)
queries = st.text(st.sampled_from("abcxyzX_9é"), min_size=1, max_size=6)


@given(st.lists(identifiers, min_size=1, max_size=40, unique=True), queries)
def test_all_names_at_once_are_judged_like_each_alone(words: list[str], typed: str) -> None:
    built = segment_of(words)
    pattern = Pattern(typed)
    pool, every = all_of(built)
    judged = tiers.judge(pool, every, pattern)
    for number, tier in zip(every.ids.tolist(), judged.tolist(), strict=True):
        name = built.name(number)
        if len(name) <= 64:
            assert tier == p.align(pattern, name)[0], name


@given(st.lists(identifiers, min_size=1, max_size=40, unique=True), queries)
def test_edits_of_all_names_are_those_of_each(words: list[str], typed: str) -> None:
    built = segment_of(words)
    word = Pattern(typed).folded
    pool, every = all_of(built)
    for name, distance in zip(pool.texts(every), edits.distances(pool, every, word).tolist(), strict=True):
        assert distance == OSA.distance(word, name.lower()), name


@given(st.lists(identifiers, min_size=1, max_size=40, unique=True), queries)
def test_edits_of_all_beginnings_are_those_of_the_nearest(words: list[str], typed: str) -> None:
    built = segment_of(words)
    word = Pattern(typed).folded
    pool, every = all_of(built)
    for name, distance in zip(pool.texts(every), edits.beginnings(pool, every, word).tolist(), strict=True):
        cuts = range(len(word) - 1, len(word) + 2)
        nearest = min(OSA.distance(word, name.lower()[:cut]) for cut in cuts)
        assert distance == (nearest if len(word) < 64 else edits.FAR), name


@given(
    st.lists(st.text("abcdeXY_1", min_size=1, max_size=12), min_size=1, max_size=40, unique=True),
    st.text("abcdexy_", min_size=5, max_size=9),
)
def test_no_beginning_one_edit_away_is_lost(words: list[str], typed: str) -> None:
    built = segment_of(words, bitmaps=True)
    pool, every = all_of(built)
    near = np.flatnonzero(edits.beginnings(pool, every, Pattern(typed).folded) <= 1)
    bits = candidates.nearly_beginning(built, Pattern(typed)).view(np.uint8)
    assert set(every.ids[near].tolist()) <= set(
        np.flatnonzero(np.unpackbits(bits, bitorder="little")).tolist()
    )


@given(st.lists(identifiers, min_size=1, max_size=40, unique=True), queries)
def test_bitmaps_lose_no_name(words: list[str], typed: str) -> None:
    pattern = Pattern(typed)
    found = {}
    for bitmaps in (False, True):
        built = segment_of(words, bitmaps=bitmaps)
        result = names.best_names([built], [pattern], 1000, lambda: None)
        found[bitmaps] = {
            built.name(n): t for n, t in zip(result.names.ids.tolist(), result.tiers.tolist(), strict=True)
        }
    assert found[True] == found[False]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("getDateRagne", "getDateRange"),
        ("getDatRange", "getDateRange"),
        ("getDateeRange", "getDateRange"),
        ("gitDateRange", "getDateRange"),
        ("indxe", "index"),
        ("getDtae", "getDateRange"),
        ("egtDate", "getDateRange"),
        ("o" * 70 + "nh", "o" * 70 + "n"),
    ],
)
@pytest.mark.parametrize("bitmaps", [False, True])
def test_a_typo_is_forgiven(typed: str, wanted: str, bitmaps: bool) -> None:
    every = ["getDateRange", "index", "unrelated", "other_thing", "o" * 70 + "n"]
    built = segment_of(every, bitmaps=bitmaps)
    found = names.best_names([built], [Pattern(typed)], 10, lambda: None)
    assert [built.name(n).decode() for n in found.names.ids.tolist()] == [wanted]


def test_short_words_are_not_bent() -> None:
    built = segment_of(["cat", "cut", "act"])
    found = names.best_names([built], [Pattern("cot")], 10, lambda: None)
    assert len(found.names.ids) == 0


def test_words_match_in_any_order() -> None:
    built = segment_of(["getDateRange", "rangeOfDates", "getTime"])
    found = names.best_names([built], [Pattern("range"), Pattern("date")], 10, lambda: None)
    assert {built.name(n).decode() for n in found.names.ids.tolist()} == {"getDateRange", "rangeOfDates"}


@given(st.lists(identifiers, min_size=1, max_size=40, unique=True), st.text("abXY_", min_size=1, max_size=4))
def test_the_prefix_range_is_what_a_scan_finds(words: list[str], typed: str) -> None:
    built = segment_of(words)
    word = Pattern(typed).folded
    low, high = candidates.prefix_range(built, word)
    assert sorted(built.name(n) for n in built.lex[low:high].tolist()) == sorted(
        name for name in (w.encode() for w in words) if name.lower().startswith(word)
    )


@given(
    st.lists(identifiers, min_size=1, max_size=60, unique=True),
    st.lists(st.tuples(queries, st.sampled_from([2, 5, 100])), min_size=1, max_size=3),
    st.booleans(),
)
def test_a_query_that_grows_finds_what_it_finds_at_once(
    words: list[str], typed: list[tuple[str, int]], bitmaps: bool
) -> None:
    segments = [segment_of(words[::2], bitmaps=bitmaps), segment_of(words[1::2] or ["x"], bitmaps=bitmaps)]
    narrowing = Narrowing()
    for text_, wanted in typed:
        for end in range(1, len(text_) + 1):
            patterns = [Pattern(text_[:end])]
            grown = names.best_names(segments, patterns, wanted, lambda: None, narrowing)
            at_once = names.best_names(segments, patterns, wanted, lambda: None)
            assert grown.pool.texts(grown.names) == at_once.pool.texts(at_once.names)
            assert grown.tiers.tolist() == at_once.tiers.tolist()
            assert (grown.truncated, grown.exhausted) == (at_once.truncated, at_once.exhausted)


def test_another_generation_forgets_what_was_found() -> None:
    narrowing = Narrowing()
    for words in (["getDate"], ["getDate", "getDateRange"]):
        found = names.best_names([segment_of(words)], [Pattern("getd")], 10, lambda: None, narrowing)
        assert len(found.names) == len(words)
        found = names.best_names([segment_of(words)], [Pattern("getdate")], 10, lambda: None, narrowing)
        assert len(found.names) == len(words)
