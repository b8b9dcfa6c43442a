"""Many texts looked through as one: the same files as one by one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.files.read import contents, decode, read_into
from lsp_search.search import batches, matcher
from lsp_search.search.matcher import Matcher
from lsp_search.search.sources import Reader
from tests.unit.test_matcher import expressions


class Held:
    """Texts by their number."""

    max_bytes = 1 << 20

    def __init__(self, texts: Sequence[bytes | None]) -> None:
        self._texts = texts

    def read_into(self, number: int, room: memoryview) -> int | None:
        return None

    def in_part(self, number: int) -> bool:
        return False

    def text(self, number: int) -> bytes | None:
        return self._texts[number]


def found(texts: Sequence[bytes | None], finds: Matcher) -> list[int]:
    reader = cast(Reader, Held(texts))
    parts = batches.matching(reader, finds, range(len(texts)))
    return [number for part in parts for number, _ in part]


def one_by_one(texts: Sequence[bytes | None], finds: Matcher) -> list[int]:
    return [number for number, text in enumerate(texts) if text and finds.holds(text)]


some_texts = st.lists(
    st.none() | st.text(st.sampled_from("abcAB_ .(1é\n"), max_size=12).map(str.encode), max_size=60
)


@given(expressions, some_texts, st.sampled_from(["", "^", r"\A", r"(?-m)^", "$", r"\z", r"\b"]))
def test_expressions(expression: str, texts: list[bytes | None], anchor: str) -> None:
    typed = f"{expression}{anchor}" if anchor in ("$", r"\z") else f"{anchor}{expression}"
    finds = matcher.regex(typed, case_sensitive=None)
    assert [number for number in found(texts, finds) if finds.holds(texts[number] or b"")] == one_by_one(
        texts, finds
    )


@given(st.text("abAB_ .é", min_size=1, max_size=3), some_texts)
def test_literals(typed: str, texts: list[bytes | None]) -> None:
    finds = matcher.literal(typed, case_sensitive=None)
    assert found(texts, finds) == one_by_one(texts, finds)


@pytest.mark.parametrize("size", [1, 40_000])
def test_more_than_one_batch_in_order(size: int) -> None:
    texts = [
        b"%d\n" % number * size + b"needle" * (number % 3 == 0)
        for number in range(1000 // (size // 4000 or 1))
    ]
    finds = matcher.literal("needle", case_sensitive=None)
    assert found(texts, finds) == list(range(0, len(texts), 3))


def test_files_of_every_sort(tmp_path: Path) -> None:
    sorts = [
        b"a needle\n",
        "ein nädle, needle\n".encode(),
        "needle ü".encode("latin-1"),
        b"needle\0",
        b"",
        b"hay\n",
    ]
    sorts += ["needle".encode("utf-16"), b"needle" + b"x" * (2 << 20)]  # the last is too large
    for number in range(800):
        (tmp_path / f"{number}").write_bytes(sorts[number % len(sorts)])
    (tmp_path / "0").unlink()
    (tmp_path / "8").unlink()
    (tmp_path / "8").mkdir()
    os.mkfifo(tmp_path / "800")

    class OnDisk(Held):
        def read_into(self, number: int, room: memoryview) -> int | None:
            return None if number % 5 == 0 else read_into(str(tmp_path / str(number)), room)

        def text(self, number: int) -> bytes | None:
            raw = contents(str(tmp_path / str(number)), self.max_bytes)
            decoded = None if raw is None else decode(raw)
            return None if decoded is None else decoded[0]

    finds = matcher.literal("needle", case_sensitive=None)
    parts = batches.matching(cast(Reader, OnDisk([])), finds, range(801))
    wanted = [number for number in range(9, 800) if number % len(sorts) in (0, 1, 2, 6)]
    assert [number for part in parts for number, _ in part] == [1, 2, 6, *wanted]


def test_who_stops_early_reads_hardly_more() -> None:
    read: list[int] = []

    class Counting(Held):
        def text(self, number: int) -> bytes | None:
            read.append(number)
            return b"needle"

    finds = matcher.literal("needle", case_sensitive=None)
    parts = batches.matching(cast(Reader, Counting([])), finds, range(100_000))
    assert next(parts)
    parts.close()
    assert len(read) < 3000
