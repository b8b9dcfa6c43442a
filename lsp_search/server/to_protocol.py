"""From answers of the core to results, in the client's position encoding.

The core counts bytes. A hit whose line is ASCII needs no conversion in any encoding; for the few
others the line's text is asked for. Runs in worker threads; a :class:`Encoder` serves one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import UNSET

from lsp_search.files import positions, uris
from lsp_search.files.positions import Encoding
from lsp_search.model import Hit, SearchAnswer, Status, Symbol, SymbolKind
from lsp_search.server.messages import (
    DocumentSymbolItem,
    Item,
    Location,
    Position,
    Range,
    SearchResult,
    StatusResult,
    SymbolItem,
)

LineText = Callable[[str, int], str | None]
"""(path, line) → the line's text."""


class Encoder:
    def __init__(self, encoding: Encoding, line_text: LineText) -> None:
        self._encoding = encoding
        self._line_text = line_text
        self._lines: dict[tuple[str, int], str | None] = {}
        self._uris: dict[str, str] = {}

    def uri(self, path: str) -> str:
        uri = self._uris.get(path)
        if uri is None:
            uri = self._uris[path] = uris.to_uri(path)
        return uri

    def position(self, path: str, line: int, column: int) -> Position:
        """A byte column in the client's units."""
        if self._encoding == "utf-8" or column == 0:
            return Position(line, column)
        at = (path, line)
        if at not in self._lines:
            self._lines[at] = self._line_text(path, line)
        text = self._lines[at]
        if text is None or text.isascii():
            return Position(line, column)
        return Position(line, positions.columns(text, column, self._encoding))

    def location(self, hit: Hit) -> Location:
        if hit.ascii_line:
            start, end = Position(hit.line, hit.column), Position(hit.end_line, hit.end_column)
        else:
            start = self.position(hit.path, hit.line, hit.column)
            end = self.position(hit.path, hit.end_line, hit.end_column)
        return Location(self.uri(hit.path), Range(start, end))

    def item(self, hit: Hit) -> Item:
        return Item(
            id=hit.id,
            sources=hit.sources,
            name=hit.name,
            kind=hit.kind,
            container_name=hit.container,
            language=hit.language,
            location=self.location(hit),
            score=hit.score,
            matches=hit.matches,
            snippet=hit.snippet,
            snippet_line=hit.snippet_line,
            explanation=UNSET if hit.explanation is None else hit.explanation,
        )

    def symbol(self, hit: Hit, resolves: bool) -> SymbolItem:
        """*resolves*: the client asks for the range of what it opens, so lines need not be read for the list."""
        later = resolves and not hit.ascii_line and self._encoding != "utf-8"
        return SymbolItem(
            name=hit.name,
            kind=hit.kind or SymbolKind.FILE,
            location=Location(self.uri(hit.path)) if later else self.location(hit),
            container_name=hit.container,
            data=[hit.line, hit.column, hit.end_line, hit.end_column] if later else UNSET,
        )

    def range(self, path: str, line: int, column: int, end_line: int, end_column: int) -> Range:
        return Range(self.position(path, line, column), self.position(path, end_line, end_column))

    def document_symbols(self, path: str, symbols: Sequence[Symbol]) -> list[DocumentSymbolItem]:
        """A tree by nesting of full ranges."""
        top: list[DocumentSymbolItem] = []
        open_ones: list[tuple[tuple[int, int], list[DocumentSymbolItem]]] = []
        for symbol in sorted(symbols, key=_outermost_first):
            start, end = (symbol.start_line, symbol.start_column), (symbol.end_line, symbol.end_column)
            while open_ones and (open_ones[-1][0] <= start or open_ones[-1][0] < end):
                open_ones.pop()
            full = self.range(path, *start, *end)
            item = DocumentSymbolItem(symbol.name, symbol.kind, full, self._name(path, symbol), [])
            (open_ones[-1][1] if open_ones else top).append(item)
            open_ones.append((end, item.children))
        return top

    def flat_symbols(self, path: str, symbols: Sequence[Symbol]) -> list[SymbolItem]:
        uri = self.uri(path)
        return [
            SymbolItem(
                name=symbol.name,
                kind=symbol.kind,
                location=Location(
                    uri,
                    self.range(
                        path, symbol.start_line, symbol.start_column, symbol.end_line, symbol.end_column
                    ),
                ),
                container_name=symbol.container,
            )
            for symbol in symbols
        ]

    def _name(self, path: str, symbol: Symbol) -> Range:
        """The name's range, which clients insist lies inside the full one."""
        end = symbol.column + len(symbol.name.encode("utf-8", "surrogateescape"))
        if symbol.line == symbol.end_line:
            end = min(end, symbol.end_column)
        return self.range(path, symbol.line, symbol.column, symbol.line, max(end, symbol.column))


def _outermost_first(symbol: Symbol) -> tuple[int, int, int, int]:
    return (symbol.start_line, symbol.start_column, -symbol.end_line, -symbol.end_column)


def search_result(answer: SearchAnswer, items: list[Item]) -> SearchResult:
    return SearchResult(
        items=items,
        mode=answer.mode,
        is_incomplete=answer.is_incomplete,
        indexing=answer.indexing,
        generation=answer.generation,
        took_ms=round(answer.took_ms, 3),
        cache=answer.cache,
        scanned=True if answer.scanned else UNSET,
        lines=UNSET if answer.lines is None else answer.lines,
        files=UNSET if answer.files is None else answer.files,
    )


def status_result(status: Status) -> StatusResult:
    return StatusResult(status.state, status.done, status.total, status.generation, status.message)
