"""What commands print: results on standard output, everything else on standard error.

JSON is one object, always UTF-8, whatever the locale; what is no character (bytes of a name that is not UTF-8) becomes
U+FFFD in it, as strict readers refuse lone surrogates. Lines for people keep such bytes, so that a printed path
names its file, but control characters are shown, not obeyed: a name in a repository must not steer a terminal.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

import click

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_ANYHOW = "lsp-search.anyhow"


def emit_json(value: dict[str, object]) -> None:
    """Prints the one JSON object of a command."""
    text = _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    click.echo((text + "\n").encode(), nl=False)


def say(lines: Iterable[str]) -> None:
    """Prints lines for people (they may be styled: colours are dropped where nobody sees them)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error(_ANYHOW, _encode_anyhow)
        sys.stdout.reconfigure(errors=_ANYHOW)
    text = "".join(f"{line}\n" for line in lines)
    click.echo(text, nl=False, color=has_colours(sys.stdout))


def note(level: str, text: str) -> None:
    """One line on standard error that is no error; *level*: ``info``, ``warning`` or ``error``."""
    prefix = "" if level == "info" else f"{level}: "
    click.echo(f"lsp-search: {prefix}{readable(' '.join(text.split()))}", err=True)


def _encode_anyhow(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes of names as they are, what the locale lacks as ``?``."""
    for handler in ("surrogateescape", "replace"):
        try:
            return codecs.lookup_error(handler)(error)
        except UnicodeError:
            continue
    raise error


def readable(text: str) -> str:
    """*text* with its control characters shown."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colours(stream: TextIO | None) -> bool:
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def size(count: float) -> str:
    """``12.3 MiB``"""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"


def duration(seconds: float) -> str:
    """``0.42 s``, ``12.3 s``, ``3 min 05 s``"""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Indented lines in which the first column is flush left and the others flush right."""
    if not rows:
        return []
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
