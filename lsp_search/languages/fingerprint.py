"""One string that changes whenever extraction may give other symbols or chunks for the same text."""

from __future__ import annotations

from hashlib import blake2b
from importlib import metadata, resources

from lsp_search import __version__
from lsp_search.languages.chunks import CHUNKS
from lsp_search.languages.registry import LANGUAGES


def fingerprint(*, chunks: bool = True) -> str:
    """Over this package's version, all queries, and the versions of the grammars. Takes some 20 ms. *chunks*: whether
    files are cut into chunks too."""
    digest = blake2b(__version__.encode(), digest_size=16)
    if chunks:
        digest.update(f"chunks={CHUNKS} stems={metadata.version('PyStemmer')};".encode())
    queries = resources.files("lsp_search.languages") / "queries"
    for entry in sorted(queries.iterdir(), key=lambda entry: entry.name):
        digest.update(entry.name.encode() + entry.read_bytes())
    for module in sorted({language.module for language in LANGUAGES.values() if language.module}):
        try:
            version = metadata.version(module.replace("_", "-"))
        except metadata.PackageNotFoundError:
            version = "absent"
        digest.update(f"{module}={version};".encode())
    return digest.hexdigest()
