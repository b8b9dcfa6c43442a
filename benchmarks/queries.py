"""Queries as people type them, made from names that a workspace really holds.

Names are drawn from the index on disk, every symbol as likely as any other, or from the identifiers of some source files
where there is no index yet. All choices hang on one seed. Each query knows the name it was made from, so that a benchmark
can say how often that came back: a fast answer that lacks it is no answer.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lsp_search.index.packed import open_blob
from lsp_search.index.store import Store
from lsp_search.languages.registry import language_of

_POOL = 3000
"""Names drawn, of which queries are then made."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IDENTIFIER = re.compile(rb"[A-Za-z_]\w{3,60}")
_PART = re.compile(r"::|[./#\\]")


class Named(NamedTuple):
    name: str
    container: str


class Query(NamedTuple):
    kind: str
    """The class of queries it belongs to, a key of ``CLASSES``."""
    text: str
    wanted: str
    """The name it was made from; empty where nothing is wanted."""


def from_index(folder: Path, choose: random.Random) -> list[Named]:
    """Names of the store in *folder*, every symbol equally likely."""
    with contextlib.closing(Store.reader(folder)) as connection:
        sizes = connection.execute("SELECT id, symbols FROM files WHERE symbols > 0").fetchall()
        if not sizes:
            raise ValueError(f"the index in {folder} holds no symbols")
        totals = list(accumulate(count for _, count in sizes))
        drawn = Counter(choose.choices([number for number, _ in sizes], cum_weights=totals, k=_POOL))
        found: list[Named] = []
        for number, count in sorted(drawn.items()):
            (blob,) = connection.execute("SELECT symbols FROM packed WHERE file_id = ?", (number,)).fetchone()
            found += _of_file(blob, count, choose)
    choose.shuffle(found)
    return found


def _of_file(blob: bytes, count: int, choose: random.Random) -> Iterator[Named]:
    packed = open_blob(blob)
    names, containers = packed.names.split(b"\n"), packed.containers.split(b"\n")
    owner = np.frombuffer(packed.columns["container"], "<u4")
    for at in choose.choices(range(packed.count), k=count):
        container = containers[int(owner[at])]
        yield Named(names[at].decode("utf-8", "replace"), container.decode("utf-8", "replace"))


def from_files(root: Path, choose: random.Random, files: int = 200) -> list[Named]:
    """Identifiers of some source files below *root*, for when there is no index yet."""
    paths = [
        os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names if is_code(name)
    ]
    found: set[bytes] = set()
    for path in choose.sample(sorted(paths), min(files, len(paths))):
        with contextlib.suppress(OSError), open(path, "rb") as source:
            found.update(_IDENTIFIER.findall(source.read(1 << 16)))
    names = [Named(name.decode("ascii", "replace"), "") for name in sorted(found)]
    if not names:
        raise ValueError(f"{root} holds no source files of a known language")
    choose.shuffle(names)
    return names[:_POOL]


def is_code(name: str) -> bool:
    return language_of(name) not in ("plaintext", "markdown", "json", "yaml")


def words(name: str) -> list[str]:
    return _WORD.findall(name)


Maker = Callable[[Named, random.Random], str | None]
"""A query for a name; None where the name does not lend itself to it."""


def _full(named: Named, _: random.Random) -> str | None:
    return named.name


def _start(shortest: int, longest: int) -> Maker:
    def make(named: Named, choose: random.Random) -> str | None:
        length = choose.randint(shortest, longest)
        return named.name[:length] if len(named.name) >= length else None

    return make


def _humps(named: Named, choose: random.Random) -> str | None:
    """The first one to three letters of every word."""
    parts = words(named.name)
    return "".join(part[: choose.randint(1, 3)] for part in parts)[:12].lower() if len(parts) > 1 else None


def _middle(named: Named, choose: random.Random) -> str | None:
    later = [part for part in words(named.name)[1:] if len(part) > 2]
    return choose.choice(later) if later else None


def _two_words(named: Named, choose: random.Random) -> str | None:
    parts = [part for part in words(named.name) if len(part) > 1]
    return " ".join(choose.sample(parts, 2)) if len(parts) > 1 else None


def _qualified(named: Named, _: random.Random) -> str | None:
    last = _PART.split(named.container)[-1]
    return f"{last}.{named.name}" if last.isidentifier() and named.name.isidentifier() else None


def _nonsense(_: Named, choose: random.Random) -> str | None:
    return "".join(choose.choices(string.ascii_lowercase, k=choose.randint(5, 9)))


def _typo(edit: Callable[[str, int, str], str]) -> Maker:
    """One edit inside a name of six to forty characters; *edit* gets name, place and a letter."""

    def make(named: Named, choose: random.Random) -> str | None:
        name = named.name
        if not 6 <= len(name) <= 40:
            return None
        typed = edit(name, choose.randrange(1, len(name) - 1), choose.choice(string.ascii_lowercase))
        return typed if typed != name else None

    return make


CLASSES: dict[str, Maker] = {
    "full name": _full,
    "prefix 1-2": _start(1, 2),
    "prefix 3-8": _start(3, 8),
    "humps": _humps,
    "middle word": _middle,
    "typo: swap": _typo(lambda name, at, _: name[:at] + name[at + 1] + name[at] + name[at + 2 :]),
    "typo: delete": _typo(lambda name, at, _: name[:at] + name[at + 1 :]),
    "typo: insert": _typo(lambda name, at, letter: name[:at] + letter + name[at:]),
    "typo: replace": _typo(lambda name, at, letter: name[:at] + letter + name[at + 1 :]),
    "two words": _two_words,
    "qualified": _qualified,
    "nonsense": _nonsense,
}


def draw(names: Sequence[Named], each: int, choose: random.Random) -> list[Query]:
    """*each* queries of every class that *names* lend themselves to, in random order."""
    made: list[Query] = []
    for kind, make in CLASSES.items():
        fitting = _made(kind, make, choose.sample(names, len(names)), choose)
        made += [query for query, _ in zip(fitting, range(each), strict=False)]
    choose.shuffle(made)
    return made


def _made(kind: str, make: Maker, names: Iterable[Named], choose: random.Random) -> Iterator[Query]:
    for named in names:
        text = make(named, choose)
        if text:
            yield Query(kind, text, "" if make is _nonsense else named.name)
