"""The embedding table as the tools write it. The product's own reader (``lsp_search/index/embeddings.py``) says how vectors come
of it, and which buckets an unknown term has."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lsp_search.index import array_file
from lsp_search.index.embeddings import MAGIC

Floats = npt.NDArray[np.float32]


def term_hash(term: str) -> int:
    """What stands for *term* in the file."""
    return zlib.crc32(term.encode())


def quantised(rows: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Rows as bytes, and what to multiply each with."""
    scales = (np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127).astype(np.float32)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def save(path: Path, terms: Sequence[str], rows: Floats) -> None:
    """Writes the table: *rows* are those of *terms* (no two of one hash), then those of the buckets."""
    hashes = np.array([term_hash(term) for term in terms], np.uint32)
    order = np.argsort(hashes, kind="stable")
    if len(np.unique(hashes)) != len(hashes):
        raise ValueError("two terms of one hash")
    whole, scales = quantised(np.concatenate([rows[: len(terms)][order], rows[len(terms) :]]))
    array_file.save(path, MAGIC, 1, {"hashes": hashes[order], "rows": whole, "scales": scales})
