import assert from "node:assert/strict";
import { test } from "node:test";
import { toRow } from "../src/search/rows";
import type { Item } from "../src/server/protocol";

const item = (given: Partial<Item>): Item => ({
  id: "1",
  sources: ["symbol"],
  name: "total_price",
  kind: 6,
  containerName: "ShoppingCart",
  language: "python",
  location: { uri: "file:///shop/cart.py", range: { start: { line: 7, character: 8 }, end: { line: 7, character: 19 } } },
  score: 1,
  matches: [],
  snippet: "",
  snippetLine: null,
  ...given,
});

test("a symbol: its name, what it is in, and where", () => {
  assert.deepEqual(toRow(item({}), "shop/cart.py"), { icon: "symbol-method", label: "total_price", description: "ShoppingCart — shop/cart.py:8" });
  assert.equal(toRow(item({ containerName: "" }), "shop/cart.py").description, "shop/cart.py:8");
});

test("a result by meaning shows its best line, and which that is", () => {
  assert.equal(toRow(item({ snippet: "    return sum(prices)", snippetLine: 9 }), "a").detail, "10: return sum(prices)");
  assert.equal(toRow(item({ snippet: "    def total_price(self):", snippetLine: 7 }), "a").detail, "def total_price(self):");
});

test("a line of text is its own label", () => {
  const row = toRow(item({ kind: null, snippet: "    $(document).ready($(foo))", snippetLine: 7 }), "web/a.js");
  assert.deepEqual(row, { icon: "symbol-text", label: "\\$(document).ready(\\$(foo))", description: "web/a.js:8" });
});

test("a file has no line", () => {
  assert.deepEqual(toRow(item({ kind: 1, name: "cart.py" }), "shop/cart.py"), { icon: "file", label: "cart.py", description: "shop/cart.py" });
});

test("a kind that no version of LSP has yet", () => {
  assert.equal(toRow(item({ kind: 99 as never }), "a").icon, "symbol-misc");
});
