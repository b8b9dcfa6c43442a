"""Whatever the text: extraction ends, never raises for content, and finds what is whole."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsp_search.languages.extract import MAX_NAME_BYTES, ExtractionTimeout, extract
from lsp_search.languages.grammar import Grammar, grammar_of
from lsp_search.languages.registry import LANGUAGES, Language
from lsp_search.model import SymbolKind


def names(language: str, source: bytes) -> list[str]:
    return [symbol.name for symbol in extract(language, source)]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("source", [b"", b"\n", b" ", b"\x00", b"\xff\xfe\xff", b"\xef\xbb\xbf"])
def test_nothing_gives_nothing(language: str, source: bytes) -> None:
    assert extract(language, source) == []


@pytest.mark.parametrize("language", ["plaintext", "kconfig", "no such language"])
def test_languages_without_symbols(language: str) -> None:
    assert extract(language, b"int f(void) { return 0; }") == []


@pytest.mark.parametrize(
    ("language", "source", "found"),
    [
        ("c", b"int a(void) {}\nint broken( {\nint b(void) {}\n", "a"),
        ("c", b"struct s { int x; };\n}}}} ))\nint b(void) { return 0; }\n", "s"),
        ("python", b"def a(): pass\nclass (:\ndef b(): pass\n", "a"),
        ("python", b"def a(:\n  x\n\ndef b():\n  pass\n", "b"),
        ("javascript", b"function a() {}\nfunction (((\nclass B {}\n", "a"),
        ("go", b"package p\nfunc A() {}\nfunc ( {\n", "A"),
        ("json", b'{"a": 1, "b": }', "a"),
        ("yaml", b"a: 1\nb: [\n", "a"),
    ],
)
def test_broken_text_gives_what_is_whole(language: str, source: bytes, found: str) -> None:
    assert found in names(language, source)


def test_bytes_that_are_not_utf8_are_stepped_over() -> None:
    source = b"# caf\xe9\ndef first(): pass\ndef b\xe9d(): pass\ns = '\xff\xff'\ndef last(): pass\n"
    assert {"first", "last"} <= set(names("python", source))
    assert [(s.line, s.column) for s in extract("python", source) if s.name == "last"] == [(4, 4)]


def test_columns_count_bytes() -> None:
    [symbol] = extract("python", "class Ä: pass".encode())
    assert (symbol.name, symbol.column, symbol.end_column) == ("Ä", 6, 14)
    [symbol] = extract("javascript", "/* äöü */ function f() {}".encode())
    assert symbol.column == len("/* äöü */ function ".encode())


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_in_lsp(end: bytes) -> None:
    symbols = extract("python", end.join([b"a = 1", b"b = 2", b"", b"def c(): pass", b""]))
    assert [(s.name, s.line, s.column) for s in symbols] == [("a", 0, 0), ("b", 1, 0), ("c", 3, 4)]


@pytest.mark.parametrize("mark", ["\x0c", "\x1c", "\x85", "\u2028"])
def test_other_separators_end_no_line(mark: str) -> None:
    source = f"/* {mark} */ int f(void) {{}}\nint g(void) {{}}\n".encode()
    assert [s.line for s in extract("c", source)] == [0, 1]


def test_names_of_a_size() -> None:
    fits, over = b"a" * MAX_NAME_BYTES, b"b" * (MAX_NAME_BYTES + 1)
    assert names("c", b"int %s;\nint %s;\n" % (fits, over)) == [fits.decode()]


def test_names_hold_no_control_characters() -> None:
    assert names("markdown", b"# a\tb\n# c \x07d\n\n# good  \n") == ["good"]
    assert names("json", b'{"a\x01b": 1, "c\\nd": 2}') == ["c\\nd"]


def test_empty_names_are_no_symbols() -> None:
    assert names("json", b'{"": 1, "x": 2}') == ["x"]


def test_data_files_are_capped() -> None:
    source = b"{" + b",".join(b'"k%d": 0' % n for n in range(6000)) + b"}"
    assert len(extract("json", source)) == LANGUAGES["json"].max_symbols == 5000


@pytest.mark.parametrize(
    "language", ["c", "cpp", "python", "javascript", "typescript", "go", "rust", "java", "json"]
)
def test_a_megabyte_on_one_line(language: str) -> None:
    with suppress(ExtractionTimeout):
        extract(language, b"foo(bar, 'x'); " * 70_000, deadline_seconds=0.5)
    assert extract(language, b"foo(") == []  # and the next file is none the worse


@pytest.mark.parametrize(
    "language", ["c", "cpp", "python", "javascript", "typescript", "go", "rust", "java", "json"]
)
@pytest.mark.parametrize("mark", [b"(", b"[", b"{"])
def test_deep_nesting(language: str, mark: bytes) -> None:
    with suppress(ExtractionTimeout):
        assert extract(language, mark * 50_000, deadline_seconds=0.5) == []


def test_nested_definitions_keep_their_depth() -> None:
    depth = 60
    source = b"".join(b" " * n + b"class C%d:\n" % n for n in range(depth)) + b" " * depth + b"pass\n"
    symbols = extract("python", source)
    assert len(symbols) == depth
    assert symbols[-1].container.count(".") == depth - 2


def test_loading_a_grammar_takes_nothing_of_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def slow(row: Language) -> Grammar:
        now[0] += 60
        return grammar_of(row)

    monkeypatch.setattr("lsp_search.languages.extract.grammar_of", slow)
    monkeypatch.setattr("lsp_search.languages.extract.monotonic", lambda: now[0])
    assert [symbol.name for symbol in extract("python", b"def late(): ...\n")] == ["late"]


def test_the_deadline_is_kept() -> None:
    with pytest.raises(ExtractionTimeout):
        extract(
            "javascript", b"x = {a: [1, 2, function () { return 3; }]};\n" * 20_000, deadline_seconds=0.01
        )
    assert names("javascript", b"function after() {}") == ["after"]


@pytest.mark.parametrize(
    ("language", "source", "kind"),
    [
        ("python", b"def f(): pass", SymbolKind.FUNCTION),
        ("python", b"class A:\n def f(self): pass", SymbolKind.METHOD),
        ("python", b"class A:\n def f(self):\n  def f(): pass", SymbolKind.FUNCTION),
        ("python", b"f = 1", SymbolKind.VARIABLE),
        ("cpp", b"void A::f() {}", SymbolKind.METHOD),
        ("cpp", b"f::f() {}", SymbolKind.CONSTRUCTOR),
        ("go", b"package a\nfunc (s *T) f() {}", SymbolKind.METHOD),
        ("rust", b"trait f {}", SymbolKind.INTERFACE),
        ("c", b"#define f 1\nint x;", SymbolKind.CONSTANT),
        ("c", b"#define f(x) 1\nint x;", SymbolKind.FUNCTION),
        ("typescript", b"type f = string;", SymbolKind.CLASS),
    ],
)
def test_kinds(language: str, source: bytes, kind: SymbolKind) -> None:
    assert [symbol.kind for symbol in extract(language, source) if symbol.name == "f"][-1] == kind


@pytest.mark.parametrize(
    ("language", "source", "qualified"),
    [
        ("cpp", b"namespace a { namespace b { int C<x::T>::f() {} } }", "a::b::C | f"),
        ("cpp", b"A::B::operator bool() const { return 1; }", "A::B | operator bool"),
        ("cpp", b"bool A::operator<(const A& b) const { return 1; }", "A | operator<"),
        ("cpp", b"template <> int a::f< ::x::Y >(int z) { return 1; }", "a | f"),
        ("rust", b"impl fmt::Display for a::B<'_, u8> { fn f() {} }", "a::B | f"),
        ("ruby", b"class A::B\n def f; end\nend", "A::B | f"),
        ("lua", b"function a.b:f() end", "a.b | f"),
        ("javascript", b"A.prototype.f = function () {};", "A | f"),
        ("elixir", b"defmodule A.B do\n def f(x), do: x\nend", "A.B | f"),
        ("php", b"<?php namespace A\\B; class C { function f() {} }", "A\\B\\C | f"),
        ("csharp", b"namespace A.B; class C { void f() {} }", "A.B.C | f"),
        ("toml", b"[a.b]\nc.f = 1", "a.b.c | f"),
        ("yaml", b"a:\n  b:\n    - f: 1", "a.b | f"),
        ("swift", b"extension A.B { func f() {} }", "A.B | f"),
    ],
)
def test_containers(language: str, source: bytes, qualified: str) -> None:
    last = extract(language, source)[-1]
    assert f"{last.container} | {last.name}" == qualified


TEXTS = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.sampled_from(
            [
                b"{",
                b"}",
                b"(",
                b")",
                b"<",
                b">",
                b"#define ",
                b"#if\n",
                b"#else\n",
                b"#endif\n",
                b"class ",
                b"struct ",
                b"def ",
                b"fn ",
                b"func ",
                b"a",
                b"::",
                b"b ",
                b";",
                b"\n",
                b"\r",
                b"= ",
                b'"',
                b"/*",
                b"*/",
                b"//",
                b"operator",
                b"\xff",
                b",",
                b": ",
                b"- ",
                b"\\\n",
            ]
        ),
        max_size=80,
    ).map(b"".join),
)


@pytest.mark.parametrize(
    "language", ["c", "cpp", "python", "typescript", "rust", "json", "markdown", "proto", "bogus"]
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(source=TEXTS)
def test_never_raises(language: str, source: bytes) -> None:
    for symbol in extract(language, source):
        assert symbol.name
        assert symbol.name.isprintable()
        assert symbol.line <= source.count(b"\n") + source.count(b"\r")
