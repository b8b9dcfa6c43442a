"""Mines pairs of a text and the code that it describes from fetched sources.

    python -m tools.train_embeddings.pairs FOLDER [--packages LIST]

Reads ``FOLDER/sources``, writes ``FOLDER/pairs/<package>.jsonl``, one pair a line (see :class:`Pair`). Of three kinds:
``definition`` (first sentence of the docstring or of the comment above, and the definition without it), ``inside`` (a comment
between the statements of a function, and what follows it) and ``file`` (what the head of a file says, and the names that the
file defines). Python's definitions come from its own parser, for the docstrings; those of other languages from the product's.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from lsp_search.languages.extract import ExtractionTimeout, extract
from lsp_search.languages.filenames import EXTENSIONS
from lsp_search.model import SymbolKind
from tools.train_embeddings import packages
from tools.train_embeddings.comments import above, first_sentence, prose, without_name

_LIST = Path(__file__).with_name("packages.toml")
_FUNCTIONS = frozenset((SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CONSTRUCTOR))
_TYPES = frozenset((SymbolKind.CLASS, SymbolKind.STRUCT, SymbolKind.INTERFACE, SymbolKind.ENUM))
_LONGEST = 3000
"""Characters of code that a pair keeps: about what one chunk of a file holds."""
_MOST = 9000
"""Pairs that one package gives at most: no project's words should rule the table."""
_INNER = re.compile(r"\s*(?://|#|--)\s+(?=[A-Z]?[a-z])")
_SENTENCE_LIKE = re.compile(r"^[A-Za-z][\w'`()\-,. ]+$")


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and the code that it is about."""

    kind: str
    language: str
    path: str
    name: str
    container: str
    query: str
    rest: str
    """What the comment says after its first sentence."""
    code: str


def of_file(path: str, language: str, source: bytes) -> Iterator[Pair]:
    """The pairs of one file."""
    text = source.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if max(map(len, lines)) > 2000:
        return  # minified or generated
    found = list(_python(text, lines) if language == "python" else _others(language, text, lines))
    for name, container, is_type, comment, code in found:
        query, rest = first_sentence(comment)
        query = without_name(query, name)
        small = len(code) < 60 or code.count("\n") < 2
        if query and not (small or name.startswith("__") or "test" in name.lower()):
            kind = "type" if is_type else "definition"
            yield Pair(kind, language, path, name, container, query, rest, code[:_LONGEST])
        if not is_type:
            yield from _inside(path, language, name, container, code)
    query, rest = first_sentence(_head(text, lines, language))
    names = list(dict.fromkeys(name for name, *_ in found))
    if query and len(names) > 2:
        yield Pair("file", language, path, Path(path).stem, "", query, rest, " ".join(names)[:_LONGEST])


_Found = tuple[str, str, bool, str, str]
"""(name, container, is it a type, comment, code without the comment)."""


def _python(text: str, lines: list[str]) -> Iterator[_Found]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        parent, container = waiting.pop()
        for node in ast.iter_child_nodes(parent):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting.append((node, container))
                continue
            waiting.append((node, node.name))
            comment = ast.get_docstring(node) or ""
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
            end = node.end_lineno or node.lineno
            code = lines[start:end]
            if comment:
                stated = node.body[0]
                code = lines[start : stated.lineno - 1] + lines[stated.end_lineno or stated.lineno : end]
            text_of = prose("\n".join(line.strip() for line in comment.splitlines()))
            yield node.name, container, isinstance(node, ast.ClassDef), text_of, "\n".join(code)


def _others(language: str, text: str, lines: list[str]) -> Iterator[_Found]:
    try:
        symbols = extract(language, text.encode())
    except ExtractionTimeout:
        return
    taken: set[int] = set()
    for symbol in symbols:
        is_type = symbol.kind in _TYPES
        if not is_type and symbol.kind not in _FUNCTIONS:
            continue
        comment, first = above(lines, symbol.start_line, language)
        if first in taken:
            comment = ""
        elif comment:
            taken.add(first)
        container = re.split(r"[.:\\/]+", symbol.container)[-1]
        yield (
            symbol.name,
            container,
            is_type,
            prose(comment),
            "\n".join(lines[symbol.start_line : symbol.end_line + 1]),
        )


def _inside(path: str, language: str, name: str, container: str, code: str) -> Iterator[Pair]:
    """Comments between the statements of a function, each with the dozen lines after it."""
    lines = code.split("\n")
    given = 0
    at = 2
    while at < len(lines) - 3 and given < 2:
        end = at
        while end < len(lines) and _INNER.match(lines[end]):
            end += 1
        if end == at:
            at += 1
            continue
        said = " ".join(_INNER.sub("", line).strip() for line in lines[at:end])
        query, rest = first_sentence(said)
        after = "\n".join(lines[end : end + 12])
        if len(query.split()) >= 5 and _SENTENCE_LIKE.match(query) and len(after) >= 60:
            yield Pair("inside", language, path, name, container, query, rest, after[:_LONGEST])
            given += 1
        at = end


def _head(text: str, lines: list[str], language: str) -> str:
    """What the head of a file says of it."""
    if language == "python":
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return prose(ast.get_docstring(ast.parse(text)) or "")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ""
    for at, line in enumerate(lines[:60]):
        if line.strip() and not line.strip().startswith(("/", "*", "#", "-", "{")):
            said = prose(above(lines, at, language)[0])
            if said:
                return said
    return ""


def mine(task: tuple[Path, Path]) -> tuple[str, dict[str, int]]:
    """The pairs of one fetched package into a file; its name and how many by kind and language."""
    sources, target = task
    seen: set[str] = set()
    pairs: list[tuple[str, Pair]] = []
    for path in sorted(sources.rglob("*")):
        language = EXTENSIONS.get(path.suffix[1:]) or ""
        if not path.is_file() or language in ("", "json"):
            continue
        for pair in of_file(path.relative_to(sources).as_posix(), language, path.read_bytes()):
            digest = hashlib.sha1("".join(pair.code.split()).encode(), usedforsecurity=False).hexdigest()
            if digest not in seen and pair.query.lower() not in seen:
                seen |= {digest, pair.query.lower()}
                pairs.append((digest, pair))
    if len(pairs) > _MOST:
        pairs = sorted(pairs, key=lambda row: row[0])[:_MOST]
    counts: dict[str, int] = {}
    partial = target.with_suffix(".partial")
    with open(partial, "w", encoding="utf-8") as out:
        for _, pair in pairs:
            out.write(json.dumps(asdict(pair)) + "\n")
            key = f"{pair.kind} {pair.language}"
            counts[key] = counts.get(key, 0) + 1
    partial.rename(target)
    return sources.name, counts


def read(path: Path) -> Iterator[Pair]:
    """The pairs of a file that :func:`mine` wrote."""
    with open(path, encoding="utf-8") as source:
        for line in source:
            yield Pair(**json.loads(line))


def mine_all(listed: list[packages.Package], folder: Path) -> dict[str, int]:
    """Mines what of *listed* is fetched and not yet mined; pairs by kind and language."""
    (folder / "pairs").mkdir(exist_ok=True)
    tasks = [
        (folder / "sources" / package.folder, folder / "pairs" / f"{package.folder}.jsonl")
        for package in listed
        if (folder / "sources" / package.folder).is_dir()
        and not (folder / "pairs" / f"{package.folder}.jsonl").is_file()
    ]
    total: dict[str, int] = {}
    with get_context("spawn").Pool(2, maxtasksperchild=20) as pool:
        for name, counts in pool.imap_unordered(mine, tasks):
            print(name, sum(counts.values()), sep="\t", flush=True)
            for key, count in counts.items():
                total[key] = total.get(key, 0) + count
    return total


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.train_embeddings.pairs", description="Mine pairs of texts and code."
    )
    parser.add_argument("folder", type=Path, help="where `fetch` unpacked the packages")
    parser.add_argument("--packages", type=Path, default=_LIST, metavar="LIST")
    options = parser.parse_args()
    total = mine_all(packages.read(options.packages), options.folder)
    for key in sorted(total):
        print(total[key], key, sep="\t", file=sys.stderr)


if __name__ == "__main__":
    main()
