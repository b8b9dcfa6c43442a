"""What a benchmark measures: one source tree, one place for its index, and servers on them."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.client import Client
from lsp_search import stores
from lsp_search.model import LspSearchError

DEFAULT_BYTES = 1 << 20
LINUX_BYTES = 32 << 20
"""Limits of a file's size: the product's default, and one under which every generated header of the kernel counts."""


@dataclass(frozen=True)
class Subject:
    root: Path
    store: Path
    max_file_bytes: int

    def client(self, **settings: Any) -> Client:
        """A server spawned on the tree and its initialized client; *settings* by dotted key. It keeps no answers, unless told to:
        what is measured is finding them."""
        always = {"index.maxFileBytes": self.max_file_bytes, "search.cache": False}
        return Client(self.root, self.store, {**always, **settings})

    def stored(self) -> stores.StoredIndex:
        """The index on disk. Raises LspSearchError when there is none."""
        found = stores.find(self.store, self.root)
        if found is None:
            raise LspSearchError(f"{self.root} has no index below {self.store}")
        return found

    def ensure_indexed(self) -> None:
        """Brings the index up to date by a server of its own, which ends before this returns."""
        with self.client() as client:
            client.until_ready()

    def figures(self) -> dict[str, Any]:
        return {"root": str(self.root), "maxFileBytes": self.max_file_bytes}


def limits(root: Path) -> list[int]:
    """The limits of a file's size worth a cold run; the last one is what other benchmarks take."""
    return [DEFAULT_BYTES, LINUX_BYTES] if corpus.is_linux(root) else [DEFAULT_BYTES]


def add_options(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """*several*: ``--max-file-bytes`` takes a list."""
    parser.add_argument("root", help=f"a folder, or one of {', '.join(corpus.NAMES)}")
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="where named corpora are kept")
    parser.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="keep the index there and use what is there (default: a temporary one)",
    )
    parser.add_argument(
        "--max-file-bytes",
        type=int,
        nargs="+" if several else None,
        metavar="N",
        help="index.maxFileBytes (default: 1 MiB; 32 MiB for linux)",
    )


@contextlib.contextmanager
def opened(options: argparse.Namespace) -> Iterator[Subject]:
    """The subject that the options name; a temporary store goes at the end."""
    root = corpus.locate(options.root, options.corpora)
    limit = options.max_file_bytes or limits(root)[-1]
    with contextlib.ExitStack() as stack:
        store = options.store
        if store is None:
            store = stack.enter_context(tempfile.TemporaryDirectory(prefix="lsp-search-bench-"))
        yield Subject(root, Path(store).resolve(), limit)
