"""Which mode a query means that names none."""

from __future__ import annotations

import pytest

from lsp_search.model import Filter, InvalidQuery
from lsp_search.search import auto


@pytest.mark.parametrize(
    ("typed", "mode", "wanted"),
    [
        ("", "symbol", ""),
        ("wsp", "symbol", "wsp"),
        ("get_date_range", "symbol", "get_date_range"),
        ("Foo::bar", "symbol", "Foo::bar"),
        ("std::map", "symbol", "std::map"),
        ("foo/bar.py", "symbol", "foo/bar.py"),
        ("/usr/lib/x.py", "symbol", "/usr/lib/x.py"),
        ("get rang", "symbol", "get rang"),
        ("K*W", "symbol", "K*W"),
        ("^foo$", "symbol", "^foo$"),
        ("-moz", "symbol", "-moz"),
        ("--primary", "symbol", "--primary"),
        ("user lang:python", "symbol", "user lang:python"),
        ("lang:python", "symbol", "lang:python"),
        ("where do we retry failed uploads?", "hybrid", "where do we retry failed uploads?"),
        ("session management", "hybrid", "session management"),
        ("CLI commands", "hybrid", "CLI commands"),
        ("how does Session.send follow redirects", "hybrid", "how does Session.send follow redirects"),
        (
            "how are apps mounted with use() below a path",
            "hybrid",
            "how are apps mounted with use() below a path",
        ),
        ("retry failed uploads lang:python", "hybrid", "retry failed uploads lang:python"),
        ("get user by", "hybrid", "get user by"),
        ("a b", "symbol", "a b"),
        ("tot pric", "symbol", "tot pric"),
        ("userGroup list", "symbol", "userGroup list"),
        ("while (true) {", "text", "while (true) {"),
        ("void foo() const", "text", "void foo() const"),
        ("if x is not None:", "hybrid", "if x is not None:"),
        (r"/def \w+/", "regex", r"def \w+"),
        (r"/a\/b/ lang:go", "regex", r"a\/b"),
        ("/re/ kind:class", "symbol", "/re/ kind:class"),
        ('"two words"', "text", "two words"),
        ('path:src/ "two words"', "text", "two words"),
        ('"a" "b"', "text", "a b"),
        ('"a b" c -d', "text", "a b c"),
        ('"', "symbol", '"'),
        ('"alpha" "', "text", "alpha"),
        ('"alpha" ""', "text", "alpha"),
        ('"alpha" std:', "text", "alpha std:"),
        ('"open', "text", "open"),
        ("/re/ word", "symbol", "/re/ word"),
        ("file:x", "symbol", "file:x"),
        ('file:x "y"', "symbol", 'file:x "y"'),
        ("f(key:value)", "text", "f(key:value)"),
        ("(a, key:value)", "text", "(a, key:value)"),
        ('"total" in:Cart', "symbol", '"total" in:Cart'),
        ("foo(bar", "text", "foo(bar"),
        ("x = y  + 1", "text", "x = y  + 1"),
        ("if (a && b) lang:c", "text", "if (a && b)"),
        ("return;", "text", "return;"),
        ("a[0] path:x b", "text", "a[0] b"),
        ("dict[str, int]", "text", "dict[str, int]"),
        ("x?y:z()", "text", "x?y:z()"),
    ],
)
def test_the_rules(typed: str, mode: str, wanted: str) -> None:
    choice = auto.chosen(typed, Filter())
    assert (choice.mode, choice.typed) == (mode, wanted)


def test_filters_go_along() -> None:
    choice = auto.chosen('"x y" lang:python -lang:c path:src/ -path:*.md case:yes', Filter(paths=("lib/",)))
    assert choice.filter == Filter((), ("python",), ("lib/", "src/"), ("*.md",), case_sensitive=True)
    assert choice.excluded_languages == ("c",)


def test_a_request_for_kinds_is_about_symbols() -> None:
    assert auto.chosen('"x y"', Filter(kinds=(5,))).mode == "symbol"


def test_a_mistake_in_an_expression_is_told_with_its_place_in_the_query() -> None:
    with pytest.raises(InvalidQuery, match="at character 11") as caught:
        auto.chosen("lang:go /a(b/", Filter())
    assert caught.value.position == 10


@pytest.mark.parametrize(
    ("typed", "place"), [('"alpha" knid:class', 8), ('"alpha" -"be\nta"', 12), ('"alpha" b kind :', None)]
)
def test_what_is_wrong_beside_a_text_is_told(typed: str, place: int | None) -> None:
    if place is None:
        auto.chosen(typed, Filter())
        return
    with pytest.raises(InvalidQuery, match=f"at character {place + 1}") as caught:
        auto.chosen(typed, Filter())
    assert caught.value.position == place


def test_a_wrong_filter_is_told() -> None:
    with pytest.raises(InvalidQuery, match="yes or no"):
        auto.chosen('"x y" case:maybe', Filter())
