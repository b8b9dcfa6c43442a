import assert from "node:assert/strict";
import { test } from "node:test";
import { question, summary, toParams } from "../src/search/question";
import type { Answer, Item } from "../src/server/protocol";

const answer = (items: number, given: Partial<Answer> = {}): Answer => ({
  items: new Array<Item>(items),
  mode: "text",
  isIncomplete: false,
  indexing: false,
  generation: 1,
  tookMs: 1,
  cache: "miss",
  ...given,
});

test("case and whole words go with text only", () => {
  const refined = { ...question("x", "text"), caseSensitive: true, wholeWords: true };
  assert.deepEqual(toParams(refined, 5).filter, { caseSensitive: true, wholeWords: true });
  assert.deepEqual(toParams({ ...refined, mode: "symbol" }, 5).filter, {});
  assert.deepEqual(toParams(question("x", "regex"), 5), { query: "x", mode: "regex", limit: 5, filter: {} });
});

test("counts of lines say how many there are beyond those shown", () => {
  assert.equal(summary(answer(1, { lines: 1, files: 1 })), "1 line in 1 file");
  assert.equal(summary(answer(50, { lines: 63, files: 41, isIncomplete: true })), "50 of 63 lines in 41 files");
  assert.equal(summary(answer(50, { lines: 1203, files: 210, isIncomplete: true })), "50 of 1,203+ lines in 210 files");
  assert.equal(summary(answer(7, { lines: 7, files: 2, isIncomplete: true, scanned: true })), "7 of 7+ lines in 2 files");
  assert.equal(summary(answer(9, { lines: 9, files: 3 }), 4), "4 of 9 lines in 3 files");
});

test("results, partial results, none", () => {
  assert.equal(summary(answer(3, { mode: "symbol" })), "3 results");
  assert.equal(summary(answer(100, { mode: "symbol", isIncomplete: true, indexing: true })), "first 100 results, still indexing");
  assert.equal(summary(answer(0, { lines: 0, files: 0, indexing: true })), "nothing found, still indexing");
});
