"""Files of every encoding become UTF-8, and nothing blocks or crashes."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_search.files.read import Text, decode, read
from lsp_search.model import SkipReason

RUSSIAN = "// Это комментарий на русском языке, функция возвращает значение\n"
JAPANESE = "// これは日本語のコメントです。関数は値を返します。\n"
FRENCH = "// Détection de l'état précédent, à vérifier après l'été : ça marche où ?\n"


@pytest.mark.parametrize(
    ("raw", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        (b"int a;\r\n", "int a;\r\n", "utf-8"),
        ("é 𝒳".encode(), "é 𝒳", "utf-8"),
        ("é".encode("utf-8-sig"), "é", "utf-8"),
        ("\ufeffé𝒳".encode("utf-16-le"), "é𝒳", "utf-16-le"),
        ("\ufeffé𝒳".encode("utf-16-be"), "é𝒳", "utf-16-be"),
        ("\ufeffé".encode("utf-32-le"), "é", "utf-32-le"),
        ("\ufeffé".encode("utf-32-be"), "é", "utf-32-be"),
        ("class A {}\r\n".encode("utf-16-le"), "class A {}\r\n", "utf-16-le"),
        ("class A {}\r\n".encode("utf-16-be"), "class A {}\r\n", "utf-16-be"),
        ("\ufeffab".encode("utf-16-le") + b"c", "ab\ufffd", "utf-16-le"),
        (RUSSIAN.encode("koi8_r"), RUSSIAN, "koi8_r"),
        (RUSSIAN.encode("cp1251"), RUSSIAN, "cp1251"),
        (JAPANESE.encode("shift_jis"), JAPANESE, "cp932"),
        ("needle ü".encode("latin-1"), "needle ü", "cp1250"),  # an even number of bytes makes it no UTF-16
        (b"int x;\n" * 20_000 + FRENCH.encode("cp1252"), "int x;\n" * 20_000 + FRENCH, "cp1252"),
        ("ééééé".encode() + b"\xff", "ééééé\ufffd", "utf-8"),
    ],
)
def test_decode(raw: bytes, text: str, encoding: str) -> None:
    assert decode(raw) == (text.encode(), encoding)


@pytest.mark.parametrize(
    "raw", [b"\x7fELF\0\0\1", b"a" * 7999 + b"\0", b"\0" * 100, bytes(range(256)), b"a\0\1\0\2\0\3\0"]
)
def test_binary(raw: bytes) -> None:
    assert decode(raw) is None


def test_a_nul_late_in_the_file_is_text() -> None:
    raw = b"a" * 8000 + b"\0"
    assert decode(raw) == (raw, "utf-8")


@given(st.binary(max_size=200))
def test_whatever_the_bytes_the_outcome_is_utf8(raw: bytes) -> None:
    decoded = decode(raw)
    if decoded is not None:
        decoded[0].decode()
    else:
        assert 0 in raw


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=200))
def test_utf8_stays_as_it_is(text: str) -> None:
    assert decode(text.encode()) == (text.encode(), "utf-8")


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "a.c"
    raw = b"\xef\xbb\xbfint a;\n"
    path.write_bytes(raw)
    expected = Text(
        b"int a;\n", "utf-8", len(raw), path.stat().st_mtime_ns, blake2b(raw, digest_size=16).digest()
    )
    assert read(str(path), len(raw)) == expected
    assert read(str(path), len(raw) - 1) is SkipReason.TOO_LARGE


def test_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\0\1\2")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("binary")
    for name, reason in {
        "binary": SkipReason.BINARY,
        "pipe": SkipReason.SPECIAL,
        ".": SkipReason.SPECIAL,
        "link": SkipReason.OUTSIDE,
    }.items():
        assert read(str(tmp_path / name), 100) is reason
    for name in ("gone", "binary/below"):
        with pytest.raises(FileNotFoundError):
            read(str(tmp_path / name), 100)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_a_file_that_is_longer_than_it_says() -> None:
    got = read("/proc/self/status", 1 << 20)
    assert isinstance(got, Text)
    assert got.source.startswith(b"Name:")
    assert got.size == len(got.source) > 0
    assert read("/proc/self/status", 10) is SkipReason.TOO_LARGE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("a")
    path.chmod(0)
    assert read(str(path), 100) is SkipReason.UNREADABLE


def test_workers_import_it_without_heavy_company() -> None:
    heavy = "numpy watchfiles pygls lsprotocol charset_normalizer"
    code = f"import sys, lsp_search.files.read; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
