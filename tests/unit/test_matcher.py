"""Literals and expressions: what they find, what they need, and how wrong ones are told."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.model import InvalidQuery
from lsp_search.search import matcher, required
from lsp_search.search.required import AllOf, Literal, Need, OneOf


def lines_found(found: matcher.Matcher, text: str) -> list[int]:
    """The lines that hold matches."""
    raw = text.encode()
    return sorted({raw.count(b"\n", 0, start) for start, _ in found.spans(raw)})


characters = st.sampled_from("abcAB_ .(1")
texts = st.text(st.sampled_from("abcAB_ .(1\n"), max_size=60)


@given(st.text(characters, min_size=1, max_size=4), texts, st.sampled_from([True, False, None]))
def test_a_literal_is_found_where_it_stands(typed: str, text: str, case: bool | None) -> None:
    sensitive = any(c.isupper() for c in typed) if case is None else case
    wanted, lines = (typed, text) if sensitive else (typed.lower(), text.lower())
    found = matcher.literal(typed, case_sensitive=case)
    assert lines_found(found, text) == [n for n, line in enumerate(lines.split("\n")) if wanted in line]


atoms = st.one_of(
    st.sampled_from(
        ["a", "b", "cA", "B", "_", r"\.", r"\(", ".", r"\w", r"\d", r"\s", "[ab]", "[^a]", "[A-Z_]", "abc"]
    )
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,2}", "*?"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
        inner.map(lambda one: f"(?i:{one})"),
    ),
    max_leaves=6,
)


@given(expressions, texts, st.sampled_from(["", "^", "$", r"\b"]))
def test_an_expression_finds_the_lines_that_python_finds(expression: str, text: str, anchor: str) -> None:
    typed = f"{anchor}{expression}" if anchor != "$" else f"{expression}$"
    found = matcher.regex(typed, case_sensitive=True)
    wanted = re.compile(typed)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()  # what ends with a line break has no line after it
    raw = text.encode()
    starts = {
        raw.count(b"\n", 0, start)
        for start, _ in found.spans(raw)
        if start < len(raw) or not raw.endswith(b"\n")
    }
    assert sorted(starts & set(range(len(lines)))) == [
        n for n, line in enumerate(lines) if wanted.search(line)
    ]


def meets(need: Need, line: str) -> bool:
    if isinstance(need, Literal):
        return need.text.lower() in line.lower() if need.folded else need.text in line
    each = [meets(part, line) for part in need.parts]
    return all(each) if isinstance(need, AllOf) else any(each)


@given(expressions, texts, st.booleans())
def test_every_match_holds_what_is_needed(expression: str, text: str, folded: bool) -> None:
    need = required.of_regex(expression, folded=folded).need
    wanted = re.compile(expression, re.IGNORECASE if folded else 0)
    for line in text.split("\n"):
        if wanted.search(line):
            assert meets(need, line), (need, line)


@pytest.mark.parametrize(
    ("expression", "need"),
    [
        (r"foo(bar|baz)qux", OneOf((Literal("foobarqux", False), Literal("foobazqux", False)))),
        (r"abc\d+def", AllOf((Literal("abc", False), Literal("def", False)))),
        (r"(?i)abc.*def", AllOf((Literal("abc", True), Literal("def", True)))),
        (r"colou?r_of", OneOf((Literal("colour_of", False), Literal("color_of", False)))),
        (r"(abc|d*)xyz", Literal("xyz", False)),
        (r"(abc|\d)+", required.ANYTHING),
        (r"[[:alpha:]]bcd", required.ANYTHING),  # read otherwise by the two: not used
        (r"\Qa.b\Ecd", required.ANYTHING),
        (r".*", required.ANYTHING),
        (r"(?:get|set)_[xy]", OneOf(tuple(Literal(f"{a}_{b}", False) for a in ("get", "set") for b in "xy"))),
    ],
)
def test_what_an_expression_needs(expression: str, need: Need) -> None:
    assert required.of_regex(expression, folded=False).need == need


@pytest.mark.parametrize(
    ("typed", "place", "why"),
    [
        ("ab(c", 2, r"missing \)"),
        ("ab)c", 2, r"unexpected \)"),
        ("x[ab", 1, "missing ]"),
        ("x[b-a]", 2, "character class range"),
        ("a**", 1, "bad repetition"),
        ("ab\\", 2, "trailing"),
        ("x{2000}", 1, "repetition size"),
        ("(?=a)b", 0, "look-ahead"),
        ("b(?!a)", 1, "look-ahead"),
        ("a(?<=b)", 1, "look-behind"),
        ("a(?<!b)", 1, "look-behind"),
        (r"(a)\1", 3, "back-reference"),
        ("a++", 1, "possessive"),
        ("(?>a)", 0, "atomic"),
        ("a\nb", 1, "line break"),
        ("", 0, "nothing to search for"),
        ("(((((a{100}){100}){100}){100}){100})", 6, "repetition size"),
    ],
)
def test_a_wrong_expression_says_where_and_why(typed: str, place: int, why: str) -> None:
    with pytest.raises(InvalidQuery, match=why) as caught:
        matcher.regex(typed, case_sensitive=None)
    assert caught.value.position == place


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ("straße", "STRASSE Straße STRAßE", 2),
        ("k", "kKK", 3),
        ("É", "éÉ", 1),  # a capital asks for case
        ("é", "éÉ", 2),
        (r"\w+", "naïve", 1),
        (r"^\d$", "٣", 1),
        (r"a\sb", "a\u00a0b", 1),
        (r"[\w]b", "éb", 1),
        (r"\Wb", "éb", 0),
        (r"[[:alpha:]\w]x", "éx", 1),
    ],
)
def test_letters_beyond_ascii(typed: str, text: str, found: int) -> None:
    made = (matcher.regex if set(typed) & set("\\[") else matcher.literal)(typed, case_sensitive=None)
    assert len(list(made.spans(text.encode()))) == found


def test_whole_words_touch_no_letter() -> None:
    found = matcher.literal("foo", case_sensitive=None, whole_words=True)
    text = "foo food éfoo _foo foo1 (foo) Foo\nfoo"
    assert [start for start, _ in found.spans(text.encode())] == [0, 26, 31, 35]
    assert list(found.spans(b"food")) == []


@pytest.mark.parametrize(
    "typed", [r"(a+)+$", r"(a|a)*$", r"(.*)(.*)(.*)(.*)(.*)[^b]$", r"(x?){50}x{50}", r"(\w+\s?)*!"]
)
def test_no_expression_hangs(typed: str) -> None:
    text = (b"a" * 20_000 + b" x" * 10_000 + b"\n") * 3
    found = matcher.regex(typed, case_sensitive=None)
    began = time.process_time()
    next(found.spans(text), None)
    assert time.process_time() - began < 20  # exponential ones would take years
