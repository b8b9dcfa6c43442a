"""One file's bytes as UTF-8 text.

The common case, a UTF-8 file, costs one open, fstat, read and close and no copy. A file with a NUL in its first
8 KiB is binary (git's rule) unless a byte order mark or the pattern of the NULs says UTF-16 or UTF-32. Anything
else is text: where it is not UTF-8, charset-normalizer guesses from a sample, and latin-1, which fits every byte,
is the last resort, so bad bytes never lose a file. Worker processes import this module: it must stay light.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from lsp_search.model import SkipReason

_NUL_WINDOW = 8000
"""Where git looks for a NUL (``FIRST_FEW_BYTES`` of its xdiff-interface.c)."""
_SAMPLE = 16 << 10
"""Bytes shown to charset-normalizer: of lines that are not all ASCII, for those are what tells encodings apart."""
_MIXED = 4
"""A file with this many good UTF-8 characters for each bad byte is damaged UTF-8, not another encoding."""
_MARKS = (
    # UTF-32-LE begins with UTF-16-LE's mark: the longer one first.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_LIKELY = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "iso8859_2",
    "iso8859_15",
    "koi8_r",
    "koi8_u",
    "cp866",
    "cp437",
    "gb18030",
    "big5",
    "euc_jp",
    "cp932",
    "cp949",
]
"""What else texts are written in: the commoner encodings of the WHATWG's Encoding Standard, and DOS's."""

# Opening must not wait for the other end of a pipe.
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


class Text(NamedTuple):
    source: bytes
    """Valid UTF-8 without a byte order mark; line ends as in the file."""
    encoding: str
    """The file's own encoding, by its Python name."""
    size: int
    """Bytes of the file, as read."""
    mtime_ns: int
    digest: bytes
    """16 bytes of BLAKE2b over the file's raw bytes."""


def read(path: str, max_bytes: int) -> Text | SkipReason:
    """The text of the file at *path*, or why there is none.

    TOO_LARGE: over *max_bytes*; BINARY; SPECIAL: not a regular file; OUTSIDE: a symbolic link;
    UNREADABLE: permission or input/output error. Raises FileNotFoundError where nothing is (any more).
    Never blocks on a pipe.
    """
    opened = _open(path, max_bytes, follow=False)
    if isinstance(opened, SkipReason):
        return opened
    raw, status = opened
    decoded = decode(raw)
    if decoded is None:
        return SkipReason.BINARY
    source, encoding = decoded
    return Text(source, encoding, len(raw), status.st_mtime_ns, digest(raw))


def digest(raw: bytes) -> bytes:
    """16 bytes that tell this content from any other."""
    return blake2b(raw, digest_size=16).digest()


def decode(raw: bytes) -> tuple[bytes, str] | None:
    """*raw* as (valid UTF-8 without a byte order mark, name of its encoding); None: binary."""
    if raw.isascii() and b"\0" not in raw:  # nearly always: no mark is ASCII
        return raw, "utf-8"
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _utf8(raw[len(mark) :], encoding), encoding
    head = raw[:_NUL_WINDOW]
    if 0 in head:
        wide = _wide_encoding(head)
        return None if wide is None else (_utf8(raw, wide), wide)
    if raw.isascii():
        return raw, "utf-8"
    try:
        raw.decode()
    except UnicodeDecodeError:
        encoding = _guess(raw)
        return _utf8(raw, encoding), encoding
    return raw, "utf-8"


def contents(path: str, max_bytes: int, *, follow: bool = True) -> bytes | None:
    """The raw bytes of a regular file of at most *max_bytes*; None where there is none that can be read."""
    try:
        opened = _open(path, max_bytes, follow=follow)
    except FileNotFoundError:
        return None
    return None if isinstance(opened, SkipReason) else opened[0]


def read_into(path: str, room: memoryview) -> int:
    """Puts a file's raw bytes, as far as they fit, at the beginning of *room*: the quickest way to read many. Returns
    how many they are; -1 where the file cannot be read."""
    try:
        descriptor = os.open(path, _OPEN | _NO_FOLLOW)
    except OSError:
        return -1
    try:
        return _READ_INTO(descriptor, room)
    except OSError:  # a folder, a pipe without a writer
        return -1
    finally:
        os.close(descriptor)


