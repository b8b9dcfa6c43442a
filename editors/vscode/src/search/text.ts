// Lines of code as short labels. Spans are half-open.
export type Span = [start: number, end: number];

export interface Marked {
  text: string;
  matches: Span[];
}

/** Spans of code points, as the server counts, as spans of UTF-16 units, as the editor does. */
export function toUtf16(text: string, spans: readonly Span[]): Span[] {
  const starts: number[] = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  return spans.map(([start, end]) => [starts[start] ?? unit, starts[end] ?? unit]);
}

/** One line without indentation and not much longer than *width*, with what stands around its first match. */
export function trimmed(line: string, spans: readonly Span[], width = 160, before = 40): Marked {
  const matches = toUtf16(line, spans);
  const indent = line.length - line.trimStart().length;
  const first = matches[0]?.[0] ?? indent;
  const start = first - indent > before ? whole(line, first - before / 2) : Math.min(indent, first);
  const end = line.length - start > width ? whole(line, start + width) : line.trimEnd().length;
  const head = start > indent ? "…" : "";
  const shift = start - head.length;
  return {
    text: head + line.slice(start, end).replace(/\s/g, " ") + (end < line.trimEnd().length ? "…" : ""),
    matches: matches
      .map(([from, to]): Span => [Math.max(from, start) - shift, Math.min(to, end) - shift])
      .filter(([from, to]) => from < to),
  };
}

/** Keeps the two halves of a character together. */
function whole(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000 ? at + 1 : at;
}

/** `$(name)` stands for an icon in the labels of quick picks: here it is code. */
export function withoutIcons(text: string): string {
  return text.replace(/\$\((?=[\w-]+(~\w+)?\))/g, "\\$(");
}
