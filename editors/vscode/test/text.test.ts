import assert from "node:assert/strict";
import { test } from "node:test";
import { toUtf16, trimmed, withoutIcons } from "../src/search/text";

const marked = (line: string, ...spans: [number, number][]): string[] => {
  const { text, matches } = trimmed(line, spans);
  return matches.map(([start, end]) => text.slice(start, end));
};

test("spans of code points become spans of UTF-16 units", () => {
  assert.deepEqual(toUtf16("a😀b😀c", [[0, 1], [2, 3], [4, 5]]), [[0, 1], [3, 4], [6, 7]]);
  assert.deepEqual(toUtf16("plain", [[1, 3]]), [[1, 3]]);
  assert.deepEqual(toUtf16("short", [[2, 99]]), [[2, 5]]);
});

test("indentation goes, and the spans move with the text", () => {
  assert.deepEqual(trimmed("\t\tretry(times)  ", [[2, 7]]), { text: "retry(times)", matches: [[0, 5]] });
  assert.deepEqual(trimmed("   a\tb", []), { text: "a b", matches: [] });
  assert.deepEqual(trimmed("   ", []), { text: "", matches: [] });
});

test("a match in the indentation is kept", () => {
  assert.deepEqual(trimmed("    x", [[2, 5]]), { text: "  x", matches: [[0, 3]] });
});

test("of a long line what stands around the first match is shown", () => {
  const { text, matches } = trimmed(`${"a".repeat(300)}needle${"b".repeat(300)}`, [[300, 306]]);
  assert.match(text, /^…a+needleb+…$/);
  assert.equal(text.length, 162);
  assert.deepEqual(matches.map(([start, end]) => text.slice(start, end)), ["needle"]);
});

test("characters outside the basic plane stay whole, and matches stay on them", () => {
  assert.deepEqual(marked("😀 = 名前 # 😀", [0, 1], [4, 6], [9, 10]), ["😀", "名前", "😀"]);
  const { text } = trimmed("😀".repeat(400), [[301, 302]]);
  assert.match(text, /^…(😀)+…$/u);
});

test("matches beyond the end are left out", () => {
  assert.deepEqual(marked("x".repeat(400), [0, 2], [390, 395]), ["xx"]);
});

test("what would be an icon is code", () => {
  assert.equal(withoutIcons("$(foo) $(sync~spin) $(document).ready $( $()"), "\\$(foo) \\$(sync~spin) \\$(document).ready $( $()");
});
