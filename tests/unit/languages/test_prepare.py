"""What is done to C and C++ before the parser: positions stay, definitions stay, obstacles go."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_search.languages.extract import extract
from lsp_search.languages.prepare import PREPARATIONS

PLAIN_LINES = st.lists(
    st.sampled_from(
        [
            b"/* one */",
            b"/* two\n * lines */",
            b"// text",
            b"",
            b"  ",
            b"#ifndef GUARD_H",
            b"#endif",
            b"#include <a.h>",
            b"#define PLAIN 1",
            b"#define EMPTY",
            b"# define SPACED\t0x10",
            b"#define CALL(a, b) ((a) + (b))",
            b"#define LONG_ONE(x) \\\n\tdo { \\\n\t} while (0)",
            b'#define TEXT "a // b"',
            b"#define NOTE 1 /* why */",
            b"#undef PLAIN",
            b"#pragma once",
            b"/*\n#define HIDDEN 1\n*/",
            b"// #define HIDDEN 2",
            b"#define CR 1\r",
        ]
    ),
    max_size=12,
).map(lambda lines: b"".join(line + b"\n" for line in lines))


@settings(max_examples=300, deadline=None)
@given(header=PLAIN_LINES)
def test_plain_headers_are_read_as_the_parser_reads_them(header: bytes) -> None:
    """One declaration at the end sends the same header through the parser."""
    parsed = extract("c", header + b"int last;\n")
    assert parsed.pop().name == "last"
    assert [symbol[:7] for symbol in extract("c", header)] == [symbol[:7] for symbol in parsed]


@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize(
    "source",
    [
        b"int f(void)\n{\n\treturn 1;\n}\n",
        b"int f(void) {\r\n\treturn 1;\r\n}\r\n",
        'int f(void)\n{\n\tputs("äöü");\n}\nint g;\n'.encode(),
        b"#if A\nclass API_EXPORT X : public ::b::Y {\n#endif\n};\n",
        b"",
    ],
)
def test_every_byte_keeps_its_place(language: str, source: bytes) -> None:
    text, symbols = PREPARATIONS[language](source)
    if symbols is None:
        assert len(text) == len(source)
        assert [m.start() for m in re.finditer(b"\n", text)] == [
            m.start() for m in re.finditer(b"\n", source)
        ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        # bodies may hold definitions
        (b"int f(void)\n{\n#define INSIDE 1\n}\n", "f INSIDE"),
        (b"int f(void)\n{\n\tstruct local { int a; } x;\n}\nint g;\n", "f local a g"),
        # tables of values hide nothing behind them
        (b"static int t[] = {\n\t1,\n};\nint g;\n", "t g"),
        # what only looks like a body
        (b"struct __attribute__((packed)) s {\n\tint a;\n};\n", "s a"),
        (b"struct s\n{\n\tint a;\n};\n", "s a"),
        (b"enum e {\n\tA,\n};\n", "e A"),
        (b"int f(a)\n\tint a;\n{\n\treturn a;\n}\nint g;\n", "f g"),
        (b"int f(void)\n{\n", "f"),
        # both branches, unless they open what they do not close
        (b"#ifdef A\nint f(void);\n#else\nint g;\n#endif\nint h;\n", "g h"),
        (b"#ifdef A\nint f(int a)\n#else\nint g(int a)\n#endif\n{\n}\nint h;\n", "f h"),
        (b"#ifdef A\nstruct s {\n#else\nstruct s {\n\tint b;\n#endif\n\tint a;\n};\nint h;\n", "s a h"),
        # words between a type and a name
        (b"static int __init f(void)\n{\n}\n", "f"),
        (b"struct s {\n\tint a;\n} __packed;\nint g __read_mostly;\n", "s a g"),
        (b"typedef struct s { int a; } S, POINTER P;\n", "s a S P"),
        (b"extern int e;\nextern int f(int a,\n\tint b);\nint g;\n", "g"),
        # macros that keep a comment in their body
        (b"#define M(a) do { \\\n\tx; /* why */ \\\n} while (0)\nint g;\n", "M g"),
    ],
)
def test_c_layouts(source: bytes, found: str) -> None:
    assert [symbol.name for symbol in extract("c", source)] == found.split()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (b"class API_EXPORT A {\n int a;\n};\n", "A a"),
        (b"class API_EXPORT A API_FINAL\n    : public B {\n int a;\n};\n", "A a"),
        (b"class A : public ::b::C {\n int a;\n};\n", "A a"),
        (b"API_BEGIN\nnamespace n {\nint g;\n}\nAPI_END\n", "n g"),
        (b"API_INLINE auto f(int a) -> int { return a; }\n", "f"),
        (b"API_CONSTEXPR A::B::f(int a) {}\nint g;\n", "f g"),
        (b"struct A {\n  explicit API_CONSTEXPR A(int x);\n  int a;\n};\n", "A A a"),
        (b'struct A {\n  API_DEPRECATED("old")\n  int f() { return 1; }\n};\n', "A f"),
        (b"TEST(Suite, Name) {\n  f();\n}\nint g;\n", "TEST g"),
    ],
)
def test_cpp_macros(source: bytes, found: str) -> None:
    assert [symbol.name for symbol in extract("cpp", source)] == found.split()