def read_pieces_into(path: str, starts: Iterable[int], length: int, room: memoryview) -> int:
    """The same for the *length* bytes from each of *starts* on, with a line's end after each. Where they do not fit, all
    of *room* counts as filled."""
    try:
        descriptor = os.open(path, _OPEN | _NO_FOLLOW)
    except OSError:
        return -1
    size = 0
    try:
        for start in starts:
            if size + length >= len(room):
                return len(room)
            os.lseek(descriptor, start, os.SEEK_SET)
            size += _READ_INTO(descriptor, room[size : size + length])
            room[size] = _LINE_END
            size += 1
    except OSError:
        return -1
    finally:
        os.close(descriptor)
    return size


def _readv(descriptor: int, room: memoryview) -> int:
    return os.readv(descriptor, [room])


def _copied(descriptor: int, room: memoryview) -> int:
    raw = os.read(descriptor, len(room))
    room[: len(raw)] = raw
    return len(raw)


_READ_INTO = _readv if hasattr(os, "readv") else _copied
_LINE_END = ord("\n")


def _open(path: str, max_bytes: int, *, follow: bool) -> tuple[bytes, os.stat_result] | SkipReason:
    try:
        descriptor = os.open(path, _OPEN if follow else _OPEN | _NO_FOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        return _why_not(path, error)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return SkipReason.SPECIAL
        if status.st_size > max_bytes:
            return SkipReason.TOO_LARGE
        # One byte more than promised tells a file that is still growing, or /proc's files of "size 0".
        raw = os.read(descriptor, status.st_size + 1)
        while len(raw) > status.st_size or (raw and len(raw) < status.st_size):
            more = os.read(descriptor, max_bytes + 1)
            if not more:
                break
            raw += more
            if len(raw) > max_bytes:
                return SkipReason.TOO_LARGE
    except OSError:
        return SkipReason.UNREADABLE
    finally:
        os.close(descriptor)
    return raw, status


def _why_not(path: str, error: OSError) -> SkipReason:
    if isinstance(error, NotADirectoryError):
        raise FileNotFoundError(error.errno, error.strerror, path) from error
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return SkipReason.UNREADABLE
    if stat.S_ISLNK(mode):
        return SkipReason.OUTSIDE
    return SkipReason.UNREADABLE if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else SkipReason.SPECIAL


def _utf8(raw: bytes, encoding: str) -> bytes:
    """*raw* in UTF-8; what *encoding* cannot read becomes U+FFFD."""
    return raw.decode(encoding, "replace").encode()


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a mark: text that is mostly ASCII has its NULs at odd places (little-endian) or at even ones."""
    even, odd = head[::2], head[1::2]
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high.count(0) >= 0.7 * len(high) and low.count(0) <= 0.01 * len(low):
            text = head[: len(head) // 2 * 2].decode(encoding, "ignore")
            printable = sum(char.isprintable() or char in "\t\n\r\f" for char in text)
            return encoding if text and printable >= 0.98 * len(text) else None
    return None


def _guess(raw: bytes) -> str:
    """The encoding that fits best; latin-1 where the guess does not fit all of *raw*."""
    text = raw.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if sum(not char.isascii() for char in text) - bad >= _MIXED * bad:
        return "utf-8"
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, seldom needed

    telling = b"\n".join(line for line in raw.split(b"\n") if not line.isascii())
    guesses = from_bytes(telling[:_SAMPLE], cp_isolation=_LIKELY)
    best = guesses.best()
    encoding = "latin-1" if best is None else best.encoding
    for guess in guesses:
        # Short texts fit several Latin code pages equally well: then the commonest.
        if guess.encoding == "cp1252" and best is not None:
            tied = guess.chaos <= best.chaos and guess.coherence >= best.coherence
            encoding = "cp1252" if tied else encoding
    try:
        raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return "latin-1"
    return encoding
